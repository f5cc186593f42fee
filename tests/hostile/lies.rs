//! What a lying worker says, each lie by its name. It does not know what becomes of it.

use rmake::store::digest::Digest;
use rmake::wire::frame;
use rmake::wire::frame::Decoder;
use rmake::wire::hello::Hello;
use rmake::wire::message;
use rmake::wire::message::Effect;
use rmake::wire::message::Ended;
use rmake::wire::message::Job;
use rmake::wire::message::JobNumber;
use rmake::wire::message::LineEnd;
use rmake::wire::message::Made;
use rmake::wire::message::Piece;
use rmake::wire::message::ToRmake;
use rmake::wire::message::ToWorker;
use rmake::wire::message::Transfer;
use rmake::wire::path::RelPath;
use std::io::Read;
use std::io::Write;
use std::time::Duration;

/// A file in a directory where no job may write.
pub const ELSEWHERE: &str = "/etc/rmake-hostile-test";

/// What is said of a job that is to make `out`: frames, or whatever.
type Lie = fn(&Job) -> Vec<u8>;

/// All lies; the truth is among them.
pub const LIES: &[(&str, Lie)] = &[
    ("truth", |job| talk(&truth(job))),
    ("dies", |_| std::process::exit(1)),
    ("alive, without a word of the job", |_| Vec::new()),
    ("deaf", |job| {
        let number = job.number;
        say(&talk(&[ToRmake::Began(number)]));
        loop {
            let alive = vec![number];
            say(&talk(&[ToRmake::Beat { heard: 1, alive }]));
            std::thread::sleep(Duration::from_secs(1));
        }
    }),
    ("more was heard than was said", |_| talk(&[beat(u64::MAX)])),
    ("begun, and never heard of again", |job| {
        talk(&[ToRmake::Began(job.number)])
    }),
    ("silent", |_| {
        loop {
            std::thread::sleep(Duration::from_secs(1));
        }
    }),
    ("no frame", |_| vec![0xff; 100]),
    ("empty frames", |_| vec![0; 400_000]),
    ("half a frame and no more", |job| {
        talk(&truth(job))[..20].to_vec()
    }),
    ("a path with ..", |job| renamed(job, b"../../../outside/x")),
    ("an absolute path", |job| {
        renamed(job, b"/etc/rmake-hostile")
    }),
    ("an empty name", |job| renamed(job, b"w//outside/kept/xx")),
    ("a NUL", |job| renamed(job, b"outside/kept\0/x/xx")),
    ("elsewhere", |job| made(job, file(&ELSEWHERE[1..]))),
    ("through a link", |job| {
        made(job, file(&below(job, "link/x")))
    }),
    ("removed through a link", |job| {
        made(job, with(&below(job, "link/kept"), Made::Removed))
    }),
    ("a directory through a link", |job| {
        made(job, with(&below(job, "link/d"), directory()))
    }),
    ("a link and what is behind it", |job| {
        let target = "../outside".into();
        let mut effects = with(&below(job, "new"), Made::Link { target, mtime: 0 });
        effects.extend(file(&below(job, "new/x")));
        made(job, effects)
    }),
    ("a file and what is below it", |job| {
        let mut effects = file(&below(job, "new"));
        effects.extend(with(&below(job, "new/x"), directory()));
        made(job, effects)
    }),
    ("a name of a file elsewhere", |job| {
        made(
            job,
            with(&below(job, "new"), Made::HardLink(path("etc/passwd"))),
        )
    }),
    ("a name of a file behind a link", |job| {
        let first = path(&below(job, "link/kept"));
        made(job, with(&below(job, "new"), Made::HardLink(first)))
    }),
    ("a link to nothing", |job| link(job, b"")),
    ("a link with a NUL", |job| link(job, b"a\0b")),
    ("a link that is too long", |job| link(job, &[b'x'; 5000])),
    ("a device", |job| {
        made(job, with(&below(job, "new"), Made::Special))
    }),
    ("the top itself", |job| {
        made(job, with(&below(job, ""), Made::Removed))
    }),
    ("the root", |job| made(job, with("", directory()))),
    ("another content", |job| {
        contents(job, &[(0, b"wORKER\n", true)])
    }),
    ("more content", |job| {
        contents(job, &[(0, b"worker\nworker\n", true)])
    }),
    ("less content", |job| contents(job, &[(0, b"work", true)])),
    ("content backwards", |job| {
        contents(job, &[(3, b"ker\n", false), (0, b"wor", true)])
    }),
    ("content far away", |job| {
        contents(job, &[(u64::MAX, b"worker\n", true)])
    }),
    ("content twice", |job| {
        contents(job, &[(0, b"worker\n", true), (0, b"worker\n", true)])
    }),
    ("no content", |job| contents(job, &[])),
    ("an endless file", |job| {
        let mut messages = truth(job);
        for message in &mut messages {
            if let ToRmake::Effects { effects, .. } = message
                && let Made::File { size, .. } = &mut effects[0].what
            {
                *size = u64::MAX;
            }
        }
        talk(&messages)
    }),
    ("a number twice", |job| {
        let mut messages = truth(job);
        let effects = messages[3].clone();
        messages.insert(3, effects);
        talk(&messages)
    }),
    ("output without credit", |job| {
        let output = ToRmake::Output {
            job: job.number,
            is_error: false,
            bytes: vec![b'x'; 30_000].into(),
        };
        let mut messages = vec![ToRmake::Began(job.number)];
        messages.extend(std::iter::repeat_n(output, 1000));
        talk(&messages)
    }),
    ("a line before the first", |job| talk(&truth(job)[2..])),
    ("begun twice", |job| {
        let mut messages = truth(job);
        messages.insert(0, ToRmake::Began(job.number));
        talk(&messages)
    }),
    ("ended at once", |job| talk(&truth(job)[5..])),
    ("too many lines", |job| {
        let mut messages = truth(job);
        let line = messages[2].clone();
        messages.splice(2..2, std::iter::repeat_n(line, 1000));
        talk(&messages)
    }),
    ("another's job", |job| {
        let number = JobNumber(job.number.0 + 77);
        talk(&truth(&Job {
            number,
            ..job.clone()
        }))
    }),
    ("credit for nothing", |_| {
        let transfer = Transfer(1);
        let fetch = ToRmake::List(path("etc"));
        let bytes = u32::MAX;
        talk(&[
            fetch,
            ToRmake::Credit { transfer, bytes },
            ToRmake::Ready,
            ToRmake::Compared(None),
        ])
    }),
    ("a frame of many things", |job| {
        let mut frame = talk(&[ToRmake::Effects {
            job: job.number,
            effects: Vec::new(),
        }]);
        // The last byte counts the effects.
        frame.pop();
        frame.extend([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
        let length = u32::try_from(frame.len() - 4).unwrap();
        frame[..4].copy_from_slice(&length.to_le_bytes());
        frame
    }),
    ("more than there can be", |job| {
        let removed = with(&below(job, "x"), Made::Removed).pop().unwrap();
        let effects = ToRmake::Effects {
            job: job.number,
            effects: vec![removed; 70_000],
        };
        talk(&vec![effects; 16])
    }),
];

/// Speaks with rmake on standard input and output, and lies about each job.
pub fn tell(name: &str) {
    let mut decoder = Decoder::new(message::LIMIT);
    let mut bytes = vec![0; 1 << 16];
    let (mut has_greeted, mut heard) = (false, 0);
    say(&frame::encode(&Hello::ours(), message::LIMIT).unwrap());
    say(&talk(&[ToRmake::Ready]));
    loop {
        let count = std::io::stdin().read(&mut bytes).unwrap_or(0);
        if count == 0 {
            return;
        }
        heard += count as u64;
        decoder.feed(&bytes[..count]);
        if !has_greeted {
            let Some(hello) = decoder.take::<Hello>().unwrap() else {
                continue;
            };
            hello.check().unwrap();
            has_greeted = true;
        }
        while let Some(message) = decoder.take::<ToWorker>().unwrap() {
            match message {
                // It ends then, or goes on saying that it lives: nothing is heard of the job.
                ToWorker::Job(job) => {
                    say(&lie(name, &job));
                    if name.ends_with(['1', '3', '5', '7', '9']) {
                        return;
                    }
                }
                ToWorker::Beat => say(&talk(&[beat(heard)])),
                _ => {}
            }
        }
    }
}

fn lie(name: &str, job: &Job) -> Vec<u8> {
    match name.strip_prefix("spoiled ") {
        Some(seed) => spoiled(job, seed.parse().unwrap()),
        None => LIES.iter().find(|(lie, _)| *lie == name).unwrap().1(job),
    }
}

fn say(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    // Who has heard enough hangs up.
    if out.write_all(bytes).and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

fn beat(heard: u64) -> ToRmake {
    let alive = Vec::new();
    ToRmake::Beat { heard, alive }
}

fn talk(messages: &[ToRmake]) -> Vec<u8> {
    let frames = messages
        .iter()
        .map(|one| frame::encode(one, message::LIMIT).unwrap());
    frames.collect::<Vec<_>>().concat()
}

fn path(text: &str) -> RelPath {
    RelPath::new(text.as_bytes()).unwrap()
}

/// Returns a path in the directory of a job.
fn below(job: &Job, name: &str) -> String {
    let directory = String::from_utf8(job.directory.as_bytes().to_vec()).unwrap();
    format!("{directory}/{name}")
        .trim_end_matches('/')
        .to_owned()
}

fn with(name: &str, what: Made) -> Vec<Effect> {
    let path = path(name);
    vec![Effect { path, what }]
}

fn directory() -> Made {
    Made::Directory {
        mode: 0o755,
        mtime: 0,
        is_another: false,
    }
}

fn file(name: &str) -> Vec<Effect> {
    with(
        name,
        Made::File {
            transfer: Transfer(7),
            size: 7,
            digest: Digest::of(b"worker\n"),
            mode: 0o644,
            mtime: 1,
        },
    )
}

/// What a worker says that has made a file `out`, or `other`.
fn truth(job: &Job) -> Vec<ToRmake> {
    let words = job.lines.iter().flat_map(|line| &line.words);
    let is_other = words.into_iter().any(|word| word.ends_with(b"> other"));
    let name = if is_other { "other" } else { "out" };
    conversation(job, file(&below(job, name)), &[(0, b"worker\n", true)])
}

fn conversation(job: &Job, effects: Vec<Effect>, pieces: &[(u64, &[u8], bool)]) -> Vec<ToRmake> {
    let number = job.number;
    let mut messages = vec![
        ToRmake::Began(number),
        ToRmake::Output {
            job: number,
            is_error: false,
            bytes: "said\n".into(),
        },
        ToRmake::LineEnded {
            job: number,
            end: LineEnd::Exited(0),
        },
        ToRmake::Effects {
            job: number,
            effects,
        },
    ];
    messages.extend(pieces.iter().map(|(offset, bytes, is_last)| {
        ToRmake::Piece(Piece {
            transfer: Transfer(7),
            offset: *offset,
            bytes: (*bytes).into(),
            is_last: *is_last,
        })
    }));
    messages.push(ToRmake::Ended(Box::new(Ended {
        job: number,
        trouble: None,
        has_left: false,
        locked: None,
        trace: Default::default(),
        cpu: 0,
    })));
    messages
}

fn made(job: &Job, effects: Vec<Effect>) -> Vec<u8> {
    let has_file = effects
        .iter()
        .any(|one| matches!(one.what, Made::File { .. }));
    let whole: [(u64, &[u8], bool); 1] = [(0, b"worker\n", true)];
    talk(&conversation(
        job,
        effects,
        if has_file { &whole } else { &[] },
    ))
}

fn contents(job: &Job, pieces: &[(u64, &[u8], bool)]) -> Vec<u8> {
    talk(&conversation(job, file(&below(job, "out")), pieces))
}

fn link(job: &Job, target: &[u8]) -> Vec<u8> {
    let target = target.into();
    made(
        job,
        with(&below(job, "new"), Made::Link { target, mtime: 0 }),
    )
}

/// Returns the truth with another path, which is none, of 18 bytes.
fn renamed(job: &Job, name: &[u8; 18]) -> Vec<u8> {
    let mut bytes = made(job, file("xxxxxxxxxxxxxxxxxx"));
    let at = bytes
        .windows(18)
        .position(|part| part == [b'x'; 18])
        .unwrap();
    bytes[at..at + 18].copy_from_slice(name);
    bytes
}

/// Returns the truth with some of it changed, left out, said twice or cut off.
fn spoiled(job: &Job, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut below = |limit: usize| {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        usize::try_from(state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).unwrap() % limit.max(1)
    };
    let mut messages = truth(job);
    for _ in 0..below(3) {
        let place = below(messages.len());
        match below(3) {
            0 => drop(messages.remove(place)),
            1 => messages.insert(below(messages.len()), messages[place].clone()),
            _ => messages.swap(0, place),
        }
    }
    let mut bytes = talk(&messages);
    for _ in 0..below(6) {
        let place = below(bytes.len());
        match below(4) {
            0 => bytes.truncate(place),
            1 => drop(bytes.splice(place..place, [0xff])),
            2 if place < bytes.len() => bytes[place] ^= 1 << below(8),
            _ if place < bytes.len() => drop(bytes.remove(place)),
            _ => {}
        }
    }
    bytes
}
