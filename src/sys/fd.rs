//! Descriptors: pipes, fifos, locks, temporary files; and which of the standard ones were open at the start.
//! It does not know what flows through them.
#![allow(unsafe_code)]

use crate::sys::signal;
use bstr::BString;
use std::ffi::CString;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::fd::AsRawFd;
use std::os::fd::FromRawFd;
use std::os::fd::OwnedFd;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::time::Duration;

fn c_string(bytes: &[u8]) -> io::Result<CString> {
    CString::new(bytes).map_err(|_| io::Error::from_raw_os_error(libc::ENOENT))
}

fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    match result {
        -1 => Err(io::Error::last_os_error()),
        result => Ok(result),
    }
}

/// Returns the number of a descriptor.
pub fn raw(descriptor: &impl AsRawFd) -> RawFd {
    descriptor.as_raw_fd()
}

/// Returns a path of the file system for bytes.
pub fn path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

/// Returns a new pipe's reading and writing end, both close-on-exec.
pub fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [0; 2];
    // SAFETY: `ends` has room for two descriptors; on success both are ours alone.
    unsafe {
        check(libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC))?;
        Ok((OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])))
    }
}

/// Makes the kernel ask now and then whether the other end of a silent connection is still there, and give it up
/// after half a minute without an answer.
pub fn keep_alive(socket: &impl AsRawFd) -> io::Result<()> {
    let settings = [
        (libc::SOL_SOCKET, libc::SO_KEEPALIVE, 1),
        (libc::IPPROTO_TCP, libc::TCP_KEEPIDLE, 15),
        (libc::IPPROTO_TCP, libc::TCP_KEEPINTVL, 5),
        (libc::IPPROTO_TCP, libc::TCP_KEEPCNT, 3),
    ];
    for (level, name, value) in settings {
        let value: libc::c_int = value;
        let size = size_of::<libc::c_int>() as libc::socklen_t;
        // SAFETY: the value is an int that lives through the call, and the size is an int's.
        check(unsafe {
            libc::setsockopt(
                socket.as_raw_fd(),
                level,
                name,
                (&raw const value).cast(),
                size,
            )
        })?;
    }
    Ok(())
}

/// Makes a named pipe that only the user may open.
pub fn make_fifo(path: &[u8]) -> io::Result<()> {
    let path = c_string(path)?;
    // SAFETY: the path is NUL-ended.
    check(unsafe { libc::mkfifo(path.as_ptr(), 0o600) })?;
    Ok(())
}

/// For [`open`]: for reading, never waiting for a byte nor for a writer.
pub const READ_NON_BLOCKING: i32 = libc::O_RDONLY | libc::O_NONBLOCK;
/// For [`open`]: for writing.
pub const WRITE: i32 = libc::O_WRONLY;
/// For [`open`]: for reading and writing.
pub const READ_WRITE: i32 = libc::O_RDWR;

/// Opens a file with the flags of open(2), close-on-exec.
pub fn open(path: &[u8], flags: i32) -> io::Result<OwnedFd> {
    let path = c_string(path)?;
    // SAFETY: the path is NUL-ended; on success the descriptor is ours alone.
    unsafe {
        let descriptor = check(libc::open(path.as_ptr(), flags | libc::O_CLOEXEC, 0o600))?;
        Ok(OwnedFd::from_raw_fd(descriptor))
    }
}

/// Returns the path of the terminal that a descriptor is, None if it is none.
pub fn terminal(descriptor: &impl AsFd) -> Option<BString> {
    let path = nix::unistd::ttyname(descriptor).ok()?;
    Some(BString::from(path.into_os_string().into_vec()))
}

