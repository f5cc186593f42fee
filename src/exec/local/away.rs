//! The part of a runner that has jobs run elsewhere: placing, sending, taking what comes back, placing again what was lost.
//! It does not know how anything travels.

use crate::error::Diagnostic;
use crate::error::JobNotice;
use crate::error::Severity;
use crate::eval::environment::SESSION;
use crate::eval::make::Make;
use crate::event::Event;
use crate::exec::End;
use crate::exec::Job;
use crate::exec::command;
use crate::exec::command::Command;
use crate::exec::commit;
use crate::exec::declared;
use crate::exec::declared::Declared;
use crate::exec::declared::Policy;
#[cfg(feature = "remote")]
use crate::exec::effects;
use crate::exec::executor::BeginSession;
use crate::exec::executor::Executor;
use crate::exec::executor::Leave;
use crate::exec::executor::LineEnd;
use crate::exec::executor::Made;
use crate::exec::executor::Message;
use crate::exec::executor::Place;
use crate::exec::executor::Reason;
use crate::exec::executor::RemoteJob;
use crate::exec::executor::RemoteLine;
use crate::exec::executor::Stays;
use crate::exec::executor::Wish;
use crate::exec::local::Finished;
use crate::exec::local::Runner;
use crate::exec::local::Running;
use crate::exec::local::environment;
use crate::exec::local::shown::Run;
use crate::exec::local::shown::Shown;
use crate::exec::local::text_event;
use crate::exec::ruled;
use crate::exec::ruled::shell_of;
use crate::exec::session::NOT_STARTED;
use crate::graph::target::Status;
use crate::id::HostId;
use crate::id::JobId;
use crate::sys::fd;
use crate::sys::process;
use bstr::BString;
use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;
use std::os::fd::RawFd;
use std::time::Instant;

/// A job that others' changes overtake more often than this is run here.
const MOST_OVERTAKEN: u32 = 3;

/// Jobs and other machines.
pub(in crate::exec) struct Away {
    executor: Box<dyn Executor>,
    policy: Policy,
    /// Jobs without a place, the oldest first.
    waiting: VecDeque<Waiting>,
    running: Vec<AwayJob>,
    /// A place may have become free.
    has_news: bool,
    /// It was said that only declared prerequisites are sent.
    has_hinted: bool,
    /// Where it is told what is sent where, if not on standard output.
    log: Option<File>,
}

/// A job without a place.
struct Waiting {
    running: Running,
    errand: Errand,
}

/// What a job has to do with other machines.
struct Errand {
    wish: Wish,
    /// What travels, or why it stays here.
    declared: Result<Declared, Stays>,
    /// What of its output was shown, in case it is run again.
    shown: Shown,
    /// How often it has seen a tree that others were changing.
    overtaken: u32,
    /// It is told what is sent where.
    is_debug: bool,
}

/// A job that runs on a host.
struct AwayJob {
    running: Running,
    errand: Errand,
    host: HostId,
    began: Instant,
    directory: BString,
    /// How far this run has come.
    at: Run,
    /// A line has failed: nothing more is run.
    over: Option<Status>,
}

impl Runner {
    /// Lets jobs run elsewhere from now on.
    pub fn distribute(&mut self, make: &Make, executor: Box<dyn Executor>, log: Option<File>) {
        self.away = Some(Box::new(Away {
            executor,
            policy: Policy::of(make),
            waiting: VecDeque::new(),
            running: Vec::new(),
            has_news: false,
            has_hinted: false,
            log,
        }));
        if make.options.own.debug_dist {
            self.say_debug(None, "Enabling distributed build.".into());
        }
    }

    /// This make has no jobs for others: if it comes to sub-makes, they are to share one session.
    pub fn distribute_below(&mut self, begin: BeginSession) {
        self.begin_session = Some(begin);
    }

    /// Tells why nothing is distributed.
    pub fn warn(&self, text: &BString) {
        self.session
            .shared()
            .say(None, &JobNotice::Plain(text.clone()));
    }

    /// Returns how many jobs have a slot without being a process here.
    pub(super) fn away_count(&self) -> usize {
        let count = |away: &Away| away.waiting.len() + away.running.len();
        self.away.as_ref().map_or(0, |away| count(away))
    }

