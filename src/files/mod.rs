//! The one view of the file system: every question and every change of the engine goes through it.
//! It does not know rules, recipes or hosts.

use crate::error::Notice;
use crate::files::archive::Archives;
use crate::files::directory::Directories;
use crate::files::directory::Listed;
use crate::files::disk::Disk;
use crate::files::pattern::Charset;
use bstr::BString;
use nix::errno::Errno;
use std::io;
use std::io::Read;
use std::io::Seek;

pub mod archive;
pub mod directory;
pub mod disk;
pub mod glob;
pub mod memory;
pub mod pattern;

#[cfg(test)]
mod tests;

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

    /// Returns the time of a real file, kept apart from the special values.
    pub fn of_file(seconds: i64, nanoseconds: i64) -> Mtime {
        let time = seconds
            .saturating_mul(1_000_000_000)
            .saturating_add(nanoseconds);
        Mtime(time.clamp(Mtime::OLD.0 + 1, Mtime::NEW.0 - 1))
    }
}

/// What the view tells of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Modification time.
    pub mtime: Mtime,
    /// What it is; never Unknown.
    pub kind: Kind,
}

/// What a name in a directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A regular file.
    File,
    /// A device, socket or fifo.
    Other,
    /// The directory's listing does not say.
    Unknown,
}

/// Whether a question is about a symbolic link or about what it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// The file at the end of the links.
    Follow,
    /// The link itself.
    Keep,
}

/// What a file system tells of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Modification time.
    pub mtime: Mtime,
    /// Time of the last change of any kind; cannot be set by users.
    pub changed: Mtime,
    /// What it is; never Unknown.
    pub kind: Kind,
    /// The device that holds it.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
    /// Length in bytes.
    pub size: u64,
}

impl Status {
    /// Returns the later of the two times.
    pub fn latest(&self) -> Mtime {
        self.mtime.max(self.changed)
    }
}

/// An open file.
pub trait Content: Read + Seek {}

impl<T: Read + Seek> Content for T {}

