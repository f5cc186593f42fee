//! The list of hosts: where it comes from, what it says, and where it goes wrong.
//! It does not know how a host is reached, nor whether it is there.

mod distcc;
mod grammar;
mod own;

use crate::error;
use bstr::BStr;
use bstr::BString;
use bstr::ByteSlice;
use serde::Deserialize;
use serde::Serialize;
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::os::unix::ffi::OsStrExt;

/// The most jobs that a host can be given at a time: more is a slip of the hand.
pub const MOST_SLOTS: u32 = 10_000;
/// The most bytes that a list may have.
pub const MOST_BYTES: usize = 1 << 20;

/// What a list says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostList {
    /// The hosts, in the order of the list.
    pub hosts: Vec<Host>,
    /// The number of jobs that `localhost` stands for.
    pub local_slots: Option<u32>,
    /// Ties are broken at random, not by the order of the list.
    pub randomize: bool,
    /// What was left out of a list that is not refused as a whole.
    pub complaints: Vec<Complaint>,
}

/// A host of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Host {
    /// As the list has it, without slots and settings.
    pub name: BString,
    /// How to get there.
    pub address: Address,
    /// How many jobs it takes at a time; [`MOST_SLOTS`] where the workers that are found say so themselves.
    pub slots: u32,
    /// Further words of its line.
    pub settings: Settings,
}

/// The `key=value` words of a host; `port=` and `user=` are part of its address.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// `identity=FILE`: as IdentityFile of ssh_config(5), before any of those.
    pub identity: Option<BString>,
    /// `speed=F`: how fast it is beside a host without this word; above 0.
    pub speed: Option<f64>,
    /// `executor=WAY`: how jobs run there; None: in sandboxes where the host lets them be made, else staged.
    pub executor: Option<Executor>,
}

/// A way in which jobs run on a host that is reached by ssh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Executor {
    /// Declared files in, lines run, targets out.
    Staged,
    /// In sandboxes that show the user's tree.
    Mirror,
}

/// How to get to a host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// What ssh(1) takes; None: as the user's ssh_config says.
    Ssh {
        /// The user's name there.
        user: Option<BString>,
        /// A name or an address, without brackets.
        host: BString,
        /// The port of its sshd.
        port: Option<u16>,
    },
    /// `+local`: a worker on this machine.
    Local,
    /// `tcp://HOST:PORT`: a running worker.
    Tcp {
        /// A name or an address, without brackets.
        host: BString,
        /// Its port.
        port: u16,
    },
    /// `+coordinator://HOST:PORT`: whoever is registered there.
    Coordinator {
        /// A name or an address, without brackets.
        host: BString,
        /// Its port.
        port: u16,
    },
    /// `+zeroconf`: whoever answers in the local network.
    Zeroconf,
    /// `grpc://…` or `grpcs://…`: a Remote Execution service, by its whole URL.
    Grpc {
        /// As written.
        url: BString,
    },
    /// A word of a distcc list that means its own daemon.
    Distccd {
        /// A name or an address, without brackets.
        host: BString,
        /// Its port.
        port: u16,
    },
}

impl Address {
    /// Returns why this version has no use for the address; None: it has.
    pub fn unsupported(&self) -> Option<&'static str> {
        Some(match self {
            Address::Ssh { .. } | Address::Local => return None,
            Address::Tcp { .. } => "workers that listen on a port are not supported yet",
            Address::Coordinator { .. } => "coordinators are not supported yet",
            Address::Zeroconf => "workers found by multicast are not supported yet",
            Address::Grpc { .. } => "Remote Execution services are not supported yet",
            Address::Distccd { .. } => "distcc's protocol is not spoken here; for ssh write @host",
        })
    }
}

/// What is wrong with a list, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The file, or what else holds the list.
    pub file: BString,
    /// Counted from 1; 0: the whole file is meant.
    pub line: u32,
    /// Counted from 1, in bytes.
    pub column: u32,
    /// What is wrong: mostly `expected …, not …`.
    pub text: BString,
}

impl fmt::Display for Complaint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(out, "{}: {}", self.file, self.text),
            line => write!(out, "{}:{line}:{}: {}", self.file, self.column, self.text),
        }
    }
}