    /// Returns the jobs that are no process here.
    pub(super) fn away_jobs(&self) -> impl Iterator<Item = &Running> {
        self.away.iter().flat_map(|away| {
            let waiting = away.waiting.iter().map(|one| &one.running);
            waiting.chain(away.running.iter().map(|one| &one.running))
        })
    }

    /// Returns what can be read when a message has come.
    pub(super) fn away_readable(&self) -> Option<RawFd> {
        self.away.as_ref()?.executor.readable()
    }

    /// Starts a job where there is a place for it; without one it waits, and counts as running.
    pub(super) fn start_somewhere(
        &mut self,
        make: &mut Make,
        mut running: Running,
    ) -> Option<Finished> {
        let is_recursive = running.job.lines.iter().any(|line| line.recursive);
        if is_recursive && let Some(begin) = self.begin_session.take() {
            self.for_others = begin(make);
            let socket = self.for_others.as_ref().map(|session| session.socket());
            if let Some(socket) = socket.filter(|socket| !socket.is_empty()) {
                make.tell_below(SESSION, socket);
            }
        }
        let Some(away) = &mut self.away else {
            return self.start_here(make, running);
        };
        let is_run = |job: &Job| remote_lines(job).next().is_some();
        if make.options.is_dry() || !is_run(&running.job) {
            return self.start_here(make, running);
        }
        let job = &mut running.job;
        let ruled = ruled::rule(make, &mut *away.executor, job, running.target);
        if is_recursive {
            // It has no slot: what its sub-make runs has one each.
            self.explain_place(
                make,
                &running,
                &format!("here: {}", Stays::Recursive.text()),
            );
            return self.start_here(make, running);
        }
        let declared = match ruled.stays {
            Some(stays) => Err(stays),
            None => declared::declared(make, &away.policy, &running.job, running.target),
        };
        let errand = Errand {
            wish: Wish {
                leave: away.policy.leave(&running.job, &declared),
                avoided: Vec::new(),
            },
            declared,
            shown: Shown::default(),
            overtaken: 0,
            is_debug: ruled.is_debug || make.options.own.debug_dist,
        };
        self.place(make, Waiting { running, errand })
    }

    fn place(&mut self, make: &mut Make, waiting: Waiting) -> Option<Finished> {
        let away = self.away.as_mut()?;
        let place = away
            .executor
            .place(waiting.running.job.id, &waiting.errand.wish);
        let Waiting {
            mut running,
            errand,
        } = waiting;
        match (place, &errand.declared) {
            (Place::Wait, _) => {
                away.waiting.push_back(Waiting { running, errand });
                None
            }
            (Place::Host(host), _) => {
                running.place = Some(place);
                self.send(make, running, errand, host)
            }
            (Place::Nowhere, _) => {
                let target = running.job.target.clone();
                self.session
                    .shared()
                    .say(Some(running.job.id), &JobNotice::NoHostLeft(target));
                running.end = End::Exited(NOT_STARTED);
                Some(self.finished(&running, Status::Failed))
            }
            (_, declared) => {
                let reason = match (place, declared) {
                    (Place::Here(Reason::Stays(_)), Err(stays)) => Reason::Stays(*stays),
                    (Place::Here(reason), _) => reason,
                    _ => Reason::NoHost,
                };
                running.place = Some(place);
                self.explain_place(make, &running, &format!("here: {}", reason.text()));
                self.tell_placed(&running, BString::default());
                self.start_here(make, running)
            }
        }
    }

    /// Sends a job to the host that has a slot for it.
    fn send(
        &mut self,
        make: &mut Make,
        mut running: Running,
        errand: Errand,
        host: HostId,
    ) -> Option<Finished> {
        let environment = match environment(make, &running) {
            // Nobody there could join.
            Ok(mut environment) => {
                let session = [SESSION.as_bytes(), b"="].concat();
                environment.retain(|entry| !entry.starts_with(&session));
                ruled::seclude(&mut environment);
                environment
            }
            Err(fatal) => {
                self.fatal = Some(fatal);
                return Some(self.finished(&running, Status::Failed));
            }
        };
        let declared = errand.declared.clone().unwrap_or_default();
        let job = RemoteJob {
            id: running.job.id,
            target: running.job.target.clone(),
            lines: remote_lines(&running.job).collect(),
            environment,
            directory: running.job.directory.clone(),
            inputs: declared.inputs,
            outputs: declared.outputs,
            is_combined: self.session.shared().is_combined(),
            umask: process::umask(),
        };
        let away = self.away.as_mut()?;
        let (name, slots) = away.executor.host(host);
        if errand.is_debug {
            let text = format!("Using build host {name} ({slots} jobs).");
            self.say_debug(Some(running.job.id), text.into());
        }
        self.explain_place(make, &running, &format!("on {name}"));
        self.tell_placed(&running, name);
        running.next = 0;
        let away = self.away.as_mut()?;
        away.executor.start(host, job);
        away.running.push(AwayJob {
            running,
            errand,
            host,
            began: Instant::now(),
            directory: BString::default(),
            at: Run::default(),
            over: None,
        });
        None
    }

