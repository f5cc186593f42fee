//! Units of the reader of ssh_config(5), and its comparison with `ssh -G`.

use super::*;
use proptest::prelude::any;
use proptest::prelude::prop;
use proptest::prelude::proptest;
use proptest::strategy::Strategy;
use proptest::test_runner::Config;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

/// Files in memory; a pattern matches by the rules of host patterns.
struct Memory(BTreeMap<BString, Vec<u8>>);

impl Files for Memory {
    fn read(&mut self, path: &BStr, _uid: u32) -> io::Result<Vec<u8>> {
        match self.0.get(path) {
            Some(text) if text == b"SHUT" => Err(io::ErrorKind::PermissionDenied.into()),
            Some(text) => Ok(text.clone()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn glob(&mut self, pattern: &BStr) -> Vec<BString> {
        let paths = self.0.keys();
        paths
            .filter(|path| pattern::is_match(pattern, path))
            .cloned()
            .collect()
    }
}

fn local() -> Local {
    Local {
        home: "/h".into(),
        user: "me".into(),
        uid: 7,
        host_name: "here.example.org".into(),
        user_file: Some("/h/.ssh/config".into()),
        system_file: Some("/etc/ssh/ssh_config".into()),
        environment: vec![
            ("DIR".into(), "/dir".into()),
            ("SOCK".into(), "/sock".into()),
        ],
    }
}

fn wanted(host: &str) -> Wanted<'_> {
    Wanted {
        host: BStr::new(host),
        user: None,
        port: None,
        identity: None,
    }
}

fn resolve_with(text: &str, host: &str, more: &[(&str, &str)]) -> Result<HostConfig, Complaint> {
    let mut files = BTreeMap::from([(BString::from("/h/.ssh/config"), text.as_bytes().to_vec())]);
    files.extend(
        more.iter()
            .map(|(path, text)| (BString::from(*path), text.as_bytes().to_vec())),
    );
    resolve(&wanted(host), &local(), &mut Memory(files))
}

fn of(text: &str) -> HostConfig {
    resolve_with(text, "foo", &[]).expect("a configuration without faults")
}

fn list(paths: &[BString]) -> String {
    BString::from(bstr::join(" ", paths)).to_string()
}

#[test]
fn defaults() {
    let config = of("");
    assert_eq!(config.host_name, "foo");
    assert_eq!((config.user, config.port), ("me".into(), 22));
    assert_eq!(
        list(&config.identity_files),
        "/h/.ssh/id_rsa /h/.ssh/id_ecdsa /h/.ssh/id_ed25519"
    );
    assert_eq!(
        list(&config.user_known_hosts_files),
        "/h/.ssh/known_hosts /h/.ssh/known_hosts2"
    );
    assert_eq!(
        list(&config.global_known_hosts_files),
        "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"
    );
    assert_eq!(config.strict_host_key_checking, Strictness::Ask);
    assert_eq!(
        (config.agent, config.connect_timeout),
        (Agent::Environment, None)
    );
    assert_eq!(config.needs_system_ssh, None);
}

#[test]
fn paths_and_their_tokens() {
    let text = "HostName %h.example.org\nUser you\nPort 9\nHostKeyAlias al\nIdentityFile ~/k-%n-%h-%p-%r-%u-%i-%d-%k-%l-%L-%%\n\
                IdentityFile ${DIR}/a\nIdentityFile none\nUserKnownHostsFile ~/x \"a b\" ${DIR}%%\nIdentityAgent ~/%r";
    let config = of(text);
    assert_eq!(
        list(&config.identity_files),
        "/h/k-foo-foo.example.org-9-you-me-7-/h-al-here.example.org-here-% /dir/a"
    );
    assert_eq!(list(&config.user_known_hosts_files), "/h/x a b /dir%");
    assert_eq!(config.agent, Agent::Socket("/h/you".into()));
    assert_eq!(
        of("IdentityAgent $SOCK").agent,
        Agent::Socket("/sock".into())
    );
    assert_eq!(of("IdentityAgent $NOPE").agent, Agent::Unused);
    assert_eq!(of("IdentityAgent none").agent, Agent::Unused);
    assert_eq!(of("IdentityAgent SSH_AUTH_SOCK").agent, Agent::Environment);
    assert_eq!(
        list(&of("UserKnownHostsFile none").user_known_hosts_files),
        ""
    );
    let given = Wanted {
        user: Some(BStr::new("u")),
        port: Some(3),
        identity: Some(BStr::new("~/mine")),
        ..wanted("foo")
    };
    let text = b"User x\nPort 4\nIdentityFile ~/k\nMatch user u\nCompression yes".to_vec();
    let mut files = Memory(BTreeMap::from([("/h/.ssh/config".into(), text)]));
    let config = resolve(&given, &local(), &mut files).expect("no faults");
    assert_eq!(
        (config.user, config.port, config.compression),
        ("u".into(), 3, true)
    );
    assert_eq!(list(&config.identity_files), "/h/mine /h/k");
}

#[test]
fn what_only_ssh_can_do() {
    let needs = |text: &str| of(text).needs_system_ssh.map(|reason| reason.to_string());
    let table = [
        ("ProxyJump gate", "ProxyJump"),
        ("proxycommand ssh -W %h:%p 'gate", "ProxyCommand"),
        ("ControlPath ~/%C", "ControlPath"),
        ("CertificateFile x", "CertificateFile"),
        ("Match exec \"true\"\nUser x", "Match exec"),
        ("Match !exec true host foo\nUser x", "Match exec"),
        ("Match tagged t\nUser x", "Match tagged"),
        (
            "IdentityFile ~/.ssh/id_ed25519_sk",
            "IdentityFile ~/.ssh/id_ed25519_sk",
        ),
        ("IdentityFile %C", "%C"),
        ("GSSAPIAuthentication yes", "GSSAPIAuthentication"),
        ("CanonicalizeHostname always", "CanonicalizeHostname"),
        ("PubkeyAuthentication no", "PubkeyAuthentication"),
        ("Ciphers aes128-ctr", "Ciphers"),
    ];
    for (text, reason) in table {
        assert_eq!(needs(text).as_deref(), Some(reason), "{text}");
    }
    let harmless = [
        "ProxyJump none\nProxyJump x",
        "ProxyCommand none\nProxyJump x",
        "Host bar\nProxyJump x",
        "ControlPath none\nControlMaster auto",
        "Match host bar exec true",
        "Match exec true host bar",
        "SecurityKeyProvider internal\nPKCS11Provider none\nVerifyHostKeyDNS no",
        "PubkeyAuthentication yes",
        "NoSuchKeyword \"x",
    ];
    for text in harmless {
        assert_eq!(needs(text), None, "{text}");
    }
    assert!(of("ControlPath ~/%C").shares_connection);
    let system = [(
        "/etc/ssh/ssh_config",
        "GSSAPIAuthentication yes\nCiphers x\nCompression yes\nPort 5",
    )];
    let config = resolve_with("Port 4", "foo", &system).expect("no faults");
    assert_eq!(
        (config.needs_system_ssh, config.compression, config.port),
        (None, true, 4)
    );
    let key = [("/h/.ssh/id_ed25519_sk", "")];
    let reason = |more: &[(&str, &str)]| {
        resolve_with("", "foo", more)
            .expect("no faults")
            .needs_system_ssh
    };
    assert_eq!(reason(&key), Some("id_ed25519_sk".into()));
    assert_eq!(reason(&[key[0], ("/h/.ssh/id_rsa", "")]), None);
}

#[test]
fn includes() {
    let files = [
        ("/h/.ssh/a.conf", "Port 1\nHost bar\nUser bar"),
        ("/h/.ssh/b.conf", "Port 2\nHost foo\nUser foo"),
        ("/h/x", "Compression yes"),
        ("/etc/ssh/ssh_config", "Include d/*\nUser sys"),
        ("/etc/ssh/d/1", "IdentitiesOnly yes"),
        ("/h/.ssh/loop", "Include loop"),
    ];
    let told = |text: &str| {
        let config =
            resolve_with(text, "foo", &files).map_err(|complaint| complaint.to_string())?;
        let HostConfig {
            user,
            port,
            compression,
            identities_only,
            ..
        } = config;
        Ok(format!("{user} {port} {compression} {identities_only}"))
    };
    let is = |text: &str| Ok::<_, String>(text.to_owned());
    assert_eq!(told("Include *.conf ~/x"), is("foo 1 true true"));
    assert_eq!(
        told("Host bar\nInclude *.conf ~/x"),
        is("sys 22 false true")
    );
    assert_eq!(
        told("Include /h/.ssh/a.conf\nUser after"),
        is("after 1 false true")
    );
    assert_eq!(told("Include nothing /h/x"), is("sys 22 true true"));
    let looped = Err("/h/.ssh/loop: too many files are included".to_owned());
    assert_eq!(told("Include loop"), looped);
    let shut = [("/h/.ssh/shut", "SHUT")];
    let refused = resolve_with("Include shut", "foo", &shut)
        .map(|_| ())
        .map_err(|complaint| complaint.to_string());
    assert_eq!(refused, Err("/h/.ssh/shut: permission denied".to_owned()));
    let unread = resolve_with("SHUT", "foo", &[]).expect("an unreadable file is none");
    assert_eq!(unread.port, 22);
}

#[test]
fn faults_have_a_place() {
    let table = [
        ("\n\n\t Port abc", "3:3: expected a port number, not abc"),
        ("Host bar\nPort 0", "2:1: expected a port number, not 0"),
        ("User", "1:1: expected a value for User"),
        ("User a b", "1:1: expected one value for User"),
        ("User \"a", "1:1: expected the end of a quoted text"),
        ("ConnectTimeout -1", "1:1: expected a time, not -1"),
        (
            "IdentitiesOnly maybe",
            "1:1: expected yes, true, no, false, not maybe",
        ),
        (
            "HostName %n",
            "1:1: expected no token but %h and %% in a host's name",
        ),
        (
            "UserKnownHostsFile a none",
            "1:1: expected none or names of files, not both",
        ),
        (
            "x y\nUserKnownHostsFile a %Z",
            "2:1: expected a token of ssh_config(5), not %Z",
        ),
        (
            "IdentityFile ${NOPE}",
            "1:1: expected a variable with a value, not ${NOPE}",
        ),
        ("Match all user me", "1:1: expected nothing after Match all"),
        ("Match user", "1:1: expected a value for Match user"),
    ];
    for (text, expected) in table {
        let complaint = resolve_with(text, "foo", &[]).expect_err(text);
        assert_eq!(
            complaint.to_string(),
            format!("/h/.ssh/config:{expected}"),
            "{text}"
        );
    }
}

#[test]
fn files_that_others_may_write_are_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("config");
    std::fs::write(&path, "Port 3").expect("a file");
    let uid = path.metadata().expect("a file").uid();
    let read = |mode: u32, uid: u32| {
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).expect("our file");
        let result = Disk.read(BStr::new(path.as_os_str().as_bytes()), uid);
        result.map(BString::from).map_err(|error| error.to_string())
    };
    let refused = Err("bad owner or permissions".to_owned());
    assert_eq!(read(0o600, uid), Ok("Port 3".into()));
    assert_eq!(read(0o644, uid), Ok("Port 3".into()));
    assert_eq!(read(0o666, uid), refused);
    assert_eq!(read(0o602, uid), refused);
}

