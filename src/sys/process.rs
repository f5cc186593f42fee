//! Processes: started by posix_spawn, or by a fork for another call of this very program; and what became of them.
//! It does not know why they are started.
#![allow(unsafe_code)]

use crate::sys::fd;
use crate::sys::signal;
use bstr::BString;
use std::ffi::CString;
use std::io;
use std::os::fd::RawFd;
use std::ptr;

/// Process id.
pub type Pid = libc::pid_t;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Exit status.
    Status(i32),
    /// Killed by this signal; true with a core dump.
    Signal(i32, bool),
}

/// Strings as exec wants them: one block of NUL-ended bytes and a NULL-ended vector of pointers into it.
#[derive(Debug)]
pub struct CStrings {
    bytes: Vec<u8>,
    starts: Vec<usize>,
}

impl CStrings {
    /// Returns the block for `words`; a NUL inside a word ends that word.
    pub fn new<W: AsRef<[u8]>>(words: &[W]) -> CStrings {
        let total = words.iter().map(|word| word.as_ref().len() + 1).sum();
        let mut bytes = Vec::with_capacity(total);
        let mut starts = Vec::with_capacity(words.len());
        for word in words {
            starts.push(bytes.len());
            bytes.extend_from_slice(word.as_ref());
            bytes.push(0);
        }
        CStrings { bytes, starts }
    }

    /// Returns the value of `NAME=VALUE` among the strings.
    pub fn value(&self, name: &[u8]) -> Option<&[u8]> {
        self.starts.iter().find_map(|start| {
            let entry = &self.bytes[*start..];
            let rest = entry.strip_prefix(name)?.strip_prefix(b"=")?;
            let end = memchr::memchr(0, rest).unwrap_or(rest.len());
            Some(&rest[..end])
        })
    }

    /// Returns the strings.
    pub fn entries(&self) -> impl Iterator<Item = &[u8]> {
        let end = |start: &usize| memchr::memchr(0, &self.bytes[*start..]).unwrap_or_default();
        self.starts
            .iter()
            .map(move |start| &self.bytes[*start..*start + end(start)])
    }

    /// Returns how many bytes the strings have, their ends included.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Returns the strings with pointers to them, which stay where they are.
    fn with_pointers(self) -> (CStrings, Vec<*mut libc::c_char>) {
        let pointers = self.pointers();
        (self, pointers)
    }

    fn pointers(&self) -> Vec<*mut libc::c_char> {
        let base = self.bytes.as_ptr().cast::<libc::c_char>().cast_mut();
        let mut pointers: Vec<_> = self
            .starts
            .iter()
            .map(|start| base.wrapping_add(*start))
            .collect();
        pointers.push(ptr::null_mut());
        pointers
    }
}

/// What to start.
#[derive(Debug)]
pub struct Spawn<'a> {
    /// The file to execute; no PATH search is done.
    pub file: &'a [u8],
    /// Arguments, the program's name among them.
    pub arguments: &'a [BString],
    /// The complete environment.
    pub environment: &'a CStrings,
    /// Directory to start in, None for this process's own.
    pub directory: Option<&'a [u8]>,
    /// Standard input, output and error, None to inherit this process's own.
    pub standard: [Option<RawFd>; 3],
    /// Descriptors the child gets although they are close-on-exec here.
    pub inherited: &'a [RawFd],
}

struct Attributes(libc::posix_spawnattr_t);

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised in `attributes`, destroyed once.
        unsafe { libc::posix_spawnattr_destroy(&mut self.0) };
    }
}

struct Actions(libc::posix_spawn_file_actions_t);

impl Drop for Actions {
    fn drop(&mut self) {
        // SAFETY: initialised in `actions`, destroyed once.
        unsafe { libc::posix_spawn_file_actions_destroy(&mut self.0) };
    }
}

