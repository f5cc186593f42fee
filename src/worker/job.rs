//! One job from its message to its end: it is started in a slot, what it says and writes is handed on.
//! It does not know how the tree comes here.

use crate::sandbox::order::Command;
use crate::sandbox::order::End;
use crate::sandbox::order::Start;
use crate::sandbox::order::Told;
use crate::sandbox::order::User;
use crate::sandbox::plan::Cover;
use crate::sandbox::plan::Manner;
use crate::sandbox::zygote::Standard;
use crate::sandbox::zygote::Started;
use crate::store::disk::DiskStore;
use crate::sys::fd;
use crate::sys::tree;
use crate::wire::message::Ended;
use crate::wire::message::Flow;
use crate::wire::message::Job;
use crate::wire::message::JobNumber;
use crate::wire::message::Kind;
use crate::wire::message::LineEnd;
use crate::wire::message::ToRmake;
use crate::wire::message::Trouble;
use crate::wire::path::RelPath;
use crate::worker::compare::Comparer;
use crate::worker::home::Home;
use crate::worker::mirror::Epoch;
use crate::worker::mirror::server::Mirror;
use crate::worker::mirror::server::Seen;
use crate::worker::result::Collected;
use crate::worker::result::Collector;
use crate::worker::said::Voice;
use crate::worker::slots::SIGKILL;
use crate::worker::slots::Slots;
use bstr::BString;
use std::io;
use std::os::fd::AsRawFd;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc;
use std::sync::mpsc::SendError;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

/// How long an output waits for credit before it is looked at what else has happened.
const PATIENCE: Duration = Duration::from_millis(50);
/// How often it is said that a job lives of which there is nothing else to say.
const SIGN: Duration = Duration::from_millis(500);
/// So little room is none: a write may have failed for it.
const NO_ROOM: u64 = 64 * 1024;

/// Where programs make temporary files.
const TEMPORARY: &str = "tmp";
/// The longest name of a directory that is made ahead, in bytes: the names of files below it have limits, too.
const DEEPEST: usize = 2000;

/// What jobs share.
pub struct Common {
    /// The way to rmake.
    pub voice: Arc<Voice>,
    /// rmake's tree.
    pub home: Arc<Home>,
    /// Where results are kept for later jobs.
    pub store: Arc<DiskStore>,
    /// Where jobs run.
    pub slots: Slots,
    /// What is known of this host's files.
    pub comparer: Comparer,
    /// As whom.
    pub user: User,
    /// Threads that wait for a job.
    pub idle: Mutex<Vec<Sender<Box<Job>>>>,
}

/// A job that has a slot.
struct Placed<'a> {
    common: &'a Common,
    job: &'a Job,
    slot: u16,
    /// Its number on this worker.
    number: u32,
    mirror: Mirror,
    at: Epoch,
}

/// How a job went.
#[derive(Default)]
struct Watched {
    trouble: Option<Trouble>,
    /// How many lines have not ended.
    lines: usize,
    /// No line is left to run.
    is_done: bool,
    /// Nothing more is heard of it.
    is_gone: bool,
    /// It was said that it begins.
    has_begun: bool,
    /// Its last line failed.
    has_failed: bool,
    /// Something ran on behind its last line.
    has_left: bool,
    /// It has locked this file.
    locked: Option<BString>,
}

/// The pipes of a job's output.
struct Outputs {
    /// Standard output and standard error, None once they have ended.
    pipes: [Option<OwnedFd>; 2],
}

