//! The one view of the file system: every question and every change of the engine goes through it.
//! It does not know rules, recipes or hosts.

use bstr::BString;
use std::io;

/// A modification time: opaque, ordered, nanoseconds since 1970 inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mtime(pub i64);

impl Mtime {
    /// Not asked yet.
    pub const UNKNOWN: Mtime = Mtime(i64::MIN);
    /// Asked: there is no such file. Older than any file.
    pub const NONEXISTENT: Mtime = Mtime(i64::MIN + 1);
    /// `-o`: older than any file, yet existing.
    pub const OLD: Mtime = Mtime(i64::MIN + 2);
    /// `-W`, or just remade without a file: newer than any file.
    pub const NEW: Mtime = Mtime(i64::MAX);

    /// Returns whether there is a file (or one is assumed).
    pub fn exists(self) -> bool {
        self > Mtime::NONEXISTENT
    }
}

/// What the view tells of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Modification time.
    pub mtime: Mtime,
    /// Is it a directory?
    pub is_directory: bool,
}

/// The view. Relative paths are taken from the make's directory.
pub struct View {}

impl View {
    /// Returns the view of the disk for a make whose directory is the process's own.
    pub fn of_disk() -> View {
        todo!()
    }

    /// Returns what `path` is now, following symlinks; asks the disk.
    pub fn stat(&mut self, _path: &[u8]) -> io::Result<Stat> {
        todo!()
    }

    /// Returns the latest mtime along the symlinks that `path` names (-L); asks the disk.
    pub fn stat_with_links(&mut self, _path: &[u8]) -> io::Result<Stat> {
        todo!()
    }

    /// Returns whether `path` exists, answered from the cached listing of its directory.
    /// A cached listing is used until [`View::forget`] is told that something may have changed
    /// and the directory's mtime has changed too.
    pub fn exists_cached(&mut self, _path: &[u8]) -> bool {
        todo!()
    }

    /// Says that a command (a recipe line, `$(shell)`, `$(file)`) has run: cached listings are to be
    /// checked before their next use.
    pub fn forget(&mut self) {
        todo!()
    }

    /// Returns the file names that match `pattern` (`*?[]`, `~`, escapes by backslash), sorted by
    /// bytes; empty when nothing matches. A pattern without special characters matches itself if it exists.
    pub fn glob(&mut self, _pattern: &[u8]) -> Vec<BString> {
        todo!()
    }

    /// Returns the whole content of a file.
    pub fn read(&mut self, _path: &[u8]) -> io::Result<Vec<u8>> {
        todo!()
    }

    /// Writes `text` to a file, creating it; `append` as `>>`.
    pub fn write(&mut self, _path: &[u8], _text: &[u8], _mode: WriteMode) -> io::Result<()> {
        todo!()
    }

    /// Sets a file's mtime to now, creating an empty file if there is none (`-t`).
    pub fn touch(&mut self, _path: &[u8]) -> io::Result<()> {
        todo!()
    }

    /// Removes a file.
    pub fn remove(&mut self, _path: &[u8]) -> io::Result<()> {
        todo!()
    }

    /// Returns the absolute path of an existing file without symlinks, `.` and `..`.
    pub fn real_path(&mut self, _path: &[u8]) -> io::Result<BString> {
        todo!()
    }

    /// Returns the mtime (whole seconds) of a member of an archive, NONEXISTENT when absent;
    /// an error when the archive cannot be read or is not one.
    pub fn archive_member(&mut self, _archive: &[u8], _member: &[u8]) -> io::Result<Mtime> {
        todo!()
    }

    /// Returns the names of an archive's members that match a glob pattern.
    pub fn archive_glob(&mut self, _archive: &[u8], _pattern: &[u8]) -> Vec<BString> {
        todo!()
    }

    /// Sets the date of an archive member to now (`-t`).
    pub fn archive_touch(&mut self, _archive: &[u8], _member: &[u8]) -> io::Result<()> {
        todo!()
    }
}

/// How [`View::write`] opens its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteMode {
    /// From the beginning, what was there is lost.
    Truncate,
    /// Behind what is there.
    Append,
}
