//! Runs jobs on this machine, line by line, and waits for them in one place.
//! It does not know why a target is made, nor what becomes of it afterwards.

mod away;
mod deferred;
mod open;
mod own;
mod shown;

use crate::error;
use crate::error::Fatal;
use crate::error::JobNotice;
use crate::eval::make::Ctx;
use crate::eval::make::Make;
use crate::event::Event;
use crate::event::Sink;
use crate::event::Stream;
use crate::exec::End;
use crate::exec::Job;
use crate::exec::JobLine;
use crate::exec::command;
use crate::exec::command::Command;
use crate::exec::executor::BeginSession;
use crate::exec::executor::Executor;
use crate::exec::executor::Place;
use crate::exec::local::away::Away;
use crate::exec::local::open::Opened;
use crate::exec::local::own::Call;
use crate::exec::local::own::Own;
use crate::exec::ruled;
use crate::exec::ruled::shell_of;
use crate::exec::session;
use crate::exec::session::NOT_STARTED;
use crate::exec::session::Session;
use crate::exec::session::Shared;
use crate::exec::session::Start;
use crate::exec::slot::Slots;
use crate::exec::temporary::Temporary;
use crate::graph::target::Status;
use crate::id::JobId;
use crate::id::TargetId;
use crate::options::OutputSync;
use crate::options::Shuffle;
use crate::sys::fd;
use crate::sys::process;
use crate::sys::process::CStrings;
use crate::sys::process::Exit;
use crate::sys::process::Pid;
use crate::sys::signal;
use bstr::BString;
use bstr::ByteSlice;
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::os::fd::AsRawFd;
use std::os::fd::OwnedFd;
use std::os::fd::RawFd;
use std::rc::Rc;

/// What a runner needs to know of the process it lives in.
pub struct Setup {
    /// Where events go in the end.
    pub sink: Box<dyn Sink>,
    /// MAKE_TMPDIR of the environment.
    pub make_tmpdir: Option<BString>,
    /// TMPDIR of the environment.
    pub tmpdir: Option<BString>,
    /// The directory of the process, absolute: jobs of another directory are started there.
    pub directory: BString,
    /// -O as asked on the command line or in MAKEFLAGS: what is said while makefiles are read is held back too.
    pub output_sync: OutputSync,
    /// What a call of this program does in a process; None: the program is to be started for it.
    pub call: Option<Call>,
}

/// A job has ended; its failure was told. The scheduler deletes what is to be deleted, says so with
/// `make.job` set to `job`, and then calls [`Runner::retire`], which puts out the job's output.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// The job.
    pub job: JobId,
    /// Its target.
    pub target: TargetId,
    /// Success (also when failures were ignored), Question (-q: a line would have to be run), Failed.
    pub status: Status,
    /// How its last line ended.
    pub end: End,
    /// The number in its makefile of the last line that was looked at, as messages tell it.
    pub line: Option<u32>,
    /// A line was killed by this signal (and that was not ignored): the target is to be deleted.
    pub killed_by: Option<i32>,
    /// Its failure was not to be told and ends nothing.
    pub quiet: bool,
    /// Its last line became a process. `.DELETE_ON_ERROR` does not look at a line that could not be started.
    pub was_started: bool,
    /// A line was run, or printed under -n: the recipe did not expand to nothing.
    pub has_run: bool,
    /// Its last line started no process. GNU make settles, and under -t touches, such a target twice.
    pub ends_skipped: bool,
}

/// Why [`Runner::wait`] returned.
#[derive(Clone, Debug, PartialEq)]
pub enum Wake {
    /// A job has ended.
    Finished(Finished),
    /// A fatal signal came; TERM was passed on to the children already. Told once: the scheduler deletes
    /// targets, waits for the rest ([`Runner::wait`] until Idle) and ends by [`crate::sys::signal::die_by`].
    Signal(i32),
    /// SIGUSR1 came: debug output is toggled.
    ToggleDebug,
    /// Nothing is running.
    Idle,
}