fn check_errno(result: libc::c_int) -> io::Result<()> {
    match result {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn check(code: libc::c_int) -> io::Result<()> {
    match code {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}

fn c_string(bytes: &[u8]) -> io::Result<CString> {
    CString::new(bytes).map_err(|_| io::Error::from_raw_os_error(libc::ENOENT))
}

/// The child gets the signal mask and the dispositions this process was started with.
fn attributes() -> io::Result<Box<Attributes>> {
    // SAFETY: plain C structures, initialised by the calls below before any other use; the sets are
    // owned by this frame and copied by the calls.
    unsafe {
        let mut attributes = Box::new(Attributes(std::mem::zeroed()));
        check(libc::posix_spawnattr_init(&mut attributes.0))?;
        let mask = signal::original_mask();
        check(libc::posix_spawnattr_setsigmask(&mut attributes.0, &mask))?;
        let mut flags = libc::POSIX_SPAWN_SETSIGMASK;
        if !signal::was_ignored(libc::SIGPIPE) {
            let mut defaults: libc::sigset_t = std::mem::zeroed();
            libc::sigemptyset(&mut defaults);
            libc::sigaddset(&mut defaults, libc::SIGPIPE);
            check(libc::posix_spawnattr_setsigdefault(
                &mut attributes.0,
                &defaults,
            ))?;
            flags |= libc::POSIX_SPAWN_SETSIGDEF;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the flags are small constants"
        )]
        check(libc::posix_spawnattr_setflags(
            &mut attributes.0,
            flags as libc::c_short,
        ))?;
        Ok(attributes)
    }
}

fn actions(spawn: &Spawn<'_>) -> io::Result<Box<Actions>> {
    // SAFETY: the structure is initialised first; paths are NUL-ended and copied by the calls.
    unsafe {
        let mut actions = Box::new(Actions(std::mem::zeroed()));
        check(libc::posix_spawn_file_actions_init(&mut actions.0))?;
        for (number, descriptor) in (0..).zip(spawn.standard) {
            if let Some(descriptor) = descriptor {
                check(libc::posix_spawn_file_actions_adddup2(
                    &mut actions.0,
                    descriptor,
                    number,
                ))?;
            }
        }
        for descriptor in spawn.inherited {
            // A dup2 of a descriptor onto itself takes close-on-exec away in the child.
            check(libc::posix_spawn_file_actions_adddup2(
                &mut actions.0,
                *descriptor,
                *descriptor,
            ))?;
        }
        if let Some(directory) = spawn.directory {
            let directory = c_string(directory)?;
            check(libc::posix_spawn_file_actions_addchdir_np(
                &mut actions.0,
                directory.as_ptr(),
            ))?;
        }
        Ok(actions)
    }
}

/// Starts a process.
pub fn spawn(spawn: &Spawn<'_>) -> io::Result<Pid> {
    let file = c_string(spawn.file)?;
    let attributes = attributes()?;
    let actions = actions(spawn)?;
    let arguments = CStrings::new(spawn.arguments);
    let arguments = (arguments.pointers(), arguments);
    let environment = spawn.environment.pointers();
    let mut pid = 0;
    // SAFETY: all pointers are to NUL-ended strings and NULL-ended vectors that outlive the call.
    check(unsafe {
        libc::posix_spawn(
            &mut pid,
            file.as_ptr(),
            &actions.0,
            &attributes.0,
            arguments.0.as_ptr(),
            environment.as_ptr(),
        )
    })?;
    Ok(pid)
}

/// Starts a process that goes on in this program: a copy of this one in which all that an exec would change is changed, and
/// then `main` is called. What `spawn.file` and `spawn.arguments` say is not looked at.
///
/// Only the calling thread goes on in the copy, so there must be no other one, and fatal signals must be deferred
/// ([`signal::defer`]): the copy forgets what this process has registered with [`signal::Unlinked`].
pub fn fork(spawn: &Spawn<'_>, main: impl FnOnce() -> i32) -> io::Result<Pid> {
    // SAFETY: there is one thread; the copy never returns from here.
    let pid = unsafe { libc::fork() };
    match pid {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            let entered = enter(spawn);
            let main = std::panic::AssertUnwindSafe(main);
            let status = entered.map_or(CANNOT_ENTER, |()| {
                std::panic::catch_unwind(main).unwrap_or(PANICKED)
            });
            std::process::exit(status)
        }
        pid => Ok(pid),
    }
}

/// Status of a copy whose descriptors could not be arranged: as of a command that cannot be executed.
const CANNOT_ENTER: i32 = 127;
/// Status of a program whose main function panicked.
const PANICKED: i32 = 101;

/// Makes this copy of a process what an exec would have made of it.
fn enter(spawn: &Spawn<'_>) -> io::Result<()> {
    signal::begin_again();
    for (number, descriptor) in (0..).zip(spawn.standard) {
        if let Some(descriptor) = descriptor {
            // SAFETY: no memory is touched.
            check_errno(unsafe { libc::dup2(descriptor, number) })?;
        }
    }
    for descriptor in spawn.inherited {
        fd::set_close_on_exec(*descriptor, false)?;
    }
    fd::close_as_exec()?;
    if let Some(directory) = spawn.directory {
        std::env::set_current_dir(fd::path(directory))?;
    }
    let mut pointers = std::mem::ManuallyDrop::new(spawn.environment.pointers());
    // SAFETY: there is one thread; the strings are the copy's own and, as the vector, never freed: the copy ends
    // without returning to their owner.
    unsafe { environ = pointers.as_mut_ptr() };
    Ok(())
}

unsafe extern "C" {
    static mut environ: *mut *mut libc::c_char;
}

fn exit_of(status: libc::c_int) -> Exit {
    match libc::WIFSIGNALED(status) {
        true => Exit::Signal(libc::WTERMSIG(status), libc::WCOREDUMP(status)),
        false => Exit::Status(libc::WEXITSTATUS(status)),
    }
}

/// Returns a child that has ended, if there is one. It may be one that this process did not start.
pub fn reap() -> Option<(Pid, Exit)> {
    wait_for(-1, libc::WNOHANG)
}

/// Waits for one child to end; None when there is no such child.
pub fn wait(pid: Pid) -> Option<Exit> {
    wait_for(pid, 0).map(|(_, exit)| exit)
}

fn wait_for(pid: Pid, options: libc::c_int) -> Option<(Pid, Exit)> {
    let mut status = 0;
    loop {
        // SAFETY: `status` is a valid place for the result.
        let found = unsafe { libc::waitpid(pid, &mut status, options) };
        match found {
            -1 if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            found if found > 0 => return Some((found, exit_of(status))),
            _ => return None,
        }
    }
}

/// Sends a signal to a process; one that is gone is no error.
pub fn kill(pid: Pid, signal: i32) {
    // SAFETY: no memory is touched.
    unsafe { libc::kill(pid, signal) };
}

/// Whether this process, the first of its namespace, is the only one in it: whatever loses its parent there is its child,
/// so that without a child there is nobody.
pub fn is_alone() -> bool {
    // SAFETY: nothing is to be told but whether there is a child.
    let found = unsafe { libc::waitpid(-1, ptr::null_mut(), libc::WNOHANG | libc::__WALL) };
    found == -1 && io::Error::last_os_error().raw_os_error() == Some(libc::ECHILD)
}

/// Returns the kernel's text for a signal, as strsignal does.
pub fn signal_name(signal: i32) -> String {
    // SAFETY: strsignal returns NULL or a NUL-ended string that is valid until the next call; it is copied at once.
    unsafe {
        let text = libc::strsignal(signal);
        match text.is_null() {
            true => format!("Unknown signal {signal}"),
            false => std::ffi::CStr::from_ptr(text)
                .to_string_lossy()
                .into_owned(),
        }
    }
}

/// Returns the kernel's text for an error number, without Rust's "(os error N)".
pub fn error_text(error: &io::Error) -> String {
    let Some(code) = error.raw_os_error() else {
        return error.to_string();
    };
    // SAFETY: strerror returns a NUL-ended string that is valid until the next call; it is copied at once.
    unsafe {
        std::ffi::CStr::from_ptr(libc::strerror(code))
            .to_string_lossy()
            .into_owned()
    }
}

/// Asks a whole process group to end; one that is gone is no error.
pub fn end_group(leader: u32) {
    if let Ok(leader) = Pid::try_from(leader)
        && leader > 1
    {
        kill(-leader, libc::SIGTERM);
    }
}

/// Leaves the session and the process group that this process was started in: no terminal sends it signals any more.
pub fn leave_session() {
    // SAFETY: no memory is touched.
    unsafe { libc::setsid() };
}

/// Returns the environment of this process.
pub fn environment() -> Vec<(BString, BString)> {
    use std::os::unix::ffi::OsStringExt;
    std::env::vars_os()
        .map(|(key, value)| (key.into_vec().into(), value.into_vec().into()))
        .collect()
}

/// Returns how many bytes of memory this process has, as proc(5) has it; very many where that cannot be read.
pub fn memory() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    // SAFETY: no memory is touched.
    let size = u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) });
    pages
        .zip(size.ok())
        .map_or(u64::MAX, |(pages, size)| pages * size)
}

