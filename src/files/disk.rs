//! The file system of the disk, below the process's directory or an open one.
//! It does not know what is cached above it.

use crate::files::Change;
use crate::files::Content;
use crate::files::FileSystem;
use crate::files::Kind;
use crate::files::Links;
use crate::files::Mtime;
use crate::files::Status;
use crate::sys::tree;
use bstr::BString;
use nix::errno::Errno;
use nix::fcntl::AT_FDCWD;
use nix::fcntl::AtFlags;
use nix::fcntl::OFlag;
use nix::sys::stat::FileStat;
use nix::sys::stat::Mode;
use nix::sys::stat::SFlag;
use nix::sys::time::TimeSpec;
use nix::unistd::UnlinkatFlags;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::io::Seek;
use std::io::SeekFrom;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::ffi::OsStringExt;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

/// The disk.
#[derive(Debug)]
pub struct Disk {
    /// Where relative paths begin; None is the process's own directory.
    base: Option<OwnedFd>,
}

impl Disk {
    /// Returns the disk below the process's own directory.
    pub fn here() -> Disk {
        Disk { base: None }
    }

    /// Returns the disk below an open directory.
    pub fn below(directory: OwnedFd) -> Disk {
        Disk {
            base: Some(directory),
        }
    }

    fn base(&self) -> BorrowedFd<'_> {
        self.base.as_ref().map_or(AT_FDCWD, |fd| fd.as_fd())
    }

    fn open_with(&self, path: &[u8], flags: OFlag) -> io::Result<File> {
        let flags = flags | OFlag::O_CLOEXEC;
        let mode = Mode::from_bits_truncate(0o666);
        let fd =
            patiently(|| nix::fcntl::openat(self.base(), OsStr::from_bytes(path), flags, mode))?;
        Ok(File::from(fd))
    }
}

impl FileSystem for Disk {
    fn status(&self, path: &[u8], links: Links) -> io::Result<Status> {
        let flags = match links {
            Links::Follow => AtFlags::empty(),
            Links::Keep => AtFlags::AT_SYMLINK_NOFOLLOW,
        };
        let path = OsStr::from_bytes(path);
        let stat = patiently(|| nix::sys::stat::fstatat(self.base(), path, flags))?;
        Ok(status_of(&stat))
    }

    fn list(&self, path: &[u8], each: &mut dyn FnMut(&[u8], Kind)) -> io::Result<Status> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let path = OsStr::from_bytes(path);
        let dir = patiently(|| nix::fcntl::openat(self.base(), path, flags, Mode::empty()))?;
        let status = status_of(&nix::sys::stat::fstat(&dir)?);
        tree::each_name(&dir, |name, kind| {
            let kind = match kind {
                Some(tree::Kind::Directory) => Kind::Directory,
                Some(tree::Kind::Link) => Kind::Link,
                Some(tree::Kind::File) => Kind::File,
                Some(_) => Kind::Other,
                None => Kind::Unknown,
            };
            each(name, kind);
        })?;
        Ok(status)
    }

    fn read_link(&self, path: &[u8]) -> io::Result<BString> {
        let target = nix::fcntl::readlinkat(self.base(), OsStr::from_bytes(path))?;
        Ok(BString::from(target.into_vec()))
    }

    fn open(&self, path: &[u8]) -> io::Result<Box<dyn Content>> {
        Ok(Box::new(self.open_with(path, OFlag::O_RDONLY)?))
    }

    fn change(&mut self, path: &[u8], change: Change<'_>) -> io::Result<()> {
        let new = OFlag::O_WRONLY | OFlag::O_CREAT;
        match change {
            Change::Replace(text) => self.open_with(path, new | OFlag::O_TRUNC)?.write_all(text),
            Change::Append(text) => self.open_with(path, new | OFlag::O_APPEND)?.write_all(text),
            Change::Patch(offset, text) => {
                let mut file = self.open_with(path, OFlag::O_RDWR)?;
                file.seek(SeekFrom::Start(offset))?;
                file.write_all(text)
            }
            Change::Touch => {
                let file = self.open_with(path, OFlag::O_RDWR | OFlag::O_CREAT)?;
                let now = &TimeSpec::UTIME_NOW;
                Ok(nix::sys::stat::futimens(&file, now, now)?)
            }
            Change::Remove => {
                let path = OsStr::from_bytes(path);
                let flags = UnlinkatFlags::NoRemoveDir;
                Ok(nix::unistd::unlinkat(self.base(), path, flags)?)
            }
        }
    }

    fn directory(&self) -> io::Result<BString> {
        let path = match &self.base {
            None => std::env::current_dir()?.into_os_string(),
            Some(fd) => {
                use std::os::fd::AsRawFd;
                nix::fcntl::readlink(format!("/proc/self/fd/{}", fd.as_raw_fd()).as_str())?
            }
        };
        Ok(BString::from(path.into_vec()))
    }

    fn now(&self) -> Mtime {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let since = since.unwrap_or_default();
        let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
        Mtime::of_file(seconds, i64::from(since.subsec_nanos()))
    }
}

/// Asks again when a signal came between.
fn patiently<T>(mut ask: impl FnMut() -> nix::Result<T>) -> io::Result<T> {
    loop {
        match ask() {
            Err(Errno::EINTR) => {}
            answer => return Ok(answer?),
        }
    }
}

fn status_of(stat: &FileStat) -> Status {
    let kind = match SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT {
        SFlag::S_IFDIR => Kind::Directory,
        SFlag::S_IFLNK => Kind::Link,
        SFlag::S_IFREG => Kind::File,
        _ => Kind::Other,
    };
    Status {
        mtime: Mtime::of_file(stat.st_mtime, stat.st_mtime_nsec),
        changed: Mtime::of_file(stat.st_ctime, stat.st_ctime_nsec),
        kind,
        device: stat.st_dev,
        inode: stat.st_ino,
        size: u64::try_from(stat.st_size).unwrap_or(0),
    }
}
