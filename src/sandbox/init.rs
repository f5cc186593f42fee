//! The first process of a job: it makes the sandbox, runs the commands one after the other, waits for whatever
//! loses its parent, and takes everything that is left along when it ends.
//! It does not know who asked for the job.

use crate::sandbox::apply;
use crate::sandbox::order;
use crate::sandbox::order::Command;
use crate::sandbox::order::End;
use crate::sandbox::order::Failure;
use crate::sandbox::order::Start;
use crate::sandbox::order::Told;
use crate::sys::fd;
use crate::sys::namespace;
use crate::sys::process;
use crate::sys::process::CStrings;
use crate::sys::process::Exit;
use crate::sys::process::Pid;
use bstr::BString;
use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::SigSet;
use nix::sys::signal::SigmaskHow;
use nix::sys::signal::Signal;
use nix::sys::signal::sigprocmask;
use nix::sys::stat::Mode;
use nix::sys::stat::umask;
use nix::unistd;
use nix::unistd::Gid;
use nix::unistd::Uid;
use std::io;
use std::os::fd::AsFd;
use std::os::fd::OwnedFd;
use std::time::Duration;

/// PATH where the environment has none, as glibc's execvp has it.
const DEFAULT_PATH: &[u8] = b"/bin:/usr/bin";

/// The signals that are passed on to the command that runs.
const PASSED_ON: [Signal; 7] = [
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGCONT,
];

/// How often it is looked whether a process is left, and how long to wait in between.
const LOOKS: u32 = 20;
const BETWEEN: Duration = Duration::from_millis(10);

/// The descriptors that come with a job.
pub(in crate::sandbox) struct Descriptors {
    /// Where to say what happens.
    pub(in crate::sandbox) told: OwnedFd,
    /// Standard input, output and error.
    pub(in crate::sandbox) standard: [OwnedFd; 3],
}

/// Runs a job; this process is the first one of its namespace.
pub(in crate::sandbox) fn run(start: &Start, descriptors: &Descriptors) -> ! {
    let mut waited = SigSet::from_iter(PASSED_ON);
    waited.add(Signal::SIGCHLD);
    let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&waited), None);
    let tell = |told: &Told| order::send(descriptors.told.as_fd(), told, &[]);
    let made = prepare(start);
    let told = match made {
        Ok(()) => tell(&Told::Began).and_then(|()| all_lines(start, descriptors, &waited)),
        Err(failure) => tell(&Told::Failed(failure)),
    };
    namespace::exit(i32::from(told.is_err()))
}

fn prepare(start: &Start) -> Result<(), Failure> {
    apply::all(&start.ops)?;
    umask(Mode::from_bits_truncate(start.umask));
    let beyond = |step: &str, error: io::Error| Failure::of(start.ops.len(), &step, &error);
    std::env::set_current_dir(fd::path(&start.directory))
        .map_err(|error| beyond(&format!("enter {}", start.directory), error))?;
    prctl::set_no_new_privs().map_err(|error| beyond("give up privileges", error.into()))
}

fn all_lines(start: &Start, descriptors: &Descriptors, waited: &SigSet) -> io::Result<()> {
    for (pid, line) in (start.first_pid..).zip(&start.lines) {
        let end = one_line(start, line, descriptors, waited, pid)?;
        order::send(descriptors.told.as_fd(), &Told::Ended(end), &[])?;
        if end != End::Exited(0) && !line.ignore_errors {
            break;
        }
    }
    if leaves_processes() {
        order::send(descriptors.told.as_fd(), &Told::Left, &[])?;
    }
    order::send(descriptors.told.as_fd(), &Told::Done, &[])
}

/// Whether something still runs a moment after the last command has ended; what is about to end gets that moment.
fn leaves_processes() -> bool {
    for _ in 0..LOOKS {
        while process::reap().is_some() {}
        if process::is_alone() {
            return false;
        }
        std::thread::sleep(BETWEEN);
    }
    true
}

fn one_line(
    start: &Start,
    line: &Command,
    descriptors: &Descriptors,
    waited: &SigSet,
    pid: Pid,
) -> io::Result<End> {
    let mut failed = None;
    let mut run = || {
        failed = Some(
            execute(start, line, descriptors)
                .raw_os_error()
                .unwrap_or(0),
        );
        127
    };
    // The number may be taken by what an earlier line left behind, and kernels before 5.5 give none to choose.
    let child =
        namespace::lend(Some(pid), &mut run).or_else(|_| namespace::lend(None, &mut run))?;
    let exit = wait_for(child, waited);
    Ok(match (failed, exit) {
        (Some(errno), _) => End::NotExecuted(errno),
        (None, Exit::Status(status)) => End::Exited(status),
        (None, Exit::Signal(signal, has_core)) => End::Killed(signal, has_core),
    })
}

/// Waits for a command; what others leave behind is waited for, too, and signals are passed on.
fn wait_for(command: Pid, waited: &SigSet) -> Exit {
    loop {
        while let Some((pid, exit)) = process::reap() {
            if pid == command {
                return exit;
            }
        }
        match waited.wait() {
            Ok(Signal::SIGCHLD) | Err(_) => {}
            // To its whole group, which it leads: a shell that waits for a program would not end by it.
            Ok(signal) => process::kill(-command, signal as i32),
        }
    }
}

/// Becomes the command; returns only when that fails.
fn execute(start: &Start, line: &Command, descriptors: &Descriptors) -> io::Error {
    let prepared = || -> Result<(), Errno> {
        unistd::setsid()?;
        let [input, output, error] = &descriptors.standard;
        unistd::dup2_stdin(input)?;
        unistd::dup2_stdout(output)?;
        unistd::dup2_stderr(error)?;
        if let Some(user) = &start.user {
            let groups: Vec<Gid> = user.groups.iter().map(|gid| Gid::from_raw(*gid)).collect();
            let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
            unistd::setgroups(&groups)?;
            unistd::setresgid(gid, gid, gid)?;
            unistd::setresuid(uid, uid, uid)?;
        }
        sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)
    };
    if let Err(error) = prepared() {
        return error.into();
    }
    let environment = CStrings::new(&start.environment);
    let Some(program) = line.words.first() else {
        return Errno::ENOENT.into();
    };
    if program.contains(&b'/') {
        return process::replace(program, &line.words, &environment);
    }
    let path = environment.value(b"PATH").unwrap_or(DEFAULT_PATH);
    let mut worst = Errno::ENOENT.into();
    for directory in path.split(|c| *c == b':') {
        let slash = if directory.is_empty() { &b""[..] } else { b"/" };
        let file: BString = [directory, slash, program].concat().into();
        let error = process::replace(&file, &line.words, &environment);
        match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::ENOENT | Errno::ENOTDIR) => {}
            Some(Errno::EACCES) => worst = error,
            _ => return error,
        }
    }
    worst
}