impl Common {
    /// Has a job run by a thread that waits for one, else by a new one, which waits for another then.
    ///
    /// # Errors
    /// There can be no thread.
    pub fn take(self: Arc<Common>, mut job: Box<Job>) -> io::Result<()> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(waiting) = { idle().pop() } {
            match waiting.send(job) {
                Ok(()) => return Ok(()),
                Err(SendError(back)) => job = back,
            }
        }
        let common = self.clone();
        let (sender, jobs) = mpsc::channel();
        let running = thread::Builder::new().name("job".to_owned());
        running.spawn(move || {
            common.run(&job);
            let idle = || common.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle().push(sender.clone());
            while let Ok(job) = jobs.recv() {
                common.run(&job);
                idle().push(sender.clone());
            }
        })?;
        Ok(())
    }

    /// Runs a job to its end and tells all of it.
    fn run(&self, job: &Job) {
        let number = job.number;
        let ended = match self.slots.take(number) {
            Some((slot, own, mirror)) => {
                let placed = Placed {
                    common: self,
                    job,
                    slot,
                    number: own,
                    mirror,
                    at: self.home.begin(),
                };
                let ended = placed.run();
                self.home.end(placed.at);
                self.slots.give_back(slot);
                ended
            }
            None => never_ran(number, Trouble::Sandbox("no slot is free".into())),
        };
        if self.voice.say(&ToRmake::Ended(Box::new(ended))).is_err() {
            let trouble = Trouble::Reap("it has seen too much to be told".into());
            let ended = never_ran(number, trouble);
            let _ = self.voice.say(&ToRmake::Ended(Box::new(ended)));
        }
    }
}

fn never_ran(job: JobNumber, trouble: Trouble) -> Ended {
    Ended {
        job,
        trouble: Some(trouble),
        has_left: false,
        locked: None,
        trace: Default::default(),
        cpu: 0,
    }
}

