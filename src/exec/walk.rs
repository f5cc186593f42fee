//! The walk: brings goals up to date in GNU make's order, starting recipes as slots become free.
//! It does not know how a recipe is run, nor where.
//!
//! The plan. A pass visits every goal and, depth first in the order of prerequisites, everything a goal
//! needs. A target whose prerequisites are all done gets its recipe started; where no slot is free the
//! walk waits at that very place. Targets whose prerequisites still run are left for the next pass,
//! which begins after at least one job has ended. Within a pass no target is visited twice. The walk
//! keeps a stack of its own ([`consider`]), so that chains of any length fit.

pub mod consider;
pub mod finish;
pub mod goals;
pub mod makefiles;
pub mod mtime;
mod search;
mod shuffle;
mod why;

use crate::error::Diagnostic;
use crate::error::Fatal;
use crate::error::Notice;
use crate::error::Severity;
use crate::eval::make::Make;
use crate::event::Event;
use crate::exec::local::Finished;
use crate::exec::local::Runner;
use crate::exec::local::SlotWait;
use crate::exec::local::Wake;
use crate::exec::recipe;
use crate::graph::target::Flags;
use crate::graph::target::Life;
use crate::graph::target::Status;
use crate::id::TargetId;
use crate::options::Debug;
use bstr::BString;

/// Why a walk ended before its goals were done.
#[derive(Debug)]
pub enum Stop {
    /// An error of make's own, not yet told.
    Fatal(Box<Fatal>),
    /// A recipe failed and -k was not given; all was told.
    Failed,
    /// Under -q a line that is run nevertheless said that something is to be done, and -k was not given.
    Question,
    /// A fatal signal.
    Signal(i32),
}

impl From<Box<Fatal>> for Stop {
    fn from(fatal: Box<Fatal>) -> Stop {
        Stop::Fatal(fatal)
    }
}

/// The result of a step of the walk.
pub type Walked<T> = Result<T, Stop>;

/// One walk over a make's targets.
pub struct Walk<'a> {
    /// The make that is brought up to date.
    pub make: &'a mut Make,
    /// What runs its recipes.
    pub runner: &'a mut Runner,
    /// Number of the present pass, kept in [`crate::graph::target::Targets::pass`].
    pass: u32,
    /// Recipes that were started or printed so far: tells whether a goal had anything to do.
    started: u64,
    /// The goals are makefiles: nothing is said of missing ones, VPATH is not searched for goals.
    remaking_makefiles: bool,
    /// A file from the future was seen.
    pub clock_skew: bool,
    /// What the clock said last, or less.
    now: i64,
    /// -B is in force (it is not while makefiles are remade after a restart).
    pub always_make: bool,
    /// The walk is ending: failures end nothing more.
    is_ending: bool,
    /// `--shuffle`.
    orders: shuffle::Orders,
    /// A job ended since the present pass began.
    has_news: bool,
    /// A target whose scope was ready has got another parent before it was made.
    has_new_parents: bool,
    /// The line at which the recipe failed that has just ended.
    failed_line: Option<u32>,
    /// Frames on their way to the stack, the innermost first.
    called: Vec<consider::Frame>,
}

