//! Links to real hosts: one suite for both implementations, libssh2 and ssh(1).
//! It does not know what rmake does with them.

use std::cell::Cell;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::future::Future;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::rc::Rc;
use std::time::Duration;
use std::time::Instant;

use bstr::BString;
use rmake::remote::ssh::Channel;
use rmake::remote::ssh::Chunk;
use rmake::remote::ssh::ConnectError;
use rmake::remote::ssh::Destination;
use rmake::remote::ssh::End;
use rmake::remote::ssh::Link;
use rmake::remote::ssh::LinkError;
use rmake::remote::ssh::Stage;
use rmake::remote::ssh::Transport;
use rmake::remote::ssh::config;
use rmake::remote::ssh::config::Disk;
use rmake::remote::ssh::config::Local;
use rmake::remote::ssh::config::Strictness;
use rmake::remote::ssh::config::Wanted;
use tokio::runtime;
use tokio::task;
use tokio::task::LocalSet;
use tokio::time;

use crate::ground::Ground;

const TIME: Duration = Duration::from_secs(5);
/// For what must not hang.
const LIMIT: Duration = Duration::from_secs(120);

/// Runs a future as the remote thread does, with a limit.
fn run<F: Future>(future: F) -> F::Output {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, async {
        time::timeout(LIMIT, future).await.expect("it hangs")
    })
}

/// Both implementations, for a client with this home.
fn transports(home: &Path) -> Vec<(&'static str, Transport)> {
    let words = ["ssh", "-F"].map(OsString::from).into_iter();
    let system = Transport::System {
        program: words.chain([home.join(".ssh/config").into()]).collect(),
        environment: env::vars_os().collect(),
    };
    vec![
        #[cfg(feature = "ssh")]
        ("libssh2", Transport::Library),
        ("ssh(1)", system),
    ]
}

/// What the ground's `.ssh/config` says of a host.
fn destination(home: &Path, host: &str) -> Destination {
    let wanted = Wanted {
        host: host.into(),
        user: None,
        port: None,
        identity: None,
    };
    let text = |path: PathBuf| BString::from(path.into_os_string().into_vec());
    let local = Local {
        home: text(home.to_owned()),
        user: "nobody".into(),
        uid: nix::unistd::Uid::effective().as_raw(),
        host_name: "here".into(),
        user_file: Some(text(home.join(".ssh/config"))),
        system_file: None,
        environment: Vec::new(),
    };
    let config = config::resolve(&wanted, &local, &mut Disk).unwrap();
    Destination {
        known_hosts: vec![home.join(".ssh/known_hosts")],
        ..Destination::new(&wanted, &config, None)
    }
}