/// What `ssh -G` says where the file says nothing.
struct Ssh {
    directory: tempfile::TempDir,
    defaults: BTreeMap<String, Vec<String>>,
}

impl Ssh {
    /// None: there is no ssh(1) here.
    fn find() -> Option<Ssh> {
        let directory = tempfile::tempdir().expect("a directory");
        // As ssh(1), we refuse a file that others may write, whatever the umask is.
        for name in ["empty", "config", "included"] {
            let path = directory.path().join(name);
            std::fs::write(&path, "").expect("a file");
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("our file");
        }
        let mut ssh = Ssh {
            directory,
            defaults: BTreeMap::new(),
        };
        ssh.defaults = ssh.ask("empty", "foo").ok()?;
        Some(ssh)
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    fn ask(&self, file: &str, host: &str) -> Result<BTreeMap<String, Vec<String>>, String> {
        let path = self.file(file);
        let output = Command::new("ssh")
            .args([
                Path::new("-G"),
                Path::new("-F"),
                &path,
                Path::new("--"),
                Path::new(host),
            ])
            .stdin(Stdio::null())
            .output()
            .map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let mut said: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let (keyword, value) = line.split_once(' ').unwrap_or((line, ""));
            said.entry(keyword.to_owned())
                .or_default()
                .push(value.to_owned());
        }
        Ok(said)
    }

