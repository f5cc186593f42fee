//! The first process of jobs that run one after the other: it makes the sandbox of each, runs its commands, waits for
//! whatever loses its parent, and takes the sandbox down. Where anything is left that it cannot take down it ends, and
//! the kernel takes everything along.
//! It does not know who asked for the jobs.

use crate::sandbox::apply::Applied;
use crate::sandbox::order;
use crate::sandbox::order::Command;
use crate::sandbox::order::End;
use crate::sandbox::order::Failure;
use crate::sandbox::order::Start;
use crate::sandbox::order::Told;
use crate::sandbox::plan;
use crate::sandbox::plan::Op;
use crate::sys::channel;
use crate::sys::fd;
use crate::sys::locks;
use crate::sys::mount;
use crate::sys::namespace;
use crate::sys::namespace::Lasting;
use crate::sys::process;
use crate::sys::process::CStrings;
use crate::sys::process::Exit;
use crate::sys::process::Image;
use crate::sys::process::Pid;
use crate::sys::signal;
use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::resource::UsageWho;
use nix::sys::resource::getrusage;
use nix::sys::signal::SigSet;
use nix::sys::signal::SigmaskHow;
use nix::sys::signal::Signal;
use nix::sys::signal::sigprocmask;
use nix::sys::stat::Mode;
use nix::sys::stat::stat;
use nix::sys::stat::umask;
use nix::sys::time::TimeValLike;
use nix::unistd;
use nix::unistd::Gid;
use nix::unistd::Uid;
use std::io;
use std::os::fd::AsFd;
use std::os::fd::AsRawFd;
use std::os::fd::OwnedFd;
use std::time::Duration;
use std::time::Instant;

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

/// That a job has begun is told with its end, if that comes before this.
const SOON: Duration = Duration::from_millis(10);

/// Standard input, output and error of a job.
type Standard = [OwnedFd; 3];

/// The process.
struct First {
    number: u32,
    orders: OwnedFd,
    /// Its mounts.
    applied: Applied,
    /// Its root between jobs.
    root: OwnedFd,
    /// Tells whether a job has changed mounts.
    mounts: OwnedFd,
    /// What else lasts, as it is between jobs.
    lasting: Lasting,
    /// Signals that it waits for.
    signals: OwnedFd,
    /// Requests for locks, where the kernel tells of them.
    locks: Option<OwnedFd>,
    /// The job has locked something.
    has_locked: bool,
    /// What is told soon, and when.
    gathered: Vec<u8>,
    due: Option<Instant>,
}

/// How a command becomes a process, put together before that is started.
struct Prepared<'a> {
    image: Image,
    standard: &'a Standard,
    user: Option<(Uid, Gid, Vec<Gid>)>,
}

/// Runs jobs; this process is the first one of its namespace, and has a socket.
pub(in crate::sandbox) fn run(number: u32, ops: &[Op], orders: OwnedFd) -> ! {
    let mut waited = SigSet::from_iter(PASSED_ON);
    waited.add(Signal::SIGCHLD);
    let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&waited), None);
    let ended = match First::new(number, ops, &orders, &waited) {
        Ok(mut first) => first.serve(),
        Err(failure) => order::send(orders.as_fd(), &Told::Failed(failure), &[]),
    };
    namespace::exit(i32::from(ended.is_err()))
}

impl First {
    fn new(number: u32, ops: &[Op], orders: &OwnedFd, waited: &SigSet) -> Result<First, Failure> {
        let mut applied = Applied::default();
        applied.all(ops)?;
        let beyond =
            |error: io::Error| Failure::of(ops.len(), &"get ready to be the first process", &error);
        prctl::set_no_new_privs().map_err(|error| beyond(error.into()))?;
        Ok(First {
            number,
            orders: orders.try_clone().map_err(beyond)?,
            applied,
            root: fd::open(b"/", fd::READ_NON_BLOCKING).map_err(beyond)?,
            mounts: mount::watch("/host/proc").map_err(beyond)?,
            lasting: Lasting::of_now(),
            signals: signal::descriptor(waited).map_err(beyond)?,
            locks: locks::notice().ok(),
            has_locked: false,
            gathered: Vec::new(),
            due: None,
        })
    }