/// Returns whether a file can be executed: an error says why not. A directory is denied.
pub fn may_execute(path: &[u8]) -> io::Result<()> {
    let path = c_string(path)?;
    // SAFETY: the path is NUL-ended; the stat is filled by the call before it is read.
    unsafe {
        let mut stat: libc::stat = std::mem::zeroed();
        check(libc::stat(path.as_ptr(), &mut stat))?;
        if stat.st_mode & libc::S_IFMT == libc::S_IFDIR {
            return Err(io::Error::from_raw_os_error(libc::EACCES));
        }
        check(libc::access(path.as_ptr(), libc::X_OK))?;
    }
    Ok(())
}

/// Returns why this process may not make a directory its own, if it may not.
pub fn may_enter(path: &[u8]) -> io::Result<()> {
    let stat = rustix::fs::stat(path)?;
    if rustix::fs::FileType::from_raw_mode(stat.st_mode) != rustix::fs::FileType::Directory {
        return Err(io::Error::from_raw_os_error(libc::ENOTDIR));
    }
    Ok(rustix::fs::access(path, rustix::fs::Access::EXEC_OK)?)
}

/// What tells one file from all others of this machine: its device and its inode.
pub type FileId = (u64, u64);

/// Returns which file stands behind a path, symbolic links followed.
pub fn id(path: &[u8]) -> io::Result<FileId> {
    let stat = rustix::fs::stat(path)?;
    Ok((stat.st_dev, stat.st_ino))
}

/// Returns the error "No such file or directory".
pub fn not_found() -> io::Error {
    io::Error::from_raw_os_error(libc::ENOENT)
}

/// Returns the error of a program that may not be run.
pub fn denied() -> io::Error {
    io::Error::from_raw_os_error(libc::EACCES)
}

/// Returns whether the error says that a file is no program the kernel knows: it may be a shell script.
pub fn is_not_a_program(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ENOEXEC)
}

/// Returns whether the error says that arguments and environment are too long.
pub fn is_too_long(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::E2BIG)
}

/// Returns whether `descriptor` is open.
pub fn is_open(descriptor: RawFd) -> bool {
    // SAFETY: no memory is touched.
    unsafe { libc::fcntl(descriptor, libc::F_GETFD) != -1 }
}

/// Sets or clears close-on-exec of a descriptor that was inherited by number.
pub fn set_close_on_exec(descriptor: RawFd, on: bool) -> io::Result<()> {
    let flags = match on {
        true => libc::FD_CLOEXEC,
        false => 0,
    };
    // SAFETY: no memory is touched.
    check(unsafe { libc::fcntl(descriptor, libc::F_SETFD, flags) })?;
    Ok(())
}

/// Closes what an exec would close: all descriptors with close-on-exec.
pub fn close_as_exec() -> io::Result<()> {
    let open: Vec<RawFd> = std::fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    for descriptor in open {
        // SAFETY: no memory is touched; whoever has such a descriptor in this process must not use it any more.
        unsafe {
            let flags = libc::fcntl(descriptor, libc::F_GETFD);
            if flags != -1 && flags & libc::FD_CLOEXEC != 0 {
                libc::close(descriptor);
            }
        }
    }
    Ok(())
}

/// Lets reads and writes return at once when they would have to wait.
pub fn set_non_blocking(descriptor: &impl AsFd) -> io::Result<()> {
    let flags = rustix::fs::fcntl_getfl(descriptor)?;
    Ok(rustix::fs::fcntl_setfl(
        descriptor,
        flags | rustix::fs::OFlags::NONBLOCK,
    )?)
}

