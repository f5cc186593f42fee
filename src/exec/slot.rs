//! Slots: how many jobs may run at once, alone or together with other makes through a jobserver.
//! It does not know what a job is.

use crate::exec::jobserver::Jobserver;
use crate::exec::jobserver::Token;
use crate::sys::clock;
use std::os::fd::RawFd;

/// The slots of one make.
#[derive(Debug)]
pub struct Slots {
    /// Most jobs at once, None unlimited; with a jobserver the tokens decide.
    limit: Option<u32>,
    /// The jobserver, its own or its parent's.
    jobserver: Option<Jobserver>,
    /// This make serves it: how many slots there are in all.
    served: Option<u32>,
    /// Tokens in hand. One slot more needs no token: every make is born with it.
    held: Vec<Token>,
}

impl Slots {
    /// Returns `limit` slots without a jobserver.
    pub fn alone(limit: Option<u32>) -> Slots {
        Slots {
            limit,
            jobserver: None,
            served: None,
            held: Vec::new(),
        }
    }

    /// Returns the slots of a jobserver that this make serves with `slots` in all.
    pub fn serving(jobserver: Jobserver, slots: u32) -> Slots {
        Slots {
            limit: None,
            jobserver: Some(jobserver),
            served: Some(slots),
            held: Vec::new(),
        }
    }

    /// Returns the slots of a jobserver that a parent serves.
    pub fn joined(jobserver: Jobserver) -> Slots {
        Slots {
            limit: None,
            jobserver: Some(jobserver),
            served: None,
            held: Vec::new(),
        }
    }

    /// Returns the jobserver.
    pub fn jobserver(&self) -> Option<&Jobserver> {
        self.jobserver.as_ref()
    }

    /// Returns how many slots this make serves to others, if it does.
    pub fn served(&self) -> Option<u32> {
        self.served
    }

    /// Returns whether more than one job may run at once.
    pub fn is_parallel(&self) -> bool {
        self.limit != Some(1)
    }

    /// Gets a slot for one job more than `running`; false when one has to be waited for.
    pub fn take(&mut self, running: usize) -> bool {
        if let Some(limit) = self.limit {
            return running < limit as usize;
        }
        let Some(jobserver) = &self.jobserver else {
            return true;
        };
        if running <= self.held.len() {
            return true;
        }
        match jobserver.try_take() {
            Some(token) => {
                self.held.push(token);
                true
            }
            None => false,
        }
    }

    /// Gives back the tokens that `running` jobs do not need. Tokens are kept until there is something to wait for:
    /// a job that follows at once saves giving and taking.
    pub fn settle(&mut self, running: usize) {
        self.held.truncate(running.saturating_sub(1));
    }

    /// Returns the descriptor that can be read when a slot may have become free.
    pub fn readable(&self) -> Option<RawFd> {
        self.jobserver.as_ref().map(Jobserver::readable)
    }

    /// Gives everything back. Returns how many slots were found and how many there should be,
    /// if this make serves them and the numbers differ.
    pub fn close(&mut self) -> Option<(u32, u32)> {
        self.held.clear();
        let jobserver = self.jobserver.take()?;
        let expected = self.served.take()?;
        let found = jobserver.drain() + 1;
        (found != expected).then_some((found, expected))
    }
}

/// Returns whether the machine is too busy for one job more (`-l`): the tasks that run now, this process among them, as
/// the kernel counts them; the average of the last minute where it does not tell.
pub fn is_overloaded(most: f64) -> bool {
    match clock::running_tasks() {
        Some(running) => f64::from(running) > most,
        None => clock::load_average().is_some_and(|load| load >= most),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_slots_is_never_exceeded() {
        let mut slots = Slots::alone(Some(2));
        assert!(slots.take(0) && slots.take(1) && !slots.take(2));
        assert!(slots.is_parallel() && !Slots::alone(Some(1)).is_parallel());
        assert!(Slots::alone(None).take(1000));
        assert_eq!(slots.close(), None);
    }

    #[test]
    fn a_server_has_one_token_less_than_slots_and_wants_all_back() {
        let mut slots = Slots::serving(Jobserver::serve_pipe(3).unwrap(), 3);
        assert!(slots.take(0) && slots.take(1) && slots.take(2) && !slots.take(3));
        slots.settle(2);
        assert!(slots.take(2) && !slots.take(3));
        assert_eq!(slots.close(), None);

        let mut slots = Slots::serving(Jobserver::serve_pipe(3).unwrap(), 3);
        std::mem::forget(slots.jobserver().unwrap().try_take());
        assert_eq!(slots.close(), Some((2, 3)));
    }
}