/// Runs a test with each implementation, on the same ground.
fn each<F: Future<Output = ()>>(
    ground: &Ground,
    test: impl Fn(&'static str, Transport, Destination) -> F,
) {
    for (name, transport) in transports(&ground.home()) {
        let began = Instant::now();
        run(test(name, transport, destination(&ground.home(), "h1")));
        eprintln!("{name}: {:.2} s", began.elapsed().as_secs_f64());
    }
}

async fn connect(transport: &Transport, destination: &Destination) -> Result<Link, ConnectError> {
    Link::connect(destination, transport, TIME, || {}).await
}

/// Reads all there is.
async fn read_all(channel: &Channel) -> Result<(Vec<u8>, Vec<u8>, End), LinkError> {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    loop {
        match channel.read().await? {
            Chunk::Out(bytes) => out.extend(bytes),
            Chunk::Err(bytes) => err.extend(bytes),
            Chunk::End(end) => return Ok((out, err, end)),
        }
    }
}

async fn run_there(link: &Link, command: &str) -> Result<(String, String, End), LinkError> {
    let channel = link.open(command).await?;
    channel.finish_writing();
    let (out, err, end) = read_all(&channel).await?;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ok((text(out), text(err), end))
}

fn status(status: i32) -> End {
    End {
        status: Some(status),
        signal: None,
    }
}

/// Bytes that are not the same anywhere.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

#[test]
fn a_channel_brings_output_status_and_input() {
    let Some(ground) = Ground::up("a_channel_brings_output_status_and_input", 1) else {
        return;
    };
    each(&ground, |name, transport, destination| async move {
        let has_answered = Rc::new(Cell::new(false));
        let note = Rc::clone(&has_answered);
        let link = Link::connect(&destination, &transport, TIME, move || note.set(true));
        let link = link.await.unwrap();
        assert!(has_answered.get());
        let (out, err, end) = run_there(&link, "echo out; echo err >&2; exit 7")
            .await
            .unwrap();
        assert_eq!(
            (out.as_str(), err.as_str(), end),
            ("out\n", "err\n", status(7))
        );
        for code in [0, 1, 127, 254] {
            let end = run_there(&link, &format!("exit {code}")).await.unwrap().2;
            assert_eq!(end, status(code));
        }
        // Input, in pieces; the end of output before the end of the command; the end said twice.
        let channel = link
            .open("cat; exec >&- 2>&-; sleep 0.1; exit 3")
            .await
            .unwrap();
        channel.write_all(b"one ").await.unwrap();
        channel.write_all(b"").await.unwrap();
        channel.write_all("t\u{0}wo\n".as_bytes()).await.unwrap();
        channel.finish_writing();
        assert_eq!(channel.write_all(b"more").await, Err(LinkError::Ended));
        let (out, _, end) = read_all(&channel).await.unwrap();
        assert_eq!((out.as_slice(), end), (&b"one t\0wo\n"[..], status(3)));
        assert_eq!(channel.read().await, Ok(Chunk::End(status(3))));
        // A signal: only the library knows which.
        let end = run_there(&link, "kill -KILL $$").await.unwrap().2;
        match name {
            "libssh2" => assert_eq!((end.status, end.signal.as_deref()), (None, Some("KILL"))),
            _ => assert_eq!(end, status(255)),
        }
        // A command that ends while it is written to.
        let channel = link.open("exit 5").await.unwrap();
        let mut result = Ok(());
        while result.is_ok() {
            result = channel.write_all(&[0; 4096]).await;
            task::yield_now().await;
        }
        assert_eq!(result, Err(LinkError::Ended));
        assert_eq!(read_all(&channel).await.unwrap().2, status(5));
    });
}

/// Nine channels at once, each with as much in both directions and on standard error; none loses a byte.
async fn flood(link: &Rc<Link>, bytes: usize) {
    let tasks = (0..9).map(|number| {
        let link = Rc::clone(link);
        task::spawn_local(async move {
            let channel = Rc::new(link.open("tee /dev/stderr").await.unwrap());
            let sent = noise(number + 1, bytes);
            let writer = {
                let (channel, sent) = (Rc::clone(&channel), sent.clone());
                task::spawn_local(async move {
                    for piece in sent.chunks(70_001) {
                        channel.write_all(piece).await.unwrap();
                    }
                    channel.finish_writing();
                })
            };
            let (out, err, end) = read_all(&channel).await.unwrap();
            writer.await.unwrap();
            assert!(out == sent && err == sent, "channel {number}");
            assert_eq!(end, status(0));
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

#[test]
fn channels_do_not_disturb_each_other() {
    let Some(ground) = Ground::up("channels_do_not_disturb_each_other", 1) else {
        return;
    };
    each(&ground, |_, transport, destination| async move {
        let link = Rc::new(connect(&transport, &destination).await.unwrap());
        flood(&link, 5_000_000).await;
    });
    // Less of it by a slow link, where everything waits for everything.
    ground.slow("h1", "40mbit");
    each(&ground, |_, transport, destination| async move {
        let link = Rc::new(connect(&transport, &destination).await.unwrap());
        flood(&link, 700_001).await;
    });
    ground.fast("h1");
    // New keys are agreed on again and again in the middle of it.
    let config = ground.exec(
        "h1",
        &[
            "sh",
            "-c",
            "echo RekeyLimit 512K none >> /etc/ssh/sshd_config; tail -n 1 /etc/ssh/sshd_config",
        ],
    );
    assert_eq!(config, "RekeyLimit 512K none\n");
    ground.kill_sshd("h1");
    ground.start_sshd("h1");
    each(&ground, |_, transport, destination| async move {
        let link = Rc::new(connect(&transport, &destination).await.unwrap());
        flood(&link, 700_001).await;
    });
}

#[test]
fn a_slow_reader_holds_up_nobody_else() {
    let Some(ground) = Ground::up("a_slow_reader_holds_up_nobody_else", 1) else {
        return;
    };
    each(&ground, |_, transport, destination| async move {
        let link = connect(&transport, &destination).await.unwrap();
        let idle = link.open("head -c 8000000 /dev/zero").await.unwrap();
        let stuck = link.open("sleep 60").await.unwrap();
        // Nobody reads the one, nobody takes what is written to the other.
        let write = async { while stuck.write_all(&[0; 65536]).await.is_ok() {} };
        let others = async {
            for number in 0..5 {
                let (out, _, _) = run_there(&link, &format!("echo {number}")).await.unwrap();
                assert_eq!(out, format!("{number}\n"));
            }
        };
        tokio_select(write, others).await;
        let (out, _, end) = read_all(&idle).await.unwrap();
        assert_eq!((out.len(), end), (8_000_000, status(0)));
    });
}

/// Polls both until the second is done; the first is dropped.
async fn tokio_select(first: impl Future<Output = ()>, second: impl Future<Output = ()>) {
    let (mut first, mut second) = (Box::pin(first), Box::pin(second));
    std::future::poll_fn(|context| {
        let _ = first.as_mut().poll(context);
        second.as_mut().poll(context)
    })
    .await;
}

#[test]
fn what_is_dropped_harms_nobody() {
    let Some(ground) = Ground::up("what_is_dropped_harms_nobody", 1) else {
        return;
    };
    each(&ground, |_, transport, destination| async move {
        let link = Rc::new(connect(&transport, &destination).await.unwrap());
        for round in 0..40_u64 {
            // Futures dropped at any point of their lives.
            let time = Duration::from_micros(round * 300);
            let link = Rc::clone(&link);
            let attempt = async move {
                let channel = match link.open("cat").await {
                    // Those before it are still closing.
                    Err(LinkError::Full) => return,
                    result => result.unwrap(),
                };
                channel.write_all(&noise(round, 3_000_000)).await.unwrap();
                channel.read().await.unwrap();
            };
            let _ = time::timeout(time, attempt).await;
        }
        // As many channels are there as before, soon: closing takes its time.
        let began = Instant::now();
        loop {
            match run_there(&link, "echo still here").await {
                Ok((out, _, end)) => {
                    assert_eq!((out.as_str(), end), ("still here\n", status(0)));
                    break;
                }
                Err(LinkError::Full) if began.elapsed() < TIME => time::sleep(TIME / 100).await,
                Err(error) => panic!("{error}"),
            }
        }
        // A link without its handle lasts as long as its channels.
        let channel = link.open("cat").await.unwrap();
        drop(link);
        channel.write_all(b"alone").await.unwrap();
        channel.finish_writing();
        assert_eq!(read_all(&channel).await.unwrap().0, b"alone");
        // A dropped channel's command finds its input ended.
        let link = connect(&transport, &destination).await.unwrap();
        let channel = link.open("cat; echo ended > ended").await.unwrap();
        channel.write_all(b"x").await.unwrap();
        channel.read().await.unwrap();
        drop(channel);
        let began = Instant::now();
        while run_there(&link, "cat ended && rm ended").await.unwrap().0 != "ended\n" {
            assert!(began.elapsed() < TIME, "it goes on");
        }
    });
}

#[test]
fn the_host_decides_how_many_channels_there_are() {
    let Some(ground) = Ground::up("the_host_decides_how_many_channels_there_are", 1) else {
        return;
    };
    each(&ground, |name, transport, destination| async move {
        let link = connect(&transport, &destination).await.unwrap();
        let mut channels = Vec::new();
        for _ in 0..10 {
            channels.push(link.open("cat").await.unwrap());
        }
        // The library says so; ssh(1) makes a connection for what is too much.
        match link.open("cat").await {
            Err(error) => assert_eq!((name, error), ("libssh2", LinkError::Full)),
            Ok(channel) => {
                assert_eq!(name, "ssh(1)");
                channels.push(channel);
            }
        }
        for channel in channels {
            channel.write_all(b"each").await.unwrap();
            channel.finish_writing();
            let (out, err, end) = read_all(&channel).await.unwrap();
            assert_eq!(
                (out.as_slice(), err.as_slice(), end),
                (&b"each"[..], &b""[..], status(0))
            );
        }
        let (out, _, _) = run_there(&link, "echo again").await.unwrap();
        assert_eq!(out, "again\n");
    });
}

#[test]
fn a_lost_connection_is_lost_for_all() {
    let Some(ground) = Ground::up("a_lost_connection_is_lost_for_all", 1) else {
        return;
    };
    let shared = &ground;
    each(&ground, |_, transport, destination| async move {
        let link = connect(&transport, &destination).await.unwrap();
        let (one, two) = (
            link.open("cat").await.unwrap(),
            link.open("cat").await.unwrap(),
        );
        one.write_all(b"1").await.unwrap();
        assert_eq!(one.read().await, Ok(Chunk::Out(b"1".to_vec())));
        two.write_all(b"2").await.unwrap();
        assert_eq!(two.read().await, Ok(Chunk::Out(b"2".to_vec())));
        shared.kill_sshd("h1");
        assert!(matches!(one.read().await, Err(LinkError::Lost(_))));
        assert!(matches!(two.read().await, Err(LinkError::Lost(_))));
        assert!(matches!(two.read().await, Err(LinkError::Lost(_))));
        assert!(matches!(link.open("true").await, Err(LinkError::Lost(_))));
        shared.start_sshd("h1");
    });
}

#[test]
fn who_cannot_be_reached_is_said_in_one_line() {
    let Some(ground) = Ground::up("who_cannot_be_reached_is_said_in_one_line", 2) else {
        return;
    };
    let home = ground.home();
    for (name, transport) in transports(&home) {
        let fails = |destination: &Destination, time: Duration| {
            let began = Instant::now();
            let result = run(Link::connect(destination, &transport, time, || {}));
            let Err(error) = result else {
                panic!("{name}: connected");
            };
            assert!(
                began.elapsed() < time + Duration::from_secs(1),
                "{name}: too late"
            );
            assert_eq!(error.to_string().lines().count(), 1, "{error}");
            error
        };
        let host = |name: &str| destination(&home, name);
        let short = Duration::from_millis(1500);

        let mut unknown = host("h1");
        unknown.name = "no-such-host.invalid".to_owned();
        unknown.host_name = unknown.name.clone();
        let error = fails(&unknown, TIME);
        assert!(
            matches!(error, ConnectError::UnknownHost { .. }),
            "{name}: {error:?}"
        );

        ground.refuse("h2");
        let refused = ConnectError::Refused {
            host: "h2".to_owned(),
            port: 2222,
        };
        assert_eq!(fails(&host("h2"), TIME), refused, "{name}");
        ground.start_sshd("h2");

        ground.cut("h2");
        let error = fails(&host("h2"), short);
        let timed_out = |stage| ConnectError::TimedOut {
            host: "h2".to_owned(),
            stage,
        };
        assert_eq!(error, timed_out(Stage::Reaching), "{name}");
        ground.join("h2");

        // The kernel of a frozen host still answers; only the library can tell the two apart.
        ground.freeze("h2");
        let error = fails(&host("h2"), short);
        let stage = match name {
            "libssh2" => Stage::Handshake,
            _ => Stage::Reaching,
        };
        assert_eq!(error, timed_out(stage), "{name}");
        ground.thaw("h2");

        assert!(run(connect(&transport, &host("h2"))).is_ok(), "{name}");
    }
}

#[test]
fn the_hosts_key_must_be_the_known_one() {
    let Some(ground) = Ground::up("the_hosts_key_must_be_the_known_one", 2) else {
        return;
    };
    let home = ground.home();
    let known_hosts = home.join(".ssh/known_hosts");
    for (name, transport) in transports(&home) {
        for host in ["h1", "h2"] {
            let destination = destination(&home, host);
            let fails = || run(connect(&transport, &destination)).err().unwrap();
            let text = fs::read_to_string(&known_hosts).unwrap();
            assert!(run(connect(&transport, &destination)).is_ok());

            fs::write(&known_hosts, "").unwrap();
            let error = fails();
            assert!(
                matches!(error, ConnectError::HostKeyUnknown { .. }),
                "{name}: {error:?}"
            );
            assert_eq!(error.hint().unwrap(), format!("ssh {host} true"));

            // Hashed names are names too.
            fs::write(&known_hosts, &text).unwrap();
            let hash = Command::new("ssh-keygen")
                .args(["-q", "-H", "-f"])
                .arg(&known_hosts)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .unwrap();
            assert!(hash.success());
            assert!(fs::read_to_string(&known_hosts).unwrap().starts_with("|1|"));
            let result = run(connect(&transport, &destination));
            assert!(result.is_ok(), "{name}: {:?}", result.err());

            fs::write(&known_hosts, &text).unwrap();
            ground.rekey(host);
            let error = fails();
            let ConnectError::HostKeyChanged { file, line, .. } = &error else {
                panic!("{name}: {error:?}");
            };
            assert_eq!(file, &known_hosts);
            let entry = text.lines().nth(line - 1).unwrap();
            assert!(!entry.is_empty() && !entry.starts_with('#'), "{entry}");
            let hint = error.hint().unwrap();
            let is_done = Command::new("sh").args(["-c", &hint]).output().unwrap();
            assert!(is_done.status.success(), "{hint}");
            let error = fails();
            assert!(
                matches!(error, ConnectError::HostKeyUnknown { .. }),
                "{name}: {error:?}"
            );
            ground.trust();
            assert!(run(connect(&transport, &destination)).is_ok());
        }
    }
}

#[cfg(feature = "ssh")]
#[test]
fn the_library_honours_what_the_configuration_says() {
    let Some(ground) = Ground::up("the_library_honours_what_the_configuration_says", 2) else {
        return;
    };
    let home = ground.home();
    let known_hosts = home.join(".ssh/known_hosts");
    let text = fs::read_to_string(&known_hosts).unwrap();

    // A key is learnt once, in the first file, which need not be there.
    let mut host = destination(&home, "h2");
    let fresh = home.join("new/dir/known_hosts");
    host.known_hosts = vec![fresh.clone(), home.join("absent")];
    host.strictness = Strictness::AcceptNew;
    assert_eq!(connects(&host), Ok(()));
    host.strictness = Strictness::Yes;
    assert_eq!(connects(&host), Ok(()));
    assert_eq!(fs::read_to_string(&fresh).unwrap().lines().count(), 1);

    // A key of another kind that is known too, and comes first here, is no reason to refuse.
    let lines: Vec<&str> = text.lines().collect();
    let other = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBA==";
    let name = lines.iter().find(|line| !line.is_empty()).unwrap();
    let name = name.split(' ').next().unwrap();
    fs::write(&known_hosts, format!("* {other}\n{name} {other}\n{text}")).unwrap();
    let host = destination(&home, "h1");
    assert_eq!(connects(&host), Ok(()));
    fs::write(&known_hosts, &text).unwrap();

    // An alias stands for name and port; wildcards; a revoked key.
    let key = fs::read_to_string(&fresh).unwrap();
    let key = key.split_once(' ').unwrap().1.trim();
    let mut host = destination(&home, "h2");
    host.known_hosts = vec![fresh.clone()];
    host.host_key_alias = Some("builder-2".to_owned());
    fs::write(&fresh, format!("builder-? {key}\n")).unwrap();
    assert_eq!(connects(&host), Ok(()));
    fs::write(&fresh, format!("builder-2 {key}\n@revoked * {key}\n")).unwrap();
    let revoked = connects(&host).unwrap_err();
    assert!(
        matches!(revoked, ConnectError::HostKeyRevoked { line: 2, .. }),
        "{revoked:?}"
    );
    fs::write(&fresh, format!("builder-2 {other}\n")).unwrap();
    host.strictness = Strictness::No;
    assert_eq!(connects(&host), Ok(()));
}

#[cfg(feature = "ssh")]
fn connects(destination: &Destination) -> Result<(), ConnectError> {
    run(connect(&Transport::Library, destination)).map(drop)
}

/// Returns which keys were tried in vain.
#[cfg(feature = "ssh")]
fn tried(destination: &Destination) -> Vec<String> {
    match connects(destination) {
        Err(ConnectError::NoKeyAccepted { tried, .. }) => tried,
        other => panic!("{other:?}"),
    }
}

/// An agent.
#[cfg(feature = "ssh")]
struct Agent(std::process::Child, PathBuf);

#[cfg(feature = "ssh")]
impl Agent {
    fn start(dir: &Path) -> Agent {
        let path = dir.join("agent");
        let child = Command::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(&path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let began = Instant::now();
        while !path.exists() {
            assert!(began.elapsed() < TIME, "no agent");
        }
        Agent(child, path)
    }

    fn add(&self, key: &Path) {
        let added = Command::new("ssh-add")
            .arg(key)
            .env("SSH_AUTH_SOCK", &self.1)
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(added.success());
    }
}

#[cfg(feature = "ssh")]
impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(feature = "ssh")]
fn new_key(path: &Path, kind: &str, passphrase: &str) {
    let made = Command::new("ssh-keygen")
        .args([
            "-q",
            "-t",
            kind,
            "-C",
            "made for a test",
            "-N",
            passphrase,
            "-f",
        ])
        .arg(path)
        .status()
        .unwrap();
    assert!(made.success());
}

#[cfg(feature = "ssh")]
#[test]
fn keys_come_from_files() {
    let Some(ground) = Ground::up("keys_come_from_files", 1) else {
        return;
    };
    let home = ground.home();
    let good = home.join(".ssh/id_ed25519");
    let mut host = destination(&home, "h1");

    host.identity_files = vec![home.join("absent")];
    assert_eq!(tried(&host), Vec::<String>::new());
    let locked = home.join("locked");
    let wrong = home.join("wrong");
    let broken = home.join("broken");
    new_key(&locked, "ed25519", "secret");
    new_key(&wrong, "rsa", "");
    fs::write(&broken, "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n").unwrap();
    host.identity_files = vec![locked.clone(), broken.clone(), wrong.clone()];
    let said = tried(&host);
    assert_eq!(
        said[0],
        format!("{} (it needs a passphrase)", locked.display())
    );
    assert_eq!(
        said[1..],
        [broken.display().to_string(), wrong.display().to_string()]
    );
    host.identity_files.push(good.clone());
    assert_eq!(connects(&host), Ok(()));

    // Keys of each kind, in either format of file.
    let authorized = ground.home().join("../h1/authorized_keys");
    for (kind, format) in [
        ("rsa", "RFC4716"),
        ("rsa", "PEM"),
        ("ecdsa", "RFC4716"),
        ("ecdsa", "PEM"),
    ] {
        let key = home.join(format!("key-{kind}-{format}"));
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", kind, "-m", format, "-N", "", "-f"])
            .arg(&key)
            .status()
            .unwrap();
        assert!(made.success());
        let mut path = key.clone().into_os_string();
        path.push(".pub");
        let public = fs::read_to_string(path).unwrap();
        let known = fs::read_to_string(&authorized).unwrap();
        fs::write(&authorized, known + &public).unwrap();
        host.identity_files = vec![key];
        assert_eq!(connects(&host), Ok(()), "{kind} {format}");
    }
}

#[cfg(feature = "ssh")]
#[test]
fn keys_come_from_the_agent() {
    let Some(ground) = Ground::up("keys_come_from_the_agent", 1) else {
        return;
    };
    let home = ground.home();
    let good = home.join(".ssh/id_ed25519");
    let wrong = home.join("wrong");
    new_key(&wrong, "rsa", "");
    let mut host = destination(&home, "h1");

    // With the key, with a wrong one before it, and only what the files name.
    let agent = Agent::start(&home);
    host.agent = Some(agent.1.clone());
    host.identity_files.clear();
    assert_eq!(tried(&host), Vec::<String>::new());
    agent.add(&wrong);
    assert_eq!(tried(&host), ["agent's made for a test"]);
    agent.add(&good);
    assert_eq!(connects(&host), Ok(()));
    host.identities_only = true;
    assert_eq!(tried(&host), Vec::<String>::new());
    host.identity_files = vec![good];
    assert_eq!(connects(&host), Ok(()));

    // An agent that is gone or says nothing costs no more than a moment.
    let silent = home.join("silent");
    let _listener = std::os::unix::net::UnixListener::bind(&silent).unwrap();
    for path in [silent, home.join("absent")] {
        host.agent = Some(path);
        let began = Instant::now();
        assert_eq!(connects(&host), Ok(()));
        assert!(began.elapsed() < Duration::from_secs(2));
    }
}
