//! The process that starts the first processes of jobs, and these, as their owner sees them.
//! It does not know what jobs are for.

use crate::sandbox::order;
use crate::sandbox::order::Failure;
use crate::sandbox::order::Order;
use crate::sandbox::order::Report;
use crate::sandbox::order::Start;
use crate::sandbox::order::Told;
use crate::sandbox::plan::Manner;
use crate::sandbox::plan::Shape;
use crate::sandbox::zygote_process;
use crate::sys::channel;
use crate::sys::fd;
use rustc_hash::FxHashMap;
use std::io;
use std::io::Read;
use std::os::fd::AsFd;
use std::os::fd::AsRawFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;
use std::os::fd::RawFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

/// The argument with which a program of ours becomes this process.
pub const ARGUMENT: &str = "zygote";

/// So much is heard of a job at once.
const PART: usize = 4096;

/// The process. Dropped, it ends, and with it every job.
#[derive(Debug)]
pub struct Zygote {
    shared: Arc<Shared>,
    shape: Shape,
    process: Child,
}

#[derive(Debug)]
struct Shared {
    socket: OwnedFd,
    state: Mutex<State>,
    has_gone: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// How many first processes there were.
    last: u32,
    /// Those that wait for a job.
    idle: Vec<First>,
    /// Which one each job has.
    running: FxHashMap<u32, u32>,
    /// Those that were sent a signal, which may come late.
    signalled: Vec<u32>,
    /// The processor time of those that are gone.
    gone: FxHashMap<u32, u64>,
    /// The process has ended, and with it all.
    is_over: bool,
}

/// A first process.
#[derive(Debug)]
struct First {
    number: u32,
    socket: UnixStream,
    /// The processor time of jobs that it has told.
    told: u64,
}

/// What comes with it.
#[derive(Debug)]
pub struct Common {
    /// The server's descriptors of the mirrors, by slot.
    pub mirrors: Vec<OwnedFd>,
    /// The directory in which jobs' rooms lie, by number.
    pub rooms: OwnedFd,
}

/// The descriptors of a job.
#[derive(Debug)]
pub struct Standard {
    /// Standard input.
    pub input: OwnedFd,
    /// Standard output.
    pub output: OwnedFd,
    /// Standard error.
    pub error: OwnedFd,
}

/// A job that was started: what its first process says.
#[derive(Debug)]
pub struct Started {
    job: u32,
    first: First,
    /// What was heard and not yet taken.
    heard: Vec<u8>,
    /// The processor time it took, once it has ended with nothing left of it.
    ended: Option<u64>,
}

/// Becomes the process that starts jobs, with a socket as standard input. Returns the exit status.
pub fn run() -> i32 {
    zygote_process::run()
}

impl Zygote {
    /// Starts it: `program` is one of ours that calls [`run`] for [`ARGUMENT`]. `on_end` is called when it has ended,
    /// which it does not of itself.
    ///
    /// # Errors
    /// The step that failed.
    pub fn start(program: &Path, shape: &Shape, on_end: fn()) -> Result<(Zygote, Common), Failure> {
        let started = |error: io::Error| Failure::of(0, &"start the process for jobs", &error);
        let (socket, theirs) = channel::pair().map_err(started)?;
        let process = Command::new(program)
            .arg(ARGUMENT)
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .env_clear()
            .spawn()
            .map_err(started)?;
        let zygote = Zygote {
            shared: Arc::new(Shared {
                socket,
                state: Mutex::default(),
                has_gone: Condvar::new(),
            }),
            shape: shape.clone(),
            process,
        };
        let enter = Order::Enter {
            ops: shape.common(),
            users: match shape.manner {
                Manner::Privileged => None,
                Manner::Unprivileged => Some((shape.uid, shape.gid)),
            },
        };
        zygote.shared.send(&enter, &[]).map_err(started)?;
        let common = zygote.shared.entered()?;
        let shared = zygote.shared.clone();
        let listening = std::thread::Builder::new().name("gone".to_owned());
        let listened = listening.spawn(move || {
            if shared.listen() {
                on_end();
            }
        });
        listened.map_err(started)?;
        Ok((zygote, common))
    }