/// Returns the file mode creation mask of this process.
pub fn umask() -> u32 {
    use nix::sys::stat::Mode;
    use nix::sys::stat::umask;
    let mask = umask(Mode::from_bits_truncate(0o077));
    umask(mask);
    mask.bits()
}

/// A user of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name to log in by; the number if there is none.
    pub name: BString,
    /// The number.
    pub uid: u32,
    /// The home directory, `/` if the system knows none.
    pub home: BString,
}

/// Returns the user this process runs as, by passwd(5).
pub fn user() -> User {
    use std::os::unix::ffi::OsStringExt;
    let uid = nix::unistd::geteuid();
    match nix::unistd::User::from_uid(uid) {
        Ok(Some(user)) => User {
            name: user.name.into(),
            uid: uid.as_raw(),
            home: user.dir.into_os_string().into_vec().into(),
        },
        _ => User {
            name: uid.to_string().into(),
            uid: uid.as_raw(),
            home: "/".into(),
        },
    }
}

/// Returns the numbers of the user this process runs as, of his group, and of all his groups.
pub fn identity() -> (u32, u32, Vec<u32>) {
    let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
    let more = nix::unistd::getgroups().unwrap_or_default();
    let groups = std::iter::once(gid).chain(more).map(|gid| gid.as_raw());
    (uid.as_raw(), gid.as_raw(), groups.collect())
}

