//! What rmake and its process on a host, the worker, say to each other after their hellos.
//! It does not know how the bytes travel. Paths lie below the root of rmake's file system.

use crate::store::digest::Digest;
use crate::wire::path::Name;
use crate::wire::path::RelPath;
use bstr::BString;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::Serializer;

/// The longest message: a directory of some hundred thousand files.
pub const LIMIT: usize = 16 * 1024 * 1024;
/// A silent end says that it lives so often; the worker also when it is not silent.
pub const BEAT_SECONDS: u64 = 1;
/// An end that has been silent for so long is dead.
pub const DEAD_SECONDS: u64 = 5;

/// A job, by a number that rmake chose.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct JobNumber(pub u32);

/// A content under way, by a number that the worker chose.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Transfer(pub u32);

/// What rmake says.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum ToWorker {
    /// How the sandboxes look; once, before any job.
    Setup(Setup),
    /// Run this. What was said before is what the job sees.
    Job(Box<Job>),
    /// The next job is likely to read these: have them here.
    Expect(Vec<Expected>),
    /// Send a signal to what runs for a job.
    Signal {
        /// The job.
        job: JobNumber,
        /// The signal.
        signal: u8,
    },
    /// What a directory holds, asked for or not.
    Directory {
        /// Which.
        path: RelPath,
        /// What.
        listing: Listing,
    },
    /// What has changed in directories that were told.
    Changed(Vec<Change>),
    /// What a [`ToRmake::Fetch`] brings. Pieces follow if there are any.
    Content {
        /// Whose answer it is.
        transfer: Transfer,
        /// The content.
        answer: Answer,
    },
    /// Part of a content.
    Piece(Piece),
    /// Are these files of the worker's host the same as rmake's?
    Compare(Comparison),
    /// Bytes have been dealt with.
    Credit {
        /// Of what.
        flow: Flow,
        /// How many.
        bytes: u32,
    },
    /// Sign of life.
    Beat,
}

/// What the worker says.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum ToRmake {
    /// Sandboxes can be made: jobs may come.
    Ready,
    /// They cannot.
    Unable {
        /// What is missing.
        missing: BString,
        /// What would give it; may be empty.
        hint: BString,
    },
    /// What does this directory hold?
    List(RelPath),
    /// The content of a file.
    Fetch {
        /// By which number it comes.
        transfer: Transfer,
        /// Which file.
        path: RelPath,
        /// In which version.
        version: u64,
    },
    /// The first line of a job begins.
    Began(JobNumber),
    /// A line has written something.
    Output {
        /// The job.
        job: JobNumber,
        /// To standard error, not to standard output.
        is_error: bool,
        /// What.
        bytes: BString,
    },
    /// A line has ended.
    LineEnded {
        /// The job.
        job: JobNumber,
        /// How.
        end: LineEnd,
    },
    /// What a job has changed, in the order in which it is to be done; perhaps in several parts.
    Effects {
        /// The job.
        job: JobNumber,
        /// What.
        effects: Vec<Effect>,
    },
    /// Part of a content that an effect names.
    Piece(Piece),
    /// All of a job has been told, its effects and their contents too.
    Ended(Box<Ended>),
    /// What differs first of what was to be compared, None if nothing does.
    Compared(Option<RelPath>),
    /// Bytes have been dealt with.
    Credit {
        /// Of what.
        transfer: Transfer,
        /// How many.
        bytes: u32,
    },
    /// This content is here already: nothing of it is to be sent.
    Known(Transfer),
    /// Sign of life, of the worker and of its jobs.
    Beat {
        /// How many bytes have come from rmake.
        heard: u64,
        /// The jobs of which a process was seen alive since the last beat, or more of what they wrote was collected.
        alive: Vec<JobNumber>,
    },
}

/// What credit is for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum Flow {
    /// A content.
    Transfer(Transfer),
    /// What the lines of a job write to standard output and standard error.
    Output(JobNumber),
}

/// How all sandboxes of a connection look.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Setup {
    /// As whom recipes run.
    pub uid: u32,
    /// With which group.
    pub gid: u32,
    /// With which other groups.
    pub groups: Vec<u32>,
    /// The host's name that they see.
    pub host_name: BString,
    /// How many jobs may run at once.
    pub slots: u16,
    /// Trees in which rmake watches for changes. Elsewhere names are asked for once.
    pub watched: Vec<RelPath>,
    /// Trees that jobs may have from the worker's host instead.
    pub bindable: Vec<RelPath>,
}

/// A recipe to be run.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Job {
    /// Its number.
    pub number: JobNumber,
    /// The commands, in order.
    pub lines: Vec<Line>,
    /// The complete environment, `NAME=VALUE` each.
    pub environment: Vec<BString>,
    /// The directory to run in.
    pub directory: RelPath,
    /// Standard output and standard error are one pipe: their order is to be kept.
    pub is_combined: bool,
    /// The file mode creation mask.
    pub umask: u16,
    /// Bindable trees that it has from the worker's host: what it needs of them is proven to be the same.
    pub bound: Vec<RelPath>,
}

/// A file in a version.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Expected {
    /// Where.
    pub path: RelPath,
    /// In which version.
    pub version: u64,
    /// The content, if it is known.
    pub digest: Option<Digest>,
}

