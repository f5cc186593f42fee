//! Directories reached from the root by their names alone: no symbolic link is followed on the way.
//! It does not know what is done there.

use bstr::BString;
use rustix::fs::AtFlags;
use rustix::fs::FileType;
use rustix::fs::Mode;
use rustix::fs::OFlags;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;
use std::time::SystemTime;

/// A directory to go through needs no right to be read.
#[cfg(target_os = "linux")]
const WAY: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const WAY: OFlags = OFlags::RDONLY;

/// How many names are tried for a new file.
const TRIES: u32 = 100;

/// A directory.
#[derive(Debug)]
pub struct Directory(OwnedFd);

impl Directory {
    /// Opens the directory of an absolute path.
    ///
    /// # Errors
    /// There is none, or the way there leads through a link.
    pub fn open(path: &[u8]) -> io::Result<Directory> {
        Directory::walk(path, |directory, name| directory.inner(name))
    }

    /// Opens the directory of an absolute path; what is missing of it is made.
    ///
    /// # Errors
    /// It cannot be made, or the way there leads through a link.
    pub fn make(path: &[u8]) -> io::Result<Directory> {
        Directory::walk(path, |directory, name| match directory.inner(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                directory.make_directory(name)?;
                directory.inner(name)
            }
            inner => inner,
        })
    }

    fn walk(
        path: &[u8],
        step: impl Fn(&Directory, &[u8]) -> io::Result<Directory>,
    ) -> io::Result<Directory> {
        let flags = WAY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let mut directory = Directory(rustix::fs::open("/", flags, Mode::empty())?);
        let Some(path) = path.strip_prefix(b"/") else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        for name in path
            .split(|byte| *byte == b'/')
            .filter(|name| !name.is_empty())
        {
            directory = step(&directory, name)?;
        }
        Ok(directory)
    }

    fn inner(&self, name: &[u8]) -> io::Result<Directory> {
        if matches!(name, b"." | b"..") {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let flags = WAY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Directory(rustix::fs::openat(
            &self.0,
            name,
            flags,
            Mode::empty(),
        )?))
    }

    /// Makes a directory in it.
    pub fn make_directory(&self, name: &[u8]) -> io::Result<()> {
        Ok(rustix::fs::mkdirat(
            &self.0,
            name,
            Mode::from_raw_mode(0o777),
        )?)
    }

    /// Returns whether a name in it is that of a directory.
    pub fn has_directory(&self, name: &[u8]) -> bool {
        let stat = rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW);
        stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory)
    }

    /// Sets the permission bits of a directory in it.
    pub fn set_mode(&self, name: &[u8], mode: u32) -> io::Result<()> {
        let mode = Mode::from_raw_mode(mode & 0o7777);
        Ok(rustix::fs::chmodat(&self.0, name, mode, AtFlags::empty())?)
    }

    /// Returns a new file in it that is open for writing, and its name: `prefix` and a number.
    pub fn new_file(&self, prefix: &[u8]) -> io::Result<(File, BString)> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(0o600);
        for _ in 0..TRIES {
            let name = unused(prefix);
            match rustix::fs::openat(&self.0, &name[..], flags, mode) {
                Ok(file) => return Ok((file.into(), name)),
                Err(rustix::io::Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Makes a symbolic link in it, in the place of anything but a directory.
    pub fn put_link(&self, to: &[u8], name: &[u8], prefix: &[u8]) -> io::Result<()> {
        self.put(name, prefix, |new| {
            Ok(rustix::fs::symlinkat(to, &self.0, new)?)
        })
    }

    /// Makes another name of a file in it, in the place of anything but a directory.
    pub fn put_name(
        &self,
        (other, of): (&Directory, &[u8]),
        name: &[u8],
        prefix: &[u8],
    ) -> io::Result<()> {
        self.put(name, prefix, |new| {
            Ok(rustix::fs::linkat(
                &other.0,
                of,
                &self.0,
                new,
                AtFlags::empty(),
            )?)
        })
    }

    /// Makes something under a name of its own, and then puts it into its place.
    fn put(
        &self,
        name: &[u8],
        prefix: &[u8],
        make: impl Fn(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let new = unused(prefix);
        let made = make(&new).and_then(|()| self.put_file((self, &new), name));
        // Two names of one file: rename(2) leaves both.
        let _ = rustix::fs::unlinkat(&self.0, &new[..], AtFlags::empty());
        made
    }

    /// Moves a file of a directory to a name in this one.
    pub fn put_file(&self, (from, of): (&Directory, &[u8]), name: &[u8]) -> io::Result<()> {
        Ok(rustix::fs::renameat(&from.0, of, &self.0, name)?)
    }
}

impl AsFd for Directory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Returns a name that is hardly one already.
fn unused(prefix: &[u8]) -> BString {
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let time = time.map_or(0, |time| time.as_nanos());
    let number = format!("{:x}-{time:x}", std::process::id());
    [prefix, number.as_bytes()].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    #[test]
    fn no_way_leads_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("file"), "").unwrap();
        symlink("a", root.join("link")).unwrap();
        symlink("/", root.join("a/out")).unwrap();
        let path = |name: &str| root.join(name).as_os_str().as_bytes().to_vec();
        assert!(Directory::open(&path("a/b")).is_ok());
        assert!(Directory::open(&path("new")).is_err());
        for name in [
            "link",
            "link/b",
            "a/out",
            "a/out/tmp",
            "file",
            "a/../a",
            "a/.",
            "file/x",
        ] {
            assert!(Directory::open(&path(name)).is_err(), "{name}");
            assert!(Directory::make(&path(name)).is_err(), "{name}");
        }
        assert!(Directory::open(b"relative").is_err());
        assert!(Directory::make(&path("new/deep")).is_ok());
        assert!(root.join("new/deep").is_dir());
    }

    #[test]
    fn things_are_put_in_the_place_of_others() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let directory = Directory::open(root.as_os_str().as_bytes()).unwrap();
        fs::write(root.join("x"), "old").unwrap();
        fs::write(root.join("y"), "old").unwrap();
        directory.put_link(b"/nowhere", b"x", b".new-").unwrap();
        assert_eq!(
            fs::read_link(root.join("x")).unwrap().as_os_str(),
            "/nowhere"
        );
        let (_file, name) = directory.new_file(b".new-").unwrap();
        directory.put_file((&directory, &name), b"x").unwrap();
        directory
            .put_name((&directory, b"x"), b"y", b".new-")
            .unwrap();
        directory
            .put_name((&directory, b"x"), b"y", b".new-")
            .unwrap();
        directory.make_directory(b"d").unwrap();
        assert!(directory.has_directory(b"d") && !directory.has_directory(b"x"));
        assert!(directory.put_link(b"x", b"d", b".new-").is_err());
        let mut names: Vec<_> = fs::read_dir(&root)
            .unwrap()
            .flatten()
            .map(|one| one.file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["d", "x", "y"]);
    }
}
