//! What ssh_config(5) says about one destination, as far as it takes to get there.
//! It does not know how a connection is made.

mod expand;
mod line;
mod pattern;
mod read;
mod settings;

use crate::error;
use crate::files::View;
use crate::remote::hosts::Complaint;
use crate::remote::ssh::config::expand::Tokens;
use crate::remote::ssh::config::expand::Unclear;
use crate::remote::ssh::config::read::Reader;
use crate::remote::ssh::config::settings::Settings;
use crate::remote::ssh::config::settings::Value;
use bstr::BStr;
use bstr::BString;
use bstr::ByteSlice;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;

/// The port of sshd.
const PORT: u16 = 22;
/// The most bytes that a file may have.
const MOST_BYTES: u64 = 1 << 20;
/// The keys that are tried where the configuration names none. Keys in hardware are not among them: see [`IN_HARDWARE`].
const DEFAULT_KEYS: &[&str] = &["id_rsa", "id_ecdsa", "id_ed25519"];
/// Further ones that ssh(1) tries.
const IN_HARDWARE: &[&str] = &["id_ecdsa_sk", "id_ed25519_sk"];

/// What is asked for, as on ssh(1)'s command line.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The host.
    pub host: &'a BStr,
    /// The account (`-l`).
    pub user: Option<&'a BStr>,
    /// The port (`-p`).
    pub port: Option<u16>,
    /// A file with a key, before all others (`-i`).
    pub identity: Option<&'a BStr>,
}

/// This side.
#[derive(Clone, Debug, Default)]
pub struct Local {
    /// The user's home directory, by the system's list of users.
    pub home: BString,
    /// The user's name.
    pub user: BString,
    /// The user's number.
    pub uid: u32,
    /// This machine's name.
    pub host_name: BString,
    /// `~/.ssh/config`; None: not read.
    pub user_file: Option<BString>,
    /// `/etc/ssh/ssh_config`; None: not read.
    pub system_file: Option<BString>,
    /// For `${NAME}`.
    pub environment: Vec<(BString, BString)>,
}

impl Local {
    fn variable(&self, name: &[u8]) -> Option<&BString> {
        let entry = self.environment.iter().find(|(key, _)| key == name);
        entry.map(|(_, value)| value)
    }
}

/// The files that are read.
pub trait Files {
    /// Returns what is in a file. One that others than `uid` and root may write to is an error of the kind `Other`.
    fn read(&mut self, path: &BStr, uid: u32) -> io::Result<Vec<u8>>;
    /// Returns the files whose paths match, sorted.
    fn glob(&mut self, pattern: &BStr) -> Vec<BString>;
}

/// What the configuration says, defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostConfig {
    /// What is to be resolved.
    pub host_name: BString,
    /// The account there.
    pub user: BString,
    /// The port there.
    pub port: u16,
    /// Paths of private keys, in the order they are tried; they need not exist.
    pub identity_files: Vec<BString>,
    /// Only those keys of the agent that are also among the files.
    pub identities_only: bool,
    /// Where the agent is.
    pub agent: Agent,
    /// Seconds until a connection is given up; None: as long as the system tries.
    pub connect_timeout: Option<u32>,
    /// What becomes of a host whose key is not known, or is another.
    pub strict_host_key_checking: Strictness,
    /// Files of the user's with known keys; a new key is added to the first.
    pub user_known_hosts_files: Vec<BString>,
    /// The system's files with known keys.
    pub global_known_hosts_files: Vec<BString>,
    /// The name its key is known by, in place of name and port.
    pub host_key_alias: Option<BString>,
    /// Names are hashed when a key is added.
    pub hash_known_hosts: bool,
    /// Seconds of silence after which the host is asked for a sign of life; 0: never.
    pub server_alive_interval: u32,
    /// Whether the connection is compressed.
    pub compression: bool,
    /// Which addresses of the name may be used.
    pub address_family: Family,
    /// A connection that ssh(1) may share is configured (ControlPath).
    pub shares_connection: bool,
    /// What only ssh(1) can do about this host: the keyword that asks for it.
    pub needs_system_ssh: Option<BString>,
}

