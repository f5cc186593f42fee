//! What the scheduler knows of other machines: where a job may go, what is sent there and what comes back.
//! It does not know how anything travels.

use crate::eval::make::Make;
use crate::event::Stream;
use crate::exec::End;
use crate::id::HostId;
use crate::id::JobId;
use bstr::BString;
#[cfg(feature = "remote")]
use serde::Deserialize;
#[cfg(feature = "remote")]
use serde::Serialize;
use std::fs::File;
use std::os::fd::RawFd;
use std::time::Duration;

/// A way to run jobs elsewhere. All calls return at once; what happens is told by [`Message`]s.
pub trait Executor: Send {
    /// Returns a descriptor that can be read when [`Executor::next`] has something; None: nothing will come any more.
    fn readable(&self) -> Option<RawFd>;
    /// Returns the next message.
    fn next(&mut self) -> Option<Message>;
    /// Reserves a slot for a job, here or on a host.
    fn place(&mut self, job: JobId, wish: &Wish) -> Place;
    /// Gives back the slot of a job that ended; `took` tells how long it ran if that tells of the host.
    fn give_back(&mut self, job: JobId, took: Option<Duration>);
    /// Returns a host's name and its number of slots.
    fn host(&self, host: HostId) -> (BString, u32);
    /// Sends a job to a host on which a slot was reserved for it.
    fn start(&mut self, host: HostId, job: RemoteJob);
    /// Passes a signal on to a job; its end is told within two seconds.
    fn kill(&mut self, job: JobId, signal: i32);
    /// Returns the path of the socket by which sub-makes join, empty if there is none.
    fn socket(&self) -> BString;
    /// Returns whether there are rules about recipe lines.
    fn has_rules(&self) -> bool;
    /// Returns what the rules say of each of these lines; None where none of them speaks of it.
    fn judge(&mut self, sentences: Vec<Sentence>) -> Vec<Option<Ruling>>;
}

/// Begins what sub-makes join, at the first recipe line that may be one; None: there is nothing to join.
pub type BeginSession = fn(&Make) -> Option<Box<dyn Executor>>;

/// What a job asks of its place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "remote", derive(Serialize, Deserialize))]
pub struct Wish {
    /// Whether it may leave this machine.
    pub leave: Leave,
    /// Hosts that have lost it already.
    pub avoided: Vec<HostId>,
}

/// Whether a job may leave this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "remote", derive(Serialize, Deserialize))]
pub enum Leave {
    /// No.
    No,
    /// To where it sees the user's whole tree.
    Mirrored,
    /// To anywhere: what it needs and makes is declared.
    Anyhow,
}

/// A recipe line as rules see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "remote", derive(Serialize, Deserialize))]
pub struct Sentence {
    /// What is given to the shell, without backslash-newlines.
    pub text: BString,
    /// What `$(MAKE)` is, if the line has it.
    pub make: Option<BString>,
}

/// What a rule says of recipe lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "remote", derive(Serialize, Deserialize))]
pub struct Ruling {
    /// They run here.
    pub is_local: bool,
    /// Makes that they start there use other machines, too.
    pub recurses: bool,
    /// It is told what is sent where.
    pub is_debug: bool,
}

/// Where a job is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "remote", derive(Serialize, Deserialize))]
pub enum Place {
    /// On this host.
    Host(HostId),
    /// Here, for this reason.
    Here(Reason),
    /// Nowhere yet: a message tells when to ask again.
    Wait,
    /// Nowhere at all: no host is left, and this machine is not to be used (`--dist=always`).
    Nowhere,
}

/// Why a job that might run elsewhere, or any job, runs here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "remote", derive(Serialize, Deserialize))]
pub enum Reason {
    /// It is not to leave this machine: see [`Stays`].
    Stays(Stays),
    /// All hosts are full.
    HostsFull,
    /// No host is to be had.
    NoHost,
}

