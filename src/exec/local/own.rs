//! Recipe lines that are nothing but another call of this make: a copy of this process becomes it, which saves the start of
//! the program. To all others it is the process that would have been started.
//! It does not know what a make does.

use crate::exec::path::Programs;
use crate::exec::session::Start;
use crate::sys::fd;
use crate::sys::fd::FileId;
use crate::sys::process;
use crate::sys::process::CStrings;
use crate::sys::process::Pid;
use crate::sys::process::Spawn;
use bstr::BString;
use std::cell::OnceCell;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;

/// What the program does when it is called with these words in the environment and directory of the process. Returns the
/// exit status.
pub type Call = fn(Vec<BString>) -> i32;

/// To copy a process costs the more the more memory it has; from so many bytes on a start of the program costs less.
const MOST_MEMORY: u64 = 64 << 20;
/// What is longer is left to the kernel, which refuses to start a program with it (execve(2)).
const MOST_WORDS: usize = 100_000;
/// A copy also has the stack of the makes above it.
const MOST_LEVELS: u32 = 50;
/// What begins so in the environment means something to the loader or the C library before a program begins.
const EARLY: [&[u8]; 3] = [b"LD_", b"GLIBC_TUNABLES=", b"MALLOC_"];

/// Calls of this program.
pub(in crate::exec) struct Own {
    call: Call,
    /// The file this process runs; None if it is not known.
    file: Option<FileId>,
    /// What this process was started with of what means something early.
    early: Vec<BString>,
    levels: u32,
    /// `/bin/sh` is dash: it is known what it does to the environment when it changes its directory.
    is_dash: OnceCell<bool>,
}

impl Own {
    /// Returns what has the calls done by `call`, for a process that began as this one.
    pub fn new(call: Call, levels: u32) -> Own {
        let environment = process::environment();
        let entries: Vec<BString> = environment
            .iter()
            .map(|(name, value)| [&name[..], b"=", value].concat().into())
            .collect();
        Own {
            call,
            file: fd::id(b"/proc/self/exe").ok(),
            early: early(entries.iter().map(|entry| entry.as_slice())),
            levels,
            is_dash: OnceCell::new(),
        }
    }

    /// Has a copy of this process become the command, if that is another call of this program and nothing speaks against
    /// it. There must be no other thread, and no object loaded. `inside`: the command is these words for a shell that goes
    /// into that directory first.
    pub fn call(
        &self,
        programs: &mut Programs,
        start: &Start<'_>,
        inside: Option<(BString, Vec<BString>)>,
    ) -> Option<io::Result<Pid>> {
        let directory = inside.as_ref().map(|(directory, _)| directory.as_slice());
        let words = inside.as_ref().map_or(start.words, |(_, words)| words);
        let path = start.environment.value(b"PATH");
        let file = programs.find(words.first()?, path, directory).ok()?;
        let is_own = self.file.is_some() && fd::id(&file).ok() == self.file;
        let size: usize = words.iter().map(|word| word.len()).sum();
        let is_short = size.max(start.environment.size()) < MOST_WORDS;
        let is_same = early(start.environment.entries()) == self.early;
        if !is_own
            || !is_short
            || !is_same
            || start.directory.is_some()
            || self.levels > MOST_LEVELS
            || process::memory() > MOST_MEMORY
        {
            return None;
        }
        let inner = match directory {
            Some(directory) => Some(self.environment_inside(start.environment, directory)?),
            None => None,
        };
        let spawn = Spawn {
            file: &file,
            arguments: words,
            environment: inner.as_ref().unwrap_or(start.environment),
            directory,
            standard: start.standard,
            inherited: start.inherited,
        };
        Some(process::fork(&spawn, || (self.call)(words.to_vec())))
    }

    /// Returns the environment that dash gives to a command after `cd`, None where it is not known or where `cd` fails.
    fn environment_inside(&self, environment: &CStrings, directory: &[u8]) -> Option<CStrings> {
        let is_dash = || fs::canonicalize("/bin/sh").is_ok_and(|file| file.ends_with("dash"));
        let is_there = is_plain(directory) && fd::may_enter(directory).is_ok();
        let has_search = environment.value(b"CDPATH").is_some();
        let are_names = environment.entries().all(is_for_shell);
        if !is_there || has_search || !are_names || !*self.is_dash.get_or_init(is_dash) {
            return None;
        }
        // What it was given is believed if it is right.
        let given = environment.value(b"PWD").filter(|given| {
            given.starts_with(b"/")
                && fd::id(given).is_ok_and(|id| fd::id(b".").is_ok_and(|own| own == id))
        });
        let present = match given {
            Some(given) if is_plain(given) => BString::from(given),
            Some(_) => return None,
            None => std::env::current_dir()
                .ok()?
                .into_os_string()
                .into_vec()
                .into(),
        };
        let inside: BString = match directory.starts_with(b"/") {
            true => directory.into(),
            false if present == "/" => [b"/", directory].concat().into(),
            false => [&present[..], b"/", directory].concat().into(),
        };
        let is_other =
            |entry: &&[u8]| !entry.starts_with(b"PWD=") && !entry.starts_with(b"OLDPWD=");
        let others = environment.entries().filter(is_other).map(BString::from);
        let own = [(&b"OLDPWD="[..], present), (b"PWD=", inside)];
        let own = own.map(|(name, value)| BString::from([name, &value].concat()));
        let all: Vec<BString> = own.into_iter().chain(others).collect();
        Some(CStrings::new(&all))
    }
}

/// Returns whether `cd` takes a path as it stands: no option, nothing to be shortened in it.
fn is_plain(path: &[u8]) -> bool {
    let path = path.strip_prefix(b"/").unwrap_or(path);
    !path.starts_with(b"-")
        && path
            .split(|byte| *byte == b'/')
            .all(|part| !matches!(part, b"" | b"." | b".."))
}

fn is_for_shell(entry: &[u8]) -> bool {
    let name = entry.split(|byte| *byte == b'=').next().unwrap_or_default();
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    !name.is_empty() && !name[0].is_ascii_digit() && name.iter().all(is_letter)
}

/// Returns of these strings what means something early.
fn early<'a>(entries: impl Iterator<Item = &'a [u8]>) -> Vec<BString> {
    let mut found: Vec<BString> = entries
        .filter(|entry| EARLY.iter().any(|name| entry.starts_with(name)))
        .map(BString::from)
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_that_nothing_is_done_to_are_plain() {
        for path in ["a", "a/b", "/a", ".a/..b", "a-"] {
            assert!(is_plain(path.as_bytes()), "{path}");
        }
        for path in [
            "", "/", "-", "-P", "./a", "a/.", "..", "a/../b", "a/", "a//b", "//a",
        ] {
            assert!(!is_plain(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn a_shell_hands_on_variables_only() {
        for entry in ["A=b", "_a1=", "A"] {
            assert!(is_for_shell(entry.as_bytes()), "{entry}");
        }
        for entry in ["1A=b", "A-B=c", "=x", "", "BASH_FUNC_x%%=()"] {
            assert!(!is_for_shell(entry.as_bytes()), "{entry}");
        }
    }
}
