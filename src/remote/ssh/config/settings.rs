//! The keywords of ssh_config(5) that matter here, and what they have said so far: the first value of each stays.
//! It does not know where they stand.

use crate::remote::hosts::Complaint;
use crate::remote::ssh::config::Family;
use crate::remote::ssh::config::Strictness;
use crate::remote::ssh::config::line;
use crate::remote::ssh::config::line::Line;
use bstr::BString;

/// A place in a file.
#[derive(Clone, Debug, Default)]
pub struct Spot {
    /// The file.
    pub file: BString,
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in bytes.
    pub column: u32,
}

impl Spot {
    /// Returns a complaint about what is here.
    pub fn complain(&self, text: impl Into<BString>) -> Complaint {
        Complaint {
            file: self.file.clone(),
            line: self.line,
            column: self.column,
            text: text.into(),
        }
    }
}

/// An argument that is looked at again at the end.
#[derive(Clone, Debug)]
pub struct Value {
    /// As written.
    pub text: BString,
    spot: Spot,
}

impl Value {
    /// Returns a value that is in no file.
    pub fn plain(text: BString) -> Value {
        Value {
            text,
            spot: Spot::default(),
        }
    }

    /// Returns whether it stands for nothing.
    pub fn is_none(&self) -> bool {
        self.text.eq_ignore_ascii_case(b"none")
    }

    /// Returns a complaint about it.
    pub fn complain(&self, text: impl Into<BString>) -> Complaint {
        self.spot.complain(text)
    }
}

/// What has been said so far.
#[derive(Debug, Default)]
pub struct Settings {
    /// With its tokens.
    pub host_name: Option<Value>,
    /// User
    pub user: Option<BString>,
    /// Port
    pub port: Option<u16>,
    /// All of them.
    pub identity_files: Vec<Value>,
    /// IdentitiesOnly
    pub identities_only: Option<bool>,
    /// IdentityAgent
    pub agent: Option<Value>,
    /// Seconds; `Some(None)`: none.
    pub connect_timeout: Option<Option<u32>>,
    /// StrictHostKeyChecking
    pub strict_host_key_checking: Option<Strictness>,
    /// With their tokens.
    pub user_known_hosts_files: Option<Vec<Value>>,
    /// GlobalKnownHostsFile
    pub global_known_hosts_files: Option<Vec<BString>>,
    /// HostKeyAlias
    pub host_key_alias: Option<BString>,
    /// HashKnownHosts
    pub hash_known_hosts: Option<bool>,
    /// Seconds; `Some(None)`: none.
    pub server_alive_interval: Option<Option<u32>>,
    /// Compression
    pub compression: Option<bool>,
    /// AddressFamily
    pub address_family: Option<Family>,
    /// ControlPath is set.
    pub shares_connection: bool,
    /// The first keyword that only ssh(1) can do.
    pub needs_system_ssh: Option<BString>,
    /// The rows of [`FOREIGN`] that have a value.
    decided: Vec<&'static str>,
}

/// Whose file a keyword is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The user's.
    User,
    /// The system's.
    System,
}

/// A keyword for what libssh2 cannot do, or not as asked.
struct Foreign {
    keyword: &'static str,
    /// Keywords of one slot: the first of any of them counts.
    slot: &'static str,
    /// Values that ask for nothing.
    harmless: &'static [&'static str],
    /// Distributions set it for everyone, without need: only the user's own file counts.
    only_users: bool,
}