/// Where the agent is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agent {
    /// Where the variable SSH_AUTH_SOCK says.
    Environment,
    /// None is used.
    Unused,
    /// At this socket.
    Socket(BString),
}

/// StrictHostKeyChecking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// Unknown and changed keys are refused.
    Yes,
    /// The user is asked about unknown keys.
    Ask,
    /// Unknown keys are added, changed ones refused.
    AcceptNew,
    /// All are accepted.
    No,
}

/// AddressFamily.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Any.
    Any,
    /// IPv4.
    Inet,
    /// IPv6.
    Inet6,
}

/// Returns what the configuration says about a destination, or what is wrong with it where ssh(1) would give up too.
pub fn resolve(
    wanted: &Wanted<'_>,
    local: &Local,
    files: &mut dyn Files,
) -> Result<HostConfig, Complaint> {
    let mut settings = Settings::default();
    settings.user = wanted.user.map(BString::from);
    settings.port = wanted.port;
    let mut reader = Reader::new(wanted.host, local, files);
    reader.read_all(&mut settings)?;
    if reader.wants_final_pass {
        settings.host_name = Some(Value::plain(host_name(wanted, &settings)));
        reader.is_final_pass = true;
        reader.read_all(&mut settings)?;
    }
    finish(wanted, local, settings, files)
}

/// Returns what is to be resolved, as far as it is known.
fn host_name(wanted: &Wanted<'_>, settings: &Settings) -> BString {
    match &settings.host_name {
        Some(name) => settings::host_name(&name.text, wanted.host),
        None => wanted.host.into(),
    }
}

fn finish(
    wanted: &Wanted<'_>,
    local: &Local,
    mut settings: Settings,
    files: &mut dyn Files,
) -> Result<HostConfig, Complaint> {
    let host_name = BString::from(host_name(wanted, &settings).to_ascii_lowercase());
    let user = settings.user.take().unwrap_or_else(|| local.user.clone());
    let tokens = Tokens {
        local,
        host_name: &host_name,
        known_as: settings
            .host_key_alias
            .as_ref()
            .map_or(wanted.host, |alias| BStr::new(alias)),
        given: wanted.host,
        port: settings.port.unwrap_or(PORT),
        user: &user,
    };
    let mut paths = Paths {
        tokens,
        needs_system_ssh: settings.needs_system_ssh.take(),
    };
    let mut identity_files = Vec::new();
    if let Some(file) = wanted.identity {
        identity_files.push(paths.of(&Value::plain(file.into()))?);
    }
    identity_files.extend(paths.keys(&settings.identity_files, files)?);
    let user_known_hosts_files = match settings.user_known_hosts_files.take() {
        Some(values) => values
            .iter()
            .filter(|value| !value.is_none())
            .map(|value| paths.of(value))
            .collect::<Result<_, _>>()?,
        None => ["known_hosts", "known_hosts2"]
            .map(|name| paths.in_home(name))
            .to_vec(),
    };
    let agent = paths.agent(settings.agent.as_ref())?;
    Ok(HostConfig {
        port: paths.tokens.port,
        needs_system_ssh: paths.needs_system_ssh,
        identity_files,
        agent,
        user_known_hosts_files,
        global_known_hosts_files: settings.global_known_hosts_files.unwrap_or_else(|| {
            ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]
                .map(BString::from)
                .to_vec()
        }),
        identities_only: settings.identities_only.unwrap_or(false),
        connect_timeout: settings.connect_timeout.flatten(),
        strict_host_key_checking: settings.strict_host_key_checking.unwrap_or(Strictness::Ask),
        host_key_alias: settings
            .host_key_alias
            .map(|alias| alias.to_ascii_lowercase().into()),
        hash_known_hosts: settings.hash_known_hosts.unwrap_or(false),
        server_alive_interval: settings.server_alive_interval.flatten().unwrap_or(0),
        compression: settings.compression.unwrap_or(false),
        address_family: settings.address_family.unwrap_or(Family::Any),
        shares_connection: settings.shares_connection,
        host_name,
        user,
    })
}