/// Where a list may come from: values of options and environment variables, None where not given.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sources<'a> {
    /// `--hosts=LIST`
    pub hosts: Option<&'a BStr>,
    /// `--hosts-file=FILE`
    pub hosts_file: Option<&'a BStr>,
    /// `$RMAKE_HOSTS`
    pub rmake_hosts: Option<&'a BStr>,
    /// `$HOME`
    pub home: Option<&'a BStr>,
    /// `$DISTCC_HOSTS`
    pub distcc_hosts: Option<&'a BStr>,
    /// `$DISTCC_DIR`
    pub distcc_dir: Option<&'a BStr>,
}

/// Whose list it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// `NAME SLOTS [KEY=VALUE…]`, a line each: a fault spoils the list.
    Rmake,
    /// distcc's words: a fault spoils the word. Such a list alone activates nothing.
    Distcc,
}

/// A list that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The file, or what else holds the list; for messages.
    pub name: BString,
    /// The list itself.
    pub text: BString,
    /// How to read it.
    pub format: Format,
}

/// Returns the first list that is given, even if it is empty; None: there is no list. A file that the user has named
/// must be there; any file that is there must be readable.
pub fn find(
    sources: &Sources<'_>,
    read: &mut dyn FnMut(&BStr) -> io::Result<Vec<u8>>,
) -> Result<Option<Found>, Complaint> {
    let lists = [
        ("--hosts", sources.hosts),
        ("RMAKE_HOSTS", sources.rmake_hosts),
    ];
    for (name, text) in lists {
        if let Some(text) = text {
            return held(name, text, Format::Rmake).map(Some);
        }
    }
    if let Some(file) = sources.hosts_file {
        return open(file.into(), Format::Rmake, Need::Must, read);
    }
    let in_home = |name: &[u8]| Some(BString::from([sources.home?, name].concat()));
    if let Some(file) = in_home(b"/.makehosts")
        && let Some(found) = open(file, Format::Rmake, Need::May, read)?
    {
        return Ok(Some(found));
    }
    if let Some(text) = sources.distcc_hosts {
        return held("DISTCC_HOSTS", text, Format::Distcc).map(Some);
    }
    let own = match sources.distcc_dir {
        Some(directory) => Some(BString::from([directory, b"/hosts".as_slice()].concat())),
        None => in_home(b"/.distcc/hosts"),
    };
    for file in own.into_iter().chain([BString::from("/etc/distcc/hosts")]) {
        if let Some(found) = open(file, Format::Distcc, Need::May, read)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Reads a file from the disk, for [`find`]: at most one byte more than a list may have.
pub fn read_file(path: &BStr) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let file = std::fs::File::open(OsStr::from_bytes(path))?;
    let most = MOST_BYTES as u64 + 1;
    io::Read::read_to_end(&mut io::Read::take(file, most), &mut text)?;
    Ok(text)
}

/// Whether a file has to be there.
#[derive(Clone, Copy, PartialEq)]
enum Need {
    Must,
    May,
}

fn open(
    file: BString,
    format: Format,
    need: Need,
    read: &mut dyn FnMut(&BStr) -> io::Result<Vec<u8>>,
) -> Result<Option<Found>, Complaint> {
    let absent = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];
    match read(file.as_bstr()) {
        Ok(text) => within_bounds(Found {
            name: file,
            text: text.into(),
            format,
        })
        .map(Some),
        Err(error) if need == Need::May && absent.contains(&error.kind()) => Ok(None),
        Err(error) => Err(Complaint {
            file,
            line: 0,
            column: 0,
            text: error::reason(&error).into(),
        }),
    }
}

fn held(name: &str, text: &BStr, format: Format) -> Result<Found, Complaint> {
    within_bounds(Found {
        name: name.into(),
        text: text.into(),
        format,
    })
}

fn within_bounds(found: Found) -> Result<Found, Complaint> {
    match found.text.len() > MOST_BYTES {
        false => Ok(found),
        true => Err(Complaint {
            file: found.name,
            line: 0,
            column: 0,
            text: format!("expected a list of hosts of at most {MOST_BYTES} bytes").into(),
        }),
    }
}

/// Returns what a list says, else the first thing that spoils it.
pub fn parse(found: &Found) -> Result<HostList, Complaint> {
    let text = grammar::decode(&found.text);
    match found.format {
        Format::Rmake => own::parse(found.name.as_bstr(), &text),
        Format::Distcc => distcc::parse(found.name.as_bstr(), &text),
    }
}

#[cfg(test)]
mod tests;
