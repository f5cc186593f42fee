//! A worker to which an rmake speaks that is none, or a bad one: it ends soon and in order, whatever it hears.
//! It does not know what a good one says.

use rmake::store::digest::Digest;
use rmake::wire::frame;
use rmake::wire::hello::Hello;
use rmake::wire::message;
use rmake::wire::message::Answer;
use rmake::wire::message::Change;
use rmake::wire::message::Comparison;
use rmake::wire::message::Expected;
use rmake::wire::message::Flow;
use rmake::wire::message::Job;
use rmake::wire::message::JobNumber;
use rmake::wire::message::Kind;
use rmake::wire::message::Line;
use rmake::wire::message::Listing;
use rmake::wire::message::Node;
use rmake::wire::message::Piece;
use rmake::wire::message::Setup;
use rmake::wire::message::ToWorker;
use rmake::wire::message::Transfer;
use rmake::wire::path::Name;
use rmake::wire::path::RelPath;
use std::io::Read;
use std::io::Write;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

/// A worker ends by itself when it has heard nothing for five seconds.
const PATIENCE: Duration = Duration::from_secs(9);

/// Says something to a worker, lets it speak for a while, and hangs up. Checks how it ends.
fn say(what: &str, bytes: &[u8]) {
    let store = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_rmake-worker"))
        .env("XDG_CACHE_HOME", store.path())
        .env("HOME", store.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let mut out = child.stdout.take().unwrap();
    let listening = std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
    let mut input = child.stdin.take().unwrap();
    // Who has heard enough hangs up.
    let _ = input.write_all(bytes);
    std::thread::sleep(Duration::from_millis(300));
    drop(input);
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if begun.elapsed() > PATIENCE => {
                child.kill().unwrap();
                panic!("{what}: it does not end");
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert!(!err.contains("panicked"), "{what}: {err}");
    assert!(
        status.code().is_some_and(|code| code != 101),
        "{what}: {status} {err}"
    );
    listening.join().unwrap().unwrap();
}

fn talk(messages: &[ToWorker]) -> Vec<u8> {
    let hello = frame::encode(&Hello::ours(), 64).unwrap();
    let frames = messages
        .iter()
        .map(|one| frame::encode(one, message::LIMIT).unwrap());
    std::iter::once(hello)
        .chain(frames)
        .collect::<Vec<_>>()
        .concat()
}

fn path(text: &str) -> RelPath {
    RelPath::new(text.as_bytes()).unwrap()
}

fn setup() -> Setup {
    Setup {
        uid: 0,
        gid: 0,
        groups: Vec::new(),
        host_name: "home".into(),
        slots: 2,
        watched: vec![path("w")],
        bindable: vec![path("usr")],
    }
}

fn node() -> Node {
    Node {
        kind: Kind::File {
            size: u64::MAX,
            digest: Some(Digest::of(b"")),
        },
        mode: u16::MAX,
        uid: u32::MAX,
        gid: 7,
        links: 0,
        mtime: i64::MIN,
        version: 1,
    }
}

fn job() -> Job {
    Job {
        number: JobNumber(1),
        lines: vec![Line {
            words: vec!["/bin/sh".into(), "-c".into(), "true".into()],
            ignore_errors: false,
        }],
        environment: Vec::new(),
        directory: path("w"),
        is_combined: false,
        umask: 0,
        bound: vec![path("usr")],
    }
}

/// What breaks no frame but makes no sense, behind a setup.
#[expect(clippy::too_many_lines, reason = "a table")]
fn senseless() -> Vec<(&'static str, ToWorker)> {
    let root = Listing::Entries(Vec::new());
    let piece = |offset, length: usize| {
        ToWorker::Piece(Piece {
            transfer: Transfer(1),
            offset,
            bytes: vec![7; length].into(),
            is_last: false,
        })
    };
    let lines = |words: &[&str]| Line {
        words: words.iter().map(|word| (*word).into()).collect(),
        ignore_errors: true,
    };
    let jobs = vec![
        (
            "no lines",
            Job {
                lines: Vec::new(),
                ..job()
            },
        ),
        (
            "no words",
            Job {
                lines: vec![lines(&[])],
                ..job()
            },
        ),
        (
            "NULs",
            Job {
                lines: vec![lines(&["a\0b", "\0"])],
                environment: vec!["a\0=b".into(), "=".into()],
                ..job()
            },
        ),
        (
            "many lines",
            Job {
                lines: vec![lines(&["true"]); 50_000],
                ..job()
            },
        ),
        (
            "another tree bound",
            Job {
                bound: vec![path("etc"), RelPath::ROOT],
                ..job()
            },
        ),
        (
            "a long directory",
            Job {
                directory: path("d/".repeat(5000).trim_end_matches('/')),
                ..job()
            },
        ),
        (
            "a number of the worker's",
            Job {
                number: JobNumber(u32::MAX),
                umask: u16::MAX,
                ..job()
            },
        ),
    ];
    let mut all: Vec<_> = jobs
        .into_iter()
        .map(|(what, job)| (what, ToWorker::Job(Box::new(job))))
        .collect();
    let change = Change {
        directory: path("nobody/knows"),
        name: Name::new(b"this").unwrap(),
        node: Some(node()),
    };
    let expected = Expected {
        path: path("w/x"),
        version: 1,
        digest: None,
    };
    all.extend([
        ("a second setup", ToWorker::Setup(setup())),
        (
            "a setup of nothing",
            ToWorker::Directory {
                path: RelPath::ROOT,
                listing: root,
            },
        ),
        (
            "a file of all bytes",
            ToWorker::Directory {
                path: path("w"),
                listing: Listing::Absent,
            },
        ),
        ("changes", ToWorker::Changed(vec![change; 10_000])),
        ("expectations", ToWorker::Expect(vec![expected; 10_000])),
        (
            "a signal",
            ToWorker::Signal {
                job: JobNumber(9),
                signal: 255,
            },
        ),
        (
            "content",
            ToWorker::Content {
                transfer: Transfer(1),
                answer: Answer::Comes {
                    size: u64::MAX,
                    digest: Digest::of(b""),
                },
            },
        ),
        ("a piece", piece(u64::MAX, 10)),
        ("a large piece", piece(0, 1 << 20)),
        (
            "credit",
            ToWorker::Credit {
                flow: Flow::Output(JobNumber(1)),
                bytes: u32::MAX,
            },
        ),
        (
            "comparison",
            ToWorker::Compare(Comparison {
                files: vec![
                    (path("dev/zero"), u64::MAX, Digest::of(b"")),
                    (path("etc"), 0, Digest::of(b"")),
                ],
                missing: vec![RelPath::ROOT],
                ..Comparison::default()
            }),
        ),
    ]);
    all
}

#[test]
fn what_makes_no_sense_does_no_harm() {
    for (what, message) in senseless() {
        say(what, &talk(&[ToWorker::Setup(setup()), message]));
    }
    say(
        "no setup",
        &talk(&[ToWorker::Beat, ToWorker::Job(Box::new(job()))]),
    );
    let many = Setup {
        slots: u16::MAX,
        host_name: vec![b'\0'; 300].into(),
        watched: vec![RelPath::ROOT; 1000],
        bindable: vec![RelPath::ROOT, path("no/such"), path("etc/passwd")],
        groups: vec![u32::MAX; 1000],
        ..setup()
    };
    say("a strange setup", &talk(&[ToWorker::Setup(many)]));
}

#[test]
fn what_is_no_conversation_ends() {
    say("nothing", b"");
    say("another hello", b"\x08\0\0\0rmake\x0a\x77\x01");
    say("no hello", b"GET / HTTP/1.1\r\n\r\n");
    say("a long frame", &[talk(&[]), vec![0xff; 100]].concat());
    say("an empty frame", &[talk(&[]), vec![0; 100]].concat());
    let good = talk(&[ToWorker::Setup(setup()), ToWorker::Job(Box::new(job()))]);
    let mut state = u64::from(SystemTime::UNIX_EPOCH.elapsed().unwrap().subsec_nanos());
    for _ in 0..15 {
        let mut bytes = good.clone();
        for _ in 0..4 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let place = usize::try_from(state >> 33).unwrap() % bytes.len();
            bytes[place] ^= 1 << (state & 7);
        }
        say(&format!("{bytes:?}"), &bytes);
    }
}