    fn local(&self) -> Local {
        let known = &self.defaults["userknownhostsfile"][0];
        let home = known
            .split("/.ssh/")
            .next()
            .expect("a path in the home directory");
        Local {
            home: home.into(),
            user: self.defaults["user"][0].as_str().into(),
            uid: self.file("empty").metadata().expect("our file").uid(),
            host_name: "unused".into(),
            user_file: Some(self.file("config").as_os_str().as_bytes().into()),
            system_file: None,
            environment: vec![("HOME".into(), home.into())],
        }
    }

    /// Compares what both say about a file, or that both refuse it.
    fn compare(&self, text: &str, host: &str) -> Result<(), String> {
        std::fs::write(self.file("config"), text).expect("our file");
        let local = self.local();
        let ours = resolve(&wanted(host), &local, &mut Disk);
        match (self.ask("config", host), ours) {
            (Err(_), Err(_)) => Ok(()),
            (Ok(said), Ok(ours)) => {
                let (theirs, ours) = (self.theirs(&said, &local), said_by(&ours));
                match theirs == ours {
                    true => Ok(()),
                    false => Err(format!("{text}\n{host}\nssh: {theirs}\nwe:  {ours}")),
                }
            }
            (theirs, ours) => Err(format!(
                "{text}\n{host}\nssh: {:?}\nwe:  {:?}",
                theirs.map(|_| "fine"),
                ours.map(|_| "fine")
            )),
        }
    }