    /// Starts a job.
    ///
    /// # Errors
    /// The process is gone.
    pub fn job(&self, start: &Start, standard: &Standard) -> io::Result<Started> {
        let first = match self.shared.idle() {
            Some(first) => first,
            None => self.first()?,
        };
        let job = start.job;
        let numbers = &mut self.shared.state().running;
        numbers.insert(job, first.number);
        let descriptors = [
            standard.input.as_fd(),
            standard.output.as_fd(),
            standard.error.as_fd(),
        ];
        // One that could not get ready says so, and hears nothing.
        match order::send(first.socket.as_fd(), start, &descriptors) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
            _ => {}
        }
        Ok(Started {
            job,
            first,
            heard: Vec::new(),
            ended: None,
        })
    }

    /// Starts a first process.
    fn first(&self) -> io::Result<First> {
        let (socket, theirs) = channel::pair()?;
        let mut state = self.shared.state();
        state.last += 1;
        let number = state.last;
        let ops = self.shape.first(number);
        let order = Order::First { number, ops };
        order::send(self.shared.socket.as_fd(), &order, &[theirs.as_fd()])?;
        Ok(First {
            number,
            socket: socket.into(),
            told: 0,
        })
    }

    /// Sends a signal to what runs for a job; SIGKILL ends all of it. One that has ended is no error.
    ///
    /// # Errors
    /// The process is gone.
    pub fn signal(&self, job: u32, signal: i32) -> io::Result<()> {
        let mut state = self.shared.state();
        let Some(first) = state.running.get(&job).copied() else {
            return Ok(());
        };
        state.signalled.push(first);
        let order = Order::Signal { first, signal };
        order::send(self.shared.socket.as_fd(), &order, &[])
    }

    /// Waits until all processes of a job are gone. Returns their processor time in microseconds.
    pub fn finish(&self, started: Started) -> u64 {
        let Started {
            job,
            mut first,
            ended,
            ..
        } = started;
        let mut state = self.shared.state();
        state.running.remove(&job);
        let number = first.number;
        let was_signalled = state.signalled.contains(&number);
        state.signalled.retain(|one| *one != number);
        if let Some(cpu) = ended.filter(|_| !was_signalled) {
            first.told += cpu;
            state.idle.push(first);
            return cpu;
        }
        drop(state);
        // It ends, if it has not done so of itself.
        drop(first.socket);
        let gone = self.shared.wait_gone(number);
        gone.saturating_sub(first.told)
    }

    /// Ends it and every job: who waits for one that is gone is told.
    pub fn end(&self) {
        self.shared.state().is_over = true;
        channel::shut(self.shared.socket.as_fd());
    }
}

impl Drop for Zygote {
    fn drop(&mut self) {
        self.end();
        let _ = self.process.wait();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, order: &Order, descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
        order::send(self.socket.as_fd(), order, descriptors)
    }

    fn entered(&self) -> Result<Common, Failure> {
        let mut mirrors = Vec::new();
        loop {
            let received = order::receive::<Report>(self.socket.as_fd());
            let lost = |error: &io::Error| Failure::of(0, &"hear of the process for jobs", error);
            let (report, mut descriptors) = received
                .map_err(|error| lost(&error))?
                .ok_or_else(|| lost(&io::ErrorKind::UnexpectedEof.into()))?;
            match (report, descriptors.pop()) {
                (Report::Mirror(_), Some(server)) => mirrors.push(server),
                (Report::Entered, Some(rooms)) => return Ok(Common { mirrors, rooms }),
                (Report::Failed(failure), _) => return Err(failure),
                _ => return Err(lost(&io::ErrorKind::InvalidData.into())),
            }
        }
    }

    /// Notes which first processes are gone, until all are. Returns whether nobody has asked for that.
    fn listen(&self) -> bool {
        while let Ok(Some((Report::Gone { first, cpu }, _))) = order::receive(self.socket.as_fd()) {
            self.state().gone.insert(first, cpu);
            self.has_gone.notify_all();
        }
        let is_asked = std::mem::replace(&mut self.state().is_over, true);
        self.has_gone.notify_all();
        !is_asked
    }

    /// Returns a first process that waits for a job.
    fn idle(&self) -> Option<First> {
        loop {
            let first = self.state().idle.pop()?;
            // It says nothing of itself: that would be its end.
            if !fd::is_readable(&first.socket) {
                return Some(first);
            }
            drop(first.socket);
            self.wait_gone(first.number);
        }
    }

    /// Waits until a first process is gone. Returns its processor time, in microseconds.
    fn wait_gone(&self, first: u32) -> u64 {
        let is_there = |state: &mut State| !state.gone.contains_key(&first) && !state.is_over;
        let waited = self.has_gone.wait_while(self.state(), is_there);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        state.gone.remove(&first).unwrap_or(0)
    }
}

impl Started {
    /// Returns what can be read when [`Started::hear`] does not wait.
    pub fn readable(&self) -> RawFd {
        self.first.socket.as_raw_fd()
    }

    /// Whether it was heard that the job has ended and nothing of it is left.
    pub fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// Whether [`Started::hear`] does not wait, whatever can be read.
    pub fn has_heard(&self) -> bool {
        self.ended.is_some() || !self.heard.is_empty()
    }

    /// Waits for what the job's first process says next, None once it is gone or nothing else is left of the job.
    pub fn hear(&mut self) -> Option<Told> {
        if self.ended.is_some() {
            return None;
        }
        loop {
            match order::take(&mut self.heard) {
                Ok(Some(told)) => {
                    if let Told::Done { cpu, stays: true } = told {
                        self.ended = Some(cpu);
                    }
                    return Some(told);
                }
                Ok(None) => {}
                Err(_) => return None,
            }
            let mut part = [0; PART];
            match self.first.socket.read(&mut part) {
                Ok(0) => return None,
                Ok(count) => self.heard.extend_from_slice(&part[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
    }
}