/// Returns the name of this machine, as gethostname(2) has it.
pub fn host_name() -> BString {
    use std::os::unix::ffi::OsStringExt;
    nix::unistd::gethostname().map_or_else(
        |_| BString::from("localhost"),
        |name| name.into_vec().into(),
    )
}

/// Returns this process's id.
pub fn own_pid() -> u32 {
    std::process::id()
}

/// A program with its arguments and environment, put together before a process is doubled that is to become it.
#[derive(Debug)]
pub struct Image {
    /// Its file, or those of which the first is taken that is there.
    files: Files,
    arguments: (CStrings, Vec<*mut libc::c_char>),
    environment: (CStrings, Vec<*mut libc::c_char>),
}

#[derive(Debug)]
enum Files {
    One(CString),
    FirstOf(Vec<CString>),
}

impl Image {
    /// Returns the program that `arguments` begin with, as execvp(3) finds it: in the directories of the environment's
    /// PATH, else in these, unless it has a slash.
    ///
    /// # Errors
    /// There is none.
    pub fn new(
        arguments: &[BString],
        environment: CStrings,
        default_path: &[u8],
    ) -> io::Result<Image> {
        let program = arguments.first().ok_or(io::ErrorKind::NotFound)?;
        let files = match program.contains(&b'/') {
            true => Files::One(c_string(program)?),
            false => {
                let path = environment.value(b"PATH").unwrap_or(default_path);
                let directories = path.split(|c| *c == b':');
                let files = directories.map(|directory| {
                    let slash = if directory.is_empty() { &b""[..] } else { b"/" };
                    c_string(&[directory, slash, program].concat())
                });
                Files::FirstOf(files.collect::<io::Result<_>>()?)
            }
        };
        let arguments = CStrings::new(arguments);
        Ok(Image {
            files,
            arguments: arguments.with_pointers(),
            environment: environment.with_pointers(),
        })
    }

    /// Replaces this process; returns only when that fails. Signals get back the mask and, where the runtime changed it,
    /// the disposition this process was started with. No memory is allocated.
    pub fn replace(&self) -> io::Error {
        let mask = signal::restore_for_exec();
        let error = match &self.files {
            Files::One(file) => self.execute(file),
            Files::FirstOf(files) => {
                let mut worst = libc::ENOENT;
                for file in files {
                    match self.execute(file) {
                        libc::ENOENT | libc::ENOTDIR => {}
                        libc::EACCES => worst = libc::EACCES,
                        error => {
                            worst = error;
                            break;
                        }
                    }
                }
                worst
            }
        };
        signal::undo_restore(&mask);
        io::Error::from_raw_os_error(error)
    }

    /// Returns why it cannot be this file.
    fn execute(&self, file: &CString) -> libc::c_int {
        // SAFETY: all pointers are to NUL-ended strings and NULL-ended vectors that outlive the call; the vectors of
        // `*mut` are read only.
        unsafe {
            libc::execve(
                file.as_ptr(),
                self.arguments.1.as_ptr().cast(),
                self.environment.1.as_ptr().cast(),
            );
        }
        let error = io::Error::last_os_error().raw_os_error();
        error.unwrap_or(libc::EIO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_runs_with_its_environment_directory_and_output() {
        let (read, write) = fd::pipe().unwrap();
        let environment = CStrings::new(&["A=x y", "PATH=/bin:/usr/bin"]);
        assert_eq!(environment.value(b"A"), Some(&b"x y"[..]));
        assert_eq!(environment.value(b"B"), None);
        let arguments = ["sh", "-c", "echo \"$A\"; pwd; exit 7"].map(BString::from);
        let pid = spawn(&Spawn {
            file: b"/bin/sh",
            arguments: &arguments,
            environment: &environment,
            directory: Some(b"/"),
            standard: [None, Some(fd::raw(&write)), None],
            inherited: &[],
        })
        .unwrap();
        drop(write);
        let text = io::read_to_string(std::fs::File::from(read)).unwrap();
        assert_eq!(text, "x y\n/\n");
        assert_eq!(wait(pid), Some(Exit::Status(7)));
        assert_eq!(wait(pid), None);
    }

    #[test]
    fn what_cannot_be_executed_is_an_error_of_the_start() {
        let environment = CStrings::new::<&str>(&[]);
        let start = |file: &[u8]| {
            spawn(&Spawn {
                file,
                arguments: &[BString::from("x")],
                environment: &environment,
                directory: None,
                standard: [None; 3],
                inherited: &[],
            })
        };
        let missing = start(b"/nonexistent/x").unwrap_err();
        assert_eq!(error_text(&missing), "No such file or directory");
        let directory = start(b"/").unwrap_err();
        assert_eq!(error_text(&directory), "Permission denied");
    }
}
