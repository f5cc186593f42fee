//! Processes in namespaces of their own, by clone3(2).
//! It does not know what they are for.
#![allow(unsafe_code)]

use crate::sys::process::Pid;
use std::io;
use std::os::fd::FromRawFd;
use std::os::fd::OwnedFd;

/// Mounts of its own.
pub const MOUNTS: u64 = libc::CLONE_NEWNS as u64;
/// Process numbers of its own: with its first process all others end.
pub const PROCESSES: u64 = libc::CLONE_NEWPID as u64;
/// Users of its own: needs no privilege, and gives all within.
pub const USERS: u64 = libc::CLONE_NEWUSER as u64;
/// A host name of its own.
pub const HOST_NAME: u64 = libc::CLONE_NEWUTS as u64;
/// System V's queues, semaphores and shared memory of its own.
pub const IPC: u64 = libc::CLONE_NEWIPC as u64;

/// What the kernel calls `struct clone_args`.
#[repr(C)]
#[derive(Default)]
struct Arguments {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    stack: u64,
    stack_size: u64,
    tls: u64,
    set_tid: u64,
    set_tid_size: u64,
}

/// Which of the two a process is after it has been doubled.
#[derive(Debug)]
pub enum Forked {
    /// The new one.
    Child,
    /// The old one.
    Parent {
        /// The new one's number here.
        pid: Pid,
        /// Can be read once the new one has ended.
        ended: OwnedFd,
    },
}

/// Doubles this process, which has a single thread, into these namespaces; the new one gets the number `pid` within.
///
/// # Errors
/// The kernel refuses; `AlreadyExists` if the number is taken.
pub fn fork(namespaces: u64, pid: Option<Pid>) -> io::Result<Forked> {
    let mut descriptor: libc::c_int = -1;
    let number = pid.unwrap_or(0);
    let mut arguments = Arguments {
        flags: namespaces | libc::CLONE_PIDFD as u64,
        pidfd: &raw mut descriptor as u64,
        exit_signal: libc::SIGCHLD as u64,
        ..Arguments::default()
    };
    if pid.is_some() {
        arguments.set_tid = &raw const number as u64;
        arguments.set_tid_size = 1;
    }
    // SAFETY: no memory is shared, so this is fork(2): the child goes on with a copy of this stack. The pointers are
    // to variables of this frame, which the kernel does not keep. There is no other thread that could hold a lock.
    let result =
        unsafe { libc::syscall(libc::SYS_clone3, &raw mut arguments, size_of::<Arguments>()) };
    match result {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Forked::Child),
        pid => Ok(Forked::Parent {
            pid: Pid::try_from(pid).map_err(io::Error::other)?,
            // SAFETY: the kernel has just made this descriptor for us.
            ended: unsafe { OwnedFd::from_raw_fd(descriptor) },
        }),
    }
}

/// Starts a process that gets the number `pid`, and runs `body` with the memory of this one, which has a single thread
/// and stands still until `body` has executed a program or returned the status to end with. Returns its number.
///
/// # Errors
/// The kernel refuses; `AlreadyExists` if the number is taken.
#[cfg(target_arch = "x86_64")]
pub fn lend(pid: Option<Pid>, mut body: &mut dyn FnMut() -> i32) -> io::Result<Pid> {
    extern "C" fn enter(body: &mut &mut dyn FnMut() -> i32) -> ! {
        exit(body())
    }
    let number = pid.unwrap_or(0);
    let mut arguments = Arguments {
        flags: (libc::CLONE_VM | libc::CLONE_VFORK) as u64,
        exit_signal: libc::SIGCHLD as u64,
        ..Arguments::default()
    };
    if pid.is_some() {
        arguments.set_tid = &raw const number as u64;
        arguments.set_tid_size = 1;
    }
    // SAFETY: the new process goes on below the top of this stack, where nothing of this one's is (no `nostack`), and
    // never returns from `enter`; only then does this one go on, with its own registers. There is no other thread.
    let result = unsafe {
        clone_and_call(
            &raw mut arguments,
            &raw mut body as usize,
            enter as *const () as usize,
        )
    };
    match result {
        ..0 => Err(io::Error::from_raw_os_error(
            i32::try_from(-result).unwrap_or(libc::EINVAL),
        )),
        pid => Pid::try_from(pid).map_err(io::Error::other),
    }
}

