//! Everything a reporter can see. The engine tells events; it never writes to the user itself.
//! It does not know who listens, nor how an event is shown.

use crate::error::Diagnostic;
use crate::id::JobId;
use bstr::BString;

/// Which of the user's streams text belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "remote", derive(serde::Serialize, serde::Deserialize))]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// One thing that was observed.
#[derive(Clone, Debug)]
pub enum Event {
    /// Text to be passed on as it is: `$(info)`, an echoed recipe line, `-p` output.
    Text {
        /// The job it belongs to, None for the make itself.
        job: Option<JobId>,
        /// Where it goes.
        stream: Stream,
        /// The bytes, with their final newline.
        bytes: BString,
    },
    /// A line of `-d`, for standard output: it is not held back, and the directory is not announced before it.
    Debug {
        /// The bytes, with their final newline.
        bytes: BString,
    },
    /// An error, warning or notice of make's own.
    Diagnostic {
        /// The job it belongs to, None for the make itself.
        job: Option<JobId>,
        /// What is said.
        diagnostic: Diagnostic,
    },
    /// The working directory and whether it is to be announced; told again when it changes.
    Directory {
        /// Absolute path, empty if there was none at the start; None as long as it is not known.
        path: Option<BString>,
        /// Print `Entering directory` before the next output.
        announce: bool,
        /// -Oline, -Otarget: announce it around each block instead of once.
        around_blocks: bool,
    },
    /// A child is about to write to the user's streams itself: whatever must stand before its output
    /// (`Entering directory`, buffered text) has to be out when this returns.
    ChildOutput {
        /// The job it belongs to, None for `$(shell)`.
        job: Option<JobId>,
    },
    /// -O: output that was held back follows, as texts and diagnostics, until [`Event::BlockEnd`].
    /// -Oline and -Otarget announce the directory around each block.
    BlockBegin,
    /// -O: the block is complete.
    BlockEnd,
    /// A job has a place, perhaps another one than before.
    JobPlaced {
        /// The job.
        job: JobId,
        /// The host, empty for this machine.
        host: BString,
    },
    /// A job is about to start (its recipe is expanded).
    JobStarted {
        /// The job.
        job: JobId,
        /// Its target.
        target: BString,
    },
    /// A job has ended and all its output was told.
    JobFinished {
        /// The job.
        job: JobId,
        /// Exit status of its last line, 0 for success.
        status: i32,
    },
}

/// Where events go.
pub trait Sink: Send {
    /// Takes one event. Events arrive in the order a user is to see them.
    fn emit(&mut self, event: Event);
}