    /// Returns what ssh says, as [`said_by`] does.
    fn theirs(&self, said: &BTreeMap<String, Vec<String>>, local: &Local) -> String {
        let first = |keyword: &str| said.get(keyword).map_or("", |values| values[0].as_str());
        let keys = match said["identityfile"] == self.defaults["identityfile"] {
            true => DEFAULT_KEYS
                .iter()
                .map(|key| format!("~/.ssh/{key}"))
                .collect(),
            false => said["identityfile"].clone(),
        };
        let host_key_alias = first("hostkeyalias");
        let tokens = Tokens {
            local,
            host_name: first("hostname").as_bytes(),
            known_as: match host_key_alias {
                "" => first("host").as_bytes(),
                alias => alias.as_bytes(),
            },
            given: first("host").as_bytes(),
            port: first("port").parse().expect("a number"),
            user: first("user").as_bytes(),
        };
        let keys: Vec<String> = keys
            .iter()
            .filter(|key| *key != "none")
            .map(|key| {
                tokens
                    .path(key.as_bytes())
                    .expect("known tokens")
                    .to_string()
            })
            .collect();
        let foreign = [
            "proxyjump",
            "proxycommand",
            "controlpath",
            "certificatefile",
            "pkcs11provider",
        ];
        let value_or = |keyword: &str, none: &str| match first(keyword) {
            "" => none.to_owned(),
            value => value.to_owned(),
        };
        format!(
            "{} {} {} [{}] only {} timeout {} strict {} [{}] [{}] alias {host_key_alias} hash {} alive {} compression {} family {} system {}",
            first("hostname"),
            first("user"),
            first("port"),
            keys.join(" "),
            first("identitiesonly"),
            value_or("connecttimeout", "none"),
            first("stricthostkeychecking"),
            first("userknownhostsfile").replace("none", ""),
            first("globalknownhostsfile"),
            first("hashknownhosts"),
            first("serveraliveinterval"),
            first("compression"),
            first("addressfamily"),
            foreign.iter().any(|keyword| said.contains_key(*keyword)),
        )
    }
}