    /// Takes what has come from elsewhere, and places what waits.
    pub(super) fn poll_away(&mut self, make: &mut Make) {
        loop {
            while let Some(message) = self.away.as_mut().and_then(|away| away.executor.next()) {
                self.take_message(make, message);
            }
            let Some(away) = &mut self.away else {
                return;
            };
            if !std::mem::take(&mut away.has_news) || self.signal.is_some() {
                return;
            }
            // More may come while places are asked for: it is looked at before anything is waited for.
            for waiting in std::mem::take(&mut away.waiting) {
                let finished = self.place(make, waiting);
                self.ended.extend(finished);
            }
        }
    }

    /// A fatal signal came: what waits is given up, what runs elsewhere gets the signal.
    pub(super) fn signal_away(&mut self, signal: i32) {
        let Some(away) = &mut self.away else {
            return;
        };
        for away_job in &away.running {
            away.executor.kill(away_job.running.job.id, signal);
        }
        for waiting in std::mem::take(&mut away.waiting) {
            let finished = self.finished(&waiting.running, Status::Failed);
            self.ended.push_back(finished);
        }
    }

    /// Gives back the place of a job that has ended.
    pub(super) fn free_place(&mut self, running: &Running) {
        if let (Some(away), Some(_)) = (&mut self.away, &running.place) {
            away.executor.give_back(running.job.id, None);
            away.has_news = true;
        }
    }

    fn take_message(&mut self, make: &mut Make, message: Message) {
        match message {
            Message::Began { job, directory } => {
                self.with_away(job, |runner, away_job| {
                    if away_job.errand.is_debug && !directory.is_empty() {
                        let host = runner.host_name(away_job.host);
                        let text = format!("Creating staging directory {directory} on {host}");
                        runner.say_debug(Some(job), text.into());
                    }
                    away_job.directory = directory;
                    runner.show_next_line(make, away_job);
                });
            }
            Message::Output { job, stream, bytes } => {
                self.with_away(job, |runner, away_job| {
                    let shown = &mut away_job.errand.shown;
                    let bytes = away_job.at.says(shown, stream, bytes);
                    if !bytes.is_empty() {
                        let job = Some(job);
                        let event = Event::Text { job, stream, bytes };
                        runner.session.shared().emit(event);
                    }
                });
            }
            Message::LineEnded { job, end } => {
                self.with_away(job, |runner, away_job| {
                    runner.line_ended(make, away_job, end);
                });
            }
            Message::Finished { job, made } => {
                if let Some(away_job) = self.take_away(job) {
                    self.job_finished(make, away_job, made);
                }
            }
            Message::Unfit { job, why } => self.again(make, job, &why, |errand, _| {
                errand.wish.leave = Leave::No;
            }),
            Message::Lost { job, why } => self.again(make, job, &why, |errand, host| {
                errand.wish.avoided.push(host);
            }),
            Message::Overtaken { job, why } => self.again(make, job, &why, |errand, _| {
                errand.overtaken += 1;
                if errand.overtaken > MOST_OVERTAKEN {
                    errand.wish.leave = Leave::No;
                }
            }),
            Message::Notice(text) => self.session.shared().say(None, &JobNotice::Plain(text)),
            Message::Debug(text) if make.options.own.debug_dist => self.say_debug(None, text),
            Message::Debug(_) => {}
            Message::Placeable => {
                if let Some(away) = &mut self.away {
                    away.has_news = true;
                }
            }
        }
    }

    /// Runs a job again that counts for nothing, where its errand then lets it.
    fn again(
        &mut self,
        make: &mut Make,
        job: JobId,
        why: &BString,
        change: fn(&mut Errand, HostId),
    ) {
        if let Some(mut away_job) = self.take_away(job) {
            change(&mut away_job.errand, away_job.host);
            self.job_lost(make, away_job, why);
        }
    }

