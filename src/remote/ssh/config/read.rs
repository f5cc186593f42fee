//! Files of ssh_config(5), line by line: which parts of them are about a host, and what they include.
//! It does not know what a keyword does, but for Host, Match and Include.

use crate::files::glob::expand_tilde;
use crate::remote::hosts::Complaint;
use crate::remote::ssh::config::Files;
use crate::remote::ssh::config::Local;
use crate::remote::ssh::config::line;
use crate::remote::ssh::config::line::Line;
use crate::remote::ssh::config::pattern;
use crate::remote::ssh::config::settings;
use crate::remote::ssh::config::settings::Owner;
use crate::remote::ssh::config::settings::Settings;
use crate::remote::ssh::config::settings::Spot;
use crate::remote::ssh::config::unreadable;
use bstr::BStr;
use bstr::BString;
use bstr::ByteSlice;
use std::io;

/// How deep files may include each other.
const MOST_DEPTH: usize = 16;
/// How many files may be read in all.
const MOST_FILES: usize = 4096;

/// Reads configuration files for a host.
pub struct Reader<'a> {
    host: &'a BStr,
    local: &'a Local,
    files: &'a mut dyn Files,
    read: usize,
    /// A `Match final` was seen: all files are to be read again.
    pub wants_final_pass: bool,
    /// They are.
    pub is_final_pass: bool,
}

/// A file that is being read.
struct Source<'a> {
    path: &'a BStr,
    owner: Owner,
    depth: usize,
    /// Included from a part that is not about the host: nothing in it is.
    is_passed_over: bool,
}

