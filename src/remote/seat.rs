//! Where the user sits: what of the environment and of ssh's configuration decides how a host is reached.
//! It does not connect.

use crate::remote::distcc::Variables;
use crate::remote::hosts::Address;
use crate::remote::hosts::Host;
use crate::remote::ssh::Destination;
use crate::remote::ssh::Transport;
use crate::remote::ssh::config;
use crate::remote::ssh::config::Disk;
use crate::remote::ssh::config::HostConfig;
use crate::remote::ssh::config::Local;
use crate::remote::ssh::config::Wanted;
use crate::sys::process;
use bstr::BString;
use bstr::ByteSlice;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::time::Duration;

/// How long connecting may take where the configuration does not say.
const CONNECT: Duration = Duration::from_secs(3);
/// How long a host is put off the first time it fails.
pub const BACK_OFF: Duration = Duration::from_secs(2);
/// The shortest time a host is put off.
const SHORTEST_BACK_OFF: Duration = Duration::from_millis(100);

/// How a host is reached.
#[derive(Clone, Debug)]
pub struct Way {
    /// Where it is and how to get in.
    pub destination: Destination,
    /// By what.
    pub transport: Transport,
    /// How long connecting may take.
    pub time: Duration,
    /// How long it is put off the first time it fails.
    pub back_off: Duration,
}

/// The user's side.
pub struct Seat<'a> {
    environment: &'a [(BString, BString)],
    distcc: &'a Variables,
    local: Local,
}

impl<'a> Seat<'a> {
    /// Returns the seat of this process's user. HOME of the environment goes before that of the list of users.
    pub fn new(environment: &'a [(BString, BString)], distcc: &'a Variables) -> Seat<'a> {
        let user = process::user();
        let mut seat = Seat {
            environment,
            distcc,
            local: Local {
                home: user.home,
                user: user.name,
                uid: user.uid,
                host_name: process::host_name(),
                user_file: None,
                system_file: Some("/etc/ssh/ssh_config".into()),
                environment: environment.to_vec(),
            },
        };
        if let Some(home) = seat.variable("HOME").filter(|home| !home.is_empty()) {
            seat.local.home = home.clone();
        }
        let file = [&seat.local.home[..], b"/.ssh/config"].concat();
        seat.local.user_file = Some(file.into());
        seat
    }

    fn variable(&self, name: &str) -> Option<&'a BString> {
        let entry = self.environment.iter().find(|(key, _)| key == name);
        entry.map(|(_, value)| value)
    }

    /// Returns how a host of the list is reached.
    ///
    /// # Errors
    /// Why it is not, in one line.
    pub fn way(&self, host: &Host) -> Result<Way, BString> {
        let Address::Ssh {
            user,
            host: name,
            port,
        } = &host.address
        else {
            return Err(host.address.unsupported().unwrap_or("no ssh host").into());
        };
        let wanted = Wanted {
            host: name.as_bstr(),
            user: user.as_ref().map(|user| user.as_bstr()),
            port: *port,
            identity: host.settings.identity.as_ref().map(|file| file.as_bstr()),
        };
        let config = config::resolve(&wanted, &self.local, &mut Disk)
            .map_err(|complaint| BString::from(complaint.to_string()))?;
        let time = match config.connect_timeout {
            Some(seconds) => Duration::from_secs(u64::from(seconds)),
            None => CONNECT,
        };
        let transport = self.transport(&config)?;
        let agent = self.variable("SSH_AUTH_SOCK").map(|path| path.as_bstr());
        Ok(Way {
            destination: Destination::new(&wanted, &config, agent),
            transport,
            time,
            back_off: self
                .distcc
                .backoff
                .unwrap_or(BACK_OFF)
                .max(SHORTEST_BACK_OFF),
        })
    }

    /// Returns libssh2, unless the user asks for another program, or for what only ssh(1) can do.
    fn transport(&self, config: &HostConfig) -> Result<Transport, BString> {
        let words: Vec<OsString> = match (self.variable("RMAKE_SSH"), &self.distcc.ssh) {
            (Some(words), _) => words
                .split_str(" ")
                .filter(|word| !word.is_empty())
                .map(word)
                .collect(),
            (None, Some(program)) => vec![word(program)],
            (None, None) if config.needs_system_ssh.is_some() => vec!["ssh".into()],
            (None, None) => return library(),
        };
        if words.is_empty() {
            return library();
        }
        let environment = self.environment.iter();
        let environment = environment.map(|(name, value)| (word(name), word(value)));
        Ok(Transport::System {
            program: words,
            environment: environment.collect(),
        })
    }
}

#[cfg(feature = "ssh")]
#[expect(
    clippy::unnecessary_wraps,
    reason = "without libssh2 there is nothing to return"
)]
fn library() -> Result<Transport, BString> {
    Ok(Transport::Library)
}

#[cfg(not(feature = "ssh"))]
fn library() -> Result<Transport, BString> {
    Err("this rmake is built without libssh2: set RMAKE_SSH=ssh".into())
}

fn word(bytes: impl AsRef<[u8]>) -> OsString {
    OsString::from_vec(bytes.as_ref().to_vec())
}