    /// Calls `act` with a job that runs elsewhere; what is told of others comes too late.
    fn with_away(&mut self, job: JobId, act: impl FnOnce(&mut Runner, &mut AwayJob)) {
        if let Some(mut away_job) = self.take_away(job) {
            act(self, &mut away_job);
            if let Some(away) = &mut self.away {
                away.running.push(away_job);
            }
        }
    }

    fn take_away(&mut self, job: JobId) -> Option<AwayJob> {
        let away = self.away.as_mut()?;
        let is_it = |one: &AwayJob| one.running.job.id == job;
        let place = away.running.iter().position(is_it)?;
        Some(away.running.swap_remove(place))
    }

    /// Shows the lines up to the one that runs now.
    fn show_next_line(&mut self, make: &mut Make, away_job: &mut AwayJob) {
        let running = &mut away_job.running;
        while let Some(line) = running.job.lines.get(running.next) {
            running.next += 1;
            let of = shell_of(&running.job, line);
            if command::command(&line.text, of) == Command::Empty {
                continue;
            }
            if !running.has_run {
                running.has_run = true;
                self.tell_started(&running.job);
            }
            let is_new = running.next > running.echoed;
            running.echoed = running.echoed.max(running.next);
            let is_shown = is_new && (make.options.debug.print || !line.silent);
            self.prepare_output(running.job.id, line, is_shown);
            if !command::is_no_op(&line.text, of) {
                running.was_started = true;
                running.is_skipped = false;
                return;
            }
            running.is_skipped = true;
        }
    }

    fn line_ended(&mut self, make: &mut Make, away_job: &mut AwayJob, end: LineEnd) {
        let running = &mut away_job.running;
        // What has not begun does not end.
        if running.next == 0 || away_job.over.is_some() {
            return;
        }
        let is_repeated = away_job.at.is_known(&away_job.errand.shown);
        let (end, trouble) = match end {
            LineEnd::Ended(end) => (end, None),
            LineEnd::NotFound => (End::Exited(NOT_STARTED), Some(fd::not_found())),
            LineEnd::Denied => (End::Exited(NOT_STARTED), Some(fd::denied())),
        };
        running.end = end;
        running.was_started = trouble.is_none();
        if is_repeated {
            let is_over =
                running.end != End::Exited(0) && !running.job.lines[running.next - 1].ignore_errors;
            away_job.over = is_over.then_some(Status::Failed);
        } else {
            if let Some(error) = trouble {
                let notice = cannot_run(running, &error);
                self.session.shared().say(Some(running.job.id), &notice);
            }
            away_job.over = self.settle_line(make, running);
            let is_staged = !away_job.directory.is_empty();
            if is_staged && away_job.over.is_some() && matches!(running.end, End::Exited(_)) {
                self.hint(away_job.host);
            }
        }
        away_job.at.next_line(&mut away_job.errand.shown);
        if away_job.over.is_none() {
            self.show_next_line(make, away_job);
        }
    }

    /// Says once why a recipe that works here may fail on a host.
    fn hint(&mut self, host: HostId) {
        let name = self.host_name(host);
        if let Some(away) = &mut self.away
            && !std::mem::replace(&mut away.has_hinted, true)
        {
            let text = format!("hint: only declared prerequisites were sent to {name}");
            self.session
                .shared()
                .say(None, &JobNotice::Plain(text.into()));
        }
    }