/// Why [`Runner::wait_for_slot`] returned.
#[derive(Clone, Debug, PartialEq)]
pub enum SlotWait {
    /// A slot is held for the next [`Runner::start`].
    Ready,
    /// Something else came first; ask again.
    Woken(Wake),
}

/// Runs jobs on this machine.
pub struct Runner {
    session: Session,
    /// -O as asked at the start.
    output_sync: OutputSync,
    slots: Slots,
    /// What was set up; a restart leaves it as it is.
    opened: Option<Opened>,
    next_id: u32,
    running: Vec<Running>,
    /// Jobs that have a slot, but the load was too high for them (-l); the one refused last is started first.
    deferred: Vec<Running>,
    /// Jobs that ended and were not told yet.
    ended: VecDeque<Finished>,
    /// A child that was reaped, but not looked at yet.
    reaped: Option<(Pid, Exit)>,
    /// The job that has the real standard input.
    stdin_of: Option<JobId>,
    /// What all other jobs get as standard input: the end of a file.
    no_stdin: Option<OwnedFd>,
    /// The fatal signal that was told.
    signal: Option<i32>,
    /// Why the environment of a job could not be made.
    fatal: Option<Box<Fatal>>,
    /// Jobs that run elsewhere, once that is to be.
    away: Option<Box<Away>>,
    /// This make has no jobs for others; its sub-makes may.
    begin_session: Option<BeginSession>,
    /// The session that was begun so.
    for_others: Option<Box<dyn Executor>>,
    /// Sub-makes that are copies of this process, once there was one.
    own: Option<Own>,
    call: Option<Call>,
}

/// A job one of whose lines runs.
struct Running {
    job: Job,
    target: TargetId,
    /// Made when the first process is started.
    environment: Option<Environments>,
    /// The next line to run.
    next: usize,
    /// How many lines were shown: those are not shown again when the job is placed again.
    echoed: usize,
    /// The slot it has among those of all machines, if others are used.
    place: Option<Place>,
    pid: Pid,
    has_run: bool,
    /// The last line that was looked at started no process.
    is_skipped: bool,
    end: End,
    /// The last line became a process.
    was_started: bool,
}

/// The environment of a job's processes.
struct Environments {
    plain: Rc<CStrings>,
    /// That of lines whose makes use no other machines.
    secluded: Rc<CStrings>,
}

impl Running {
    /// Its present line has become this process.
    fn begin(&mut self, pid: Pid) {
        self.pid = pid;
        self.was_started = true;
        self.is_skipped = false;
    }
}

/// What became of a job when its next line was to be run.
enum Step {
    /// A process runs.
    Started,
    /// The job is over.
    Over(Status),
}

impl Runner {
    /// Returns the runner of this process, signals caught from now on. It outlives restarts.
    pub fn new(setup: Setup) -> Runner {
        signal::catch();
        for descriptor in 0..3 {
            // The runtime has put /dev/null where nothing was open: children are to find it closed as we did.
            if signal::was_closed(descriptor) {
                let _ = fd::set_close_on_exec(i32::from(descriptor), true);
            }
        }
        let temporary = Temporary::new(setup.make_tmpdir, setup.tmpdir);
        let shared = Shared::new(setup.sink, temporary, setup.directory);
        Runner {
            session: Session::new(shared),
            output_sync: setup.output_sync,
            slots: Slots::alone(Some(1)),
            opened: None,
            next_id: 0,
            running: Vec::new(),
            deferred: Vec::new(),
            ended: VecDeque::new(),
            reaped: None,
            stdin_of: None,
            no_stdin: None,
            signal: None,
            fatal: None,
            away: None,
            begin_session: None,
            for_others: None,
            own: None,
            call: setup.call,
        }
    }