/// Why a job is not to leave this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "remote", derive(Serialize, Deserialize))]
pub enum Stays {
    /// A line has `$(MAKE)` or `+`.
    Recursive,
    /// It remakes a makefile.
    Makefile,
    /// Its target is a prerequisite of `.LOCAL`.
    Local,
    /// Its target is not a prerequisite of `.DIST`.
    NotListed,
    /// A rule keeps one of its lines here.
    Ruled,
    /// Its lines are done as quickly as they are sent.
    Trivial,
    /// A target or prerequisite has an absolute name.
    Absolute,
    /// A target or prerequisite lies above the directory.
    Above,
    /// A target or prerequisite is a member of an archive.
    Member,
    /// A prerequisite is no file, directory or symbolic link, or a target is a symbolic link.
    Special,
    /// Its command distributes by itself (distcc, icecc).
    Distributes,
    /// It is compiled for the very processor it is compiled on (`-march=native`).
    Native,
}

impl Stays {
    /// Returns the reason as `--explain` tells it.
    pub fn text(self) -> &'static str {
        match self {
            Stays::Recursive => "a line has $(MAKE) or +",
            Stays::Makefile => "it remakes a makefile",
            Stays::Local => ".LOCAL names it",
            Stays::NotListed => ".DIST does not name it",
            Stays::Ruled => "the localrc keeps it",
            Stays::Trivial => "echo, mkdir and rm are not worth sending",
            Stays::Absolute => "a target or prerequisite has an absolute name",
            Stays::Above => "a target or prerequisite lies above the directory",
            Stays::Member => "a target or prerequisite is a member of an archive",
            Stays::Special => "a target or prerequisite is of a special kind",
            Stays::Distributes => "its command distributes by itself",
            Stays::Native => "it is compiled for this very processor",
        }
    }
}

impl Reason {
    /// Returns the reason as `--explain` tells it.
    pub fn text(self) -> &'static str {
        match self {
            Reason::Stays(stays) => stays.text(),
            Reason::HostsFull => "all hosts are full",
            Reason::NoHost => "no host is to be had",
        }
    }
}

/// A job as it is sent: plain data.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "remote", derive(Serialize, Deserialize))]
pub struct RemoteJob {
    /// Identity, unique in the session.
    pub id: JobId,
    /// The target's name, for messages.
    pub target: BString,
    /// What is run, in order.
    pub lines: Vec<RemoteLine>,
    /// The complete environment, `NAME=VALUE` each.
    pub environment: Vec<BString>,
    /// Absolute directory that inputs and outputs are relative to.
    pub directory: BString,
    /// Prerequisites that exist, in order, relative.
    pub inputs: Vec<BString>,
    /// Targets, in order, relative. Those that exist are sent, too: a recipe may change what is there.
    pub outputs: Vec<BString>,
    /// Standard output and standard error are one file: their order is to be kept.
    pub is_combined: bool,
    /// The process's file mode creation mask.
    pub umask: u32,
}

/// One line of a job as it is sent.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "remote", derive(Serialize, Deserialize))]
pub struct RemoteLine {
    /// Its words, the program first, to be found in the environment's PATH.
    pub words: Vec<BString>,
    /// No shell is between: that the program is not there is make's to tell.
    pub is_direct: bool,
    /// Go on when it fails.
    pub ignore_errors: bool,
}

/// What happened elsewhere.
#[derive(Debug)]
#[cfg_attr(feature = "remote", derive(Serialize, Deserialize))]
pub enum Message {
    /// The job has a directory of its own and its first line begins.
    Began {
        /// The job.
        job: JobId,
        /// The directory, on its host.
        directory: BString,
    },
    /// A line has written something.
    Output {
        /// The job.
        job: JobId,
        /// Where to.
        stream: Stream,
        /// What.
        bytes: BString,
    },
    /// A line has ended.
    LineEnded {
        /// The job.
        job: JobId,
        /// How.
        end: LineEnd,
    },
    /// All lines have ended that were to run; what they made is here.
    Finished {
        /// The job.
        job: JobId,
        /// What is to be put into place.
        made: Made,
    },
    /// The job cannot be run anywhere else: nothing of it counts, and it is run here.
    Unfit {
        /// The job.
        job: JobId,
        /// Why, in one line.
        why: BString,
    },
    /// Something that the job saw became another thing before it was read: nothing of it counts, and it is run again,
    /// there or elsewhere.
    Overtaken {
        /// The job.
        job: JobId,
        /// Why, in one line.
        why: BString,
    },
    /// The host has lost the job: nothing of it counts.
    Lost {
        /// The job.
        job: JobId,
        /// Why, in one line.
        why: BString,
    },
    /// Something to be told to the user, about no job.
    Notice(BString),
    /// Told with `--debug=dist`.
    Debug(BString),
    /// A host came up, went down or has a free slot: jobs without a place may ask again.
    Placeable,
}

