//! What is said to the process that starts others and to the first processes of jobs, and what they say.
//! It does not know what is done about it.

use crate::sandbox::plan::Op;
use crate::sys::channel;
use bstr::BString;
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::io;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;

/// The longest message; far above what execve(2) takes as arguments and environment.
const LONGEST: usize = 64 * 1024 * 1024;

/// Bytes of a message's length, which come before it.
const LENGTH: usize = 4;

/// What is said to the process that starts others.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Order {
    /// Make the root that jobs have in common; first, and once.
    Enter {
        /// How.
        ops: Vec<Op>,
        /// Be this user and group in a namespace of users of its own; None with the privileges of root.
        users: Option<(u32, u32)>,
    },
    /// Start the first process of jobs that run one after the other. With it comes the socket on which it hears of them,
    /// by [`Start`], and says what becomes of them, by [`Told`].
    First {
        /// Its number.
        number: u32,
        /// What it holds for all its jobs.
        ops: Vec<Op>,
    },
    /// Send a signal to a first process.
    Signal {
        /// Its number.
        first: u32,
        /// The signal.
        signal: i32,
    },
}

/// A job to be started. With it come three descriptors: standard input, output and error.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Start {
    /// Its number, not that of another job.
    pub job: u32,
    /// How its root is made.
    pub ops: Vec<Op>,
    /// The commands, run one after the other until one fails.
    pub lines: Vec<Command>,
    /// The complete environment, `NAME=VALUE` each.
    pub environment: Vec<BString>,
    /// Where they run.
    pub directory: BString,
    /// The file mode creation mask.
    pub umask: u32,
    /// As whom they run, None to stay who one is.
    pub user: Option<User>,
    /// The number of the first command's process.
    pub first_pid: i32,
}

/// A command of a job.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Command {
    /// Its words, the program first.
    pub words: Vec<BString>,
    /// Go on when it fails.
    pub ignore_errors: bool,
}

/// A user with its groups.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct User {
    /// The number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// Other groups' numbers.
    pub groups: Vec<u32>,
}

/// What the process that starts others says.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Report {
    /// A mirror is there; its server's descriptor comes with this.
    Mirror(u16),
    /// The common root is there; the directory in which jobs' rooms lie comes with this.
    Entered,
    /// It cannot be made.
    Failed(Failure),
    /// A first process is gone, and with it all others of its namespace.
    Gone {
        /// Its number.
        first: u32,
        /// The processor time that they took, in microseconds.
        cpu: u64,
    },
}

/// What the first process of a job says.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Told {
    /// The job has its root, the first command begins.
    Began,
    /// A command has ended.
    Ended(End),
    /// The sandbox could not be made.
    Failed(Failure),
    /// A process asks for a lock on this file, which others may open; the first one of the job.
    Locks(BString),
    /// No command is left to run, but processes are that the commands have left.
    Left,
    /// No command is left to run.
    Done {
        /// The processor time that they took, in microseconds.
        cpu: u64,
        /// None of their processes is left, nothing else is either: this process takes the next job. If not it ends.
        stays: bool,
    },
}

/// How a command ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum End {
    /// With this status.
    Exited(i32),
    /// By this signal, true with a core dump.
    Killed(i32, bool),
    /// It could not be executed (errno).
    NotExecuted(i32),
}

/// A step that failed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Failure {
    /// Its place in the list of operations; behind them is what comes after.
    pub index: u32,
    /// What was to be done.
    pub step: String,
    /// Why it failed (errno).
    pub errno: i32,
}

impl Failure {
    /// Returns the failure of a step.
    pub fn of(index: usize, step: &impl fmt::Display, error: &io::Error) -> Failure {
        Failure {
            index: u32::try_from(index).unwrap_or(u32::MAX),
            step: step.to_string(),
            errno: error.raw_os_error().unwrap_or(0),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = io::Error::from_raw_os_error(self.errno);
        let reason = crate::sys::process::error_text(&reason);
        write!(out, "step {}, {}: {reason}", self.index, self.step)
    }
}

/// Sends a message and descriptors.
pub fn send<T: Serialize>(
    socket: BorrowedFd<'_>,
    message: &T,
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<()> {
    channel::send(socket, &append(Vec::new(), message)?, descriptors)
}

/// Returns the bytes with those of a message behind them.
pub fn append<T: Serialize>(mut bytes: Vec<u8>, message: &T) -> io::Result<Vec<u8>> {
    let start = bytes.len();
    bytes.extend([0; LENGTH]);
    let mut bytes = postcard::to_extend(message, bytes).map_err(io::Error::other)?;
    let length = u32::try_from(bytes.len() - start - LENGTH).map_err(io::Error::other)?;
    bytes[start..start + LENGTH].copy_from_slice(&length.to_ne_bytes());
    Ok(bytes)
}

/// Takes a message off bytes that have come without descriptors, None if it is not there as a whole.
pub fn take<T: DeserializeOwned>(bytes: &mut Vec<u8>) -> io::Result<Option<T>> {
    let Some(length) = bytes.first_chunk::<LENGTH>() else {
        return Ok(None);
    };
    let end = LENGTH + u32::from_ne_bytes(*length) as usize;
    let Some(message) = bytes.get(LENGTH..end) else {
        return Ok(None);
    };
    let message = postcard::from_bytes(message).map_err(io::Error::other)?;
    bytes.drain(..end);
    Ok(Some(message))
}

/// Receives a message and its descriptors, None at the end.
pub fn receive<T: DeserializeOwned>(
    socket: BorrowedFd<'_>,
) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
    let (mut length, mut descriptors) = ([0; LENGTH], Vec::new());
    if !channel::receive(socket, &mut length, &mut descriptors)? {
        return Ok(None);
    }
    let length = u32::from_ne_bytes(length) as usize;
    if length == 0 || length > LONGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length];
    if !channel::receive(socket, &mut bytes, &mut descriptors)? {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let message = postcard::from_bytes(&bytes).map_err(io::Error::other)?;
    Ok(Some((message, descriptors)))
}
