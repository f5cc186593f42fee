//! Signals: what ends the program is noted and looked at in one place; what was ignored stays ignored.
//! It does not know what is to be cleaned up before the end, but for files to be unlinked.
//!
//! Two modes. While makefiles are read ("immediate"), a fatal signal ends the process in its handler, which unlinks the
//! registered files first. Once jobs run ("deferred"), signals are blocked but for [`crate::sys::fd::wait`]; the handler
//! only notes them and the scheduler does what is to be done. The statics here are what a handler can reach.
#![allow(unsafe_code)]

use bstr::BStr;
use nix::sys::signal::SigSet;
use std::ffi::CString;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::os::fd::FromRawFd;
use std::os::fd::OwnedFd;
use std::ptr;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicI32;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering;

const FATAL: [i32; 7] = [
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGTERM,
    libc::SIGXCPU,
    libc::SIGXFSZ,
    libc::SIGPIPE,
];

static FATAL_SIGNAL: AtomicI32 = AtomicI32::new(0);
static TOGGLE_DEBUG: AtomicBool = AtomicBool::new(false);
static DEFERRED: AtomicBool = AtomicBool::new(false);
static SHELL_CHILD: AtomicI32 = AtomicI32::new(0);
static UNLINKED: [AtomicPtr<libc::c_char>; 8] = [const { AtomicPtr::new(ptr::null_mut()) }; 8];
/// What the process was started with, noted before Rust's runtime changes it: bit 0 SIGPIPE was ignored,
/// bits 1 to 3 the standard descriptor 0, 1, 2 was closed.
static AT_START: AtomicU8 = AtomicU8::new(0);
static mut ORIGINAL_MASK: MaybeUninit<libc::sigset_t> = MaybeUninit::zeroed();

#[used]
#[unsafe(link_section = ".init_array")]
static NOTE_START: extern "C" fn() = note_start;

extern "C" fn note_start() {
    let mut noted = 0;
    // SAFETY: runs before main in the only thread; the structures are filled by the calls before they are read.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(libc::SIGPIPE, ptr::null(), &mut action) == 0
            && action.sa_sigaction == libc::SIG_IGN
        {
            noted |= 1;
        }
        for descriptor in 0..3 {
            if libc::fcntl(descriptor, libc::F_GETFD) == -1 {
                noted |= 2 << descriptor;
            }
        }
        let mask = (&raw mut ORIGINAL_MASK).cast::<libc::sigset_t>();
        libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), mask);
    }
    AT_START.store(noted, Ordering::Relaxed);
}

/// Returns whether the standard descriptor 0, 1 or 2 was closed when the process was started.
pub fn was_closed(descriptor: u8) -> bool {
    AT_START.load(Ordering::Relaxed) & (2 << descriptor) != 0
}

/// Returns whether `signal` was ignored when the process was started.
pub fn was_ignored(signal: i32) -> bool {
    if signal == libc::SIGPIPE {
        return AT_START.load(Ordering::Relaxed) & 1 != 0;
    }
    // SAFETY: the structure is filled by the call before it is read.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, ptr::null(), &mut action) == 0
            && action.sa_sigaction == libc::SIG_IGN
    }
}

pub(in crate::sys) fn original_mask() -> libc::sigset_t {
    // SAFETY: written once before main, only read since.
    unsafe { (&raw const ORIGINAL_MASK).cast::<libc::sigset_t>().read() }
}

pub(in crate::sys) fn waiting_mask() -> libc::sigset_t {
    let mut mask = original_mask();
    // SAFETY: the set is ours.
    unsafe { libc::sigdelset(&mut mask, libc::SIGCHLD) };
    mask
}

extern "C" fn note_child(_signal: libc::c_int) {}

extern "C" fn note_toggle(_signal: libc::c_int) {
    TOGGLE_DEBUG.store(true, Ordering::Relaxed);
}

extern "C" fn note_fatal(signal: libc::c_int) {
    if DEFERRED.load(Ordering::Relaxed) {
        // The first one decides how the process ends.
        let _ = FATAL_SIGNAL.compare_exchange(0, signal, Ordering::Relaxed, Ordering::Relaxed);
        return;
    }
    if signal == libc::SIGTERM {
        let child = SHELL_CHILD.load(Ordering::Relaxed);
        if child > 0 {
            // SAFETY: kill may be called in a handler.
            unsafe { libc::kill(child, signal) };
        }
    }
    unlink_all();
    die_by(signal);
}