/// One command of a recipe.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Line {
    /// Its words, the program first.
    pub words: Vec<BString>,
    /// Go on when it fails.
    pub ignore_errors: bool,
}

/// Files of rmake's to be compared with those of the worker's host.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Comparison {
    /// What is there: length and content of each file.
    pub files: Vec<(RelPath, u64, Digest)>,
    /// What directories hold: their names, with what can be seen of each without opening it.
    pub directories: Vec<(RelPath, Digest)>,
    /// Where nothing is.
    pub missing: Vec<RelPath>,
}

/// What rmake knows of a directory.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Listing {
    /// All its names.
    Entries(Vec<Entry>),
    /// There is none, or it is none.
    Absent,
    /// It cannot be read, or is not to be.
    Denied,
}

/// A name in a directory.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Entry {
    /// The name.
    pub name: Name,
    /// What it is.
    pub node: Node,
}

/// What a name is now, None if it is gone.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Change {
    /// The directory.
    pub directory: RelPath,
    /// The name in it.
    pub name: Name,
    /// What it is now.
    pub node: Option<Node>,
}

/// Something in a directory.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Permission bits, with set-uid and such.
    pub mode: u16,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// How many names it has.
    pub links: u32,
    /// When it was changed, in nanoseconds since the epoch.
    pub mtime: i64,
    /// Another one for each content and each set of attributes; names with one version are one file. 0 for directories.
    pub version: u64,
}

/// What something in a directory is.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Kind {
    /// A file.
    File {
        /// Its length.
        size: u64,
        /// Its content, if that is known.
        digest: Option<Digest>,
    },
    /// A directory.
    Directory,
    /// A symbolic link to this.
    Link(BString),
    /// Something that is never sent: a device, a socket, a file that is nobody else's business.
    Withheld,
}

/// The answer to a fetch.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub enum Answer {
    /// It comes.
    Comes {
        /// Its length.
        size: u64,
        /// What it is. The worker checks it.
        digest: Digest,
    },
    /// The file is not what it was any more.
    Changed,
    /// It cannot be read, or is not to be.
    Denied,
}

/// Part of a content. What lies between two parts is zeros.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Piece {
    /// Of which.
    pub transfer: Transfer,
    /// Where it begins; never before the end of the part before.
    pub offset: u64,
    /// The bytes.
    pub bytes: BString,
    /// Nothing but zeros comes after it.
    pub is_last: bool,
}

/// How a line ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum LineEnd {
    /// With this status.
    Exited(u8),
    /// By this signal.
    Killed {
        /// Which.
        signal: u8,
        /// With a core dump.
        has_core: bool,
    },
    /// The program could not be executed, for this reason (errno).
    NotExecuted(i32),
}

/// A change that a job has made.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Effect {
    /// Where.
    pub path: RelPath,
    /// What.
    pub what: Made,
}

/// What a job has made of a name.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Made {
    /// A file with this content.
    File {
        /// By which number the content comes.
        transfer: Transfer,
        /// Its length.
        size: u64,
        /// What it is.
        digest: Digest,
        /// Permission bits.
        mode: u16,
        /// When it was written, by the worker's clock, in nanoseconds since the epoch.
        mtime: i64,
    },
    /// Another name of a file that an earlier effect made.
    HardLink(RelPath),
    /// A symbolic link to this.
    Link {
        /// To what.
        target: BString,
        /// When it was made.
        mtime: i64,
    },
    /// A directory, or new attributes of one.
    Directory {
        /// Permission bits.
        mode: u16,
        /// When it was changed.
        mtime: i64,
        /// There was one, of which nothing is left. Else another job may have made it meanwhile, and things in it.
        is_another: bool,
    },
    /// Nothing: what was there is gone, with all below it.
    Removed,
    /// Something that does not travel: a socket, a fifo, a device.
    Special,
}

/// How a job ended.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Ended {
    /// The job.
    pub job: JobNumber,
    /// All is told. If not: why the job counts as never run.
    pub trouble: Option<Trouble>,
    /// Processes of it were left when its last line had ended; they were killed.
    pub has_left: bool,
    /// A file that it has locked, which others may lock, too.
    pub locked: Option<BString>,
    /// What it saw.
    pub trace: Trace,
    /// Processor time of all its processes, in microseconds.
    pub cpu: u64,
}

/// Why nothing of a job counts.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Trouble {
    /// The sandbox could not be made.
    Sandbox(BString),
    /// A file was not to be had in the version the job saw.
    Changed(RelPath),
    /// There was no room for what it writes.
    NoSpace,
    /// What it wrote could not be collected.
    Reap(BString),
}

/// What a job saw of the tree. Names in bound trees are not in it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Trace {
    /// Names that it looked up and found, with their versions.
    pub found: Vec<(RelPath, u64)>,
    /// Names that it looked up in vain.
    pub missing: Vec<RelPath>,
    /// Directories that it listed.
    pub listed: Vec<RelPath>,
    /// Files that it opened.
    pub opened: Vec<RelPath>,
    /// What it opened although it is withheld.
    pub withheld: Vec<RelPath>,
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(out)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(bytes: D) -> Result<Digest, D::Error> {
        Deserialize::deserialize(bytes).map(Digest)
    }
}

#[cfg(test)]
mod tests;
