//! Units of the host lists.

use super::*;
use proptest::prelude::Just;
use proptest::prelude::any;
use proptest::prelude::prop;
use proptest::prelude::prop_assert_eq;
use proptest::prelude::prop_oneof;
use proptest::prelude::proptest;
use proptest::strategy::Strategy;

fn found(text: impl Into<BString>, format: Format) -> Found {
    Found {
        name: "F".into(),
        text: text.into(),
        format,
    }
}

/// Returns what a list says, an item after the other, or the complaint about it.
fn told(text: &[u8], format: Format) -> String {
    let list = match parse(&found(text, format)) {
        Ok(list) => list,
        Err(complaint) => return format!("! {complaint}"),
    };
    let mut items: Vec<String> = list.hosts.iter().map(item).collect();
    items.extend(list.local_slots.map(|slots| format!("here/{slots}")));
    items.extend(list.randomize.then(|| "random".to_owned()));
    items.extend(
        list.complaints
            .iter()
            .map(|complaint| format!("! {complaint}")),
    );
    items.join("; ")
}

fn item(host: &Host) -> String {
    let address = match &host.address {
        Address::Ssh { user, host, port } => {
            let user = user.as_ref().map(|user| format!("{user} at "));
            let port = port.map(|port| format!(" port {port}"));
            format!(
                "ssh {}{host}{}",
                user.unwrap_or_default(),
                port.unwrap_or_default()
            )
        }
        Address::Local => "local".to_owned(),
        Address::Tcp { host, port } => format!("tcp {host} port {port}"),
        Address::Coordinator { host, port } => format!("coordinator {host} port {port}"),
        Address::Zeroconf => "zeroconf".to_owned(),
        Address::Grpc { url } => format!("grpc {url}"),
        Address::Distccd { host, port } => format!("distccd {host} port {port}"),
    };
    let identity = host.settings.identity.as_ref();
    let identity = identity.map(|file| format!(" identity {file}"));
    let speed = host.settings.speed.map(|speed| format!(" speed {speed}"));
    let executor = host.settings.executor;
    let executor = executor.map(|executor| format!(" {executor:?}"));
    let settings = [identity, speed, executor].map(Option::unwrap_or_default);
    let settings = settings.concat();
    format!("{address}/{}{settings}", host.slots)
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn own_lists() {
    let table: &[(&str, &str)] = &[
        // bsddistmake's file.
        ("foo1 2\nfoo2 2\n", "ssh foo1/2; ssh foo2/2"),
        ("foo1\t2", "ssh foo1/2"),
        ("  foo1   2  ", "ssh foo1/2"),
        ("", ""),
        ("\n\n# nothing\n \t\n", ""),
        (
            "# c\nfoo1 2 # fast, one\n#x\nfoo2 3#y",
            "ssh foo1/2; ssh foo2/3",
        ),
        ("foo1 2\r\nfoo2 2\r\n", "ssh foo1/2; ssh foo2/2"),
        ("\u{feff}foo1 2", "ssh foo1/2"),
        ("foo1 2,, foo2 3,", "ssh foo1/2; ssh foo2/3"),
        ("foo1 2, +local 4", "ssh foo1/2; local/4"),
        ("localhost 4\nfoo 010", "ssh foo/10; here/4"),
        ("me@foo1:2222 2", "ssh me at foo1 port 2222/2"),
        ("ssh://me@foo1:22 2", "ssh me at foo1 port 22/2"),
        ("me@corp@foo1 2", "ssh me@corp at foo1/2"),
        (
            "[::1]:22 2\n[fe80::1%eth0] 1\nfe80::2 1",
            "ssh ::1 port 22/2; ssh fe80::1%eth0/1; ssh fe80::2/1",
        ),
        ("192.168.0.1 10000", "ssh 192.168.0.1/10000"),
        ("bücher 1", "ssh bücher/1"),
        (
            "tcp://h:5 2\ntcp://[::1]:6 1",
            "tcp h port 5/2; tcp ::1 port 6/1",
        ),
        (
            "+coordinator://c:1230\n+zeroconf 8",
            "coordinator c port 1230/10000; zeroconf/8",
        ),
        ("+zeroconf speed=2", "zeroconf/10000 speed 2"),
        (
            "grpc://h:1/a 3\ngrpcs://h 1",
            "grpc grpc://h:1/a/3; grpc grpcs://h/1",
        ),
        (
            "foo 2 port=22 user=me identity=~/.ssh/k speed=0.5",
            "ssh me at foo port 22/2 identity ~/.ssh/k speed 0.5",
        ),
        (
            "foo 2 executor=staged, bar 1 executor=mirror",
            "ssh foo/2 Staged; ssh bar/1 Mirror",
        ),
        (
            "foo 2 identity=\"a b, #c\"\nbar 1 identity=a#b",
            "ssh foo/2 identity a b, #c; ssh bar/1 identity a#b",
        ),
        (
            "localhost:22 2\nme@localhost 3",
            "ssh localhost port 22/2; ssh me at localhost/3",
        ),
        (
            "foo 1\nfoo:22 1\nme@foo 1",
            "ssh foo/1; ssh foo port 22/1; ssh me at foo/1",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(told(text.as_bytes(), Format::Rmake), *expected, "{text}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn faults_of_own_lists() {
    let table: &[(&[u8], &str)] = &[
        (b"foo1", "1:5: expected the number of jobs, not the end"),
        (
            b"foo1\nfoo2 2",
            "1:5: expected the number of jobs, not the end of the line",
        ),
        (
            b"foo1 \r\nfoo2 2",
            "1:7: expected the number of jobs, not the end of the line",
        ),
        (
            b"a 1\n  foo1 two",
            "2:8: expected the number of jobs, not 'two'",
        ),
        (b"foo1 2x", "1:6: expected the number of jobs, not '2x'"),
        (b"foo1 -2", "1:6: expected the number of jobs, not '-2'"),
        (
            b"foo1 0",
            "1:6: expected a number of jobs from 1 to 10000, not '0'",
        ),
        (
            b"foo1 10001",
            "1:6: expected a number of jobs from 1 to 10000, not '10001'",
        ),
        (
            b"foo1 99999999999999999999",
            "1:6: expected a number of jobs from 1 to 10000, not '99999999999999999999'",
        ),
        (
            b"foo1 2 fast",
            "1:8: expected a setting KEY=VALUE, not 'fast'",
        ),
        (
            b"foo1 2 color=red",
            "1:8: expected executor=WAY, identity=FILE, port=N, speed=F or user=NAME, not 'color=red'",
        ),
        (
            b"foo1 2 executor=local",
            "1:17: expected mirror or staged, not 'local'",
        ),
        (
            b"+local 2 executor=staged",
            "1:10: expected executor= only for a host that is reached by ssh",
        ),
        (b"foo1 2 port=", "1:13: expected a value, not the end"),
        (
            b"foo1 2 port=0",
            "1:13: expected a port number from 1 to 65535, not '0'",
        ),
        (
            b"foo1 2 port=+1",
            "1:13: expected a port number from 1 to 65535, not '+1'",
        ),
        (
            b"foo1 2 speed=nan",
            "1:14: expected a number above 0, not 'nan'",
        ),
        (
            b"foo1 2 speed=1 speed=2",
            "1:16: expected one speed for foo1",
        ),
        (b"foo1:22 2 port=23", "1:11: expected one port for foo1:22"),
        (b"foo1 2 user=-oX", "1:13: expected a user name, not '-oX'"),
        (
            b"+local 2 user=me",
            "1:10: expected user= only for a host that is reached by ssh",
        ),
        (b"foo1:abc 2", "1:6: expected a port number, not 'abc'"),
        (
            b"foo1:99999 2",
            "1:6: expected a port number from 1 to 65535, not '99999'",
        ),
        (b"tcp://foo 2", "1:10: expected :PORT, not a blank"),
        (
            b"-oProxyCommand=x 2",
            "1:1: expected [user@]host[:port], not '-oProxyCommand=x'",
        ),
        (
            b"+remote 2",
            "1:1: expected [user@]host[:port], not '+remote'",
        ),
        (b"me@ 2", "1:4: expected the name of a host, not a blank"),
        (b"@foo 2", "1:1: expected [user@]host[:port], not '@foo'"),
        (b"a:b:c:d 2", "1:1: expected an IPv6 address, not 'a:b:c:d'"),
        (
            b"[1.2.3.4] 2",
            "1:2: expected an IPv6 address, not '1.2.3.4]'",
        ),
        (b"foo;rm 2", "1:4: expected the number of jobs, not ';rm'"),
        (
            b"foo 1\n# c\nbar 2\n FOO 3",
            "4:2: expected each host once; FOO is in line 1 already",
        ),
        (
            b"foo 1\nfoo 1 port=2\nfoo:2 1",
            "3:1: expected each host once; foo:2 is in line 2 already",
        ),
        (
            b"localhost 1\nlocalhost 2",
            "2:1: expected each host once; localhost is in line 1 already",
        ),
        (
            b"localhost 1 port=2",
            "1:1: expected localhost without settings; to go to this machine by ssh, write 127.0.0.1",
        ),
        (
            b"a 1\n\0\0",
            "2:1: expected [user@]host[:port], not '\\0\\0'",
        ),
        (
            b"a\xffb 1\n\xff\xfe\x01",
            "2:3: expected the number of jobs, not '\\x01'",
        ),
        (
            b"\x7fELF\x02\x01\x01\0",
            "1:1: expected [user@]host[:port], not '\\x7FELF\\x02\\x01\\x01\\0'",
        ),
    ];
    let mut wrong = Vec::new();
    for (text, expected) in table {
        let told = told(text, Format::Rmake);
        if told != format!("! F:{expected}") {
            wrong.push(format!("{expected}\n   {told}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn words_of_distcc() {
    let table: &[(&str, &str)] = &[
        ("", ""),
        ("# nothing", ""),
        ("localhost", "here/2"),
        (
            "localhost/5 @foo/3 me@bar",
            "ssh foo/3; ssh me at bar/4; here/5",
        ),
        (
            "@foo:/usr/local/bin/distccd,lzo\n@bar/2:distccd,cpp,zstd",
            "ssh foo/4; ssh bar/2",
        ),
        (
            "foo bar:1000/6 baz/2:77/3 [::1]:5/2",
            "distccd foo port 3632/4; distccd bar port 1000/6; distccd baz port 77/3; distccd ::1 port 5/2",
        ),
        ("@[fe80::1]/2", "ssh fe80::1/2"),
        ("@a,down localhost/3,down b,lzo,down", ""),
        (
            "--randomize --localslots=3 --localslots_cpp=9 @a",
            "ssh a/4; here/3; random",
        ),
        ("+zeroconf", "zeroconf/4"),
        ("@a/2#c @b\n@c @a/3", "ssh a/5; ssh c/4"),
        (
            "@a/0 @b",
            "ssh b/4; ! F:1:4: expected a number of jobs from 1 to 10000, not '0'",
        ),
        ("@b\n @a/x", "ssh b/4; ! F:2:5: expected a number, not 'x'"),
        (
            "@a,auth=x b,auth @c",
            "ssh c/4; ! F:1:4: GSSAPI authentication is not supported; use ssh: @host; ! F:1:13: GSSAPI authentication is not supported; use ssh: @host",
        ),
        (
            "@a,fast",
            "! F:1:4: expected lzo, zstd, cpp, auth or down, not 'fast'",
        ),
        (
            "--nonsense @b",
            "ssh b/4; ! F:1:1: expected @host[/SLOTS], not '--nonsense'",
        ),
        (
            "foo:0",
            "! F:1:5: expected a port number from 1 to 65535, not '0'",
        ),
        (
            "--localslots=0 --localslots=x",
            "! F:1:14: expected a number of jobs from 1 to 10000, not '0'; ! F:1:29: expected a number, not 'x'",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(told(text.as_bytes(), Format::Distcc), *expected, "{text}");
    }
    let noise = "é/x ".repeat(10_000);
    let refused = told(noise.as_bytes(), Format::Distcc);
    assert_eq!(refused, "! F:1:4: expected a number, not 'x'");
}

#[test]
fn long_lists_are_read_at_once() {
    let hosts: String = (0..10_000)
        .map(|n| format!("host{n}.example.org 4 speed=2\n"))
        .collect();
    let list = parse(&found(hosts.clone(), Format::Rmake)).expect("a list");
    assert_eq!(list.hosts.len(), 10_000);
    let twice = told((hosts + "HOST9999.example.org 1").as_bytes(), Format::Rmake);
    assert!(
        twice.starts_with("! F:10001:1: expected each host once"),
        "{twice}"
    );
    let words: String = (0..10_000).map(|n| format!("@host{n}/4 ")).collect();
    let list = parse(&found(words, Format::Distcc)).expect("a list");
    assert_eq!(list.hosts.len(), 10_000);

    let long = "x".repeat(100_000);
    assert_eq!(
        parse(&found(format!("{long} 2"), Format::Rmake)).map(|list| list.hosts.len()),
        Ok(1)
    );
    let shown = told(format!("a 2 {long}").as_bytes(), Format::Rmake);
    assert_eq!(
        shown,
        format!(
            "! F:1:5: expected a setting KEY=VALUE, not '{}...'",
            "x".repeat(40)
        )
    );
    let deep = ":".repeat(100_000);
    assert!(told(deep.as_bytes(), Format::Rmake).starts_with("! F:1:100001: expected"));
}

#[test]
fn only_ssh_and_this_machine_are_of_use_yet() {
    let of = |text: &str| {
        parse(&found(text, Format::Rmake)).expect("a list").hosts[0]
            .address
            .unsupported()
    };
    assert_eq!(of("foo 1"), None);
    assert_eq!(of("+local 1"), None);
    assert_eq!(
        of("tcp://a:1 1"),
        Some("workers that listen on a port are not supported yet")
    );
}

/// Returns the name of the list that is found beside files of a memory.
fn source(sources: &Sources<'_>, files: &[&str]) -> String {
    let mut read = |path: &BStr| match files.iter().any(|file| path == *file) {
        true if path.ends_with(b"!") => Err(io::ErrorKind::PermissionDenied.into()),
        true => Ok(b"a 1".to_vec()),
        false => Err(io::Error::from_raw_os_error(2)),
    };
    match find(sources, &mut read) {
        Ok(Some(found)) => format!("{:?} {}", found.format, found.name),
        Ok(None) => "none".to_owned(),
        Err(complaint) => format!("! {complaint}"),
    }
}

#[test]
fn sources_in_their_order() {
    let files = [
        "/h/.makehosts",
        "f",
        "/h/.distcc/hosts",
        "/d/hosts",
        "/etc/distcc/hosts",
        "/x!",
    ];
    let some = |text: &'static str| Some(BStr::new(text));
    let mut sources = Sources {
        hosts: some(""),
        rmake_hosts: some("b 1"),
        hosts_file: some("f"),
        home: some("/h"),
        distcc_hosts: some("c"),
        distcc_dir: some("/d"),
    };
    assert_eq!(source(&sources, &files), "Rmake --hosts");
    sources.hosts = None;
    assert_eq!(source(&sources, &files), "Rmake RMAKE_HOSTS");
    sources.rmake_hosts = None;
    assert_eq!(source(&sources, &files), "Rmake f");
    assert_eq!(source(&sources, &[]), "! f: No such file or directory");
    sources.hosts_file = some("/x!");
    assert_eq!(source(&sources, &files), "! /x!: permission denied");
    sources.hosts_file = None;
    assert_eq!(source(&sources, &files), "Rmake /h/.makehosts");
    assert_eq!(source(&sources, &files[1..]), "Distcc DISTCC_HOSTS");
    sources.distcc_hosts = None;
    assert_eq!(source(&sources, &files[1..]), "Distcc /d/hosts");
    sources.distcc_dir = None;
    assert_eq!(source(&sources, &files[1..]), "Distcc /h/.distcc/hosts");
    sources.home = None;
    assert_eq!(source(&sources, &files[1..]), "Distcc /etc/distcc/hosts");
    assert_eq!(source(&sources, &[]), "none");
}

#[test]
fn files_are_read_to_a_bound() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("hosts");
    std::fs::write(&path, vec![b'#'; MOST_BYTES + 100]).expect("a file");
    let name = path.to_str().expect("a plain name").to_owned();
    let sources = Sources {
        hosts_file: Some(BStr::new(&name)),
        ..Sources::default()
    };
    let refused = find(&sources, &mut read_file).expect_err("too long");
    assert_eq!(
        refused.text,
        "expected a list of hosts of at most 1048576 bytes"
    );
    let of_directory = directory.path().to_str().expect("a plain name");
    let sources = Sources {
        hosts_file: Some(BStr::new(of_directory)),
        ..Sources::default()
    };
    assert_eq!(
        find(&sources, &mut read_file).expect_err("no file").text,
        "Is a directory"
    );
    std::fs::write(&path, vec![b'#'; MOST_BYTES]).expect("a file");
    let sources = Sources {
        hosts_file: Some(BStr::new(&name)),
        ..Sources::default()
    };
    assert!(find(&sources, &mut read_file).is_ok_and(|found| found.is_some()));
}

/// Returns hosts of every kind, with the line that says them.
fn entries() -> impl Strategy<Value = (String, Address)> {
    let host = "[a-z0-9_][a-z0-9_.-]{0,12}";
    let user = prop::option::of("[a-z\\\\_][a-z0-9\\\\-]{0,5}(@[a-z]{1,3})?");
    let ssh = (user, host, prop::option::of(1u16..)).prop_map(|(user, host, port)| {
        let at = user.as_ref().map(|user| format!("{user}@"));
        let colon = port.map(|port| format!(":{port}"));
        let line = format!(
            "{}{host}{}",
            at.unwrap_or_default(),
            colon.unwrap_or_default()
        );
        let user = user.map(BString::from);
        let host = BString::from(host);
        (line, Address::Ssh { user, host, port })
    });
    let v6 = (any::<u128>(), 1u16..).prop_map(|(bits, port)| {
        let address = std::net::Ipv6Addr::from_bits(bits);
        let host = BString::from(address.to_string());
        let line = format!("[{address}]:{port}");
        let port = Some(port);
        (
            line,
            Address::Ssh {
                user: None,
                host,
                port,
            },
        )
    });
    let tcp = (host, 1u16.., any::<bool>()).prop_map(|(host, port, is_listed)| {
        let (host, name) = (BString::from(host.clone()), host);
        match is_listed {
            true => (
                format!("+coordinator://{name}:{port}"),
                Address::Coordinator { host, port },
            ),
            false => (format!("tcp://{name}:{port}"), Address::Tcp { host, port }),
        }
    });
    let others = prop_oneof![
        Just(("+local".to_owned(), Address::Local)),
        Just(("+zeroconf".to_owned(), Address::Zeroconf)),
        "grpcs?://[a-z]{1,9}(:[0-9]{1,4})?(/[a-z]{0,4})?"
            .prop_map(|url| (url.clone(), Address::Grpc { url: url.into() })),
    ];
    prop_oneof![4 => ssh, 1 => v6, 1 => tcp, 1 => others]
}

proptest! {
    #[test]
    fn lists_say_what_they_were_made_of(
        entries in prop::collection::vec((entries(), 1u32..=MOST_SLOTS, prop::option::of(1u8..)), 0..20),
        separators in prop::collection::vec(prop::sample::select(vec!["\n", "\r\n", ", ", " # x, y\n", "\n\n\t"]), 20),
    ) {
        let mut seen = Vec::new();
        let (mut text, mut hosts) = (String::new(), Vec::new());
        for (((name, address), slots, speed), separator) in entries.into_iter().zip(separators) {
            if seen.contains(&address) || name == "localhost" {
                continue;
            }
            seen.push(address.clone());
            let word = speed.map(|speed| format!(" speed={speed}")).unwrap_or_default();
            text += &format!("{name} {slots}{word}{separator}");
            let settings = Settings { identity: None, speed: speed.map(f64::from), executor: None };
            hosts.push(Host { name: name.into(), address, slots, settings });
        }
        let list = parse(&found(text, Format::Rmake)).map_err(|complaint| complaint.to_string());
        prop_assert_eq!(list, Ok(HostList { hosts, ..HostList::default() }));
    }

    #[test]
    fn noise_does_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&found(bytes.clone(), Format::Rmake));
        let _ = parse(&found(bytes, Format::Distcc));
    }

    #[test]
    fn noise_that_looks_like_a_list_does_no_harm(text in "([a-z@:/,#+=\\[\\] \n\r\0\\-\"é0-9]|localhost|tcp://|port=|\\+local|,down){0,40}") {
        let _ = parse(&found(text.clone(), Format::Rmake));
        let list = parse(&found(text.clone(), Format::Distcc));
        for complaint in list.map(|list| list.complaints).unwrap_or_default() {
            let line = text.split('\n').nth(complaint.line as usize - 1).expect("a line of the text");
            prop_assert_eq!(complaint.column as usize <= line.len() + 1, true);
        }
    }
}