    /// Runs jobs until there are no more, or one leaves something behind.
    fn serve(&mut self) -> io::Result<()> {
        let mark = self.applied.mark();
        while let Some((start, descriptors)) = order::receive::<Start>(self.orders.as_fd())? {
            let standard =
                Standard::try_from(descriptors).map_err(|_| io::ErrorKind::InvalidData)?;
            if !self.job(&start, standard)? {
                break;
            }
            umask(Mode::empty());
            self.applied.undo(mark, &self.root)?;
        }
        Ok(())
    }

    /// Runs a job and tells how that goes. Returns whether another one may follow.
    fn job(&mut self, start: &Start, standard: Standard) -> io::Result<bool> {
        let before = cpu();
        self.has_locked = false;
        if let Err(failure) = self.prepare(start) {
            self.tell(&Told::Failed(failure))?;
            return self.flush().map(|()| false);
        }
        self.tell(&Told::Began)?;
        self.all_lines(start, &standard)?;
        drop(standard);
        let has_left = self.leaves_processes()?;
        if has_left {
            self.tell(&Told::Left)?;
        }
        let stays = !has_left && !mount::has_changed(&self.mounts) && self.is_nothing_shared();
        let cpu = cpu().saturating_sub(before);
        self.tell(&Told::Done { cpu, stays })?;
        self.flush().map(|()| stays)
    }

    fn prepare(&mut self, start: &Start) -> Result<(), Failure> {
        self.applied.all(&start.ops)?;
        umask(Mode::from_bits_truncate(start.umask));
        let entered = std::env::set_current_dir(fd::path(&start.directory));
        // What was done here is no change.
        mount::has_changed(&self.mounts);
        entered.map_err(|error| {
            let step = format!("enter {}", start.directory);
            Failure::of(start.ops.len(), &step, &error)
        })
    }

    fn all_lines(&mut self, start: &Start, standard: &Standard) -> io::Result<()> {
        for (pid, line) in (start.first_pid..).zip(&start.lines) {
            // What comes of a line does not come before the end of the one before.
            if pid != start.first_pid {
                self.flush()?;
            }
            let end = self.one_line(start, line, standard, pid)?;
            self.tell(&Told::Ended(end))?;
            if end != End::Exited(0) && !line.ignore_errors {
                break;
            }
        }
        Ok(())
    }

    fn one_line(
        &mut self,
        start: &Start,
        line: &Command,
        standard: &Standard,
        pid: Pid,
    ) -> io::Result<End> {
        let prepared = match Prepared::new(start, line, standard) {
            Ok(prepared) => prepared,
            Err(_) => return Ok(End::NotExecuted(Errno::ENOENT as i32)),
        };
        let mut failed = None;
        let mut run = || {
            failed = Some(prepared.execute().raw_os_error().unwrap_or(0));
            127
        };
        // The number may be taken by what an earlier line left behind, and kernels before 5.5 give none to choose.
        let child =
            namespace::lend(Some(pid), &mut run).or_else(|_| namespace::lend(None, &mut run))?;
        let exit = self.wait_for(child)?;
        Ok(match (failed, exit) {
            (Some(errno), _) => End::NotExecuted(errno),
            (None, Exit::Status(status)) => End::Exited(status),
            (None, Exit::Signal(signal, has_core)) => End::Killed(signal, has_core),
        })
    }

    /// Waits for a command; what others leave behind is waited for, too, and signals are passed on.
    fn wait_for(&mut self, command: Pid) -> io::Result<Exit> {
        loop {
            while let Some((pid, exit)) = process::reap() {
                if pid == command {
                    return Ok(exit);
                }
            }
            let time = self
                .due
                .map(|due| due.saturating_duration_since(Instant::now()));
            let locks = self.locks.as_ref().map(AsRawFd::as_raw_fd);
            let awaited = [self.signals.as_raw_fd(), locks.unwrap_or(-1)];
            fd::wait_alone(&awaited, time);
            match signal::take(&self.signals) {
                // To its whole group, which it leads: a shell that waits for a program would not end by it.
                Some(signal) if signal != Signal::SIGCHLD as i32 => {
                    process::kill(-command, signal);
                }
                // What can be read and is no signal is a request.
                None => self.let_lock()?,
                _ => {}
            }
            if self.due.is_some_and(|due| due <= Instant::now()) {
                self.flush()?;
            }
        }
    }