fn said_by(config: &HostConfig) -> String {
    let yes = |is: bool| if is { "yes" } else { "no" };
    let timeout = config.connect_timeout.map(|seconds| seconds.to_string());
    let strictness = match config.strict_host_key_checking {
        Strictness::Yes => "true",
        Strictness::Ask => "ask",
        Strictness::AcceptNew => "accept-new",
        Strictness::No => "false",
    };
    let family = match config.address_family {
        Family::Any => "any",
        Family::Inet => "inet",
        Family::Inet6 => "inet6",
    };
    format!(
        "{} {} {} [{}] only {} timeout {} strict {strictness} [{}] [{}] alias {} hash {} alive {} compression {} family {family} system {}",
        config.host_name,
        config.user,
        config.port,
        list(&config.identity_files),
        yes(config.identities_only),
        timeout.unwrap_or_else(|| "none".to_owned()),
        list(&config.user_known_hosts_files),
        list(&config.global_known_hosts_files),
        config.host_key_alias.clone().unwrap_or_default(),
        yes(config.hash_known_hosts),
        config.server_alive_interval,
        yes(config.compression),
        config.needs_system_ssh.is_some(),
    )
}

/// Lines and hosts whose meaning is not plain.
const CORNERS: &[(&str, &str)] = &[
    ("Host foo\nPort 3", "FOO"),
    ("Host FOO\nPort 3\nHostName %h.X", "FOO"),
    ("HostName a%%b%h", "foo"),
    ("HostName a%n", "foo"),
    (
        "HostName bar\nMatch host bar\nPort 3\nMatch host foo\nUser no\nMatch final host bar\nCompression yes",
        "foo",
    ),
    (
        "Match final\nHostName later\nPort 5\nMatch host later\nUser x",
        "foo",
    ),
    (
        "IdentityFile ~/a\nIdentityFile ~/a\nIdentityFile none\nIdentityFile \"b c\"",
        "foo",
    ),
    (
        "UserKnownHostsFile ~/%h %d/x \"${HOME}/y\"\nGlobalKnownHostsFile a ~/b %h",
        "foo",
    ),
    ("UserKnownHostsFile none", "foo"),
    ("UserKnownHostsFile a none", "foo"),
    (
        "ConnectTimeout 1h2m3\nServerAliveInterval 2m\nStrictHostKeyChecking off",
        "foo",
    ),
    ("ConnectTimeout 0", "foo"),
    ("ConnectTimeout -1", "foo"),
    ("ConnectTimeout 1x", "foo"),
    ("ConnectTimeout 5m5m s", "foo"),
    ("ConnectTimeout 1ms", "foo"),
    ("ConnectTimeout ", "foo"),
    ("ServerAliveInterval none", "foo"),
    ("ServerAliveInterval 0\nServerAliveInterval 9", "foo"),
    ("User=me\nPort = 7\nHostName=\"x\"\nCompression= yes", "foo"),
    ("uSeR me # comment\nPort 7 #x\nHostName a#b", "foo"),
    ("User\nPort 3", "foo"),
    ("User \"x", "foo"),
    ("User \"\"", "foo"),
    ("User 'a b'", "foo"),
    ("User x\\ y", "foo"),
    ("User \"a\"b'c d'", "foo"),
    ("User a\nUser b c", "foo"),
    ("Port #3", "foo"),
    ("Port 022", "foo"),
    ("Port 65536", "foo"),
    ("Host bar\nPort abc", "foo"),
    ("Host !foo *\nPort 3", "foo"),
    ("Host * !foo\nPort 3", "foo"),
    ("Host !bar\nPort 3", "foo"),
    ("Host f?o f*\nPort 3", "foo"),
    ("Host a,foo\nPort 3", "foo"),
    ("Host \"foo\" # bar\nPort 3", "foo"),
    ("Host \"\"\nPort 3", "foo"),
    ("Match host a,foo\nPort 3", "foo"),
    ("Match host FOO originalhost fOo\nPort 3", "foo"),
    ("Match host \"!bar,*\"\nPort 3", "foo"),
    ("Match !host bar all\nPort 3", "foo"),
    ("Match host foo !user nobody\nPort 3", "foo"),
    ("Match host=foo\nPort 3", "foo"),
    ("Match host\nPort 3", "foo"),
    ("Match host = foo user=root\nPort 3", "foo"),
    ("Match user=root=host foo\nPort 3", "foo"),
    ("Match host == foo\nPort 3", "foo"),
    ("Match \"host\" \"foo\" # x\nPort 3", "foo"),
    ("Match user \"\"\nPort 3", "foo"),
    ("Match #\nPort 3", "foo"),
    ("Host #\nPort 3", "foo"),
    ("ProxyJump=", "foo"),
    ("Match all host foo\nPort 3", "foo"),
    ("Match all # x\nPort 3", "foo"),
    ("Match user me\nPort 3", "foo"),
    ("User me\nMatch user me\nPort 3", "foo"),
    ("Match canonical\nPort 3\nMatch final\nUser f", "foo"),
    ("Match !final all\nUser b\nMatch final all\nPort 3", "foo"),
    (
        "HostName 1.2.3.4\nMatch final\nHost 1.2.3.4\nUser no\nHost foo\nUser yes\nMatch final host 1.2.3.4\nPort 7",
        "foo",
    ),
    ("Port 9\r\nUser x\r\n", "foo"),
    ("\t Port 9 \t\x0c\nHashKnownHosts yes", "foo"),
    ("Compression true", "foo"),
    (
        "IdentitiesOnly tRue\nStrictHostKeyChecking yEs\nAddressFamily INET6",
        "foo",
    ),
    ("ProxyJump none\nProxyCommand foo", "foo"),
    ("ProxyCommand none\nProxyJump foo", "foo"),
    ("ProxyJump none\nProxyJump b", "foo"),
    ("ProxyJump none\nProxyCommand none\nProxyJump b", "foo"),
    ("ProxyCommand none\nProxyJump b\nProxyCommand c", "foo"),
    ("ProxyJump a\nProxyCommand none", "foo"),
    ("ProxyJump none\nMatch final\nProxyJump b", "foo"),
    ("ProxyJump a,b\nProxyCommand foo", "foo"),
    ("ControlPath none\nPKCS11Provider none", "foo"),
    ("ControlPath /c\nCertificateFile x", "foo"),
    ("HostKeyAlias Foo%h", "FoO.Bar."),
    ("Include /nowhere/*\nPort 9", "foo"),
];

