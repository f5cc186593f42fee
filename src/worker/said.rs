//! What the worker says: messages to the thread that writes them, the credit for bytes, signs of life.
//! It does not know what is said, nor where to.

use crate::sys::fd;
use crate::wire::frame;
use crate::wire::message;
use crate::wire::message::Flow;
use crate::wire::message::JobNumber;
use crate::wire::message::ToRmake;
use crate::wire::window::Outgoing;
use crate::wire::window::Overrun;
use rustc_hash::FxHashMap;
use rustc_hash::FxHashSet;
use std::collections::VecDeque;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

/// So many bytes are written before it is looked whether a beat is due.
const MOST_AT_ONCE: usize = 256 * 1024;

/// So many bytes do not wait for what comes next.
const GATHERED: usize = 64 * 1024;

/// The way to rmake.
pub struct Voice {
    queue: Arc<(Mutex<Queue>, Condvar)>,
    /// A socket on which bytes go at once as far as it takes them.
    direct: Option<OwnedFd>,
    windows: Mutex<FxHashMap<Flow, Outgoing>>,
    opened: Condvar,
    signs: Arc<Signs>,
}

/// What is said and not yet written.
#[derive(Default)]
struct Queue {
    frames: VecDeque<Frame>,
    /// What goes with the message that is said next.
    mentioned: Vec<u8>,
    /// Something is being written.
    is_writing: bool,
    /// Nothing more will be said.
    is_over: bool,
}

/// What a beat tells.
#[derive(Default)]
struct Signs {
    /// How many bytes have come from rmake.
    heard: AtomicU64,
    /// Jobs that have got on since the last beat.
    alive: Mutex<FxHashSet<JobNumber>>,
    /// Jobs whose end waits to be written.
    ending: Mutex<FxHashSet<JobNumber>>,
}

/// A message, and the job of which it is the last one.
type Frame = (Vec<u8>, Option<JobNumber>);

/// What is to be said.
pub struct Spoken {
    queue: Arc<(Mutex<Queue>, Condvar)>,
    signs: Arc<Signs>,
}

/// The message cannot be said: it is too long.
#[derive(Debug)]
pub struct TooLong;

impl Voice {
    /// Returns a voice, and what it says, to be given to [`speak`], but for what goes at once on a socket.
    pub fn new(direct: Option<OwnedFd>) -> (Voice, Spoken) {
        let queue = Arc::<(Mutex<Queue>, Condvar)>::default();
        let signs = Arc::<Signs>::default();
        let voice = Voice {
            queue: queue.clone(),
            direct,
            windows: Mutex::default(),
            opened: Condvar::new(),
            signs: signs.clone(),
        };
        (voice, Spoken { queue, signs })
    }

    /// Counts bytes that have come from rmake.
    pub fn heard(&self, bytes: usize) {
        self.signs.heard.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Notes that a job gets on: to be called each second while it does, or rmake does without this worker.
    pub fn lives(&self, job: JobNumber) {
        locked(&self.signs.alive).insert(job);
    }

    /// Says something. If nobody listens any more, the process is about to end.
    ///
    /// # Errors
    /// It is too long.
    pub fn say(&self, message: &ToRmake) -> Result<(), TooLong> {
        let frame = frame::encode(message, message::LIMIT).map_err(|_| TooLong)?;
        let mut queue = locked(&self.queue.0);
        let mut frames = std::mem::take(&mut queue.mentioned);
        frames.extend_from_slice(&frame);
        if let Some(direct) = self.direct.as_ref().filter(|_| queue.is_idle()) {
            // Whatever is wrong with it is found out where it is written to in the usual way.
            let gone = fd::send_now(direct, &frames).unwrap_or(0);
            frames.drain(..gone);
        }
        if frames.is_empty() {
            return Ok(());
        }
        let ends = match message {
            ToRmake::Ended(ended) => Some(ended.job),
            _ => None,
        };
        locked(&self.signs.ending).extend(ends);
        queue.frames.push_back((frames, ends));
        self.queue.1.notify_one();
        Ok(())
    }

    /// Says something that is of no use before what is said soon, and goes with that.
    ///
    /// # Errors
    /// It is too long.
    pub fn mention(&self, message: &ToRmake) -> Result<(), TooLong> {
        let mut queue = locked(&self.queue.0);
        if queue.mentioned.len() > GATHERED {
            drop(queue);
            return self.say(message);
        }
        let frame = frame::encode(message, message::LIMIT).map_err(|_| TooLong)?;
        queue.mentioned.extend_from_slice(&frame);
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
        locked(&self.windows)
    }
}

/// Writes what is said until nobody says anything any more or nobody listens, and signs of life in between.
pub fn speak(spoken: &Spoken, out: &mut dyn Write) {
    let pause = Duration::from_secs(message::BEAT_SECONDS);
    let mut next = Instant::now() + pause;
    loop {
        let rest = next.saturating_duration_since(Instant::now());
        let has_none = |queue: &mut Queue| queue.frames.is_empty() && !queue.is_over;
        let (queue, spoken_up) = &*spoken.queue;
        let waited = spoken_up.wait_timeout_while(locked(queue), rest, has_none);
        let (mut waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if waiting.frames.is_empty() && waiting.is_over {
            return;
        }
        // What has gathered meanwhile goes in one write.
        let (mut gathered, mut ended) = (Vec::new(), Vec::new());
        while gathered.len() < MOST_AT_ONCE
            && let Some((frame, ends)) = waiting.frames.pop_front()
        {
            gathered.extend_from_slice(&frame);
            ended.extend(ends);
        }
        waiting.is_writing = true;
        drop(waiting);
        let now = Instant::now();
        if now >= next {
            next = now + pause;
            let Ok(beat) = frame::encode(&spoken.signs.beat(), message::LIMIT) else {
                return;
            };
            gathered.extend_from_slice(&beat);
        }
        if out.write_all(&gathered).and_then(|()| out.flush()).is_err() {
            return;
        }
        locked(queue).is_writing = false;
        if !ended.is_empty() {
            locked(&spoken.signs.ending).retain(|job| !ended.contains(job));
        }
    }
}

impl Queue {
    /// Whether what is said now would be the next to be written.
    fn is_idle(&self) -> bool {
        self.frames.is_empty() && !self.is_writing
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        locked(&self.queue.0).is_over = true;
        self.queue.1.notify_one();
    }
}

impl Signs {
    fn beat(&self) -> ToRmake {
        let mut alive = std::mem::take(&mut *locked(&self.alive));
        alive.extend(locked(&self.ending).iter());
        ToRmake::Beat {
            heard: self.heard.load(Ordering::Relaxed),
            alive: alive.into_iter().collect(),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
