//! The part of a runner that starts jobs here, or puts them off while the machine is too busy for them (`-l`).
//!
//! As GNU make 4.4.1 does (seen in its system calls): a job that was refused is tried again when another one has ended
//! or is to be started, never by the clock; the one refused last goes first; where nothing runs, one is always started;
//! when the make is to end by an error or a signal, what was put off is forgotten without a word.

use crate::eval::make::Make;
use crate::exec::local::Finished;
use crate::exec::local::Runner;
use crate::exec::local::Running;
use crate::exec::local::Step;
use crate::exec::slot;

impl Runner {
    /// Starts a job as a process of this machine, or puts it off; it is returned if it ended at once.
    pub(super) fn start_here(&mut self, make: &mut Make, mut running: Running) -> Option<Finished> {
        if self.is_too_busy(make) {
            self.deferred.push(running);
            return None;
        }
        match self.step(make, &mut running) {
            Step::Started => {
                self.running.push(running);
                None
            }
            Step::Over(status) => Some(self.finished(&running, status)),
        }
    }

    /// Starts what was put off, as far as the load allows.
    pub(super) fn start_deferred(&mut self, make: &mut Make) {
        while let Some(running) = self.deferred.pop() {
            let count = self.deferred.len();
            let finished = self.start_here(make, running);
            self.ended.extend(finished);
            if self.deferred.len() > count {
                break;
            }
        }
    }

    /// Forgets what was put off.
    pub fn give_up_deferred(&mut self) {
        for running in std::mem::take(&mut self.deferred) {
            self.free_place(&running);
        }
    }

    /// Returns whether another job has to end first.
    fn is_too_busy(&self, make: &Make) -> bool {
        !self.running.is_empty() && make.options.max_load.is_some_and(slot::is_overloaded)
    }
}