const fn foreign(keyword: &'static str, harmless: &'static [&'static str]) -> Foreign {
    Foreign {
        keyword,
        slot: keyword,
        harmless,
        only_users: false,
    }
}

const fn users(keyword: &'static str, harmless: &'static [&'static str]) -> Foreign {
    Foreign {
        only_users: true,
        ..foreign(keyword, harmless)
    }
}

const fn proxy(keyword: &'static str) -> Foreign {
    Foreign {
        slot: "Proxy",
        ..foreign(keyword, &["none"])
    }
}

const FOREIGN: &[Foreign] = &[
    proxy("ProxyJump"),
    proxy("ProxyCommand"),
    foreign("ControlPath", &["none"]),
    foreign("CertificateFile", &["none"]),
    foreign("PKCS11Provider", &["none"]),
    foreign("SecurityKeyProvider", &["internal"]),
    foreign("KnownHostsCommand", &["none"]),
    foreign("RevokedHostKeys", &["none"]),
    foreign("VerifyHostKeyDNS", &["no", "false"]),
    foreign("CanonicalizeHostname", &["no", "false", "none"]),
    foreign("BindAddress", &[]),
    foreign("BindInterface", &[]),
    foreign("HostbasedAuthentication", &["no", "false"]),
    foreign(
        "PubkeyAuthentication",
        &["yes", "true", "unbound", "host-bound"],
    ),
    users("GSSAPIAuthentication", &["no", "false"]),
    users("GSSAPIKeyExchange", &["no", "false"]),
    users("Ciphers", &[]),
    users("MACs", &[]),
    users("KexAlgorithms", &[]),
    users("HostKeyAlgorithms", &[]),
    users("PubkeyAcceptedAlgorithms", &[]),
    users("PubkeyAcceptedKeyTypes", &[]),
];

/// The most keys that ssh(1) takes.
const MOST_KEYS: usize = 100;

/// Returns a host's name: the value of HostName with its tokens replaced.
pub fn host_name(value: &[u8], host: &[u8]) -> BString {
    let mut name = BString::default();
    let mut rest = value.iter();
    while let Some(byte) = rest.next() {
        match (byte, rest.as_slice().first()) {
            (b'%', Some(b'h')) => name.extend_from_slice(host),
            (b'%', Some(b'%')) => name.push(b'%'),
            _ => {
                name.push(*byte);
                continue;
            }
        }
        rest.next();
    }
    name
}

impl Settings {
    /// Takes a line of an active part of a file.
    pub fn take(&mut self, line: &Line<'_>, spot: &Spot, owner: Owner) -> Result<(), BString> {
        let keyword = line.keyword.to_ascii_lowercase();
        let value = |text| Value {
            text,
            spot: spot.clone(),
        };
        match &keyword[..] {
            b"hostname" => {
                let name = value(checked_host_name(one(line)?)?);
                self.host_name.get_or_insert(name);
            }
            b"user" => _ = self.user.get_or_insert(one(line)?),
            b"port" => _ = self.port.get_or_insert(port(one(line)?)?),
            b"identityfile" => self.add_key(value(one(line)?))?,
            b"identityagent" => _ = self.agent.get_or_insert(value(one(line)?)),
            b"identitiesonly" => _ = self.identities_only.get_or_insert(pick(line, FLAG)?),
            b"hashknownhosts" => _ = self.hash_known_hosts.get_or_insert(pick(line, FLAG)?),
            b"compression" => _ = self.compression.get_or_insert(pick(line, YES_NO)?),
            b"addressfamily" => _ = self.address_family.get_or_insert(pick(line, FAMILY)?),
            b"stricthostkeychecking" => {
                let strictness = pick(line, STRICTNESS)?;
                self.strict_host_key_checking.get_or_insert(strictness);
            }
            b"connecttimeout" => _ = self.connect_timeout.get_or_insert(time(one(line)?)?),
            b"serveraliveinterval" => {
                _ = self.server_alive_interval.get_or_insert(time(one(line)?)?);
            }
            b"hostkeyalias" => _ = self.host_key_alias.get_or_insert(one(line)?),
            b"userknownhostsfile" => {
                if let Some(files) = none_or_several(line)? {
                    let files = files.into_iter().map(value).collect();
                    self.user_known_hosts_files.get_or_insert(files);
                }
            }
            b"globalknownhostsfile" => {
                if let Some(files) = none_or_several(line)? {
                    self.global_known_hosts_files.get_or_insert(files);
                }
            }
            _ => self.take_foreign(line, owner)?,
        }
        Ok(())
    }

    fn add_key(&mut self, key: Value) -> Result<(), BString> {
        if self
            .identity_files
            .iter()
            .any(|known| known.text == key.text)
        {
            return Ok(());
        }
        if self.identity_files.len() == MOST_KEYS {
            return Err(format!("expected at most {MOST_KEYS} identity files").into());
        }
        self.identity_files.push(key);
        Ok(())
    }

    fn take_foreign(&mut self, line: &Line<'_>, owner: Owner) -> Result<(), BString> {
        let is_it = |row: &&Foreign| line.keyword.eq_ignore_ascii_case(row.keyword.as_bytes());
        let Some(row) = FOREIGN.iter().find(is_it) else {
            return Ok(());
        };
        if line.rest.is_empty() {
            return Err(no_value(line));
        }
        if [row.slot, row.keyword]
            .iter()
            .any(|name| self.decided.contains(name))
        {
            return Ok(());
        }
        let words = line::arguments(line.rest).unwrap_or_default();
        let is_harmless = words.first().is_some_and(|word| {
            let mut harmless = row.harmless.iter();
            harmless.any(|value| word.eq_ignore_ascii_case(value.as_bytes()))
        });
        // As ssh(1) has it: no jump may still be a command, but no command is no jump either.
        let is_no_jump = is_harmless && row.keyword == "ProxyJump";
        self.decided
            .push(if is_no_jump { row.keyword } else { row.slot });
        let is_for_everyone = row.only_users && owner == Owner::System;
        if !is_harmless && !is_for_everyone {
            self.shares_connection |= row.keyword == "ControlPath";
            self.needs_system_ssh
                .get_or_insert_with(|| row.keyword.into());
        }
        Ok(())
    }
}

/// Values of a keyword and what they mean.
type Words<T> = &'static [(&'static str, T)];