/// Reads at most `buffer.len()` bytes by number; 0 at the end of the file.
pub fn read(descriptor: RawFd, buffer: &mut [u8]) -> io::Result<usize> {
    // SAFETY: the buffer is valid for its length.
    let count = unsafe { libc::read(descriptor, buffer.as_mut_ptr().cast(), buffer.len()) };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

/// Writes bytes by number.
pub fn write(descriptor: RawFd, buffer: &[u8]) -> io::Result<usize> {
    // SAFETY: the buffer is valid for its length.
    let count = unsafe { libc::write(descriptor, buffer.as_ptr().cast(), buffer.len()) };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

/// Returns whether two open descriptors are the same file (both standard streams on one terminal, say).
pub fn same_file(one: RawFd, other: RawFd) -> bool {
    let stat = |descriptor| {
        // SAFETY: a zeroed stat is a valid place for fstat to fill.
        unsafe {
            let mut stat: libc::stat = std::mem::zeroed();
            (libc::fstat(descriptor, &mut stat) == 0).then_some((stat.st_dev, stat.st_ino))
        }
    };
    stat(one).is_some() && stat(one) == stat(other)
}

/// Returns a new file open for reading and appending in `directory`, already removed there; a signal comes before or after.
pub fn unnamed_file(directory: &[u8]) -> io::Result<File> {
    signal::whole(|| {
        let (file, name) = named_file(directory, b"Gm")?;
        std::fs::remove_file(path(&name))?;
        Ok(file)
    })
}

/// Returns a new file without a name, open for reading and for writing anywhere in it.
pub fn spool_file(directory: &[u8]) -> io::Result<File> {
    use nix::fcntl;
    let file = unnamed_file(directory)?;
    // What is open for appending has all writes at its end, also those that say where (pwrite(2)).
    fcntl::fcntl(&file, fcntl::FcntlArg::F_SETFL(fcntl::OFlag::empty()))?;
    Ok(file)
}

/// Returns a new file that is nowhere but in memory.
#[cfg(target_os = "linux")]
pub fn memory_file() -> io::Result<File> {
    let flags = rustix::fs::MemfdFlags::CLOEXEC;
    let file = rustix::fs::memfd_create("rmake", flags)?;
    Ok(File::from(file))
}

/// Returns a new file that is nowhere but in memory, or has no name.
#[cfg(not(target_os = "linux"))]
pub fn memory_file() -> io::Result<File> {
    spool_file(b"/tmp")
}

/// Returns a new file open for reading and appending in `directory` and its path: `prefix` and six random characters.
pub fn named_file(directory: &[u8], prefix: &[u8]) -> io::Result<(File, BString)> {
    let mut template = directory.to_vec();
    if !template.ends_with(b"/") {
        template.push(b'/');
    }
    template.extend_from_slice(prefix);
    template.extend_from_slice(b"XXXXXX\0");
    // SAFETY: the template is NUL-ended and ours; mkostemp changes its last characters in place.
    let file = unsafe {
        let descriptor = check(libc::mkostemp(
            template.as_mut_ptr().cast(),
            libc::O_CLOEXEC | libc::O_APPEND,
        ))?;
        File::from_raw_fd(descriptor)
    };
    template.pop();
    Ok((file, BString::from(template)))
}

/// Locks a whole file for this process, waiting for others; unlocked by [`unlock`] or when any descriptor of the file is closed.
pub fn lock(file: RawFd) -> io::Result<()> {
    loop {
        match lock_call(file, libc::F_WRLCK) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Gives a lock back.
pub fn unlock(file: RawFd) -> io::Result<()> {
    lock_call(file, libc::F_UNLCK)
}

fn lock_call(file: RawFd, kind: libc::c_int) -> io::Result<()> {
    // SAFETY: flock is plain data; a zeroed one with a type and SEEK_SET means the whole file.
    unsafe {
        let mut lock: libc::flock = std::mem::zeroed();
        lock.l_type = libc::c_short::try_from(kind).expect("lock kinds are small constants");
        lock.l_whence =
            libc::c_short::try_from(libc::SEEK_SET).expect("SEEK_SET is a small constant");
        check(libc::fcntl(file, libc::F_SETLKW, &lock))?;
    }
    Ok(())
}

/// Why [`wait`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// Some descriptor can be read (or has come to its end).
    Readable,
    /// A signal came.
    Signal,
    /// The time is over.
    TimedOut,
}

/// Returns whether something can be read now, the end included.
pub fn is_readable(descriptor: &impl AsRawFd) -> bool {
    let mut polled = libc::pollfd {
        fd: descriptor.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: it is one valid entry, during the call.
    unsafe { libc::poll(&mut polled, 1, 0) == 1 }
}

/// Waits until one of `descriptors` can be read, a signal comes (signals are let in only here) or the time is over.
pub fn wait(descriptors: &[RawFd], time: Option<Duration>) -> Waited {
    ppoll(descriptors, time, &signal::waiting_mask())
}

/// Waits until one of `descriptors` can be read or the time is over; no signal is let in.
pub fn wait_alone(descriptors: &[RawFd], time: Option<Duration>) -> Waited {
    ppoll(descriptors, time, std::ptr::null())
}

fn ppoll(descriptors: &[RawFd], time: Option<Duration>, mask: *const libc::sigset_t) -> Waited {
    let mut polled: smallvec::SmallVec<[libc::pollfd; 4]> = descriptors
        .iter()
        .map(|fd| libc::pollfd {
            fd: *fd,
            events: libc::POLLIN,
            revents: 0,
        })
        .collect();
    let time = time.map(|time| libc::timespec {
        tv_sec: libc::time_t::try_from(time.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: libc::c_long::from(time.subsec_nanos()),
    });
    let time = time.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: the vector, the time and the mask, if there is one, are valid during the call.
    let count = unsafe {
        libc::ppoll(
            polled.as_mut_ptr(),
            polled.len() as libc::nfds_t,
            time,
            mask,
        )
    };
    match count {
        -1 => Waited::Signal,
        0 => Waited::TimedOut,
        _ => Waited::Readable,
    }
}

/// Sends as many bytes on a socket as it takes without waiting.
///
/// # Errors
/// It takes none; `WouldBlock` if it is full.
pub fn send_now(socket: &OwnedFd, bytes: &[u8]) -> io::Result<usize> {
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    let (bytes, length) = (bytes.as_ptr().cast(), bytes.len());
    // SAFETY: the buffer is valid for its length.
    let count = unsafe { libc::send(socket.as_raw_fd(), bytes, length, flags) };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

/// Receives bytes from a socket, 0 at its end; without `waits` an error of kind `WouldBlock` where there are none yet.
/// With it the socket's own deadline counts, if it has one.
pub fn receive(socket: RawFd, bytes: &mut [u8], waits: bool) -> io::Result<usize> {
    let flags = if waits { 0 } else { libc::MSG_DONTWAIT };
    loop {
        // SAFETY: the buffer is valid for its length.
        let count = unsafe { libc::recv(socket, bytes.as_mut_ptr().cast(), bytes.len(), flags) };
        match usize::try_from(count) {
            Ok(count) => return Ok(count),
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
}

/// Removes a file, telling nothing.
pub fn remove(path: &[u8]) {
    let _ = std::fs::remove_file(OsStr::from_bytes(path));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::io::Seek;
    use std::io::Write;

    #[test]
    fn a_temporary_file_can_be_read_back_and_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().as_os_str().as_bytes();
        let mut file = unnamed_file(place).unwrap();
        file.write_all(b"text").unwrap();
        file.rewind().unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "text");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        assert!(unnamed_file(b"/nonexistent").is_err());
    }

    #[test]
    fn the_two_ends_of_a_pipe_are_one_file_and_two_pipes_are_not() {
        let (read, write) = pipe().unwrap();
        let (other, _) = pipe().unwrap();
        assert!(same_file(raw(&read), raw(&write)));
        assert!(!same_file(raw(&read), raw(&other)));
        assert_eq!(wait(&[raw(&read)], Some(Duration::ZERO)), Waited::TimedOut);
        assert_eq!(crate::sys::fd::write(raw(&write), b"x").unwrap(), 1);
        assert_eq!(wait(&[raw(&read)], None), Waited::Readable);
    }
}