    /// Returns what a new [`Make`] sees of the session. Until [`Runner::open_slots`] a fatal signal ends the process
    /// at once, and under -O all that is said is held back.
    pub fn ctx(&self) -> Box<dyn Ctx> {
        signal::undefer();
        let mut shared = self.session.shared();
        if !shared.gave_up {
            shared.sync = self.output_sync;
        }
        shared.hold(None);
        drop(shared);
        Box::new(self.session.clone())
    }

    /// Returns the id of the next job.
    pub fn new_id(&mut self) -> JobId {
        let id = JobId(self.next_id);
        self.next_id += 1;
        self.session.shared().hold(Some(id));
        id
    }

    /// Returns whether a job is to be over before the walk goes on: one slot, and no jobserver.
    pub fn is_serial(&self) -> bool {
        !self.slots.is_parallel()
    }

    /// Takes the error, if there was one, that made the job that ended last fail and is to end the make.
    pub fn take_fatal(&mut self) -> Option<Box<Fatal>> {
        self.fatal.take()
    }

    /// Returns how many jobs run now.
    pub fn running(&self) -> usize {
        self.held() + self.ended.len()
    }

    /// Returns how many jobs have a slot of -j.
    fn held(&self) -> usize {
        self.running.len() + self.deferred.len() + self.away_count()
    }

    /// Returns the targets of the jobs that run now, the newest first.
    pub fn targets(&self) -> Vec<TargetId> {
        let mut jobs: Vec<_> = self.running.iter().chain(self.away_jobs()).collect();
        jobs.sort_by_key(|running| std::cmp::Reverse(running.job.id));
        jobs.iter().map(|running| running.target).collect()
    }

    /// Waits until one more job may run (slots, jobserver). To be called behind the expansion of
    /// the job when there is a jobserver, before it otherwise: see [`Runner::expands_before_slot`].
    pub fn wait_for_slot(&mut self, make: &mut Make) -> SlotWait {
        loop {
            if let Some(wake) = self.poll(make) {
                return SlotWait::Woken(wake);
            }
            let running = self.held();
            if self.slots.take(running) {
                return SlotWait::Ready;
            }
            let slot = self.slots.readable();
            let readable: SmallVec<[RawFd; 2]> =
                slot.into_iter().chain(self.away_readable()).collect();
            self.slots.settle(running);
            fd::wait(&readable, None);
        }
    }

    /// Returns whether a recipe is expanded before its slot is waited for (GNU make does so with a jobserver).
    pub fn expands_before_slot(&self) -> bool {
        self.slots.jobserver().is_some()
    }

    /// Starts a job; an empty one, or one whose lines are all skipped, finishes at once.
    pub fn start(&mut self, make: &mut Make, job: Job, target: TargetId) -> Option<Finished> {
        signal::defer();
        let running = Running {
            job,
            target,
            environment: None,
            next: 0,
            echoed: 0,
            place: None,
            pid: 0,
            has_run: false,
            is_skipped: false,
            end: End::Exited(0),
            was_started: false,
        };
        self.start_somewhere(make, running)
    }

    /// Waits for the next event, running the further lines of jobs meanwhile.
    pub fn wait(&mut self, make: &mut Make) -> Wake {
        loop {
            if let Some(wake) = self.poll(make) {
                return wake;
            }
            let held = self.held();
            if held == 0 {
                return Wake::Idle;
            }
            self.slots.settle(held);
            fd::wait(self.away_readable().as_slice(), None);
        }
    }

    /// Returns the next event if there is one already.
    pub fn poll(&mut self, make: &mut Make) -> Option<Wake> {
        if self.away.is_some() {
            self.poll_away(make);
        }
        if let Some(finished) = self.ended.pop_front() {
            return Some(Wake::Finished(finished));
        }
        if let Some(wake) = self.signalled() {
            return Some(wake);
        }
        while !self.running.is_empty() {
            let Some((pid, exit)) = self.reaped.take().or_else(process::reap) else {
                break;
            };
            // A signal to the whole group may have ended the child: then it has come here, too, and goes first.
            signal::let_in();
            if let Some(wake) = self.signalled() {
                self.reaped = Some((pid, exit));
                return Some(wake);
            }
            self.exited(make, pid, exit);
        }
        if self.ended.is_empty() {
            self.start_deferred(make);
        }
        self.ended.pop_front().map(Wake::Finished)
    }

