//! What a make and the session's program say to each other: frames over a Unix socket, between programs of one version
//! on one machine.
//! It does not know who runs them, nor when.
//!
//! The first message is [`Ask::Begin`] from the make that started the program, [`Ask::Join`] from any other; the answer is
//! [`Answer::Welcome`], [`Answer::Refused`] or [`Answer::NoHost`]. From then on each [`Ask::Place`] has its [`Answer::Placed`], each
//! [`Ask::Judge`] its [`Answer::Judged`]; everything else is said without being asked. The session is over when the one who began it hangs up.

use crate::exec::executor::Message;
use crate::exec::executor::Place;
use crate::exec::executor::RemoteJob;
use crate::exec::executor::Ruling;
use crate::exec::executor::Sentence;
use crate::exec::executor::Wish;
use crate::id::HostId;
use crate::id::JobId;
use crate::remote::hosts::Found;
use bstr::BString;
use serde::Deserialize;
use serde::Serialize;
use std::time::Duration;

/// Both ends must be of this version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The longest message in bytes: larger files go by descriptor, so this is a matter of environments and output.
pub const LIMIT: usize = 1 << 30;

/// What a make says.
#[derive(Debug, Serialize, Deserialize)]
pub enum Ask {
    /// Begin a session, for this process's user, environment and directory.
    Begin(Begin),
    /// Join the session.
    Join {
        /// [`VERSION`]
        version: BString,
    },
    /// Reserve a slot.
    Place(JobId, Wish),
    /// A job has ended: its slot is free, its files are not needed any more.
    GiveBack(JobId, Option<Duration>),
    /// Run a job on the host on which it has a slot.
    Start(HostId, Box<RemoteJob>),
    /// Say what the rules say of these lines.
    Judge(Vec<Sentence>),
    /// Pass a signal on to a job.
    Kill(JobId, i32),
}

/// What a session is begun with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Begin {
    /// [`VERSION`]
    pub version: BString,
    /// The host list.
    pub list: Found,
    /// `--dist=always`
    pub is_strict: bool,
    /// `--keep-staging`
    pub keep_staging: bool,
    /// The file with rules about recipe lines, if there is one.
    pub localrc: Option<BString>,
    /// It has no jobs of its own for others: no host is connected to before somebody joins.
    pub is_idle: bool,
}

/// What the session says.
#[derive(Debug, Serialize, Deserialize)]
pub enum Answer {
    /// The session is there.
    Welcome(Welcome),
    /// Why there is none, in one line.
    Refused(BString),
    /// There is none, since no host of the list can be used; for each of them, why.
    NoHost(Vec<BString>),
    /// The answer to [`Ask::Place`].
    Placed(Place),
    /// The answer to [`Ask::Judge`].
    Judged(Vec<Option<Ruling>>),
    /// For the scheduler.
    Told(Message),
}

/// What is to be known of a session.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Welcome {
    /// Path of the socket to join by, empty if there is none.
    pub socket: BString,
    /// Names and numbers of slots of the hosts, by [`HostId`].
    pub hosts: Vec<(BString, u32)>,
    /// What may leave this machine does not run here.
    pub is_strict: bool,
    /// There are rules about recipe lines.
    pub has_rules: bool,
}