impl Placed<'_> {
    fn run(&self) -> Ended {
        self.mirror.begin(self.at);
        let ran = self.start().map(|(mut started, outputs)| {
            let watched = self.watch(&mut started, outputs);
            (watched, self.common.slots.finish(started))
        });
        let (watched, cpu) = match ran {
            Ok(ran) => ran,
            Err(error) => {
                let failed = Watched {
                    trouble: Some(Trouble::Sandbox(error.to_string().into())),
                    ..Watched::default()
                };
                (failed, 0)
            }
        };
        let trouble = watched.trouble;
        let trouble = trouble.or_else(|| self.no_room(watched.has_failed));
        // What the kernel asked for while the layer is looked at would be the job's: its mirror ends first.
        let Seen {
            trace,
            changed,
            is_lost,
            ..
        } = self.mirror.end();
        let trouble = trouble.or_else(|| changed.map(Trouble::Changed));
        let trouble = trouble.or_else(|| is_lost.then(|| Trouble::Reap("rmake is silent".into())));
        let trouble = trouble.or_else(|| self.collect().err());
        self.common.slots.clear(self.number);
        Ended {
            job: self.job.number,
            trouble,
            has_left: watched.has_left,
            locked: watched.locked,
            trace,
            cpu,
        }
    }

    fn start(&self) -> io::Result<(Started, Outputs)> {
        let job = self.job;
        let (slots, user) = (&self.common.slots, &self.common.user);
        let covers = self.covers();
        let ops = slots.plan(self.slot, self.number, &job.bound, covers)?;
        let lines = job.lines.iter().map(|line| Command {
            words: line.words.clone(),
            ignore_errors: line.ignore_errors,
        });
        let start = Start {
            job: self.number,
            ops,
            lines: lines.collect(),
            environment: job.environment.clone(),
            directory: job.directory.to_absolute(),
            umask: u32::from(job.umask),
            user: (slots.manner() == Manner::Privileged).then(|| user.clone()),
            first_pid: first_pid(self.number),
        };
        let (read, write) = fd::pipe()?;
        let (error, error_write) = match job.is_combined {
            true => (None, write.try_clone()?),
            false => {
                let (read, write) = fd::pipe()?;
                (Some(read), write)
            }
        };
        let standard = Standard {
            input: fd::open(b"/dev/null", fd::READ_WRITE)?,
            output: write,
            error: error_write,
        };
        self.common.voice.open(Flow::Output(job.number));
        let started = slots.start(&start, &standard)?;
        let pipes = [Some(read), error];
        Ok((started, Outputs { pipes }))
    }

    /// Returns what is known of the directories that jobs write in: their own, and that of temporary files.
    fn covers(&self) -> Vec<Vec<Cover>> {
        let own = self.cover(&self.job.directory);
        let is_in_temporary = own.first().is_some_and(|top| top.name == TEMPORARY);
        let temporary = match is_in_temporary {
            true => Vec::new(),
            false => {
                RelPath::new(TEMPORARY.as_bytes()).map_or(Vec::new(), |path| self.cover(&path))
            }
        };
        let covers = [own, temporary];
        covers.into_iter().filter(|one| !one.is_empty()).collect()
    }

    /// Returns how a directory and those it lies in look, as far as they are directories; none if they are too deep.
    fn cover(&self, directory: &RelPath) -> Vec<Cover> {
        let mut covers = Vec::new();
        let mut path = RelPath::ROOT;
        if directory.as_bytes().len() > DEEPEST {
            return covers;
        }
        for name in directory.names() {
            path = path.join(&name);
            let node = self.common.home.node(&path, self.at).ok().flatten();
            let Some(node) = node.filter(|node| node.kind == Kind::Directory) else {
                break;
            };
            let is_owned = self.common.slots.manner() == Manner::Privileged;
            covers.push(Cover {
                name: name.as_bytes().into(),
                mode: u32::from(node.mode),
                owner: is_owned.then_some((node.uid, node.gid)),
                mtime: node.mtime,
            });
        }
        covers
    }

    /// Hands on what the job says and what its lines write until both have ended.
    fn watch(&self, started: &mut Started, mut outputs: Outputs) -> Watched {
        let (voice, number) = (&self.common.voice, self.job.number);
        let flow = Flow::Output(number);
        let mut watched = Watched {
            lines: self.job.lines.len(),
            ..Watched::default()
        };
        let mut bytes = Vec::new();
        while !watched.is_gone || outputs.is_open() {
            let room = voice.next_piece(flow, PATIENCE);
            let open = if room > 0 { outputs.raw() } else { Vec::new() };
            let mut awaited: Vec<_> = open.clone();
            awaited.extend((!watched.is_gone).then(|| started.readable()));
            if awaited.is_empty() {
                continue;
            }
            if !started.has_heard() {
                fd::wait(&awaited, Some(if room == 0 { PATIENCE } else { SIGN }));
            }
            voice.lives(number);
            // What a line has written comes before its end, and behind the beginning of the first one.
            bytes.resize(room, 0);
            if outputs.hand_on(&mut bytes, &mut |is_error, bytes| {
                self.tell_begin(&mut watched, true);
                voice.sent(flow, bytes.len());
                let bytes = bytes.into();
                let _ = voice.say(&ToRmake::Output {
                    job: number,
                    is_error,
                    bytes,
                });
            }) {
                continue;
            }
            // Nobody is left who could write more; of one that was killed some may be for a moment.
            if started.has_ended() && watched.is_gone {
                break;
            }
            if watched.is_gone {
                continue;
            }
            if !started.has_heard() && !fd::is_readable(&started.readable()) {
                continue;
            }
            self.heed(started, &mut watched);
        }
        let was_killed = self.common.slots.was_killed(self.number);
        if !watched.is_done && watched.trouble.is_none() && !was_killed {
            watched.trouble = Some(Trouble::Sandbox("its first process was killed".into()));
        } else if !watched.is_done && watched.trouble.is_none() {
            watched.has_failed = true;
            let end = LineEnd::Killed {
                signal: SIGKILL,
                has_core: false,
            };
            self.tell_end(end, true);
        }
        voice.close(flow);
        watched
    }

    /// Hands on what the job's first process says next.
    fn heed(&self, started: &mut Started, watched: &mut Watched) {
        match started.hear() {
            Some(Told::Began) => self.tell_begin(watched, !started.has_heard()),
            Some(Told::Ended(end)) => {
                watched.has_failed = end != End::Exited(0);
                watched.lines = watched.lines.saturating_sub(1);
                self.tell_end(line_end(end), watched.lines == 0);
            }
            Some(Told::Failed(failure)) => {
                watched.trouble = Some(Trouble::Sandbox(failure.to_string().into()));
            }
            Some(Told::Locks(path)) => watched.locked = Some(path),
            Some(Told::Left) => watched.has_left = true,
            Some(Told::Done { .. }) => watched.is_done = true,
            None => watched.is_gone = true,
        }
    }

    /// Tells that the job begins, once; of no use before what is said soon if that is not `now`.
    fn tell_begin(&self, watched: &mut Watched, now: bool) {
        if std::mem::replace(&mut watched.has_begun, true) {
            return;
        }
        let (voice, began) = (&self.common.voice, ToRmake::Began(self.job.number));
        let _ = match now {
            true => voice.say(&began),
            false => voice.mention(&began),
        };
    }

    /// Tells of a line's end; after the last one the job is about to end, too.
    fn tell_end(&self, end: LineEnd, is_last: bool) {
        let (voice, job) = (&self.common.voice, self.job.number);
        let ended = ToRmake::LineEnded { job, end };
        let _ = match is_last {
            true => voice.mention(&ended),
            false => voice.say(&ended),
        };
    }

    /// A job that failed when there was no room left may have failed for that.
    fn no_room(&self, has_failed: bool) -> Option<Trouble> {
        let free = tree::free_bytes(self.common.slots.rooms()).unwrap_or(u64::MAX);
        (has_failed && free < NO_ROOM).then_some(Trouble::NoSpace)
    }

    /// Tells what the job has written.
    fn collect(&self) -> Result<(), Trouble> {
        let common = self.common;
        let reap = |error: io::Error| Trouble::Reap(error.to_string().into());
        let room = common.slots.room(self.number).map_err(reap)?;
        let collector = Collector {
            home: &common.home,
            store: &common.store,
            slots: &common.slots,
            at: self.at,
            lives: &|| common.voice.lives(self.job.number),
        };
        let Collected {
            effects, contents, ..
        } = collector.collect(&room).map_err(reap)?;
        contents.tell(&common.voice, self.job.number, effects)
    }
}