    fn signalled(&mut self) -> Option<Wake> {
        if signal::take_toggle() {
            return Some(Wake::ToggleDebug);
        }
        let fatal = signal::fatal().filter(|_| self.signal.is_none())?;
        self.signal = Some(fatal);
        self.give_up_deferred();
        if signal::is_passed_on(fatal) {
            let gone = self.reaped.map(|(pid, _)| pid);
            for running in self.running.iter().filter(|one| Some(one.pid) != gone) {
                process::kill(running.pid, fatal);
            }
        }
        self.signal_away(fatal);
        Some(Wake::Signal(fatal))
    }

    /// A child has ended: runs the next line of its job, or ends the job.
    fn exited(&mut self, make: &mut Make, pid: Pid, exit: Exit) {
        // Children that somebody else started in this process (a loaded object) are nobody's job.
        let Some(place) = self.running.iter().position(|one| one.pid == pid) else {
            return;
        };
        let mut running = self.running.swap_remove(place);
        if make.options.debug.jobs {
            self.tell_reaped(&running, exit);
        }
        make.view.forget();
        running.end = match exit {
            Exit::Status(status) => End::Exited(status),
            Exit::Signal(signal, core) => End::Signaled(signal, core),
        };
        let step = match self.settle_line(make, &running) {
            Some(status) => Step::Over(status),
            None => self.step(make, &mut running),
        };
        match step {
            Step::Started => self.running.push(running),
            Step::Over(status) => {
                let finished = self.finished(&running, status);
                self.ended.push_back(finished);
            }
        }
    }

    /// Looks at how the line before `running.next` ended: tells a failure; returns a status if the job is over.
    fn settle_line(&mut self, make: &mut Make, running: &Running) -> Option<Status> {
        let line = &running.job.lines[running.next - 1];
        let id = Some(running.job.id);
        let mut over = None;
        if make.options.question && running.end == End::Exited(1) && !line.ignore_errors {
            // A sub-make said that something is to be done: no error.
            over = Some(Status::Question);
        } else if running.end != End::Exited(0) {
            let notice = JobNotice::Failed {
                place: line.place.clone(),
                target: running.job.target.clone(),
                how: how_ended(running.end),
                ignored: line.ignore_errors,
                shuffle: shuffle_word(make.options.shuffle_in_force),
            };
            let is_silent = make.is_silent();
            let is_muted = match line.ignore_errors {
                true => is_silent,
                false => running.job.quiet,
            };
            if !is_muted {
                make.tell_include_error();
                self.session.shared().say(id, &notice);
            }
            over = (!line.ignore_errors).then_some(Status::Failed);
        }
        let mut shared = self.session.shared();
        if shared.sync == OutputSync::Line {
            shared.tell(id);
        }
        if over.is_none() && self.signal.is_some() && running.next < running.job.lines.len() {
            over = Some(Status::Failed);
        }
        over
    }

    fn finished(&mut self, running: &Running, status: Status) -> Finished {
        if self.stdin_of == Some(running.job.id) {
            self.stdin_of = None;
        }
        self.free_place(running);
        let killed_by = match running.end {
            End::Signaled(signal, _) if status == Status::Failed => Some(signal),
            _ => self.signal.filter(|_| status == Status::Failed),
        };
        let line = running.next.checked_sub(1);
        let line = line.and_then(|at| running.job.lines.get(at));
        let number = line.and_then(|line| line.place.rsplit_once_str(":"));
        Finished {
            job: running.job.id,
            line: number.and_then(|(_, number)| number.to_str().ok()?.parse().ok()),
            target: running.target,
            status,
            end: running.end,
            killed_by,
            quiet: running.job.quiet,
            was_started: running.was_started,
            has_run: running.has_run,
            ends_skipped: running.is_skipped,
        }
    }