/// How a line ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "remote", derive(Serialize, Deserialize))]
pub enum LineEnd {
    /// As a process ends.
    Ended(End),
    /// Its program is not there.
    NotFound,
    /// Its program is there, but may not be run.
    Denied,
}

/// What a job has made.
#[derive(Debug)]
#[cfg_attr(feature = "remote", derive(Serialize, Deserialize))]
pub enum Made {
    /// Its targets, by paths relative to its directory.
    Targets(Vec<Output>),
    /// All that it has changed, by absolute paths, in the order in which it is to be done.
    #[cfg(feature = "remote")]
    Changes(Changes),
}

/// All that a job has changed.
#[cfg(feature = "remote")]
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Changes {
    /// By absolute paths, in the order in which it is to be done.
    pub outputs: Vec<Output>,
    /// A file without a name that holds contents.
    #[serde(with = "maybe_open_file")]
    pub spool: Option<File>,
}

/// Something a job has made, brought here but not yet put into place.
#[derive(Debug)]
#[cfg_attr(feature = "remote", derive(Serialize, Deserialize))]
pub struct Output {
    /// Its path: see [`Made`].
    pub path: BString,
    /// What it is.
    pub kind: OutputKind,
    /// Permission bits.
    pub mode: u32,
    /// Time since the epoch by the host's clock: tells the order in which outputs were made.
    pub mtime: i64,
}

/// What a job has made.
#[derive(Debug)]
#[cfg_attr(feature = "remote", derive(Serialize, Deserialize))]
pub enum OutputKind {
    /// A file.
    File(Content),
    /// A file whose content is part of the spool of [`Changes`].
    Part {
        /// Where it begins.
        offset: u64,
        /// How long it is.
        size: u64,
    },
    /// A directory.
    Directory,
    /// A symbolic link to this.
    Symlink(BString),
    /// Nothing: a target that is not there when the job is over.
    Absent,
    /// Nothing, whatever was there, with all below it.
    Removed,
    /// Another name of the file with this absolute path, which is made before.
    HardLink(BString),
}

/// The content of a file.
#[derive(Debug)]
#[cfg_attr(feature = "remote", derive(Serialize, Deserialize))]
pub enum Content {
    /// A small one.
    Bytes(Vec<u8>),
    /// A large one, in a file without a name, from its beginning.
    Spooled(#[cfg_attr(feature = "remote", serde(with = "open_file"))] File),
}

/// An open file on its way to another process of this user and machine: as its name in proc(5), which can be opened as
/// long as the sender holds it open.
#[cfg(feature = "remote")]
mod open_file {
    use crate::sys::process;
    use serde::Deserialize;
    use serde::Deserializer;
    use serde::Serialize;
    use serde::Serializer;
    use serde::de::Error;
    use std::fs::File;
    use std::os::fd::AsRawFd;
    use std::os::fd::RawFd;

    pub fn serialize<S: Serializer>(file: &File, serializer: S) -> Result<S::Ok, S::Error> {
        (process::own_pid(), file.as_raw_fd()).serialize(serializer)
    }

    pub fn deserialize<'a, D: Deserializer<'a>>(deserializer: D) -> Result<File, D::Error> {
        let (pid, descriptor) = <(u32, RawFd)>::deserialize(deserializer)?;
        File::open(format!("/proc/{pid}/fd/{descriptor}")).map_err(Error::custom)
    }
}

#[cfg(feature = "remote")]
mod maybe_open_file {
    use crate::exec::executor::open_file;
    use serde::Deserialize;
    use serde::Deserializer;
    use serde::Serialize;
    use serde::Serializer;
    use std::fs::File;

    #[derive(Serialize)]
    struct Lent<'f>(#[serde(with = "open_file")] &'f File);

    #[derive(Deserialize)]
    struct Taken(#[serde(with = "open_file")] File);

    pub fn serialize<S: Serializer>(file: &Option<File>, serializer: S) -> Result<S::Ok, S::Error> {
        file.as_ref().map(Lent).serialize(serializer)
    }

    pub fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Option<File>, D::Error> {
        let taken = Option::<Taken>::deserialize(from)?;
        Ok(taken.map(|Taken(file)| file))
    }
}