/// Numbers of processes differ between the jobs of a worker, lest names made of them are the same; they stay below the
/// usual limit (proc(5), pid_max).
fn first_pid(number: u32) -> i32 {
    let turn = number.wrapping_mul(61) % 31_000;
    i32::try_from(turn).unwrap_or(0) + 1000
}

fn line_end(end: End) -> LineEnd {
    match end {
        End::Exited(status) => LineEnd::Exited(u8::try_from(status & 0xff).unwrap_or(1)),
        End::Killed(signal, has_core) => LineEnd::Killed {
            signal: u8::try_from(signal).unwrap_or(SIGKILL),
            has_core,
        },
        End::NotExecuted(errno) => LineEnd::NotExecuted(errno),
    }
}

impl Outputs {
    fn is_open(&self) -> bool {
        self.pipes.iter().any(Option::is_some)
    }

    fn raw(&self) -> Vec<i32> {
        let open = self.pipes.iter().flatten();
        open.map(AsRawFd::as_raw_fd).collect()
    }

    /// Hands on what can be read now, of one pipe, and notes which has ended. Returns whether there was anything.
    fn hand_on(&mut self, bytes: &mut [u8], out: &mut dyn FnMut(bool, &[u8])) -> bool {
        for (is_error, pipe) in [false, true].into_iter().zip(&mut self.pipes) {
            let Some(open) = pipe.as_ref().filter(|pipe| fd::is_readable(*pipe)) else {
                continue;
            };
            if bytes.is_empty() {
                continue;
            }
            match fd::read(open.as_raw_fd(), bytes) {
                Ok(count) if count > 0 => {
                    out(is_error, &bytes[..count]);
                    return true;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => *pipe = None,
            }
        }
        false
    }
}
