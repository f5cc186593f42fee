//! Recipe lines that are nothing but another call of this make: a copy of this process becomes it, which saves the start of
//! the program. To all others it is the process that would have been started.
//! It does not know what a make does.

use crate::exec::path::Programs;
use crate::exec::session::Start;
use crate::sys::fd;
use crate::sys::fd::FileId;
use crate::sys::process;
use crate::sys::process::Pid;
use crate::sys::process::Spawn;
use bstr::BString;
use std::io;

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
        }
    }

    /// Has a copy of this process become the command, if that is another call of this program and nothing speaks against
    /// it. There must be no other thread, and no object loaded.
    pub fn call(&self, programs: &mut Programs, start: &Start<'_>) -> Option<io::Result<Pid>> {
        let name = start.words.first()?;
        let path = start.environment.value(b"PATH");
        let file = programs.find(name, path, None).ok()?;
        let is_own = self.file.is_some() && fd::id(&file).ok() == self.file;
        let size: usize = start.words.iter().map(|word| word.len()).sum();
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
        let spawn = Spawn {
            file: &file,
            arguments: start.words,
            environment: start.environment,
            directory: None,
            standard: start.standard,
            inherited: start.inherited,
        };
        let words = start.words.to_vec();
        Some(process::fork(&spawn, move || (self.call)(words)))
    }
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
