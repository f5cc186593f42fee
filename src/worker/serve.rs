//! The worker's conversation with rmake: hellos, how sandboxes look, then jobs and the tree until the stream ends.
//! It does not know how a job is run.

use crate::sandbox::order::Start;
use crate::sandbox::order::Told;
use crate::sandbox::order::User;
use crate::sandbox::plan::Manner;
use crate::sandbox::plan::Shape;
use crate::sandbox::zygote::Standard;
use crate::store::disk::DiskStore;
use crate::sys::fd;
use crate::sys::fd::Waited;
use crate::wire::frame;
use crate::wire::frame::Decoder;
use crate::wire::frame::FrameError;
use crate::wire::hello;
use crate::wire::hello::Hello;
use crate::wire::hello::Stranger;
use crate::wire::message;
use crate::wire::message::JobNumber;
use crate::wire::message::Setup;
use crate::wire::message::ToRmake;
use crate::wire::message::ToWorker;
use crate::worker::compare::Comparer;
use crate::worker::home::Home;
use crate::worker::home::Violation;
use crate::worker::job::Common;
use crate::worker::mirror::Source;
use crate::worker::probe;
use crate::worker::probe::Missing;
use crate::worker::said;
use crate::worker::said::Voice;
use crate::worker::slots::Slots;
use nix::unistd;
use std::io;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::fd::RawFd;
use std::sync::Arc;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;
use thiserror::Error;

/// The most jobs at once.
const MOST_SLOTS: u16 = 512;
/// How much is read at once.
const CHUNK: usize = 64 * 1024;
const INPUT: RawFd = 0;
/// The exit status of a worker that cannot go on.
const TROUBLE: i32 = 2;

