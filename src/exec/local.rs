//! Runs jobs on this machine, line by line, and waits for them in one place.
//! It does not know why a target is made, nor what becomes of it afterwards.

use crate::eval::make::Ctx;
use crate::eval::make::Make;
use crate::event::Sink;
use crate::exec::End;
use crate::exec::Job;
use crate::graph::target::Status;
use crate::id::JobId;
use crate::id::TargetId;
use crate::options::OutputSync;
use bstr::BString;

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
    /// A line was killed by this signal (and that was not ignored): the target is to be deleted.
    pub killed_by: Option<i32>,
    /// A line was run, or printed under -n: the recipe did not expand to nothing.
    pub has_run: bool,
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
pub struct Runner {}

impl Runner {
    /// Returns the runner of this process, signals caught from now on. It outlives restarts.
    pub fn new(_setup: Setup) -> Runner {
        todo!()
    }

    /// Returns what a new [`Make`] sees of the session.
    pub fn ctx(&self) -> Box<dyn Ctx> {
        todo!()
    }

    /// Sets up slots, jobserver and output synchronisation as `make.options` ask, and puts what children are
    /// to know into `make.options.jobserver_auth` and `sync_mutex`. To be called after the makefiles are read,
    /// before anything is remade; again after a restart.
    pub fn open_slots(&mut self, _make: &mut Make) -> crate::error::Result<()> {
        todo!()
    }

    /// Returns the id of the next job.
    pub fn new_id(&mut self) -> JobId {
        todo!()
    }

    /// Returns whether a job is to be over before the walk goes on: one slot, and no jobserver.
    pub fn is_serial(&self) -> bool {
        todo!()
    }

    /// Returns how many jobs run now.
    pub fn running(&self) -> usize {
        todo!()
    }

    /// Waits until one more job may run (slots, jobserver, load). To be called behind the expansion of
    /// the job when there is a jobserver, before it otherwise: see [`Runner::expands_before_slot`].
    pub fn wait_for_slot(&mut self, _make: &mut Make) -> SlotWait {
        todo!()
    }

    /// Returns whether a recipe is expanded before its slot is waited for (GNU make does so with a jobserver).
    pub fn expands_before_slot(&self) -> bool {
        todo!()
    }

    /// Starts a job; an empty one, or one whose lines are all skipped, finishes at once.
    pub fn start(&mut self, _make: &mut Make, _job: Job, _target: TargetId) -> Option<Finished> {
        todo!()
    }

    /// Waits for the next event, running the further lines of jobs meanwhile.
    pub fn wait(&mut self, _make: &mut Make) -> Wake {
        todo!()
    }

    /// Returns the next event if there is one already.
    pub fn poll(&mut self, _make: &mut Make) -> Option<Wake> {
        todo!()
    }

    /// Puts out what a finished job has said and frees its slot.
    pub fn retire(&mut self, _make: &mut Make, _finished: &Finished) {
        todo!()
    }

    /// Ends it all: gives tokens back and checks them, removes fifo and lock, flushes what was held back.
    pub fn close(&mut self, _make: &mut Make) {
        todo!()
    }
}