const FLAG: Words<bool> = &[
    ("yes", true),
    ("true", true),
    ("no", false),
    ("false", false),
];
const YES_NO: Words<bool> = &[("yes", true), ("no", false)];
const FAMILY: Words<Family> = &[
    ("any", Family::Any),
    ("inet", Family::Inet),
    ("inet6", Family::Inet6),
];
const STRICTNESS: Words<Strictness> = &[
    ("yes", Strictness::Yes),
    ("true", Strictness::Yes),
    ("ask", Strictness::Ask),
    ("accept-new", Strictness::AcceptNew),
    ("no", Strictness::No),
    ("false", Strictness::No),
    ("off", Strictness::No),
];

/// Returns a line's arguments, none of them empty. There are none only where a comment stands in their place.
pub fn several(line: &Line<'_>) -> Result<Vec<BString>, BString> {
    let words = line::arguments(line.rest).map_err(open_quote)?;
    match line.rest.is_empty() || words.iter().any(|word| word.is_empty()) {
        true => Err(no_value(line)),
        false => Ok(words),
    }
}

/// Returns the words for a quote that is not closed.
pub fn open_quote(_: line::OpenQuote) -> BString {
    "expected the end of a quoted text".into()
}

/// Returns names of files; None: there are no arguments.
fn none_or_several(line: &Line<'_>) -> Result<Option<Vec<BString>>, BString> {
    let words = several(line)?;
    let is_none = |word: &BString| word.eq_ignore_ascii_case(b"none");
    match words.len() > 1 && words.iter().any(is_none) {
        true => Err("expected none or names of files, not both".into()),
        false => Ok(Some(words).filter(|words| !words.is_empty())),
    }
}

fn no_value(line: &Line<'_>) -> BString {
    format!("expected a value for {}", BString::from(line.keyword)).into()
}

fn one(line: &Line<'_>) -> Result<BString, BString> {
    let mut words = several(line)?.into_iter();
    match (words.next(), words.next()) {
        (Some(word), None) => Ok(word),
        _ => Err(format!("expected one value for {}", BString::from(line.keyword)).into()),
    }
}

fn pick<T: Copy>(line: &Line<'_>, words: Words<T>) -> Result<T, BString> {
    let given = one(line)?;
    let is_it = |(word, _): &&(&str, T)| given.eq_ignore_ascii_case(word.as_bytes());
    match words.iter().find(is_it) {
        Some((_, meaning)) => Ok(*meaning),
        None => {
            let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
            Err(format!("expected {}, not {given}", names.join(", ")).into())
        }
    }
}

fn port(text: BString) -> Result<u16, BString> {
    let is_number = text.iter().all(u8::is_ascii_digit);
    let port = std::str::from_utf8(&text)
        .ok()
        .and_then(|text| text.parse().ok());
    port.filter(|port| is_number && *port != 0)
        .ok_or_else(|| format!("expected a port number, not {text}").into())
}

fn time(text: BString) -> Result<Option<u32>, BString> {
    match text.eq_ignore_ascii_case(b"none") {
        true => Ok(None),
        false => match line::seconds(&text) {
            Some(seconds) => Ok(Some(seconds)),
            None => Err(format!("expected a time, not {text}").into()),
        },
    }
}

fn checked_host_name(name: BString) -> Result<BString, BString> {
    let mut rest = name.iter();
    while let Some(byte) = rest.next() {
        if *byte == b'%' && !matches!(rest.next(), Some(b'h' | b'%')) {
            return Err("expected no token but %h and %% in a host's name".into());
        }
    }
    Ok(name)
}