/// Says that a test cannot run here, past the capture of the test harness.
fn skip(test: &str) {
    let line = format!("skip 1: {test}: no ssh(1)\n");
    let _ = io::Write::write_all(&mut io::stderr(), line.as_bytes());
    assert!(
        std::env::var_os("RMAKE_NO_SKIPS").is_none(),
        "{test}: no ssh(1)"
    );
}

#[test]
fn as_ssh_says() {
    let Some(ssh) = Ssh::find() else {
        return skip("as_ssh_says");
    };
    let differences: Vec<String> = CORNERS
        .iter()
        .filter_map(|(text, host)| ssh.compare(text, host).err())
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
}

const MATCHES: &[&str] = &[
    "Match host foo",
    "Match originalhost foo",
    "Match user foo",
    "Match !host foo",
    "Match !user foo",
    "Match host=foo user root",
    "Match user root,me host foo",
    "Match final host foo",
    "Match !final host foo",
    "Match canonical",
    "Match !canonical all",
    "Match final",
    "Match host foo final",
    "Match host foo all",
    "Match all",
    "Match all foo",
    "Match final all",
];

/// Returns lines of which most mean something.
#[expect(clippy::too_many_lines, reason = "mostly tables")]
fn lines() -> impl Strategy<Value = String> {
    let blocks = ["Host", "host", "Match", "Include"];
    let keywords = [
        "HostName",
        "User",
        "Port",
        "IdentityFile",
        "IdentitiesOnly",
        "ConnectTimeout",
        "Compression",
        "StrictHostKeyChecking",
        "UserKnownHostsFile",
        "GlobalKnownHostsFile",
        "HostKeyAlias",
        "ServerAliveInterval",
        "AddressFamily",
        "HashKnownHosts",
        "ProxyJump",
        "ControlPath",
    ];
    let arguments = [
        "foo",
        "bar",
        "*",
        "!foo",
        "f?o",
        "b*",
        "foo,bar",
        "!bar,*",
        "yes",
        "no",
        "none",
        "all",
        "host",
        "originalhost",
        "user",
        "!user",
        "!host",
        "final",
        "!final",
        "canonical",
        "accept-new",
        "inet",
        "%h",
        "~/a",
        "\"a b\"",
        "'foo'",
        "#",
        "= x",
        "%%",
    ];
    let keyword = (
        any::<u8>(),
        prop::sample::select(blocks.to_vec()),
        prop::sample::select(keywords.to_vec()),
    );
    let keyword =
        keyword.prop_map(|(kind, block, keyword)| if kind < 90 { block } else { keyword });
    let arguments = prop::collection::vec(prop::sample::select(arguments.to_vec()), 0..4);
    (keyword, any::<u8>(), arguments, any::<u8>()).prop_map(
        |(keyword, form, mut arguments, cut)| {
            let is_block = ["Host", "host", "Match"].contains(&keyword);
            // Most keywords want one argument; most files should not be refused.
            if !is_block && cut > 20 {
                arguments.truncate(1);
                let fitting = match keyword {
                    "Port" | "ConnectTimeout" | "ServerAliveInterval" => Some("3"),
                    "IdentitiesOnly"
                    | "Compression"
                    | "HashKnownHosts"
                    | "StrictHostKeyChecking" => Some("yes"),
                    "AddressFamily" => Some("inet"),
                    "Include" => Some("INCLUDED"),
                    // `ssh -G` takes this one for an address.
                    "HostName" if arguments.contains(&"*") => Some("bar"),
                    _ => None,
                };
                match fitting {
                    Some(value) => arguments = vec![value],
                    None if arguments.is_empty() => arguments.push("foo"),
                    None => {}
                }
            }
            // A criterion or value that only ssh(1) can judge is no fault here.
            if keyword == "Match" {
                let value = arguments.first().copied().unwrap_or("foo");
                return MATCHES[usize::from(form) % MATCHES.len()].replace("foo", value);
            }
            if ["ProxyJump", "ControlPath"].contains(&keyword) {
                arguments = vec![if form % 3 == 0 { "none" } else { "gate" }];
            }
            let separator = if form < 30 { "=" } else { " " };
            format!("{keyword}{separator}{}", arguments.join(" "))
        },
    )
}