/// Unlinks the registered files: nothing but atomics and unlink(2), so a handler may call it.
pub(in crate::sys) fn unlink_all() {
    for place in &UNLINKED {
        let path = place.swap(ptr::null_mut(), Ordering::Relaxed);
        if !path.is_null() {
            // SAFETY: a NUL-ended string that is never freed once registered.
            unsafe { libc::unlink(path) };
        }
    }
}

/// Catches what make reacts to. Signals that were ignored at the start stay ignored.
pub fn catch() {
    install(libc::SIGCHLD, note_child);
    install(libc::SIGUSR1, note_toggle);
    for signal in &FATAL {
        if !was_ignored(*signal) {
            install(*signal, note_fatal);
        }
    }
    let mut blocked = empty_set();
    // SAFETY: the set is ours; the mask is this thread's.
    unsafe {
        libc::sigaddset(&mut blocked, libc::SIGCHLD);
        libc::pthread_sigmask(libc::SIG_BLOCK, &blocked, ptr::null_mut());
    }
}

fn empty_set() -> libc::sigset_t {
    // SAFETY: sigemptyset fills the set.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        set
    }
}

fn install(signal: i32, act: extern "C" fn(libc::c_int)) {
    // SAFETY: the handler touches only atomics and calls only async-signal-safe functions.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = act as *const () as libc::sighandler_t;
        action.sa_flags = libc::SA_RESTART;
        libc::sigemptyset(&mut action.sa_mask);
        libc::sigaction(signal, &action, ptr::null_mut());
    }
}

fn fatal_set() -> libc::sigset_t {
    let mut set = empty_set();
    for signal in &FATAL {
        // SAFETY: the set is ours.
        unsafe { libc::sigaddset(&mut set, *signal) };
    }
    set
}

/// From now on fatal signals are noted, and let in only while [`crate::sys::fd::wait`] waits.
pub fn defer() {
    if DEFERRED.swap(true, Ordering::Relaxed) {
        return;
    }
    // SAFETY: the set is ours; the mask is this thread's.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &fatal_set(), ptr::null_mut()) };
}

/// From now on a fatal signal ends the process at once, one that is waiting already before this returns.
pub fn undefer() {
    DEFERRED.store(false, Ordering::Relaxed);
    let noted = FATAL_SIGNAL.load(Ordering::Relaxed);
    if noted != 0 {
        unlink_all();
        die_by(noted);
    }
    // SAFETY: the mask was noted at the start; SIGCHLD stays blocked as `catch` left it.
    unsafe {
        let mut mask = original_mask();
        libc::sigaddset(&mut mask, libc::SIGCHLD);
        libc::pthread_sigmask(libc::SIG_SETMASK, &mask, ptr::null_mut());
    }
}

/// Runs `work` with fatal signals held back, so that what it makes and what it registers are one thing to them.
pub fn whole<T>(work: impl FnOnce() -> T) -> T {
    let mut before = empty_set();
    // SAFETY: the sets are ours; the mask is this thread's and is put back.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &fatal_set(), &mut before) };
    let result = work();
    // SAFETY: the set was filled above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &before, ptr::null_mut()) };
    result
}

/// Makes a copy of this process one that has just been started: nothing came, nothing is registered, and signals are let in
/// as they were when this program was started.
pub(in crate::sys) fn begin_again() {
    FATAL_SIGNAL.store(0, Ordering::Relaxed);
    TOGGLE_DEBUG.store(false, Ordering::Relaxed);
    SHELL_CHILD.store(0, Ordering::Relaxed);
    for place in &UNLINKED {
        place.store(ptr::null_mut(), Ordering::Relaxed);
    }
    DEFERRED.store(false, Ordering::Relaxed);
    // SAFETY: the mask was noted at the start.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &original_mask(), ptr::null_mut()) };
}

/// Returns whether fatal signals are noted instead of ending the process at once.
pub fn is_deferred() -> bool {
    DEFERRED.load(Ordering::Relaxed)
}

/// Lets in what waits while signals are deferred.
pub fn let_in() {
    if is_deferred() {
        // SAFETY: the sets are ours; the mask is this thread's and is put back.
        unsafe {
            let mut waiting = empty_set();
            libc::sigpending(&mut waiting);
            if FATAL
                .iter()
                .any(|signal| libc::sigismember(&waiting, *signal) == 1)
            {
                let set = fatal_set();
                libc::pthread_sigmask(libc::SIG_UNBLOCK, &set, ptr::null_mut());
                libc::pthread_sigmask(libc::SIG_BLOCK, &set, ptr::null_mut());
            }
        }
    }
}

/// Returns whether children must be told of this signal: those that a terminal sends reach its whole group anyway.
pub fn is_passed_on(signal: i32) -> bool {
    signal == libc::SIGTERM
}

