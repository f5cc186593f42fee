//! Directories by descriptor: listed, looked at and removed without following a link or building a path.
//! It does not know what lies in them.

use bstr::BString;
use rustix::fs::AtFlags;
use rustix::fs::FileType;
use rustix::fs::Mode;
use rustix::fs::OFlags;
use rustix::fs::RawDir;
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;

/// What lies at a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A character device of this number.
    Device(u64),
    /// Anything else.
    Other,
}

/// The attributes of what lies at a name.
#[derive(Clone, Copy, Debug)]
pub struct Stat {
    /// What it is.
    pub kind: Kind,
    /// Its length.
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
    /// When it was changed, in nanoseconds since the epoch.
    pub mtime: i64,
    /// Its number in the file system.
    pub inode: u64,
    /// How many names it has.
    pub links: u64,
}

fn c_string(name: &[u8]) -> io::Result<CString> {
    CString::new(name).map_err(|_| io::ErrorKind::InvalidInput.into())
}

/// Opens a directory in another one; `.` opens the other one itself.
pub fn open_directory(parent: BorrowedFd<'_>, name: &[u8]) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(
        parent,
        &c_string(name)?,
        flags,
        Mode::empty(),
    )?)
}

/// Opens a file in a directory for reading.
pub fn open_file(parent: BorrowedFd<'_>, name: &[u8]) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    Ok(rustix::fs::openat(parent, &c_string(name)?, flags, Mode::empty())?.into())
}

/// Returns the names in a directory that was just opened, sorted.
pub fn names(directory: &OwnedFd) -> io::Result<Vec<BString>> {
    let mut names = Vec::new();
    each_name(directory, |name, _| names.push(name.into()))?;
    names.sort();
    Ok(names)
}

/// Returns the attributes of a name in a directory.
pub fn stat(parent: BorrowedFd<'_>, name: &[u8]) -> io::Result<Stat> {
    let stat = rustix::fs::statat(parent, &c_string(name)?, AtFlags::SYMLINK_NOFOLLOW)?;
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Directory,
        FileType::Symlink => Kind::Link,
        FileType::CharacterDevice => Kind::Device(stat.st_rdev),
        _ => Kind::Other,
    };
    let seconds = stat.st_mtime.saturating_mul(1_000_000_000);
    Ok(Stat {
        kind,
        size: u64::try_from(stat.st_size).unwrap_or(0),
        mode: stat.st_mode & 0o7777,
        mtime: seconds.saturating_add_unsigned(stat.st_mtime_nsec),
        inode: stat.st_ino,
        links: stat.st_nlink,
    })
}

/// Hands on the names in a directory, without those of itself and its parent, and what lies at each if that is known.
pub fn each_name(directory: &OwnedFd, mut each: impl FnMut(&[u8], Option<Kind>)) -> io::Result<()> {
    // As much as readdir(3) asks for.
    const AT_ONCE: usize = 32 * 1024;
    let mut buffer = Vec::with_capacity(AT_ONCE);
    let mut entries = RawDir::new(directory, buffer.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let kind = match entry.file_type() {
            FileType::Directory => Some(Kind::Directory),
            FileType::Symlink => Some(Kind::Link),
            FileType::RegularFile => Some(Kind::File),
            FileType::Unknown => None,
            _ => Some(Kind::Other),
        };
        match entry.file_name().to_bytes() {
            b"." | b".." => {}
            name => each(name, kind),
        }
    }
    Ok(())
}

/// Returns what a symbolic link in a directory leads to.
pub fn read_link(parent: BorrowedFd<'_>, name: &[u8]) -> io::Result<BString> {
    let target = rustix::fs::readlinkat(parent, &c_string(name)?, Vec::new())?;
    Ok(target.into_bytes().into())
}

/// Returns whether an extended attribute has this value.
pub fn has_attribute(file: &OwnedFd, name: &str, value: &[u8]) -> bool {
    let mut buffer = [0; 16];
    let found = rustix::fs::fgetxattr(file, name, &mut buffer[..]);
    found.is_ok_and(|length| buffer.get(..length) == Some(value))
}

/// Returns how many bytes may still be written to the file system of a directory.
pub fn free_bytes(directory: BorrowedFd<'_>) -> io::Result<u64> {
    let stat = rustix::fs::fstatvfs(directory)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Gives the owner all rights to a directory or file.
pub fn open_up(parent: BorrowedFd<'_>, name: &[u8]) -> io::Result<()> {
    let all = Mode::RWXU;
    Ok(rustix::fs::chmodat(
        parent,
        &c_string(name)?,
        all,
        AtFlags::empty(),
    )?)
}

/// Removes a name from a directory, with all that lies below it.
pub fn remove(parent: BorrowedFd<'_>, name: &[u8]) -> io::Result<()> {
    match rustix::fs::unlinkat(parent, &c_string(name)?, AtFlags::empty()) {
        Err(rustix::io::Errno::ISDIR | rustix::io::Errno::PERM) => remove_directory(parent, name),
        done => Ok(done?),
    }
}

fn remove_directory(parent: BorrowedFd<'_>, name: &[u8]) -> io::Result<()> {
    let directory = open_directory(parent, name).or_else(|_| {
        open_up(parent, name)?;
        open_directory(parent, name)
    })?;
    let mut held: Vec<(BString, bool)> = Vec::new();
    each_name(&directory, |name, kind| {
        held.push((name.into(), kind == Some(Kind::Directory)));
    })?;
    for (inner, is_directory) in held {
        let removed = || match is_directory {
            true => remove_directory(directory.as_fd(), &inner),
            false => remove(directory.as_fd(), &inner),
        };
        match removed() {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                open_up(parent, name)?;
                removed()?;
            }
            done => done?,
        }
    }
    Ok(rustix::fs::unlinkat(
        parent,
        &c_string(name)?,
        AtFlags::REMOVEDIR,
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_tree_is_seen_as_it_is_and_goes_as_a_whole() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().join("top");
        fs::create_dir_all(top.join("a/b")).unwrap();
        fs::write(top.join("a/file"), "12345").unwrap();
        symlink("../elsewhere", top.join("a/link")).unwrap();
        fs::set_permissions(top.join("a/b"), fs::Permissions::from_mode(0o000)).unwrap();
        let root = OwnedFd::from(File::open(dir.path()).unwrap());
        let a = open_directory(root.as_fd(), b"top").unwrap();
        let a = open_directory(a.as_fd(), b"a").unwrap();
        assert_eq!(names(&a).unwrap(), ["b", "file", "link"]);
        let file = stat(a.as_fd(), b"file").unwrap();
        assert_eq!((file.kind, file.size, file.links), (Kind::File, 5, 1));
        assert_eq!(stat(a.as_fd(), b"b").unwrap().mode, 0);
        assert_eq!(read_link(a.as_fd(), b"link").unwrap(), "../elsewhere");
        assert!(open_directory(a.as_fd(), b"link").is_err());
        remove(root.as_fd(), b"top").unwrap();
        assert!(names(&root).unwrap().is_empty());
    }
}
