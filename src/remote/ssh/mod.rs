//! The way to a host: a `Link` is one connection, a `Channel` one command that runs there.
//! It does not know what the commands are for. Two implementations: libssh2, and the system's ssh(1).
//!
//! All of it lives on one thread: neither type is `Send`, and the futures are polled there, inside a tokio `LocalSet`.
//! Every future may be dropped at any time. A dropped `write_all` has written some part of its bytes; nothing else
//! comes to harm.

pub mod config;
pub mod known;
#[cfg(feature = "ssh")]
mod libssh2;
mod said;
mod system;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use bstr::BStr;
use bstr::BString;
use thiserror::Error;

use crate::remote::ssh::config::Agent;
use crate::remote::ssh::config::Family;
use crate::remote::ssh::config::HostConfig;
use crate::remote::ssh::config::Strictness;
use crate::remote::ssh::config::Wanted;
use crate::sys::fd;

/// A host and how to get in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The host as the user calls it; messages and ssh(1) get this name.
    pub name: String,
    /// The port, where the host list names it; else ssh(1) finds it in its own configuration.
    pub own_port: Option<u16>,
    /// The account, where the host list names it.
    pub own_user: Option<String>,
    /// A file with a key, where the host list names it.
    pub own_identity: Option<PathBuf>,
    /// What is to be resolved.
    pub host_name: String,
    /// Which of its addresses may be used.
    pub family: Family,
    /// The port there.
    pub port: u16,
    /// The account there.
    pub user: String,
    /// The name its key is known by, in place of `host_name` and `port`.
    pub host_key_alias: Option<String>,
    /// Files with private keys, in the order they are tried; those that are not there are passed over.
    pub identity_files: Vec<PathBuf>,
    /// Only those keys of the agent that are also among the files.
    pub identities_only: bool,
    /// The socket of the agent.
    pub agent: Option<PathBuf>,
    /// What becomes of a host whose key is not known. Nobody is asked: that is a refusal.
    pub strictness: Strictness,
    /// Files with known keys. A new key is added to the first, its name in the clear.
    pub known_hosts: Vec<PathBuf>,
    /// Whether the connection is compressed.
    pub compression: bool,
    /// True if the user's configuration gives ssh(1) a connection to share (`ControlPath`).
    pub shares_connection: bool,
}

impl Destination {
    /// Returns what was asked for, completed by what the configuration says. `agent` is `SSH_AUTH_SOCK`.
    pub fn new(wanted: &Wanted<'_>, config: &HostConfig, agent: Option<&BStr>) -> Destination {
        let path = |bytes: &BStr| fd::path(bytes).to_owned();
        let paths = |list: &[BString]| -> Vec<PathBuf> {
            list.iter().map(|bytes| path(bytes.as_ref())).collect()
        };
        let mut known_hosts = paths(&config.user_known_hosts_files);
        known_hosts.extend(paths(&config.global_known_hosts_files));
        Destination {
            name: wanted.host.to_string(),
            own_port: wanted.port,
            own_user: wanted.user.map(|user| user.to_string()),
            own_identity: wanted.identity.map(path),
            host_name: config.host_name.to_string(),
            family: config.address_family,
            port: config.port,
            user: config.user.to_string(),
            host_key_alias: config.host_key_alias.as_ref().map(BString::to_string),
            identity_files: paths(&config.identity_files),
            identities_only: config.identities_only,
            agent: match &config.agent {
                Agent::Environment => agent.map(path),
                Agent::Unused => None,
                Agent::Socket(socket) => Some(path(socket.as_ref())),
            },
            strictness: config.strict_host_key_checking,
            known_hosts,
            compression: config.compression,
            shares_connection: config.shares_connection,
        }
    }
}

/// Which implementation makes the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// libssh2, in this process.
    #[cfg(feature = "ssh")]
    Library,
    /// A program that takes ssh(1)'s options, with its first arguments and its environment.
    System {
        /// The program and the arguments that go before all others.
        program: Vec<OsString>,
        /// Its whole environment.
        environment: Vec<(OsString, OsString)>,
    },
}

