//! Messages survive their way, and nothing that is no message does.

use super::*;
use crate::wire::frame;
use crate::wire::frame::Decoder;
use proptest::prelude::any;
use proptest::proptest;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

fn path(text: &str) -> RelPath {
    RelPath::new(text.as_bytes()).unwrap()
}

fn node(kind: Kind) -> Node {
    Node {
        kind,
        mode: 0o644,
        uid: 1000,
        gid: 100,
        links: 1,
        mtime: -1,
        version: u64::MAX,
    }
}

fn to_worker() -> Vec<ToWorker> {
    let name = Name::new(b"x.c").unwrap();
    let digest = Digest::of(b"x");
    let file = node(Kind::File {
        size: 1 << 40,
        digest: Some(digest),
    });
    let link = node(Kind::Link("../y".into()));
    let entry = Entry {
        name: name.clone(),
        node: file.clone(),
    };
    let change = |node| Change {
        directory: path("home/u"),
        name: name.clone(),
        node,
    };
    vec![
        ToWorker::Setup(Setup {
            uid: 1000,
            gid: 1000,
            groups: vec![4, 24],
            host_name: "home".into(),
            slots: 2,
            watched: vec![path("home/u")],
            bindable: vec![path("usr")],
        }),
        ToWorker::Job(Box::new(Job {
            number: JobNumber(7),
            lines: vec![Line {
                words: vec!["/bin/sh".into(), "-c".into(), "cc -c x.c".into()],
                ignore_errors: true,
            }],
            environment: vec!["PATH=/bin".into()],
            directory: path("home/u"),
            is_combined: true,
            umask: 0o22,
            bound: vec![path("usr")],
        })),
        ToWorker::Directory {
            path: RelPath::ROOT,
            listing: Listing::Entries(vec![entry]),
        },
        ToWorker::Changed(vec![change(None), change(Some(link)), change(Some(file))]),
        ToWorker::Content {
            transfer: Transfer(3),
            answer: Answer::Comes { size: 1, digest },
        },
        ToWorker::Expect(vec![Expected {
            path: path("x"),
            version: 5,
            digest: Some(digest),
        }]),
        ToWorker::Credit {
            flow: Flow::Output(JobNumber(7)),
            bytes: 9,
        },
        ToWorker::Beat,
    ]
}

fn to_rmake() -> Vec<ToRmake> {
    let made = |what| Effect {
        path: path("home/u/x.o"),
        what,
    };
    vec![
        ToRmake::List(path("usr/include")),
        ToRmake::Beat {
            heard: 1 << 40,
            alive: vec![JobNumber(3)],
        },
        ToRmake::Output {
            job: JobNumber(1),
            is_error: true,
            bytes: "\u{0}\u{ff}".into(),
        },
        ToRmake::LineEnded {
            job: JobNumber(1),
            end: LineEnd::Killed {
                signal: 11,
                has_core: true,
            },
        },
        ToRmake::Effects {
            job: JobNumber(1),
            effects: vec![
                made(Made::Removed),
                made(Made::HardLink(path("home/u/y.o"))),
                made(Made::File {
                    transfer: Transfer(1),
                    size: 0,
                    digest: Digest::of(b""),
                    mode: 0o755,
                    mtime: 1,
                }),
            ],
        },
        ToRmake::Piece(Piece {
            transfer: Transfer(1),
            offset: 1 << 33,
            bytes: "end".into(),
            is_last: true,
        }),
        ToRmake::Ended(Box::new(Ended {
            job: JobNumber(1),
            trouble: Some(Trouble::Changed(path("x"))),
            has_left: false,
            locked: None,
            trace: Trace {
                found: vec![(path("x"), 9)],
                ..Trace::default()
            },
            cpu: 60_000,
        })),
    ]
}

fn round<T: Serialize + DeserializeOwned + PartialEq + Debug>(messages: &[T]) {
    let mut decoder = Decoder::new(LIMIT);
    for message in messages {
        decoder.feed(&frame::encode(message, LIMIT).unwrap());
        assert_eq!(decoder.take::<T>().unwrap().as_ref(), Some(message));
        assert!(decoder.is_between_frames());
    }
}

#[test]
fn every_message_survives_its_way() {
    round(&to_worker());
    round(&to_rmake());
}

/// Everything that a cut, a spoiled byte or noise makes of a frame: an error, a wait, or a message that is one.
fn survive<T: Serialize + DeserializeOwned>(bytes: &[u8]) {
    let mut decoder = Decoder::new(LIMIT);
    decoder.feed(bytes);
    while let Ok(Some(message)) = decoder.take::<T>() {
        assert!(frame::encode(&message, LIMIT).is_ok());
    }
}

#[test]
fn a_path_that_leads_elsewhere_spoils_its_message() {
    for bad in ["../x", "/etc", "a//b"] {
        // The form of a path is that of its bytes.
        let list = (2_u32, BString::from(bad));
        let mut decoder = Decoder::new(LIMIT);
        decoder.feed(&frame::encode(&list, LIMIT).unwrap());
        let heard = decoder.take::<ToRmake>();
        assert_eq!(heard, Err(frame::FrameError::Malformed), "{bad}");
    }
}

proptest! {
    #[test]
    fn spoiled_messages_do_no_harm(which in 0_usize..14, at in any::<usize>(), value in any::<u8>()) {
        let mut frames: Vec<_> = to_worker().iter().map(|one| frame::encode(one, LIMIT).unwrap()).collect();
        frames.extend(to_rmake().iter().map(|one| frame::encode(one, LIMIT).unwrap()));
        let frame = &mut frames[which];
        let at = at % frame.len();
        survive::<ToWorker>(&frame[..at]);
        survive::<ToRmake>(&frame[..at]);
        frame[at] = value;
        survive::<ToWorker>(frame);
        survive::<ToRmake>(frame);
    }

    #[test]
    fn noise_does_no_harm(mut noise in proptest::collection::vec(any::<u8>(), 4..300)) {
        let length = u32::try_from(noise.len() - 4).unwrap();
        noise[..4].copy_from_slice(&length.to_le_bytes());
        survive::<ToWorker>(&noise);
        survive::<ToRmake>(&noise);
    }
}
