//! Requests for locks on files (flock(2), fcntl(2)), of this process's children and theirs: each is noticed before it is
//! granted, by a filter of system calls (seccomp(2)) that lets everything through. It does not know what is done about them.
#![allow(unsafe_code)]

use crate::sys::process::Pid;
use bstr::BString;
use std::io;
use std::os::fd::AsRawFd;
use std::os::fd::FromRawFd;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What the kernel calls this kind of machine (linux/audit.h); None: nothing is noticed.
const MACHINE: Option<u32> = if cfg!(target_arch = "x86_64") {
    Some(0xc000_003e)
} else if cfg!(target_arch = "aarch64") {
    Some(0xc000_00b7)
} else {
    None
};

/// Where things are in what a filter sees (struct seccomp_data), on machines with the low byte first.
const NUMBER: u32 = 0;
const MACHINE_AT: u32 = 4;
const SECOND_ARGUMENT: u32 = 24;

/// fcntl(2)'s commands that ask for a lock: F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW.
const COMMANDS: [u32; 4] = [6, 7, 37, 38];

const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
const IS_EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
const HAS_BIT: u16 = (libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K) as u16;
const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

/// Begins to notice. This process has a single thread, has given up privileges by exec, and takes no locks. Returns what
/// can be read when there is a request: [`next`] takes it.
///
/// # Errors
/// The kernel does not do that.
pub fn notice() -> io::Result<OwnedFd> {
    let machine = MACHINE.ok_or(io::ErrorKind::Unsupported)?;
    let mut filter = filter(machine);
    let program = libc::sock_fprog {
        len: u16::try_from(filter.len()).unwrap_or(0),
        filter: filter.as_mut_ptr(),
    };
    let flags = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | libc::SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    // SAFETY: the program is valid during the call, which copies it, and returns a descriptor made for us.
    unsafe {
        let set = libc::c_ulong::from(libc::SECCOMP_SET_MODE_FILTER);
        match libc::syscall(libc::SYS_seccomp, set, flags, &raw const program) {
            -1 => Err(io::Error::last_os_error()),
            made => Ok(OwnedFd::from_raw_fd(
                i32::try_from(made).map_err(io::Error::other)?,
            )),
        }
    }
}

/// A filter that stops at requests for locks, not where one is given back, and lets all else go on.
fn filter(machine: u32) -> Vec<libc::sock_filter> {
    let step = |code, k, jt, jf| libc::sock_filter { code, jt, jf, k };
    let number = |call: libc::c_long| u32::try_from(call).unwrap_or(u32::MAX);
    let [one, two, three, four] = COMMANDS;
    let unlock = libc::LOCK_UN.unsigned_abs();
    vec![
        step(LOAD, MACHINE_AT, 0, 0),
        step(IS_EQUAL, machine, 0, 10),
        step(LOAD, NUMBER, 0, 0),
        step(IS_EQUAL, number(libc::SYS_flock), 6, 0),
        step(IS_EQUAL, number(libc::SYS_fcntl), 0, 7),
        step(LOAD, SECOND_ARGUMENT, 0, 0),
        step(IS_EQUAL, one, 6, 0),
        step(IS_EQUAL, two, 5, 0),
        step(IS_EQUAL, three, 4, 0),
        step(IS_EQUAL, four, 3, 2),
        step(LOAD, SECOND_ARGUMENT, 0, 0),
        step(HAS_BIT, unlock, 0, 1),
        step(RETURN, libc::SECCOMP_RET_ALLOW, 0, 0),
        step(RETURN, libc::SECCOMP_RET_USER_NOTIF, 0, 0),
    ]
}

/// Takes a request and lets it go on. Returns the path of what it is for, None if that is no file that others may open, too.
pub fn next(noticed: &OwnedFd) -> Option<BString> {
    let raw = noticed.as_raw_fd();
    // SAFETY: both are plain numbers, and of the sizes that the requests to the kernel name.
    unsafe {
        let mut request: libc::seccomp_notif = std::mem::zeroed();
        if libc::ioctl(raw, libc::SECCOMP_IOCTL_NOTIF_RECV, &raw mut request) != 0 {
            return None;
        }
        let pid = Pid::try_from(request.pid).unwrap_or(0);
        let path = shared_file(pid, request.data.args[0] as i32);
        let mut answer: libc::seccomp_notif_resp = std::mem::zeroed();
        answer.id = request.id;
        answer.flags = u32::try_from(libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE).unwrap_or(0);
        // One that is gone by now needs no answer.
        libc::ioctl(raw, libc::SECCOMP_IOCTL_NOTIF_SEND, &raw mut answer);
        path
    }
}

/// Returns the path of a file that a process has open, if it has one.
fn shared_file(pid: Pid, descriptor: i32) -> Option<BString> {
    let link = format!("/proc/{pid}/fd/{descriptor}");
    let data = std::fs::metadata(Path::new(&link)).ok()?;
    if !data.is_file() || data.nlink() == 0 {
        return None;
    }
    let path = std::fs::read_link(link).ok()?;
    Some(path.as_os_str().as_bytes().into())
}
