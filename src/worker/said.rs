//! What the worker says: messages to the thread that writes them, and the credit for bytes.
//! It does not know what is said, nor where to.

use crate::wire::frame;
use crate::wire::message;
use crate::wire::message::Flow;
use crate::wire::message::ToRmake;
use crate::wire::window::Outgoing;
use crate::wire::window::Overrun;
use rustc_hash::FxHashMap;
use std::io::Write;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::mpsc;
use std::time::Duration;

/// The way to rmake.
pub struct Voice {
    frames: mpsc::Sender<Vec<u8>>,
    windows: Mutex<FxHashMap<Flow, Outgoing>>,
    opened: Condvar,
}

/// The message cannot be said: it is too long.
#[derive(Debug)]
pub struct TooLong;

impl Voice {
    /// Returns a voice, and what it says, to be given to [`speak`].
    pub fn new() -> (Voice, mpsc::Receiver<Vec<u8>>) {
        let (frames, spoken) = mpsc::channel();
        let voice = Voice {
            frames,
            windows: Mutex::default(),
            opened: Condvar::new(),
        };
        (voice, spoken)
    }

    /// Says something. If nobody listens any more, the process is about to end.
    ///
    /// # Errors
    /// It is too long.
    pub fn say(&self, message: &ToRmake) -> Result<(), TooLong> {
        let frame = frame::encode(message, message::LIMIT).map_err(|_| TooLong)?;
        let _ = self.frames.send(frame);
        Ok(())
    }

    /// Begins a flow of bytes.
    pub fn open(&self, flow: Flow) {
        self.windows().insert(flow, Outgoing::default());
    }

    /// Ends a flow of bytes.
    pub fn close(&self, flow: Flow) {
        self.windows().remove(&flow);
    }

    /// Returns how many bytes may go in one piece; 0 if that stays so for `patience`.
    pub fn next_piece(&self, flow: Flow, patience: Duration) -> usize {
        let is_shut = |windows: &mut FxHashMap<Flow, Outgoing>| {
            windows.get(&flow).is_some_and(|one| one.next_piece() == 0)
        };
        let waited = self
            .opened
            .wait_timeout_while(self.windows(), patience, is_shut);
        let (windows, _) = waited.unwrap_or_else(PoisonError::into_inner);
        windows.get(&flow).map_or(0, Outgoing::next_piece)
    }

    /// Counts bytes that go now.
    pub fn sent(&self, flow: Flow, bytes: usize) {
        if let Some(window) = self.windows().get_mut(&flow) {
            window.sent(bytes);
        }
    }

    /// Adds credit; what is for a flow that has ended is late, not wrong.
    ///
    /// # Errors
    /// More than was sent.
    pub fn credit(&self, flow: Flow, bytes: u32) -> Result<(), Overrun> {
        if let Some(window) = self.windows().get_mut(&flow) {
            window.credit(bytes)?;
        }
        self.opened.notify_all();
        Ok(())
    }

    fn windows(&self) -> MutexGuard<'_, FxHashMap<Flow, Outgoing>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes what is said until nobody says anything any more or nobody listens. Who has nothing to say tells that it lives.
pub fn speak(spoken: &mpsc::Receiver<Vec<u8>>, out: &mut dyn Write) {
    let pause = Duration::from_secs(message::BEAT_SECONDS);
    let Ok(beat) = frame::encode(&ToRmake::Beat, message::LIMIT) else {
        return;
    };
    loop {
        let frame = match spoken.recv_timeout(pause) {
            Ok(frame) => frame,
            Err(mpsc::RecvTimeoutError::Timeout) => beat.clone(),
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
        };
        // What has gathered meanwhile goes in one write.
        let gathered = spoken.try_iter().take(64).fold(frame, |mut all, next| {
            all.extend_from_slice(&next);
            all
        });
        if out.write_all(&gathered).and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}
