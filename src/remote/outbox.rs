//! The way of messages to one make: encoded at once, written when its socket takes them.
//! It does not know what the messages say, but for the files that are lent with them.

use crate::exec::executor::Made;
use crate::exec::executor::Message;
use crate::id::JobId;
use crate::remote::protocol::Answer;
use crate::remote::protocol::LIMIT;
use crate::wire::frame;
use std::cell::Cell;
use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use tokio::io::AsyncWriteExt;
use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::mpsc::unbounded_channel;

/// With so many bytes no more output of jobs is asked for.
const FULL: usize = 4 << 20;

/// Where messages to one make are put.
#[derive(Clone, Debug)]
pub struct Outbox {
    frames: UnboundedSender<Vec<u8>>,
    /// How many bytes have been put in and not yet written.
    waiting: Rc<Cell<usize>>,
    /// What jobs have made: kept open until the make has put it into place.
    lent: Rc<RefCell<HashMap<JobId, Made>>>,
}

/// So many bytes do not wait for more.
const GATHERED: usize = 64 * 1024;

/// The other end.
pub struct Frames {
    queue: UnboundedReceiver<Vec<u8>>,
    waiting: Rc<Cell<usize>>,
}

/// Returns both ends.
pub fn new() -> (Outbox, Frames) {
    let (frames, queue) = unbounded_channel();
    let waiting = Rc::new(Cell::new(0));
    let outbox = Outbox {
        frames,
        waiting: waiting.clone(),
        lent: Rc::default(),
    };
    (outbox, Frames { queue, waiting })
}

impl Outbox {
    /// Tells the make's scheduler something.
    pub fn tell(&self, message: Message) {
        let answer = Answer::Told(message);
        self.answer(&answer);
        if let Answer::Told(Message::Finished { job, made }) = answer {
            self.lent.borrow_mut().insert(job, made);
        }
    }

    /// Answers the make. What cannot be said ends the conversation: it would be waited for.
    pub fn answer(&self, answer: &Answer) {
        let frame = frame::encode(answer, LIMIT).unwrap_or_default();
        self.waiting.set(self.waiting.get() + frame.len());
        let _ = self.frames.send(frame);
    }

    /// Returns whether the make does not come after reading.
    pub fn is_full(&self) -> bool {
        self.waiting.get() > FULL
    }

    /// The make has no use any more for what a job has made.
    pub fn release(&self, job: JobId) {
        self.lent.borrow_mut().remove(&job);
    }
}

impl Frames {
    /// Writes what comes until nobody can put in any more, or the make is gone.
    ///
    /// # Errors
    /// The make is gone, or something could not be said.
    pub async fn write_to(mut self, mut socket: OwnedWriteHalf) -> io::Result<()> {
        let mut next = self.queue.recv().await;
        while let Some(mut bytes) = next.take() {
            // What has gathered goes in one write.
            let mut is_said = !bytes.is_empty();
            while bytes.len() < GATHERED
                && is_said
                && let Ok(frame) = self.queue.try_recv()
            {
                is_said = !frame.is_empty();
                bytes.extend_from_slice(&frame);
            }
            if !is_said {
                return Err(io::ErrorKind::InvalidData.into());
            }
            socket.write_all(&bytes).await?;
            self.waiting.set(self.waiting.get() - bytes.len());
            next = self.queue.recv().await;
        }
        Ok(())
    }
}
