//! Jobs and how they are run: the scheduler, the recipe of a target as plain data, local processes.
//! It does not know which executor is remote, nor the network.

pub mod command;
pub mod commit;
pub mod declared;
#[cfg(feature = "remote")]
pub mod effects;
pub mod executor;
pub mod jobserver;
pub mod local;
pub mod output;
pub mod path;
pub mod place;
pub mod recipe;
pub mod ruled;
pub mod session;
pub mod slot;
pub mod temporary;
pub mod walk;

use crate::eval::environment::Child;
use crate::id::JobId;
use bstr::BString;

/// The whole recipe of one target, expanded and ready to be run anywhere but for its environment. Plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Identity, unique in the session.
    pub id: JobId,
    /// The target's name, for messages.
    pub target: BString,
    /// Its lines in order; a line that expanded to nothing is not among them.
    pub lines: Vec<JobLine>,
    /// `SHELL`.
    pub shell: BString,
    /// `.SHELLFLAGS`, split into words.
    pub shell_flags: Vec<BString>,
    /// Whose environment its processes get. It is made when the first one is started: no sooner are the values of
    /// exported variables looked at.
    pub child: Child,
    /// `IFS` as make knows it, if set: the direct execution of simple commands is off then.
    pub ifs: Option<BString>,
    /// Absolute directory to run in.
    pub directory: BString,
    /// Its failure is not to be told: a makefile that nobody insists on is being remade.
    pub quiet: bool,
}

/// One line of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct JobLine {
    /// The text handed to the shell, its prefix characters removed, backslash-newlines kept.
    pub text: BString,
    /// How much of the text is printed.
    pub shown: usize,
    /// Where it stands, for `[Makefile:12: target] Error 1`: as printed.
    pub place: BString,
    /// Do not print it.
    pub silent: bool,
    /// Go on when it fails.
    pub ignore_errors: bool,
    /// Run it even under -n, -q, -t, and give it the jobserver.
    pub recursive: bool,
    /// `.SHELLFLAGS` for this line alone, if they differ from the job's.
    pub shell_flags: Option<Vec<BString>>,
    /// Makes that it starts use no other machines.
    pub is_secluded: bool,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Which job.
    pub id: JobId,
    /// How its last line ended.
    pub end: End,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "remote", derive(serde::Serialize, serde::Deserialize))]
pub enum End {
    /// Exit status.
    Exited(i32),
    /// Killed by this signal; true with a core dump.
    Signaled(i32, bool),
}
