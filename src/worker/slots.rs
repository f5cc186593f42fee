//! Where jobs run: the slots with their mirrors, the process that starts jobs, the rooms for what they write.
//! It does not know what a job is.

use crate::sandbox::order::Failure;
use crate::sandbox::order::Start;
use crate::sandbox::plan::Cover;
use crate::sandbox::plan::Manner;
use crate::sandbox::plan::Op;
use crate::sandbox::plan::Shape;
use crate::sandbox::zygote::Standard;
use crate::sandbox::zygote::Started;
use crate::sandbox::zygote::Zygote;
use crate::sys::tree;
use crate::wire::message::JobNumber;
use crate::wire::message::Transfer;
use crate::wire::path::RelPath;
use crate::worker::OURSELVES;
use crate::worker::mirror::Source;
use crate::worker::mirror::server::Mirror;
use rustc_hash::FxHashMap;
use rustc_hash::FxHashSet;
use std::io;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

/// The signal that leaves nothing.
pub const SIGKILL: u8 = 9;

/// The slots.
pub struct Slots {
    shape: Shape,
    zygote: Zygote,
    mirrors: Vec<Mirror>,
    rooms: OwnedFd,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Which job is in which slot, by rmake's number and ours.
    taken: FxHashMap<u16, (JobNumber, u32)>,
    /// How many jobs there were.
    last: u32,
    /// How many contents of results there were.
    last_transfer: u32,
    /// Jobs that were told to end at once.
    killed: FxHashSet<u32>,
}

impl Slots {
    /// Makes the slots; their mirrors show a tree. `on_end` is called when the process that starts jobs has ended,
    /// which it does not of itself.
    ///
    /// # Errors
    /// The step that failed.
    pub fn new(shape: Shape, source: &Arc<dyn Source>, on_end: fn()) -> Result<Slots, Failure> {
        let (zygote, common) = Zygote::start(Path::new(OURSELVES), &shape, on_end)?;
        let owner = match shape.manner {
            Manner::Privileged => None,
            Manner::Unprivileged => Some((shape.uid, shape.gid)),
        };
        let serve = |server| Mirror::serve(server, source.clone(), owner);
        let mirrors: io::Result<Vec<_>> = common.mirrors.into_iter().map(serve).collect();
        let failed = |error: io::Error| Failure::of(0, &"serve the mirrors", &error);
        Ok(Slots {
            shape,
            zygote,
            mirrors: mirrors.map_err(failed)?,
            rooms: common.rooms,
            state: Mutex::default(),
        })
    }

    /// Returns how sandboxes are made.
    pub fn manner(&self) -> Manner {
        self.shape.manner
    }

    /// Takes a free slot for a job. Returns it, the job's number here, and the slot's mirror; None if there is none.
    pub fn take(&self, job: JobNumber) -> Option<(u16, u32, Mirror)> {
        let mut state = self.state();
        let slot = (0..self.shape.slots).find(|slot| !state.taken.contains_key(slot))?;
        let mirror = self.mirrors.get(usize::from(slot))?.clone();
        state.last += 1;
        let number = state.last;
        state.taken.insert(slot, (job, number));
        Some((slot, number, mirror))
    }

    /// Returns a number for a content of a result. Contents that are fetched have numbers of their own.
    pub fn next_transfer(&self) -> Transfer {
        let mut state = self.state();
        state.last_transfer += 1;
        Transfer(state.last_transfer)
    }

    /// Gives a slot back.
    pub fn give_back(&self, slot: u16) {
        self.state().taken.remove(&slot);
    }

    /// Returns how a job's root is made; `covers` is what it is going to write in.
    ///
    /// # Errors
    /// A tree cannot be bound.
    pub fn plan(
        &self,
        slot: u16,
        number: u32,
        bound: &[RelPath],
        covers: Vec<Vec<Cover>>,
    ) -> io::Result<Vec<Op>> {
        let bound: Vec<_> = bound
            .iter()
            .map(|path| path.to_absolute().to_string())
            .collect();
        match bound.iter().find(|path| !self.shape.bound.contains(path)) {
            Some(path) => Err(io::Error::other(format!("{path} cannot be bound"))),
            None => Ok(self.shape.job(slot, number, &bound, covers)),
        }
    }

    /// Starts a job.
    ///
    /// # Errors
    /// The process that starts jobs is gone.
    pub fn start(&self, start: &Start, standard: &Standard) -> io::Result<Started> {
        self.zygote.job(start, standard)
    }

    /// Waits until all processes of a job are gone. Returns their processor time in microseconds.
    pub fn finish(&self, started: Started) -> u64 {
        self.zygote.finish(started)
    }

    /// Sends a signal to what runs for a job; one that has ended is no error.
    pub fn signal(&self, job: JobNumber, signal: u8) {
        let number = self
            .state()
            .taken
            .values()
            .find(|(one, _)| *one == job)
            .map(|one| one.1);
        if let Some(number) = number {
            if signal == SIGKILL {
                self.state().killed.insert(number);
            }
            let _ = self.zygote.signal(number, i32::from(signal));
        }
    }

    /// Returns whether a job was told to end at once.
    pub fn was_killed(&self, number: u32) -> bool {
        self.state().killed.remove(&number)
    }

    /// Returns the directory in which all rooms lie.
    pub fn rooms(&self) -> BorrowedFd<'_> {
        self.rooms.as_fd()
    }

    /// Returns the room of a job.
    ///
    /// # Errors
    /// It has none.
    pub fn room(&self, number: u32) -> io::Result<OwnedFd> {
        tree::open_directory(self.rooms(), number.to_string().as_bytes())
    }

    /// Removes the room of a job with all that it wrote.
    pub fn clear(&self, number: u32) {
        let _ = tree::remove(self.rooms(), number.to_string().as_bytes());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