    /// Runs the job's lines from the next one on until a process runs or nothing is left.
    fn step(&mut self, make: &mut Make, running: &mut Running) -> Step {
        while let Some(line) = running.job.lines.get(running.next) {
            running.next += 1;
            running.is_skipped = true;
            let of = shell_of(&running.job, line);
            let words = match command::command(&line.text, of) {
                Command::Empty => continue,
                Command::Direct(words) | Command::Shell(words) => words,
            };
            let options = &make.options;
            if options.question && !line.recursive {
                return Step::Over(Status::Question);
            }
            if options.touch && !line.recursive {
                continue;
            }
            if !running.has_run {
                running.has_run = true;
                self.tell_started(&running.job);
            }
            let is_shown = options.just_print || options.debug.print || !line.silent;
            let is_new = running.next > running.echoed;
            self.prepare_output(running.job.id, line, is_shown && is_new);
            if command::is_no_op(&line.text, of) || (options.just_print && !line.recursive) {
                continue;
            }
            make.view.forget();
            let environment = match environment_of_line(make, running) {
                Ok(environment) => environment,
                Err(fatal) => {
                    self.fatal = Some(fatal);
                    return Step::Over(Status::Failed);
                }
            };
            match self.spawn(make, running, &environment, words) {
                Ok(pid) => {
                    running.begin(pid);
                    if make.options.debug.jobs {
                        self.tell_put_on_chain(running);
                    }
                    return Step::Started;
                }
                Err(notice) => {
                    self.session.shared().say(Some(running.job.id), &notice);
                    running.end = End::Exited(NOT_STARTED);
                    running.was_started = false;
                    if let Some(status) = self.settle_line(make, running) {
                        return Step::Over(status);
                    }
                }
            }
        }
        running.end = End::Exited(0);
        Step::Over(Status::Success)
    }

    /// Decides whether this line's output is held back, and shows the line.
    fn prepare_output(&mut self, id: JobId, line: &JobLine, is_shown: bool) {
        let mut shared = self.session.shared();
        let job = Some(id);
        match shared.sync {
            OutputSync::None => {}
            // What a sub-make says is held back by the sub-make itself.
            OutputSync::Line | OutputSync::Target if line.recursive => shared.release(job),
            _ => shared.hold(job),
        }
        if is_shown {
            let mut bytes = BString::from(&line.text[..line.shown]);
            bytes.push(b'\n');
            shared.emit(Event::Text {
                job,
                stream: Stream::Out,
                bytes,
            });
        }
    }

    fn spawn(
        &mut self,
        make: &Make,
        running: &Running,
        environment: &CStrings,
        words: Vec<BString>,
    ) -> Result<Pid, JobNotice> {
        let id = running.job.id;
        let has_stdin = *self.stdin_of.get_or_insert(id) == id;
        if !has_stdin && self.no_stdin.is_none() {
            self.no_stdin = fd::pipe().ok().map(|(read, _)| read);
        }
        let stdin = match &self.no_stdin {
            Some(read) if !has_stdin => Some(read.as_raw_fd()),
            _ => None,
        };
        let line = &running.job.lines[running.next - 1];
        let inherited = match self.slots.jobserver() {
            Some(jobserver) if line.recursive => jobserver.inherited(),
            _ => &[],
        };
        // Neither threads, which the way to other machines has, nor loaded objects are in a copy what they are here.
        let is_plain = self.away.is_none() && self.for_others.is_none() && !make.has_objects();
        let call = self.call.filter(|_| line.recursive && is_plain);
        let mut shared = self.session.shared();
        let streams = shared.streams(Some(id));
        if streams.is_none() {
            shared.emit(Event::ChildOutput { job: Some(id) });
        }
        let (out, err) = streams.unzip();
        let is_elsewhere = running.job.directory != shared.directory;
        let directory = is_elsewhere.then_some(running.job.directory.as_slice());
        let start = Start {
            words: &words,
            environment,
            directory,
            standard: [stdin, out, err],
            inherited,
        };
        let begun = call.and_then(|call| {
            let own = self.own.get_or_insert_with(|| Own::new(call, make.level));
            let inside = command::in_directory(&line.text, shell_of(&running.job, line));
            own.call(&mut shared.programs, &start, inside)
        });
        let begun = begun.unwrap_or_else(|| session::start(&mut shared.programs, &start));
        begun.map_err(|error| {
            let name = words.first().cloned().unwrap_or_default();
            JobNotice::CannotRun(name, process::error_text(&error))
        })
    }

