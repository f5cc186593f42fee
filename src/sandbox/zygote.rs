//! The process that starts jobs, as its owner sees it.
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
use std::io;
use std::os::fd::AsFd;
use std::os::fd::AsRawFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;
use std::os::fd::RawFd;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::PoisonError;

/// The argument with which a program of ours becomes this process.
pub const ARGUMENT: &str = "zygote";

/// The process. Dropped, it ends, and with it every job.
#[derive(Debug)]
pub struct Zygote {
    socket: OwnedFd,
    /// Messages to it do not mix.
    sending: Mutex<()>,
    process: Child,
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
    socket: OwnedFd,
}

/// Becomes the process that starts jobs, with a socket as standard input. Returns the exit status.
pub fn run() -> i32 {
    zygote_process::run()
}

impl Zygote {
    /// Starts it: `program` is one of ours that calls [`run`] for [`ARGUMENT`].
    ///
    /// # Errors
    /// The step that failed.
    pub fn start(program: &Path, shape: &Shape) -> Result<(Zygote, Common), Failure> {
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
            socket,
            sending: Mutex::default(),
            process,
        };
        let enter = Order::Enter {
            ops: shape.common(),
            users: match shape.manner {
                Manner::Privileged => None,
                Manner::Unprivileged => Some((shape.uid, shape.gid)),
            },
        };
        zygote.send(&enter, &[]).map_err(started)?;
        let common = zygote.entered()?;
        Ok((zygote, common))
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

    fn send(&self, order: &Order, descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
        let _one = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        order::send(self.socket.as_fd(), order, descriptors)
    }

    /// Starts a job.
    ///
    /// # Errors
    /// The process is gone.
    pub fn job(&self, start: Start, standard: &Standard) -> io::Result<Started> {
        let (socket, theirs) = channel::pair()?;
        let descriptors = [
            theirs.as_fd(),
            standard.input.as_fd(),
            standard.output.as_fd(),
            standard.error.as_fd(),
        ];
        self.send(&Order::Start(Box::new(start)), &descriptors)?;
        Ok(Started { socket })
    }

    /// Sends a signal to what runs for a job; SIGKILL ends all of it.
    ///
    /// # Errors
    /// The process is gone.
    pub fn signal(&self, job: u32, signal: i32) -> io::Result<()> {
        self.send(&Order::Signal { job, signal }, &[])
    }

    /// Waits until all processes of a job are gone. Returns the job and its processor time in microseconds, None at
    /// the end of the process.
    pub fn next_gone(&self) -> Option<(u32, u64)> {
        match order::receive(self.socket.as_fd()) {
            Ok(Some((Report::Gone { job, cpu }, _))) => Some((job, cpu)),
            _ => None,
        }
    }

    /// Ends it and every job: who waits for one that is gone is told.
    pub fn end(&self) {
        channel::shut(self.socket.as_fd());
    }
}

impl Drop for Zygote {
    fn drop(&mut self) {
        self.end();
        let _ = self.process.wait();
    }
}

impl Started {
    /// Returns what can be read when [`Started::hear`] does not wait.
    pub fn readable(&self) -> RawFd {
        self.socket.as_raw_fd()
    }

    /// Waits for what the job's first process says next, None once it is gone.
    pub fn hear(&self) -> Option<Told> {
        let received = order::receive(self.socket.as_fd());
        received.ok().flatten().map(|(told, _)| told)
    }
}