/// Why there is no connection. Each is one line; `hint` has the line to run, where there is one.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ConnectError {
    /// The name has no address.
    #[error("{host}: unknown host: {reason}")]
    UnknownHost {
        /// What was asked for.
        host: String,
        /// The resolver's words.
        reason: String,
    },
    /// Nothing listens there.
    #[error("{host}: connection refused, port {port}")]
    Refused {
        /// The host.
        host: String,
        /// The port.
        port: u16,
    },
    /// The network cannot get there.
    #[error("{host}: {reason}")]
    Unreachable {
        /// The host.
        host: String,
        /// The kernel's words.
        reason: String,
    },
    /// The time was over before the connection was ready.
    #[error("{host}: timed out {}", stage.doing())]
    TimedOut {
        /// The host.
        host: String,
        /// How far it had come.
        stage: Stage,
    },
    /// No known_hosts file has a key of this host.
    #[error("{host}: its key is not known{}", in_brackets(key))]
    HostKeyUnknown {
        /// The host.
        host: String,
        /// The key it shows: its kind and fingerprint, where they are known.
        key: Option<String>,
    },
    /// The host has another key than the known one.
    #[error("{host}: its key has changed: not the one in {}:{line}", file.display())]
    HostKeyChanged {
        /// The host.
        host: String,
        /// The name in the file.
        known_as: String,
        /// The file with the known key.
        file: PathBuf,
        /// The line in it, from 1.
        line: usize,
    },
    /// The host's key is marked as revoked.
    #[error("{host}: its key is revoked in {}:{line}", file.display())]
    HostKeyRevoked {
        /// The host.
        host: String,
        /// The file that says so.
        file: PathBuf,
        /// The line in it, from 1.
        line: usize,
    },
    /// None of the keys that could be tried opens this account.
    #[error("{host}: no key accepted for {user}: {}", list(tried))]
    NoKeyAccepted {
        /// The host.
        host: String,
        /// The account.
        user: String,
        /// What was tried, or why it could not be.
        tried: Vec<String>,
    },
    /// The other side does not speak as agreed, or went away.
    #[error("{host}: {reason}")]
    Protocol {
        /// The host.
        host: String,
        /// What was wrong.
        reason: String,
    },
    /// The ssh program cannot be started.
    #[error("{program}: {reason}")]
    Program {
        /// The program.
        program: String,
        /// The kernel's words.
        reason: String,
    },
}

impl ConnectError {
    /// Returns the command a user would run about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            ConnectError::HostKeyUnknown { host, .. } => Some(format!("ssh {host} true")),
            ConnectError::HostKeyChanged { known_as, file, .. } => {
                let file = file.display();
                Some(format!("ssh-keygen -R '{known_as}' -f {file}"))
            }
            ConnectError::NoKeyAccepted { host, .. } => Some(format!("ssh-copy-id {host}")),
            _ => None,
        }
    }

    /// True where no later attempt can end otherwise until the user has done something.
    pub fn is_lasting(&self) -> bool {
        matches!(
            self,
            ConnectError::HostKeyUnknown { .. }
                | ConnectError::HostKeyChanged { .. }
                | ConnectError::HostKeyRevoked { .. }
                | ConnectError::NoKeyAccepted { .. }
                | ConnectError::Program { .. }
        )
    }
}

fn in_brackets(text: &Option<String>) -> String {
    text.iter().map(|text| format!(" ({text})")).collect()
}

fn list(tried: &[String]) -> String {
    match tried {
        [] => "none to try".to_owned(),
        tried => format!("tried {}", tried.join(", ")),
    }
}

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The host has not answered.
    Reaching,
    /// It has; keys are agreed on.
    Handshake,
    /// The host is the right one; it is asked to let us in.
    Authentication,
}

