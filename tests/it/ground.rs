//! The test ground of `tests/tools/ground.sh`: hosts with a real sshd each, as namespaces of this machine.
//! It does not know what runs on them.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::ChildStdin;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

use tempfile::TempDir;

use crate::tools;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tools/ground.sh");

/// How long ssh(1) waits for a host, in seconds.
const CONNECT_SECONDS: u32 = 2;

/// Hosts `h1`, `h2`, … with their links; all of it ends with this value, at the latest with the test's process.
/// The names hold for a client whose `HOME` is `home()`.
pub struct Ground {
    dir: TempDir,
    /// The hosts end when this pipe is closed.
    lease: Option<ChildStdin>,
}

impl Ground {
    /// Returns a ground with so many hosts; None, a counted skip of the test, where there can be none.
    pub fn up(test: &str, hosts: usize) -> Option<Ground> {
        let able = script(Path::new("/"), &["can"]).output().unwrap();
        if !able.status.success() {
            tools::skip(test, text(&able.stderr).trim());
            return None;
        }
        let dir = tempfile::Builder::new()
            .prefix("rmake-ground-")
            .tempdir()
            .unwrap();
        let mut child = script(dir.path(), &["lease", &hosts.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lease = child.stdin.take();
        let output = child.wait_with_output().unwrap();
        let ground = Ground { dir, lease };
        assert!(output.status.success(), "{}", text(&output.stderr));
        Some(ground)
    }

    /// Returns the client's home directory, with `.ssh/config`, `.ssh/known_hosts` and the key.
    pub fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// Writes `.makehosts` in the client's home, hosts with their slots, where jobs run staged; returns its path.
    pub fn hosts_file(&self, hosts: &[(&str, usize)]) -> PathBuf {
        let path = self.home().join(".makehosts");
        let lines = hosts
            .iter()
            .map(|(host, slots)| format!("{host} {slots} executor=staged\n"));
        fs::write(&path, lines.collect::<String>()).unwrap();
        path
    }

    /// Cuts the link: every packet is lost silently.
    pub fn cut(&self, host: &str) {
        self.act(&["cut", host]);
    }

    /// Undoes `cut`.
    pub fn join(&self, host: &str) {
        self.act(&["join", host]);
    }

    /// Limits the link to a rate in tc's words (`8mbit`), in each direction.
    pub fn slow(&self, host: &str, rate: &str) {
        self.act(&["slow", host, rate]);
    }

    /// Undoes `slow`.
    pub fn fast(&self, host: &str) {
        self.act(&["fast", host]);
    }

    /// Stops all that runs on the host; its kernel still accepts connections.
    pub fn freeze(&self, host: &str) {
        self.act(&["freeze", host]);
    }

    /// Undoes `freeze`.
    pub fn thaw(&self, host: &str) {
        self.act(&["thaw", host]);
    }

    /// Ends what listens for connections; sessions go on.
    pub fn refuse(&self, host: &str) {
        self.act(&["refuse", host]);
    }

    /// Ends what listens and every session; what the sessions had started stays.
    pub fn kill_sshd(&self, host: &str) {
        self.act(&["kill-sshd", host]);
    }

    /// Undoes `refuse` and `kill_sshd`.
    pub fn start_sshd(&self, host: &str) {
        self.act(&["start-sshd", host]);
    }

    /// Gives the host another key than the client knows.
    pub fn rekey(&self, host: &str) {
        self.act(&["rekey", host]);
    }

    /// Lets the client know the keys of all hosts as they are now.
    pub fn trust(&self) {
        self.act(&["trust"]);
    }

    /// Changes the user's login shell: a name in PATH, or a path.
    pub fn shell(&self, host: &str, shell: &str) {
        self.act(&["shell", host, shell]);
    }

    /// Makes the host's `/tmp` `full`, `readonly`, `noexec` or `normal`.
    pub fn tmp(&self, host: &str, how: &str) {
        self.act(&["tmp", host, how]);
    }

    /// Sets whether the user there may make mounts of its own, as most systems let it.
    pub fn fuse(&self, host: &str, is_open: bool) {
        self.act(&["fuse", host, if is_open { "666" } else { "600" }]);
    }

    /// Sets whether the user there may make namespaces.
    pub fn namespaces(&self, host: &str, are_allowed: bool) {
        self.act(&["namespaces", host, if are_allowed { "yes" } else { "no" }]);
    }

    /// Runs a command as root on the host, not over ssh; it must succeed. Returns its stdout.
    pub fn exec<S: AsRef<OsStr>>(&self, host: &str, words: &[S]) -> String {
        let mut command = script(self.dir.path(), &["exec", host]);
        let output = command.args(words).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    /// Returns ssh(1) as it would run a command on the host.
    pub fn ssh(&self, host: &str, command: &str) -> Command {
        let mut ssh = Command::new("ssh");
        ssh.arg("-F").arg(self.home().join(".ssh/config"));
        ssh.args(["-o", "BatchMode=yes", "-o"])
            .arg(format!("ConnectTimeout={CONNECT_SECONDS}"));
        // The default exchange of keys costs more time than all the rest.
        ssh.args(["-o", "KexAlgorithms=curve25519-sha256"]);
        ssh.args([host, command]).stdin(Stdio::null());
        ssh
    }

    fn act(&self, words: &[&str]) {
        let output = script(self.dir.path(), words).output().unwrap();
        assert!(
            output.status.success(),
            "{words:?}: {}",
            text(&output.stderr)
        );
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        let _ = script(self.dir.path(), &["down"]).status();
    }
}

/// Returns the script as it acts on the ground in this directory, with a deadline.
fn script(dir: &Path, words: &[&str]) -> Command {
    let mut command = Command::new("timeout");
    command.args(["60", SCRIPT]).args(words).env("GROUND", dir);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

mod tests {
    use std::io::Read;
    use std::thread;
    use std::time::Duration;
    use std::time::Instant;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(CONNECT_SECONDS as u64);

    /// Runs ssh and expects these words on stdout.
    #[track_caller]
    fn check(ground: &Ground, host: &str, command: &str, expected: &str) {
        let Output { stdout, stderr, .. } = ground.ssh(host, command).output().unwrap();
        assert_eq!(text(&stdout), expected, "{host}: {}", text(&stderr));
    }

    /// Runs ssh, expects that no connection comes about, with this complaint; returns how long that took.
    #[track_caller]
    fn check_refusal(ground: &Ground, host: &str, complaint: &str) -> Duration {
        let started = Instant::now();
        let output = ground.ssh(host, "echo in").output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(255), "{said}");
        assert!(said.contains(complaint), "{said}");
        started.elapsed()
    }

    /// Starts a command over ssh that prints `begun`, and waits for that.
    fn begin(ground: &Ground, host: &str, command: &str) -> std::process::Child {
        let mut ssh = ground.ssh(host, &format!("echo begun; {command}"));
        let mut child = ssh
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut begun = [0; 6];
        let out = child.stdout.as_mut().unwrap();
        out.read_exact(&mut begun).unwrap();
        child
    }

    #[track_caller]
    fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
        let started = Instant::now();
        while !is_so() {
            assert!(started.elapsed() < Duration::from_secs(10), "not {what}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn hosts_are_apart() {
        let Some(ground) = Ground::up("ground::hosts_are_apart", 2) else {
            return;
        };
        for host in ["h1", "h2"] {
            let told = format!("builder {host} /home/builder\n");
            check(&ground, host, "echo $(id -un) $(uname -n) $PWD", &told);
        }
        check(&ground, "h1", "echo one > /tmp/mine; ls -A /tmp", "mine\n");
        check(&ground, "h2", "ls -A /tmp", "");
        assert!(!Path::new("/tmp/mine").exists());
        let home = ground.home();
        check(
            &ground,
            "h1",
            &format!("test ! -e {} && echo ok", home.display()),
            "ok\n",
        );
        check(&ground, "h1", "ls -A /root; ls -A /var/tmp", "");
        let greeting = "bash -c 'read -r -n 3 word < /dev/tcp/h2/2222; echo $word'";
        check(&ground, "h1", greeting, "SSH\n");
        assert_eq!(ground.exec("h1", &["ip", "route", "show", "default"]), "");
        let list = ground.hosts_file(&[("h1", 2), ("h2", 8)]);
        assert_eq!(
            fs::read_to_string(list).unwrap(),
            "h1 2 executor=staged\nh2 8 executor=staged\n"
        );
    }

    #[test]
    fn login_shells_differ() {
        let Some(ground) = Ground::up("ground::login_shells_differ", 1) else {
            return;
        };
        for (shell, command) in [
            ("csh", "set x = seen; echo $x"),
            ("fish", "set x seen; echo $x"),
        ] {
            if tools::find(shell).is_none() {
                tools::skip(
                    "ground::login_shells_differ",
                    &format!("no {shell} in PATH"),
                );
                continue;
            }
            ground.shell("h1", shell);
            check(&ground, "h1", command, "seen\n");
        }
        ground.shell("h1", "/bin/sh");
        check(&ground, "h1", "x=seen; echo $x", "seen\n");
    }

    #[test]
    fn a_cut_link_is_silent() {
        let Some(ground) = Ground::up("ground::a_cut_link_is_silent", 1) else {
            return;
        };
        let mut session = begin(&ground, "h1", "sleep 1; echo ended");
        ground.cut("h1");
        assert!(check_refusal(&ground, "h1", "timed out") >= PATIENCE);
        assert_eq!(session.try_wait().unwrap(), None);
        ground.join("h1");
        check(&ground, "h1", "echo back", "back\n");
        let rest = session.wait_with_output().unwrap();
        assert_eq!(text(&rest.stdout), "ended\n");
    }

    #[test]
    fn a_slow_link_has_its_rate() {
        let Some(ground) = Ground::up("ground::a_slow_link_has_its_rate", 1) else {
            return;
        };
        let megabyte = || {
            let mut session = begin(&ground, "h1", "head -c 1000000 /dev/zero");
            let started = Instant::now();
            let mut received = Vec::new();
            let mut out = session.stdout.take().unwrap();
            out.read_to_end(&mut received).unwrap();
            session.wait().unwrap();
            assert_eq!(received.len(), 1_000_000);
            started.elapsed().as_secs_f64()
        };
        ground.slow("h1", "8mbit");
        // The machine may be busy: no run may be too fast, one of three must not be too slow.
        let mut seen = Vec::new();
        let mut takes = |least: f64, most: f64| {
            seen.push(megabyte());
            let last = seen[seen.len() - 1];
            assert!(last > least, "{seen:?}");
            last < most
        };
        assert!((0..3).any(|_| takes(0.5, 2.0)));
        ground.fast("h1");
        assert!((0..3).any(|_| takes(0.0, 0.5)), "{seen:?}");
    }

    #[test]
    fn a_frozen_host_accepts_and_says_nothing() {
        let Some(ground) = Ground::up("ground::a_frozen_host_accepts_and_says_nothing", 1) else {
            return;
        };
        let mut session = begin(&ground, "h1", "echo ended");
        ground.freeze("h1");
        assert!(check_refusal(&ground, "h1", "during banner exchange") >= PATIENCE);
        ground.thaw("h1");
        check(&ground, "h1", "echo back", "back\n");
        assert!(session.wait().unwrap().success());
    }

    #[test]
    fn sshd_goes_and_comes() {
        let Some(ground) = Ground::up("ground::sshd_goes_and_comes", 1) else {
            return;
        };
        let mut session = begin(&ground, "h1", "sleep 1000");
        ground.refuse("h1");
        assert!(check_refusal(&ground, "h1", "Connection refused") < PATIENCE);
        assert_eq!(session.try_wait().unwrap(), None);
        ground.start_sshd("h1");
        check(&ground, "h1", "echo back", "back\n");

        ground.kill_sshd("h1");
        assert_eq!(session.wait().unwrap().code(), Some(255));
        assert!(check_refusal(&ground, "h1", "Connection refused") < PATIENCE);
        let left = ground.exec("h1", &["ps", "-C", "sleep", "-o", "args="]);
        assert_eq!(left, "sleep 1000\n");
        ground.start_sshd("h1");
        check(&ground, "h1", "echo back", "back\n");

        ground.rekey("h1");
        check_refusal(&ground, "h1", "HOST IDENTIFICATION HAS CHANGED");
        ground.trust();
        check(&ground, "h1", "echo back", "back\n");
    }

    #[test]
    fn tmp_fails_in_its_ways() {
        let Some(ground) = Ground::up("ground::tmp_fails_in_its_ways", 1) else {
            return;
        };
        let write = "cp /usr/bin/true /tmp/true && /tmp/true && echo fine";
        for (how, complaint) in [
            ("full", "No space left on device"),
            ("readonly", "Read-only file system"),
            ("noexec", "Permission denied"),
        ] {
            ground.tmp("h1", how);
            let output = ground.ssh("h1", write).output().unwrap();
            let said = text(&output.stderr);
            assert!(said.contains(complaint), "{how}: {said}");
            assert_eq!(text(&output.stdout), "", "{how}");
            ground.tmp("h1", "normal");
            check(&ground, "h1", write, "fine\n");
        }
    }

    #[test]
    fn grounds_live_side_by_side_and_end_with_their_owner() {
        let test = "ground::grounds_live_side_by_side_and_end_with_their_owner";
        let (Some(mut first), Some(second)) = (Ground::up(test, 1), Ground::up(test, 1)) else {
            return;
        };
        check(&first, "h1", "echo first", "first\n");
        check(&second, "h1", "echo second", "second\n");
        let pid = fs::read_to_string(first.dir.path().join("h1/pid")).unwrap();
        let bridge = fs::read_to_string(first.dir.path().join("number")).unwrap();
        let bridge = Path::new("/sys/class/net").join(format!("rg{}", bridge.trim()));
        assert!(bridge.exists());

        // As when the test's process is killed.
        drop(first.lease.take());
        let init = Path::new("/proc").join(pid.trim());
        wait_until("ended with its owner", || !init.exists());
        check(&second, "h1", "echo second", "second\n");
        first.act(&["down"]);
        first.act(&["down"]);
        assert!(!bridge.exists() && !first.home().exists());
        check(&second, "h1", "echo second", "second\n");
    }
}