/// Calls clone3(2), and in the new process a function that does not return.
///
/// # Safety
/// As said where it is called.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn clone_and_call(arguments: *mut Arguments, with: usize, function: usize) -> isize {
    let mut result = libc::SYS_clone3 as isize;
    // SAFETY: the caller's.
    unsafe {
        std::arch::asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "mov rdi, r12",
            "call r13",
            "ud2",
            "2:",
            inlateout("rax") result,
            in("rdi") arguments,
            in("rsi") size_of::<Arguments>(),
            in("r12") with,
            in("r13") function,
            lateout("rcx") _,
            lateout("r11") _,
        );
    }
    result
}

/// Runs `body` in a new process as the other `lend` does, which has a stack of its own here.
///
/// # Errors
/// The kernel refuses; `Unsupported` if a number is asked for: clone(2) gives none to choose.
#[cfg(not(target_arch = "x86_64"))]
pub fn lend(pid: Option<Pid>, mut body: &mut dyn FnMut() -> i32) -> io::Result<Pid> {
    extern "C" fn enter(body: *mut libc::c_void) -> libc::c_int {
        // SAFETY: `lend` gives its own variable and stands still meanwhile.
        let body = unsafe { &mut *body.cast::<&mut dyn FnMut() -> i32>() };
        exit(body())
    }
    if pid.is_some() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let mut stack = vec![0_u128; LENT_STACK / size_of::<u128>()];
    // SAFETY: the new process has this stack to itself and never returns from `enter`; only then does this one go on.
    // There is no other thread.
    let result = unsafe {
        libc::clone(
            enter,
            stack.as_mut_ptr_range().end.cast(),
            libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD,
            (&raw mut body).cast(),
        )
    };
    match result {
        -1 => Err(io::Error::last_os_error()),
        pid => Ok(pid),
    }
}

/// Bytes of stack for what is done before a program is executed.
#[cfg(not(target_arch = "x86_64"))]
const LENT_STACK: usize = 256 * 1024;

/// Ends this process at once: nothing that it shares with the one it was doubled from is touched.
pub fn exit(status: i32) -> ! {
    // SAFETY: it does not return.
    unsafe { libc::_exit(status) }
}
/// What belongs to namespaces, outlives the processes that make it, and is no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lasting {
    /// Shared memory segments, sets of semaphores and message queues of System V (sysvipc(7)).
    objects: [i64; 3],
    /// The names of the host and of its domain.
    names: [[libc::c_char; 65]; 2],
}

impl Lasting {
    /// Looks at what this process sees.
    pub fn of_now() -> Lasting {
        // SAFETY: the structures are plain numbers, filled by the calls; those of the three controls are shorter than the
        // room given (shmctl(2), semctl(2), msgctl(2): SHM_INFO, SEM_INFO, MSG_INFO).
        unsafe {
            let mut names: libc::utsname = std::mem::zeroed();
            libc::uname(&mut names);
            let mut room = [[0i32; 32]; 3];
            libc::syscall(libc::SYS_shmctl, 0, SHM_INFO, room[0].as_mut_ptr());
            libc::syscall(libc::SYS_semctl, 0, 0, SEM_INFO, room[1].as_mut_ptr());
            libc::syscall(libc::SYS_msgctl, 0, MSG_INFO, room[2].as_mut_ptr());
            Lasting {
                // How many of each there are: `used_ids`, `semusz`, `msgpool`.
                objects: [room[0][0], room[1][7], room[2][0]].map(i64::from),
                names: [names.nodename, names.domainname],
            }
        }
    }
}

const SHM_INFO: libc::c_int = 14;
const SEM_INFO: libc::c_int = 19;
const MSG_INFO: libc::c_int = 12;