impl Stage {
    fn doing(self) -> &'static str {
        match self {
            Stage::Reaching => "before it answered",
            Stage::Handshake => "while agreeing on keys",
            Stage::Authentication => "while asking to be let in",
        }
    }
}

/// Why a channel or a whole link is of no use.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum LinkError {
    /// The host allows no further channel on this link (sshd's MaxSessions); another link may have room.
    #[error("no further channel on this connection")]
    Full,
    /// The host runs no commands for us.
    #[error("command refused: {0}")]
    Refused(String),
    /// The command has ended: nobody reads what is written.
    #[error("the command has ended")]
    Ended,
    /// The connection is gone, and with it all channels.
    #[error("connection lost: {0}")]
    Lost(String),
}

/// What a channel has to say next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chunk {
    /// Some of the command's standard output.
    Out(Vec<u8>),
    /// Some of its standard error.
    Err(Vec<u8>),
    /// It has ended; asked again, a channel says this again.
    End(End),
}

/// How a command ended. Neither a status nor a signal: nobody knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// The exit status. ssh(1) also says 255 for a signal.
    pub status: Option<i32>,
    /// The signal that killed it, without SIG; only the library knows it.
    pub signal: Option<String>,
}

/// One connection to one host. Dropped, it lets its channels go on and ends after the last.
pub enum Link {
    /// By libssh2.
    #[cfg(feature = "ssh")]
    Library(libssh2::Link),
    /// By ssh(1).
    System(system::Link),
}

impl Link {
    /// Connects to a host, in no more than this time. `answered` is called once it is known to be there, before
    /// it has let us in.
    pub async fn connect(
        destination: &Destination,
        transport: &Transport,
        time: Duration,
        answered: impl FnOnce(),
    ) -> Result<Link, ConnectError> {
        match transport {
            #[cfg(feature = "ssh")]
            Transport::Library => {
                let link = libssh2::Link::connect(destination, time, answered).await?;
                Ok(Link::Library(link))
            }
            Transport::System {
                program,
                environment,
            } => {
                let ssh = system::Program::new(program, environment, destination, time);
                let link = system::Link::connect(ssh, destination, time, answered).await?;
                Ok(Link::System(link))
            }
        }
    }

    /// Runs a command by the account's login shell.
    pub async fn open(&self, command: &str) -> Result<Channel, LinkError> {
        match self {
            #[cfg(feature = "ssh")]
            Link::Library(link) => link.open(command).await.map(Channel::Library),
            Link::System(link) => link.open(command).map(Box::new).map(Channel::System),
        }
    }
}

/// One command on a host. One task may read while another writes; dropped, it closes by itself.
/// To close a channel ends its streams, not the command, which finds that out when it uses them.
pub enum Channel {
    /// By libssh2.
    #[cfg(feature = "ssh")]
    Library(libssh2::Channel),
    /// By ssh(1).
    System(Box<system::Channel>),
}

impl Channel {
    /// Waits for the next piece of output, or the end.
    pub async fn read(&self) -> Result<Chunk, LinkError> {
        match self {
            #[cfg(feature = "ssh")]
            Channel::Library(channel) => channel.read().await,
            Channel::System(channel) => channel.read().await,
        }
    }

    /// Writes to the command's standard input. When it returns the bytes are on their way, not yet there.
    pub async fn write_all(&self, bytes: &[u8]) -> Result<(), LinkError> {
        match self {
            #[cfg(feature = "ssh")]
            Channel::Library(channel) => channel.write_all(bytes).await,
            Channel::System(channel) => channel.write_all(bytes).await,
        }
    }

    /// Ends the command's standard input, after all that was written.
    pub fn finish_writing(&self) {
        match self {
            #[cfg(feature = "ssh")]
            Channel::Library(channel) => channel.finish_writing(),
            Channel::System(channel) => channel.finish_writing(),
        }
    }
}