/// Turns arguments into paths.
struct Paths<'a> {
    tokens: Tokens<'a>,
    needs_system_ssh: Option<BString>,
}

impl Paths<'_> {
    fn of(&mut self, value: &Value) -> Result<BString, Complaint> {
        let text = match self.tokens.path(&value.text) {
            Ok(path) => return Ok(path),
            Err(Unclear::Digest) => {
                self.needs_system_ssh.get_or_insert_with(|| "%C".into());
                return Ok(value.text.clone());
            }
            Err(Unclear::Token(letter)) => {
                format!("expected a token of ssh_config(5), not %{letter}")
            }
            Err(Unclear::Variable(name)) => {
                format!("expected a variable with a value, not ${{{name}}}")
            }
        };
        Err(value.complain(text))
    }

    fn in_home(&self, name: &str) -> BString {
        [&self.tokens.local.home[..], b"/.ssh/", name.as_bytes()]
            .concat()
            .into()
    }

    /// Returns the keys to try; those that the configuration names, else the usual ones.
    fn keys(&mut self, named: &[Value], files: &mut dyn Files) -> Result<Vec<BString>, Complaint> {
        if named.is_empty() {
            let mut is_there = |name: &str| {
                let path = self.in_home(name);
                !files.glob(path.as_bstr()).is_empty()
            };
            let is_any = DEFAULT_KEYS.iter().any(|name| is_there(name));
            if let Some(name) = IN_HARDWARE.iter().find(|name| !is_any && is_there(name)) {
                let reason = BString::from(*name);
                self.needs_system_ssh.get_or_insert(reason);
            }
            return Ok(DEFAULT_KEYS.iter().map(|name| self.in_home(name)).collect());
        }
        let mut keys = Vec::new();
        for value in named.iter().filter(|value| !value.is_none()) {
            if value.text.ends_with(b"_sk") {
                let reason = [b"IdentityFile ", &value.text[..]].concat();
                self.needs_system_ssh.get_or_insert_with(|| reason.into());
            }
            keys.push(self.of(value)?);
        }
        Ok(keys)
    }

    fn agent(&mut self, value: Option<&Value>) -> Result<Agent, Complaint> {
        let Some(value) = value else {
            return Ok(Agent::Environment);
        };
        Ok(match &value.text[..] {
            _ if value.is_none() => Agent::Unused,
            b"SSH_AUTH_SOCK" => Agent::Environment,
            // The old way to name a variable, which may well have no value.
            [b'$', name @ ..] if !name.starts_with(b"{") => {
                match self.tokens.local.variable(name) {
                    Some(socket) => Agent::Socket(socket.clone()),
                    None => Agent::Unused,
                }
            }
            _ => Agent::Socket(self.of(value)?),
        })
    }
}

/// The files of the disk.
pub struct Disk;

impl Files for Disk {
    fn read(&mut self, path: &BStr, uid: u32) -> io::Result<Vec<u8>> {
        let file = std::fs::File::open(OsStr::from_bytes(path))?;
        let status = file.metadata()?;
        if status.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        // A group of the user's own, as Debian makes for each, may write.
        let is_own_group = status.gid() == uid && status.uid() == uid;
        let forbidden = if is_own_group { 0o002 } else { 0o022 };
        if ![0, uid].contains(&status.uid()) || status.mode() & forbidden != 0 {
            return Err(io::Error::other("bad owner or permissions"));
        }
        let mut text = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(file, MOST_BYTES + 1), &mut text)?;
        match text.len() as u64 > MOST_BYTES {
            true => Err(io::Error::other("too long")),
            false => Ok(text),
        }
    }

    fn glob(&mut self, pattern: &BStr) -> Vec<BString> {
        View::of_disk().glob(pattern)
    }
}

/// Returns a complaint about a whole file.
fn unreadable(file: &BStr, error: &io::Error) -> Complaint {
    Complaint {
        file: file.into(),
        line: 0,
        column: 0,
        text: error::reason(error).into(),
    }
}

#[cfg(test)]
mod tests;