    /// Lets a request for a lock go on, if there is one, and tells of it.
    fn let_lock(&mut self) -> io::Result<()> {
        let Some(locks) = self.locks.as_ref().filter(|locks| fd::is_readable(*locks)) else {
            return Ok(());
        };
        match locks::next(locks) {
            Some(path) if !std::mem::replace(&mut self.has_locked, true) => {
                self.tell(&Told::Locks(path))
            }
            _ => Ok(()),
        }
    }

    /// Says something soon.
    fn tell(&mut self, told: &Told) -> io::Result<()> {
        self.gathered = order::append(std::mem::take(&mut self.gathered), told)?;
        self.due.get_or_insert_with(|| Instant::now() + SOON);
        Ok(())
    }

    /// Says what was to be said soon.
    fn flush(&mut self) -> io::Result<()> {
        self.due = None;
        match self.gathered.is_empty() {
            true => Ok(()),
            false => {
                let said = channel::send(self.orders.as_fd(), &self.gathered, &[]);
                self.gathered.clear();
                said
            }
        }
    }

    /// Whether something still runs a moment after the last command has ended; what is about to end gets that moment.
    fn leaves_processes(&mut self) -> io::Result<bool> {
        for _ in 0..LOOKS {
            while process::reap().is_some() {}
            if process::is_alone() {
                return Ok(false);
            }
            self.let_lock()?;
            std::thread::sleep(BETWEEN);
        }
        Ok(true)
    }

    /// Whether `/dev/shm` is as it was when it was made, empty, and of that time, and so is what is no file.
    fn is_nothing_shared(&self) -> bool {
        let path = format!("{}/{}", plan::ROOMS, plan::shared_of(self.number));
        let beyond = mount::enter(&self.root).and_then(|()| Ok(stat(&path[..])?));
        beyond.is_ok_and(|stat| {
            let is_old = stat.st_mtime == 0 && stat.st_mtime_nsec == 0;
            is_old
                && stat.st_mode & 0o7777 == plan::SHARED_MODE
                && self.lasting == Lasting::of_now()
        })
    }
}

/// Returns the processor time of this process and its children, in microseconds.
fn cpu() -> u64 {
    let of = |who| {
        getrusage(who).map_or(0, |usage| {
            let time = usage.user_time() + usage.system_time();
            u64::try_from(time.num_microseconds()).unwrap_or(0)
        })
    };
    of(UsageWho::RUSAGE_SELF) + of(UsageWho::RUSAGE_CHILDREN)
}

impl Prepared<'_> {
    fn new<'a>(start: &Start, line: &Command, standard: &'a Standard) -> io::Result<Prepared<'a>> {
        let environment = CStrings::new(&start.environment);
        let user = start.user.as_ref().map(|user| {
            let groups = user.groups.iter().map(|gid| Gid::from_raw(*gid));
            (
                Uid::from_raw(user.uid),
                Gid::from_raw(user.gid),
                groups.collect(),
            )
        });
        Ok(Prepared {
            image: Image::new(&line.words, environment, DEFAULT_PATH)?,
            standard,
            user,
        })
    }

    /// Becomes the command; returns only when that fails. The memory is lent: none is allocated.
    fn execute(&self) -> io::Error {
        let ready = || -> Result<(), Errno> {
            unistd::setsid()?;
            let [input, output, error] = self.standard;
            unistd::dup2_stdin(input)?;
            unistd::dup2_stdout(output)?;
            unistd::dup2_stderr(error)?;
            if let Some((uid, gid, groups)) = &self.user {
                unistd::setgroups(groups)?;
                unistd::setresgid(*gid, *gid, *gid)?;
                unistd::setresuid(*uid, *uid, *uid)?;
            }
            sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)
        };
        match ready() {
            Ok(()) => self.image.replace(),
            Err(error) => error.into(),
        }
    }
}