    /// Puts out what a finished job has said and frees its slot.
    pub fn retire(&mut self, _make: &mut Make, finished: &Finished) {
        let job = finished.job;
        let mut shared = self.session.shared();
        shared.release(Some(job));
        if finished.has_run {
            let status = match finished.end {
                End::Exited(status) => status,
                End::Signaled(signal, _) => 128 + signal,
            };
            shared.emit(Event::JobFinished { job, status });
        }
    }

    fn tell_started(&mut self, job: &Job) {
        self.session.shared().emit(Event::JobStarted {
            job: job.id,
            target: job.target.clone(),
        });
    }

    fn tell_put_on_chain(&mut self, running: &Running) {
        let (id, target, pid) = (running.job.id.0, &running.job.target, running.pid);
        let text = format!("Putting child 0x{id:x} ({target}) PID {pid} on the chain.\n");
        self.session.shared().debug(text);
    }

    fn tell_reaped(&mut self, running: &Running, exit: Exit) {
        let (id, pid) = (running.job.id.0, running.pid);
        let how = match exit {
            Exit::Status(0) => "winning",
            _ => "losing",
        };
        let text = format!("Reaping {how} child 0x{id:x} PID {pid} \n");
        self.session.shared().debug(text);
    }
}

/// Returns the environment of a job's processes.
fn environment(make: &mut Make, running: &Running) -> error::Result<Vec<BString>> {
    let outer = make.job.replace(running.job.id);
    let result = make.child_environment(Some(running.target), running.job.child);
    make.job = outer;
    result
}

/// Returns the environment of the line that is to run now.
fn environment_of_line(make: &mut Make, running: &mut Running) -> error::Result<Rc<CStrings>> {
    if running.environment.is_none() {
        let mut variables = environment(make, running)?;
        let plain = Rc::new(CStrings::new(&variables));
        let mut secluded = plain.clone();
        if running.job.lines.iter().any(|line| line.is_secluded) {
            ruled::seclude(&mut variables);
            secluded = Rc::new(CStrings::new(&variables));
        }
        running.environment = Some(Environments { plain, secluded });
    }
    let is_secluded = running.job.lines[running.next - 1].is_secluded;
    let environments = running.environment.as_ref();
    let environment = environments.map(|of| if is_secluded { &of.secluded } else { &of.plain });
    Ok(environment.expect("it was made above").clone())
}

fn text_event(job: Option<JobId>, text: String) -> Event {
    Event::Text {
        job,
        stream: Stream::Out,
        bytes: text.into(),
    }
}

fn how_ended(end: End) -> BString {
    match end {
        End::Exited(status) => format!("Error {status}").into(),
        End::Signaled(signal, core) => {
            let core = if core { " (core dumped)" } else { "" };
            format!("{}{core}", process::signal_name(signal)).into()
        }
    }
}

fn shuffle_word(shuffle: Option<Shuffle>) -> BString {
    match shuffle {
        None | Some(Shuffle::None) => BString::default(),
        Some(Shuffle::Seed(seed)) => seed.to_string().into(),
        Some(Shuffle::Reverse) => "reverse".into(),
        Some(Shuffle::Identity) => "identity".into(),
    }
}