#[test]
fn as_ssh_says_of_generated_files() {
    let Some(ssh) = Ssh::find() else {
        return skip("as_ssh_says_of_generated_files");
    };
    let cases = std::env::var("RMAKE_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(150);
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    let files = (
        prop::collection::vec(lines(), 0..9),
        prop::collection::vec(lines(), 0..5),
    );
    let result = runner.run(&files, |(lines, included)| {
        let path = ssh.file("included");
        let included = included
            .into_iter()
            .filter(|line| !line.contains("INCLUDED"));
        std::fs::write(&path, included.collect::<Vec<_>>().join("\n")).expect("our file");
        let text = lines
            .join("\n")
            .replace("INCLUDED", path.to_str().expect("a plain path"));
        let compared = ssh.compare(&text, "foo");
        compared.map_err(proptest::test_runner::TestCaseError::fail)
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

proptest! {
    #[test]
    fn noise_does_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut files = Memory(BTreeMap::from([("/h/.ssh/config".into(), bytes)]));
        let _ = resolve(&wanted("foo"), &local(), &mut files);
    }

    #[test]
    fn noise_of_lines_does_no_harm(text in "((Host|Match|Include|User|Port|IdentityFile|UserKnownHostsFile)[ =]?|[ \"'\\\\%${}~#!*,=\na-c]){0,40}") {
        let _ = resolve_with(&text, "foo", &[]);
    }
}