/// Why a conversation ended before the stream did.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The stream cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A frame is none.
    #[error("{0}")]
    Frame(#[from] FrameError),
    /// Somebody else is there.
    #[error("{0}")]
    Stranger(#[from] Stranger),
    /// rmake has broken the protocol.
    #[error("{0}")]
    Violation(#[from] Violation),
    /// Nothing was heard for too long.
    #[error("rmake is silent")]
    Silent,
}

/// What is heard.
struct Ears {
    decoder: Decoder,
    chunk: Vec<u8>,
    /// Who tells how much was heard.
    voice: Arc<Voice>,
}

/// Speaks with the rmake at standard input and output until it has no more to say.
///
/// # Errors
/// The conversation went wrong.
pub fn serve(store: &Arc<DiskStore>, room: Option<u64>) -> Result<(), ServeError> {
    // What is no socket takes nothing so, and all goes the other way.
    let direct = io::stdout().as_fd().try_clone_to_owned().ok();
    let (voice, spoken) = Voice::new(direct);
    let voice = Arc::new(voice);
    let mut ears = Ears {
        decoder: Decoder::new(hello::LIMIT),
        chunk: vec![0; CHUNK],
        voice: voice.clone(),
    };
    let mut out = io::stdout();
    out.write_all(&frame::encode(&Hello::ours(), hello::LIMIT)?)?;
    out.flush()?;
    let Some(hello) = ears.hear::<Hello>()? else {
        return Ok(());
    };
    hello.check()?;
    ears.decoder.set_limit(message::LIMIT);
    let speaking = thread::Builder::new().name("voice".to_owned());
    speaking.spawn(move || said::speak(&spoken, &mut io::stdout()))?;
    let setup = loop {
        match ears.hear()? {
            Some(ToWorker::Setup(setup)) => break setup,
            Some(ToWorker::Beat) => {}
            Some(_) => return Err(Violation("no setup").into()),
            None => return Ok(()),
        }
    };
    let home = Home::new(voice.clone(), store.clone(), setup.watched.clone());
    let home = Arc::new(home);
    let heard = converse(&mut ears, &setup, &voice, &home, (store, room));
    home.lose();
    heard
}

fn converse(
    ears: &mut Ears,
    setup: &Setup,
    voice: &Arc<Voice>,
    home: &Arc<Home>,
    (store, room): (&Arc<DiskStore>, Option<u64>),
) -> Result<(), ServeError> {
    let source: Arc<dyn Source> = home.clone();
    let slots = match first_that_works(setup, room, &source) {
        Ok(slots) => slots,
        Err(Missing { what, hint }) => {
            let (missing, hint) = (what.into(), hint.into());
            let _ = voice.say(&ToRmake::Unable { missing, hint });
            // Nothing is asked of a worker that is unable: it waits to be let go.
            while ears.hear::<ToWorker>()?.is_some() {}
            return Ok(());
        }
    };
    let common = Arc::new(Common {
        voice: voice.clone(),
        home: home.clone(),
        store: store.clone(),
        slots,
        comparer: Comparer::default(),
        idle: Mutex::default(),
        user: User {
            uid: setup.uid,
            gid: setup.gid,
            groups: setup.groups.clone(),
        },
    });
    // The first sandbox asks for the tree, so it is tried while rmake is heard.
    let probed = common.clone();
    thread::Builder::new()
        .name("probe".to_owned())
        .spawn(move || probe_sandbox(&probed))?;
    while let Some(message) = ears.hear()? {
        heed(message, &common)?;
    }
    Ok(())
}

/// Does what rmake says.
fn heed(message: ToWorker, common: &Arc<Common>) -> Result<(), ServeError> {
    let home = &common.home;
    match message {
        ToWorker::Setup(_) => return Err(Violation("a second setup").into()),
        ToWorker::Job(job) => {
            common.clone().take(job)?;
        }
        ToWorker::Signal { job, signal } => common.slots.signal(job, signal),
        ToWorker::Directory { path, listing } => home.tell_directory(path, listing),
        ToWorker::Changed(changes) => home.tell_changes(changes),
        ToWorker::Expect(files) => home.expect(&files),
        ToWorker::Content { transfer, answer } => home.tell_content(transfer, answer)?,
        ToWorker::Piece(piece) => home.tell_piece(&piece)?,
        ToWorker::Compare(comparison) => {
            let common = common.clone();
            let comparing = thread::Builder::new().name("compare".to_owned());
            comparing.spawn(move || {
                let other = common.comparer.compare(&comparison);
                let _ = common.voice.say(&ToRmake::Compared(other));
            })?;
        }
        ToWorker::Credit { flow, bytes } => {
            let credited = common.voice.credit(flow, bytes);
            credited.map_err(|_| Violation("more credit than there is"))?;
        }
        ToWorker::Beat => {}
    }
    Ok(())
}

/// Returns slots in the first manner in which this host lets them be made.
fn first_that_works(
    setup: &Setup,
    room: Option<u64>,
    source: &Arc<dyn Source>,
) -> Result<Slots, Missing> {
    let manners = match unistd::geteuid().is_root() {
        true => &[Manner::Privileged, Manner::Unprivileged][..],
        false => &[Manner::Unprivileged],
    };
    let bound = setup
        .bindable
        .iter()
        .map(|path| path.to_absolute().to_string());
    let bound: Vec<_> = bound
        .filter(|path| std::path::Path::new(path).is_dir())
        .collect();
    let mut missing = None;
    for manner in manners {
        let shape = Shape {
            manner: *manner,
            uid: setup.uid,
            gid: setup.gid,
            host_name: setup.host_name.to_vec(),
            slots: setup.slots.clamp(1, MOST_SLOTS),
            bound: bound.clone(),
            room,
        };
        match Slots::new(shape, source, end_without_jobs) {
            Ok(slots) => return Ok(slots),
            Err(failure) => {
                missing.get_or_insert_with(|| probe::missing(*manner, &failure));
            }
        }
    }
    Err(missing.unwrap_or_else(|| unreachable!("there is at least one manner")))
}

/// Without the process that starts jobs there are no mirrors either. rmake sees the end of the stream, and places the
/// jobs again.
fn end_without_jobs() {
    eprintln!("rmake-worker: the process that starts jobs has ended");
    std::process::exit(TROUBLE);
}

/// Makes one sandbox in which nothing runs, and says whether that went well.
fn probe_sandbox(common: &Common) {
    let slots = &common.slots;
    let nothing = JobNumber(u32::MAX);
    let said = match slots.take(nothing) {
        None => ToRmake::Ready,
        Some((slot, number, mirror)) => {
            let at = common.home.begin();
            mirror.begin(at);
            let failure = try_sandbox(common, slot, number);
            mirror.end();
            common.home.end(at);
            slots.clear(number);
            slots.give_back(slot);
            match failure {
                None => ToRmake::Ready,
                Some(Missing { what, hint }) => ToRmake::Unable {
                    missing: what.into(),
                    hint: hint.into(),
                },
            }
        }
    };
    let _ = common.voice.say(&said);
}

fn try_sandbox(common: &Common, slot: u16, number: u32) -> Option<Missing> {
    let missing = |error: io::Error| Missing {
        what: error.to_string(),
        hint: "",
    };
    let tried = || -> io::Result<Option<Missing>> {
        let start = Start {
            job: number,
            ops: common.slots.plan(slot, number, &[], Vec::new())?,
            lines: Vec::new(),
            environment: Vec::new(),
            directory: "/".into(),
            umask: 0o022,
            user: None,
            first_pid: 2,
        };
        let null = || fd::open(b"/dev/null", fd::READ_WRITE);
        let standard = Standard {
            input: null()?,
            output: null()?,
            error: null()?,
        };
        let mut started = common.slots.start(&start, &standard)?;
        let mut failed = None;
        while let Some(told) = started.hear() {
            if let Told::Failed(failure) = told {
                failed = Some(probe::missing(common.slots.manner(), &failure));
            }
        }
        common.slots.finish(started);
        Ok(failed)
    };
    tried().unwrap_or_else(|error| Some(missing(error)))
}

impl Ears {
    /// Returns the next message, None at the end of the stream.
    fn hear<T: serde::de::DeserializeOwned>(&mut self) -> Result<Option<T>, ServeError> {
        let patience = Duration::from_secs(message::DEAD_SECONDS);
        loop {
            if let Some(message) = self.decoder.take()? {
                return Ok(Some(message));
            }
            if matches!(fd::wait(&[INPUT], Some(patience)), Waited::TimedOut) {
                return Err(ServeError::Silent);
            }
            match fd::read(INPUT, &mut self.chunk) {
                Ok(0) => return Ok(None),
                Ok(count) => {
                    self.voice.heard(count);
                    self.decoder.feed(&self.chunk[..count]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