    /// All lines have run: puts what they made into place.
    fn job_finished(&mut self, make: &mut Make, away_job: AwayJob, made: Made) {
        let host = self.host_name(away_job.host);
        let AwayJob {
            mut running,
            began,
            directory,
            over,
            errand,
            ..
        } = away_job;
        let job = Some(running.job.id);
        let mut status = over.unwrap_or(Status::Success);
        if over.is_none() {
            running.end = End::Exited(0);
        }
        if self.signal.is_none() {
            if errand.is_debug && !directory.is_empty() {
                let declared = errand.declared.unwrap_or_default();
                for output in declared.outputs {
                    let text = format!("Retrieving target {output} from {host}:{directory}");
                    self.say_debug(job, text.into());
                }
            }
            let committed = match made {
                Made::Targets(outputs) => commit::commit(&running.job.directory, outputs),
                #[cfg(feature = "remote")]
                Made::Changes(changes) => effects::commit(changes),
            };
            if let Err((path, error)) = committed {
                let notice = JobNotice::CannotCommit(path, process::error_text(&error));
                self.session.shared().say(job, &notice);
                if over.is_none() {
                    running.end = End::Exited(1);
                    self.settle_line(make, &running);
                }
                status = Status::Failed;
            }
        } else if over.is_none() {
            status = Status::Failed;
        }
        make.view.forget();
        if let (Some(away), Some(_)) = (&mut self.away, running.place.take()) {
            let took = (status == Status::Success).then(|| began.elapsed());
            away.executor.give_back(running.job.id, took);
            away.has_news = true;
        }
        let finished = self.finished(&running, status);
        self.ended.push_back(finished);
    }

    /// The host has lost the job: it is placed again, elsewhere.
    fn job_lost(&mut self, make: &mut Make, away_job: AwayJob, why: &BString) {
        let host = self.host_name(away_job.host);
        let AwayJob {
            mut running,
            errand,
            ..
        } = away_job;
        if let (Some(away), Some(_)) = (&mut self.away, running.place.take()) {
            away.executor.give_back(running.job.id, None);
            away.has_news = true;
        }
        if let Some(signal) = self.signal {
            running.end = End::Signaled(signal, false);
            if running.next > 0 {
                self.settle_line(make, &running);
            }
            let finished = self.finished(&running, Status::Failed);
            self.ended.push_back(finished);
            return;
        }
        self.explain_place(make, &running, &format!("again: {host}: {why}"));
        running.next = 0;
        running.end = End::Exited(0);
        let finished = self.place(make, Waiting { running, errand });
        self.ended.extend(finished);
    }

    fn host_name(&self, host: HostId) -> BString {
        let name = |away: &Away| away.executor.host(host).0;
        self.away
            .as_ref()
            .map_or_else(BString::default, |away| name(away))
    }

    fn say_debug(&self, job: Option<JobId>, text: BString) {
        if let Some(mut log) = self.away.as_ref().and_then(|away| away.log.as_ref()) {
            // Nothing depends on it.
            let _ = log.write_all(format!("{text}\n").as_bytes());
            return;
        }
        self.session
            .shared()
            .emit(text_event(job, format!("{text}\n")));
    }

    fn tell_placed(&self, running: &Running, host: BString) {
        let job = running.job.id;
        self.session.shared().emit(Event::JobPlaced { job, host });
    }

    /// `--explain`: where a job runs, and why.
    fn explain_place(&self, make: &Make, running: &Running, text: &str) {
        let wanted = make.options.own.explain.as_ref();
        let target = &running.job.target;
        if wanted.is_none_or(|wanted| !wanted.is_empty() && wanted != target) {
            return;
        }
        let recipe = make.graph.targets.recipe[running.target];
        let diagnostic = Diagnostic {
            place: recipe.map(|recipe| make.graph.recipes[recipe].loc.place(&make.names)),
            severity: Severity::Info,
            text: format!("'{target}' runs {text}").into(),
        };
        let job = Some(running.job.id);
        self.session
            .shared()
            .emit(Event::Diagnostic { job, diagnostic });
    }
}

/// Returns the lines that become processes.
fn remote_lines(job: &Job) -> impl Iterator<Item = RemoteLine> + '_ {
    job.lines.iter().filter_map(|line| {
        let of = shell_of(job, line);
        if command::is_no_op(&line.text, of) {
            return None;
        }
        let (words, is_direct) = match command::command(&line.text, of) {
            Command::Empty => return None,
            Command::Direct(words) => (words, true),
            Command::Shell(words) => (words, false),
        };
        Some(RemoteLine {
            words,
            is_direct,
            ignore_errors: line.ignore_errors,
        })
    })
}

fn cannot_run(running: &Running, error: &std::io::Error) -> JobNotice {
    let line = &running.job.lines[running.next - 1];
    let words = match command::command(&line.text, shell_of(&running.job, line)) {
        Command::Direct(words) | Command::Shell(words) => words,
        Command::Empty => Vec::new(),
    };
    let name = words.into_iter().next().unwrap_or_default();
    JobNotice::CannotRun(name, process::error_text(error))
}