/// One change of one file.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a> {
    /// The file holds this text, nothing else; it is made if there is none.
    Replace(&'a [u8]),
    /// This text goes behind what is there; the file is made if there is none.
    Append(&'a [u8]),
    /// This text goes over what is at the offset of an existing file.
    Patch(u64, &'a [u8]),
    /// The mtime becomes now; an empty file is made if there is none.
    Touch,
    /// The name is gone; not for directories.
    Remove,
}

/// What answers the view: the disk, or files in memory. Relative paths are taken from one directory.
pub trait FileSystem: Send {
    /// Returns what `path` is now.
    fn status(&self, path: &[u8], links: Links) -> io::Result<Status>;
    /// Calls `each` with every name in a directory but `.` and `..`, in any order. Returns what the
    /// directory was before the first name was read.
    fn list(&self, path: &[u8], each: &mut dyn FnMut(&[u8], Kind)) -> io::Result<Status>;
    /// Returns what a symbolic link holds.
    fn read_link(&self, path: &[u8]) -> io::Result<BString>;
    /// Opens a file for reading.
    fn open(&self, path: &[u8]) -> io::Result<Box<dyn Content>>;
    /// Changes a file: all changes come here.
    fn change(&mut self, path: &[u8], change: Change<'_>) -> io::Result<()>;
    /// Returns the absolute path of the directory that relative paths are taken from.
    fn directory(&self) -> io::Result<BString>;
    /// Returns the present time of the clock that stamps files.
    fn now(&self) -> Mtime;
}

/// The view. Relative paths are taken from the make's directory.
pub struct View {
    files: Box<dyn FileSystem>,
    directories: Directories,
    archives: Archives,
    /// What `~` stands for: the makefile's variable `HOME`, empty when it has none. Its owner keeps it current.
    pub home: BString,
    /// What one character is to `?` and `[…]`.
    pub charset: Charset,
}

impl View {
    /// Returns the view of the disk for a make whose directory is the process's own.
    pub fn of_disk() -> View {
        View::new(Box::new(Disk::here()))
    }

    /// Returns a view of any file system.
    pub fn new(files: Box<dyn FileSystem>) -> View {
        View {
            files,
            directories: Directories::default(),
            archives: Archives::default(),
            home: BString::default(),
            charset: Charset::Bytes,
        }
    }

    /// Returns what `path` is now, following symlinks; asks the disk.
    pub fn stat(&mut self, path: &[u8]) -> io::Result<Stat> {
        let status = self.files.status(path, Links::Follow)?;
        Ok(Stat {
            mtime: status.mtime,
            kind: status.kind,
        })
    }

    /// Returns the latest mtime along the symlinks that `path` names (-L); asks the disk. A link that
    /// leads nowhere exists here, as old as itself.
    pub fn stat_with_links(&mut self, path: &[u8]) -> io::Result<Stat> {
        let end = match self.files.status(path, Links::Follow) {
            Ok(status) => Some(status),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let mut latest = end.map_or(Mtime::NONEXISTENT, |status| status.mtime);
        let mut name = BString::from(path);
        for _ in 0..MAX_LINKS {
            match self.files.status(&name, Links::Keep) {
                Ok(status) if status.kind == Kind::Link => latest = latest.max(status.mtime),
                Ok(_) => break,
                Err(error) if latest == Mtime::NONEXISTENT => return Err(error),
                Err(_) => break,
            }
            let target = self.files.read_link(&name)?;
            name = beside(&name, &target);
        }
        Ok(Stat {
            mtime: latest,
            kind: end.map_or(Kind::Link, |status| status.kind),
        })
    }

    /// Returns whether `path` exists, answered from the cached listing of its directory; a link that
    /// leads nowhere exists. A cached listing is used until [`View::forget`] is told that something may
    /// have changed and the directory's mtime has changed too.
    pub fn exists_cached(&mut self, path: &[u8]) -> bool {
        self.directories.contains(&*self.files, path)
    }

    /// The same for a path that is known to be this name in this directory.
    pub fn exists_in(&mut self, directory: &[u8], name: &[u8], path: &[u8]) -> bool {
        self.directories
            .contains_in(&*self.files, directory, name, path)
    }

    /// Returns what is known of the directory that `path` is in, without asking for each name.
    pub fn listed(&mut self, path: &[u8]) -> Listed<'_> {
        self.directories.listed(&*self.files, path)
    }

    /// Returns a number that changes whenever listings may have become old.
    pub fn generation(&self) -> u64 {
        self.directories.generation()
    }

    /// Says that a command (a recipe line, `$(shell)`, `$(file)`) has run: cached listings are to be
    /// checked before their next use.
    pub fn forget(&mut self) {
        self.directories.forget();
        self.archives.forget();
    }

    /// Returns the whole content of a file.
    pub fn read(&mut self, path: &[u8]) -> io::Result<Vec<u8>> {
        self.read_and_hold(path).map(|(text, _)| text)
    }

    /// Returns a file's content and the file, still open.
    ///
    /// # Errors
    /// As the system reports them.
    pub fn read_and_hold(&mut self, path: &[u8]) -> io::Result<(Vec<u8>, Box<dyn Content>)> {
        let mut text = Vec::with_capacity(AT_FIRST);
        let mut file = self.files.open(path)?;
        // Without the question how long the file is and where it stands: two system calls for nothing.
        file.by_ref().take(u64::MAX).read_to_end(&mut text)?;
        Ok((text, file))
    }

    /// Writes `text` to a file, creating it; `append` as `>>`.
    pub fn write(&mut self, path: &[u8], text: &[u8], mode: WriteMode) -> io::Result<()> {
        let change = match mode {
            WriteMode::Truncate => Change::Replace(text),
            WriteMode::Append => Change::Append(text),
        };
        self.change(path, change)
    }

    /// Sets a file's mtime to now, creating an empty file if there is none (`-t`). The error is the
    /// message GNU make prints.
    pub fn touch(&mut self, path: &[u8]) -> Result<(), Notice> {
        self.change(path, Change::Touch)
            .map_err(|error| Notice::TouchFailed {
                file: path.into(),
                reason: crate::error::reason(&error),
            })
    }

    /// Removes a file.
    pub fn remove(&mut self, path: &[u8]) -> io::Result<()> {
        self.change(path, Change::Remove)
    }

    fn change(&mut self, path: &[u8], change: Change<'_>) -> io::Result<()> {
        self.forget();
        self.files.change(path, change)
    }

    /// Returns the absolute path of an existing file without symlinks, `.` and `..`.
    pub fn real_path(&mut self, path: &[u8]) -> io::Result<BString> {
        if path.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let mut done = match path[0] {
            b'/' => BString::default(),
            _ => self.files.directory()?,
        };
        if done == "/" {
            done.clear();
        }
        // What is still to be walked, its first component last.
        let mut ahead = components(path);
        let mut links = 0;
        while let Some(name) = ahead.pop() {
            match name.as_slice() {
                b"" | b"." => {
                    self.require_directory(&done)?;
                    continue;
                }
                b".." => {
                    self.require_directory(&done)?;
                    let parent = memchr::memrchr(b'/', &done).unwrap_or(0);
                    done.truncate(parent);
                    continue;
                }
                _ => {}
            }
            let kept = done.len();
            done.push(b'/');
            done.extend_from_slice(&name);
            if self.files.status(&done, Links::Keep)?.kind != Kind::Link {
                continue;
            }
            links += 1;
            if links > MAX_LINKS {
                return Err(Errno::ELOOP.into());
            }
            let target = self.files.read_link(&done)?;
            done.truncate(if target.starts_with(b"/") { 0 } else { kept });
            ahead.extend(components(&target));
        }
        if done.is_empty() {
            done.push(b'/');
        }
        Ok(done)
    }

    fn require_directory(&self, path: &[u8]) -> io::Result<()> {
        let path = if path.is_empty() { b"/" } else { path };
        match self.files.status(path, Links::Follow)?.kind {
            Kind::Directory => Ok(()),
            _ => Err(io::ErrorKind::NotADirectory.into()),
        }
    }
}

/// The kernel's own limit on links in one path.
const MAX_LINKS: usize = 40;

/// Room for a file of usual length.
const AT_FIRST: usize = 8 * 1024;

/// Returns where a link at `name` that holds `target` leads.
fn beside(name: &[u8], target: &[u8]) -> BString {
    let mut path = BString::default();
    if !target.starts_with(b"/") {
        let directory = memchr::memrchr(b'/', name).map_or(0, |slash| slash + 1);
        path.extend_from_slice(&name[..directory]);
    }
    path.extend_from_slice(target);
    path
}

/// Returns the parts between slashes, the last one first; empty ones only at the end of the path,
/// where they ask for a directory.
fn components(path: &[u8]) -> Vec<BString> {
    let mut parts: Vec<BString> = path
        .split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty())
        .map(BString::from)
        .collect();
    if path.ends_with(b"/") {
        parts.push(BString::default());
    }
    parts.reverse();
    parts
}

/// How [`View::write`] opens its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteMode {
    /// From the beginning, what was there is lost.
    Truncate,
    /// Behind what is there.
    Append,
}