impl<'a> Walk<'a> {
    /// Returns a walk that has seen nothing.
    pub fn new(make: &'a mut Make, runner: &'a mut Runner) -> Walk<'a> {
        Walk {
            make,
            runner,
            pass: 1,
            started: 0,
            remaking_makefiles: false,
            clock_skew: false,
            now: 0,
            always_make: false,
            orders: shuffle::Orders::default(),
            is_ending: false,
            has_news: false,
            has_new_parents: false,
            failed_line: None,
            called: Vec::new(),
        }
    }

    /// Waits for one job to end, and takes what else has ended meanwhile. When one ended during the pass before, targets
    /// that pass had already left may go on: there is nothing to wait for.
    fn wait_for_one(&mut self) -> Walked<()> {
        if !self.has_news {
            let wake = self.runner.wait(self.make);
            self.take(wake)?;
        }
        self.take_all()?;
        self.has_news = false;
        Ok(())
    }

    /// Takes what has ended without waiting.
    fn take_all(&mut self) -> Walked<()> {
        while let Some(wake) = self.runner.poll(self.make) {
            if wake == Wake::Idle {
                break;
            }
            self.take(wake)?;
        }
        Ok(())
    }

    fn take(&mut self, wake: Wake) -> Walked<()> {
        match wake {
            Wake::Finished(finished) => self.finished(&finished),
            Wake::Signal(signal) => Err(Stop::Signal(signal)),
            Wake::ToggleDebug => {
                let debug = &mut self.make.options.debug;
                let is_quiet = *debug == Debug::default();
                *debug = Debug::default();
                debug.basic = is_quiet;
                Ok(())
            }
            Wake::Idle => Ok(()),
        }
    }

    /// Starts the recipe of `target`, waiting for a slot first.
    fn start_recipe(&mut self, target: TargetId) -> Walked<()> {
        let Some(id) = self.make.graph.targets.recipe[target] else {
            return Ok(());
        };
        if is_blank(&self.make.graph.recipes[id].text) {
            self.set_life(target, Life::Running);
            self.make.graph.targets.status[target] = Status::Success;
            self.notice_finished(target)?;
            self.date_member(target);
            return Ok(());
        }
        self.take_all()?;
        let job_id = self.runner.new_id();
        let before = self.runner.expands_before_slot();
        if !before {
            self.wait_for_slot()?;
        }
        if self.has_new_parents {
            self.make.hang_scope_again(target);
        }
        self.make.job = Some(job_id);
        let job = recipe::job(self.make, target, job_id);
        self.make.job = None;
        let job = job?;
        if before {
            self.wait_for_slot()?;
        }
        self.make.job = Some(job_id);
        self.tell_why(target);
        self.make.job = None;
        self.set_life(target, Life::Running);
        match self.runner.start(self.make, job, target) {
            Some(finished) => {
                self.started += u64::from(finished.has_run);
                self.finished(&finished)?;
            }
            None => self.started += 1,
        }
        if self.runner.is_serial() || self.make.special.not_parallel {
            while self.make.graph.targets.life[target] == Life::Running {
                let wake = self.runner.wait(self.make);
                if wake == Wake::Idle {
                    break;
                }
                self.take(wake)?;
            }
        }
        Ok(())
    }

    fn wait_for_slot(&mut self) -> Walked<()> {
        loop {
            match self.runner.wait_for_slot(self.make) {
                SlotWait::Ready => return Ok(()),
                SlotWait::Woken(wake) => self.take(wake)?,
            }
        }
    }

    /// A job has ended: deletes what it left half made, puts out its output, settles its target.
    fn finished(&mut self, finished: &Finished) -> Walked<()> {
        self.has_news = true;
        let target = finished.target;
        let failed = finished.status == Status::Failed;
        self.make.graph.targets.status[target] = finished.status;
        self.failed_line = finished.line.filter(|_| failed);
        if finished.status == Status::Question && !finished.was_started {
            self.consider_peers_again(target);
        }
        let is_question = finished.status == Status::Question && finished.was_started;
        let by_error = self.make.special.delete_on_error && finished.was_started;
        let is_error = failed || (is_question && !finished.ends_skipped);
        self.make.job = Some(finished.job);
        if is_error && (finished.killed_by.is_some() || by_error) {
            self.delete_targets(target);
        }
        if is_question && finished.ends_skipped {
            // -q: a line would have to be run behind one that was. Half a recipe deletes what it has made, though of
            // targets made together what is settled already is kept.
            self.notice_finished(target)?;
            let is_group = !self.make.graph.targets.also_make(target).is_empty();
            if is_group && !self.has(target, Flags::IMPLICIT_RECIPE) {
                self.ask_mtime(target, false);
            }
            self.delete_targets(target);
        }
        self.make.job = None;
        self.runner.retire(self.make, finished);
        if let Some(fatal) = self.runner.take_fatal() {
            return Err(fatal.into());
        }
        if finished.ends_skipped {
            self.touch_if_asked(target);
        }
        self.notice_finished(target)?;
        let ends_walk = !self.make.options.keep_going.on && !self.is_ending && !finished.quiet;
        match is_error && ends_walk {
            true if failed => Err(Stop::Failed),
            true => Err(Stop::Question),
            false => Ok(()),
        }
    }

    /// Waits for the jobs that still run when the walk has to end: `*** Waiting for unfinished jobs....`
    pub fn wait_for_unfinished(&mut self, is_error: bool) {
        self.is_ending = true;
        self.runner.give_up_deferred();
        if is_error && self.runner.running() > 0 {
            self.say(Severity::Error, "Waiting for unfinished jobs....");
        }
        while self.runner.running() > 0 {
            let wake = self.runner.wait(self.make);
            if wake == Wake::Idle {
                break;
            }
            let _ = self.take(wake);
        }
    }

    /// A fatal signal came: deletes what the running recipes have half made, waits for them, removes
    /// intermediate files.
    pub fn interrupt(&mut self, signal: i32) {
        if !crate::sys::signal::is_asked_for(signal) {
            self.wait_for_unfinished(true);
            return;
        }
        self.is_ending = true;
        for target in self.runner.targets() {
            self.delete_targets(target);
        }
        while self.runner.running() > 0 {
            let wake = self.runner.wait(self.make);
            if wake == Wake::Idle {
                break;
            }
            let _ = self.take(wake);
        }
        self.remove_intermediates(Some(signal));
    }

    /// -q: no line of the recipe was run. What it makes besides is asked about, each target for itself.
    fn consider_peers_again(&mut self, target: TargetId) {
        let targets = &mut self.make.graph.targets;
        for place in 0..targets.also_make(target).len() {
            let peer = targets.also_make(target)[place];
            if targets.life[peer] == Life::Running {
                targets.life[peer] = Life::New;
            }
        }
    }

    /// Changes the life of a target; those made together with it never fall behind.
    fn set_life(&mut self, target: TargetId, life: Life) {
        let targets = &mut self.make.graph.targets;
        targets.life[target] = life;
        for place in 0..targets.also_make(target).len() {
            let peer = targets.also_make(target)[place];
            if life > targets.life[peer] {
                targets.life[peer] = life;
            }
        }
    }

    /// Returns the target that `target` was found to be by VPATH searches, itself as a rule.
    fn renamed(&self, mut target: TargetId) -> TargetId {
        let targets = &self.make.graph.targets;
        while targets.flags[target].has(Flags::RENAMED) {
            match targets.rare(target).and_then(|rare| rare.renamed) {
                Some(next) => target = next,
                None => break,
            }
        }
        target
    }

    /// Returns the first of the `::` entries that `target` belongs to, itself as a rule.
    fn head(&self, target: TargetId) -> TargetId {
        let targets = &self.make.graph.targets;
        match targets.flags[target].has(Flags::DOUBLE_COLON) {
            true => targets
                .rare(target)
                .and_then(|rare| rare.first_double_colon)
                .unwrap_or(target),
            false => target,
        }
    }

    /// Returns the next `::` entry of the same name.
    fn next_entry(&self, target: TargetId) -> Option<TargetId> {
        let targets = &self.make.graph.targets;
        match targets.flags[target].has(Flags::DOUBLE_COLON) {
            true => targets.rare(target).and_then(|rare| rare.next_double_colon),
            false => None,
        }
    }

    /// Returns whether `target`, or another `::` entry of it, is running or waits for its prerequisites.
    fn is_running(&self, target: TargetId) -> bool {
        let mut entry = Some(self.head(target));
        while let Some(target) = entry {
            if matches!(
                self.make.graph.targets.life[target],
                Life::Running | Life::PrerequisitesRunning
            ) {
                return true;
            }
            entry = self.next_entry(target);
        }
        false
    }

    fn has(&self, target: TargetId, bits: u32) -> bool {
        self.make.graph.targets.flags[target].has(bits)
    }

    fn name(&self, target: TargetId) -> BString {
        BString::from(self.make.names.bytes(self.make.graph.targets.name[target]))
    }

    fn notice(&mut self, notice: &Notice) {
        self.make.notice(None, notice);
    }

    fn say(&mut self, severity: Severity, text: impl Into<BString>) {
        let diagnostic = Diagnostic {
            place: None,
            severity,
            text: text.into(),
        };
        let job = self.make.job;
        self.make.ctx.emit(Event::Diagnostic { job, diagnostic });
    }

    /// Prints a line of `-d` about `target`: `BEFORE'NAME'AFTER`, indented by depth.
    fn debug(&mut self, depth: u32, before: &str, target: TargetId, after: &str) {
        let name = self.name(target);
        let text = [before.as_bytes(), b"'", &name, b"'", after.as_bytes()].concat();
        self.debug_line(depth, &text);
    }

    fn debug_line(&mut self, depth: u32, text: &[u8]) {
        let mut line = vec![b' '; depth as usize];
        line.extend_from_slice(text);
        line.push(b'\n');
        self.make.debug(line);
    }

    fn is_basic(&self) -> bool {
        self.make.options.debug.basic
    }

    fn is_verbose(&self) -> bool {
        self.make.options.debug.verbose
    }
}

/// Returns whether a recipe's text holds nothing but blanks and prefix characters.
fn is_blank(text: &[u8]) -> bool {
    text.iter()
        .all(|c| c.is_ascii_whitespace() || matches!(c, b'@' | b'-' | b'+'))
}