/// Returns whether somebody wants the program to end, in contrast to a limit that was met or a reader that has gone.
pub fn is_asked_for(signal: i32) -> bool {
    matches!(
        signal,
        libc::SIGHUP | libc::SIGINT | libc::SIGQUIT | libc::SIGTERM
    )
}

/// Returns the fatal signal that was noted.
pub fn fatal() -> Option<i32> {
    Some(FATAL_SIGNAL.load(Ordering::Relaxed)).filter(|signal| *signal != 0)
}

/// Returns whether SIGUSR1 came since the last question.
pub fn take_toggle() -> bool {
    TOGGLE_DEBUG.swap(false, Ordering::Relaxed)
}

/// Names the child of a `$(shell)` that runs now: SIGTERM is passed on to it. None when it has ended.
pub fn set_shell_child(pid: Option<i32>) {
    SHELL_CHILD.store(pid.unwrap_or(0), Ordering::Relaxed);
}

/// A file that is unlinked when a signal ends the process, and when this is dropped.
#[derive(Debug)]
pub struct Unlinked {
    path: CString,
    place: Option<usize>,
}

impl Unlinked {
    /// Registers `path`. Of more than eight, the later ones are unlinked only when dropped.
    pub fn new(path: &BStr) -> Unlinked {
        let bytes: Vec<u8> = path.iter().copied().filter(|byte| *byte != 0).collect();
        let path = CString::new(bytes).unwrap_or_default();
        // A handler may be reading it at any later time: this copy is never freed.
        let copy = path.clone().into_raw();
        let place = UNLINKED.iter().position(|place| {
            place
                .compare_exchange(ptr::null_mut(), copy, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        });
        Unlinked { path, place }
    }

    /// Forgets the file: somebody else removes it.
    pub fn keep(mut self) {
        self.forget();
        self.path = CString::default();
    }

    fn forget(&mut self) {
        if let Some(place) = self.place.take() {
            UNLINKED[place].store(ptr::null_mut(), Ordering::Relaxed);
        }
    }
}

impl Drop for Unlinked {
    fn drop(&mut self) {
        self.forget();
        if !self.path.is_empty() {
            // SAFETY: a NUL-ended path.
            unsafe { libc::unlink(self.path.as_ptr()) };
        }
    }
}

/// Ends this process by `signal`, as if it had never been caught, the registered files unlinked; SIGQUIT exits with status 1.
pub fn die_by(signal: i32) -> ! {
    unlink_all();
    // SAFETY: only async-signal-safe calls; `_exit` does not return.
    unsafe {
        if signal == libc::SIGQUIT {
            libc::_exit(1);
        }
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = libc::SIG_DFL;
        libc::sigaction(signal, &action, ptr::null_mut());
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        libc::sigaddset(&mut set, signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &set, ptr::null_mut());
        libc::raise(signal);
        libc::_exit(128 + signal)
    }
}

/// Returns what can be read when one of these signals, which are blocked, is there.
pub fn descriptor(signals: &SigSet) -> io::Result<OwnedFd> {
    let flags = libc::SFD_CLOEXEC | libc::SFD_NONBLOCK;
    // SAFETY: the set is valid during the call, and the descriptor is made for us.
    unsafe {
        match libc::signalfd(-1, signals.as_ref(), flags) {
            -1 => Err(io::Error::last_os_error()),
            made => Ok(OwnedFd::from_raw_fd(made)),
        }
    }
}

/// Takes a signal from such a descriptor, None if there is none.
pub fn take(descriptor: &OwnedFd) -> Option<i32> {
    let mut bytes = [0; size_of::<libc::signalfd_siginfo>()];
    let read = crate::sys::fd::read(descriptor.as_raw_fd(), &mut bytes);
    // The number comes first.
    let number = bytes.first_chunk().copied().map(i32::from_ne_bytes);
    number.filter(|_| read.is_ok_and(|count| count == bytes.len()))
}

/// Sets mask and dispositions for a program that is to replace this one; returns the mask of now.
pub(in crate::sys) fn restore_for_exec() -> libc::sigset_t {
    let mut now = empty_set();
    // SAFETY: the sets are ours; SIGPIPE's disposition is the one change that an exec does not undo.
    unsafe {
        if !was_ignored(libc::SIGPIPE) {
            libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, &original_mask(), &mut now);
    }
    now
}

/// Undoes [`restore_for_exec`] after a failed exec.
pub(in crate::sys) fn undo_restore(mask: &libc::sigset_t) {
    // SAFETY: the set is the caller's.
    unsafe {
        libc::pthread_sigmask(libc::SIG_SETMASK, mask, ptr::null_mut());
    }
}