impl<'a> Reader<'a> {
    /// Returns a reader that looks for a host as it was asked for.
    pub fn new(host: &'a BStr, local: &'a Local, files: &'a mut dyn Files) -> Reader<'a> {
        Reader {
            host,
            local,
            files,
            read: 0,
            wants_final_pass: false,
            is_final_pass: false,
        }
    }

    /// Reads the user's file, then the system's. One that cannot be opened is none.
    pub fn read_all(&mut self, settings: &mut Settings) -> Result<(), Complaint> {
        let local = self.local;
        let tops = [
            (&local.user_file, Owner::User),
            (&local.system_file, Owner::System),
        ];
        for (path, owner) in tops {
            let Some(path) = path else { continue };
            let source = Source {
                path: path.as_bstr(),
                owner,
                depth: 0,
                is_passed_over: false,
            };
            self.read_file(&source, true, settings)?;
        }
        Ok(())
    }

    fn read_file(
        &mut self,
        source: &Source<'_>,
        is_active: bool,
        settings: &mut Settings,
    ) -> Result<(), Complaint> {
        self.read += 1;
        if source.depth > MOST_DEPTH || self.read > MOST_FILES {
            let error = io::Error::other("too many files are included");
            return Err(unreadable(source.path, &error));
        }
        let text = match self.files.read(source.path, self.local.uid) {
            Ok(text) => text,
            Err(error) => {
                return match error.kind() {
                    io::ErrorKind::NotFound | io::ErrorKind::IsADirectory => Ok(()),
                    io::ErrorKind::PermissionDenied if source.depth == 0 => Ok(()),
                    _ => Err(unreadable(source.path, &error)),
                };
            }
        };
        self.read_text(source, &text, is_active, settings)
    }

    fn read_text(
        &mut self,
        source: &Source<'_>,
        text: &[u8],
        mut is_active: bool,
        settings: &mut Settings,
    ) -> Result<(), Complaint> {
        let mut spot = Spot {
            file: source.path.into(),
            line: 0,
            column: 1,
        };
        for text in text.split(|byte| *byte == b'\n') {
            spot.line = spot.line.saturating_add(1);
            let Some(line) = line::split(text) else {
                continue;
            };
            let indent = text.len() - text.trim_ascii_start().len();
            spot.column = u32::try_from(indent + 1).unwrap_or(u32::MAX);
            let result = match &line.keyword.to_ascii_lowercase()[..] {
                b"host" => self.is_host(&line).map(|is_it| is_active = is_it),
                b"match" => self
                    .is_match(&line, source, settings)
                    .map(|is_it| is_active = is_it),
                b"include" => {
                    let patterns = self.included(&line, source.owner);
                    let patterns = patterns.map_err(|what| spot.complain(what))?;
                    self.include(patterns, source, is_active, settings)?;
                    Ok(())
                }
                _ if is_active => settings.take(&line, &spot, source.owner),
                // Faults count everywhere.
                _ => Settings::default().take(&line, &spot, source.owner),
            };
            result.map_err(|what| spot.complain(what))?;
            is_active &= !source.is_passed_over;
        }
        Ok(())
    }

    /// Returns the patterns of an Include, as absolute paths.
    fn included(&self, line: &Line<'_>, owner: Owner) -> Result<Vec<BString>, BString> {
        let home = &self.local.home;
        let words = settings::several(line)?;
        let absolute = |word: BString| match (word.first(), owner) {
            (Some(b'/'), _) => Ok(word),
            (Some(b'~'), Owner::System) => {
                Err("expected a path without ~ in the system's file".into())
            }
            (Some(b'~'), Owner::User) => Ok(expand_tilde(&word, home).unwrap_or(word)),
            (_, Owner::User) => Ok([home, b"/.ssh/".as_slice(), &word].concat().into()),
            (_, Owner::System) => Ok([b"/etc/ssh/", &word[..]].concat().into()),
        };
        words.into_iter().map(absolute).collect()
    }

    fn include(
        &mut self,
        patterns: Vec<BString>,
        source: &Source<'_>,
        is_active: bool,
        settings: &mut Settings,
    ) -> Result<(), Complaint> {
        for pattern in patterns {
            for path in self.files.glob(pattern.as_bstr()) {
                let inner = Source {
                    path: path.as_bstr(),
                    owner: source.owner,
                    depth: source.depth + 1,
                    is_passed_over: !is_active,
                };
                self.read_file(&inner, is_active, settings)?;
            }
        }
        Ok(())
    }

    fn is_host(&self, line: &Line<'_>) -> Result<bool, BString> {
        let patterns = settings::several(line)?;
        let patterns = patterns.iter().map(|pattern| &pattern[..]);
        Ok(pattern::is_any_match(patterns, self.host))
    }

    /// Returns whether all criteria of a Match hold. Where only ssh(1) can know, it is noted that it has to.
    fn is_match(
        &mut self,
        line: &Line<'_>,
        source: &Source<'_>,
        settings: &mut Settings,
    ) -> Result<bool, BString> {
        let words = line::criteria(line.rest).map_err(settings::open_quote)?;
        if words.is_empty() || words.contains(&BString::default()) {
            return Err("expected criteria for Match".into());
        }
        let mut words = words.into_iter().peekable();
        let mut holds = !source.is_passed_over;
        let mut unknown = None;
        while let Some(word) = words.next() {
            let (is_negated, name) = match word.strip_prefix(b"!") {
                Some(name) => (true, name),
                None => (false, &word[..]),
            };
            let name = name.to_ascii_lowercase();
            let is_it = match &name[..] {
                b"all" if words.peek().is_some() => {
                    return Err("expected nothing after Match all".into());
                }
                b"all" => true,
                b"canonical" | b"final" => {
                    self.wants_final_pass |= name == b"final";
                    self.is_final_pass
                }
                _ => {
                    let text = || format!("expected a value for Match {}", BStr::new(&name));
                    let value = words.next().ok_or_else(text)?;
                    self.holds(&name, &value, settings).unwrap_or_else(|| {
                        unknown = Some(BString::from([b"Match ", &name[..]].concat()));
                        !is_negated
                    })
                }
            };
            holds &= is_it != is_negated;
        }
        match unknown {
            Some(unknown) if holds => {
                settings.needs_system_ssh.get_or_insert(unknown);
                Ok(false)
            }
            _ => Ok(holds),
        }
    }

    /// Returns whether a criterion holds; None: only ssh(1) knows.
    fn holds(&self, name: &[u8], value: &[u8], settings: &Settings) -> Option<bool> {
        let patterns = value.to_ascii_lowercase();
        let matches_host = |host: &[u8]| {
            let patterns = patterns.split(|byte| *byte == b',');
            pattern::is_any_match(patterns, &host.to_ascii_lowercase())
        };
        let matches = |text: &[u8]| pattern::is_any_match(value.split(|byte| *byte == b','), text);
        Some(match name {
            b"host" => match &settings.host_name {
                Some(name) => matches_host(&settings::host_name(&name.text, self.host)),
                None => matches_host(self.host),
            },
            b"originalhost" => matches_host(self.host),
            b"user" => matches(settings.user.as_ref().unwrap_or(&self.local.user)),
            b"localuser" => matches(&self.local.user),
            _ => return None,
        })
    }
}
