//! The way of messages from the hosts' thread to the scheduler's: a queue, and a pipe that tells that something is in it.
//! It does not know what the messages say.

use crate::exec::executor::Message;
use crate::sys::fd;
use std::io;
use std::os::fd::AsRawFd;
use std::os::fd::OwnedFd;
use std::os::fd::RawFd;
use std::sync::mpsc;

/// The hosts' end.
#[derive(Clone, Debug)]
pub struct Outbox {
    sender: mpsc::Sender<Message>,
    bell: std::sync::Arc<OwnedFd>,
}

/// The scheduler's end.
pub struct Inbox {
    receiver: mpsc::Receiver<Message>,
    bell: OwnedFd,
}

/// Returns both ends.
///
/// # Errors
/// No pipe can be made.
pub fn new() -> io::Result<(Outbox, Inbox)> {
    let (sender, receiver) = mpsc::channel();
    let (read, write) = fd::pipe()?;
    fd::set_non_blocking(&read)?;
    fd::set_non_blocking(&write)?;
    let bell = std::sync::Arc::new(write);
    Ok((
        Outbox { sender, bell },
        Inbox {
            receiver,
            bell: read,
        },
    ))
}

impl Outbox {
    /// Tells the scheduler something.
    pub fn tell(&self, message: Message) {
        if self.sender.send(message).is_ok() {
            // A full pipe rings, too.
            let _ = fd::write(self.bell.as_raw_fd(), b"!");
        }
    }
}

impl Inbox {
    /// Returns what can be read when there is a message.
    pub fn readable(&self) -> RawFd {
        self.bell.as_raw_fd()
    }

    /// Returns the next message.
    pub fn next(&mut self) -> Option<Message> {
        if let Ok(message) = self.receiver.try_recv() {
            return Some(message);
        }
        // The bell is silenced before the queue is looked at once more: what comes later rings again.
        let mut rings = [0; 256];
        while fd::read(self.bell.as_raw_fd(), &mut rings).is_ok_and(|count| count > 0) {}
        self.receiver.try_recv().ok()
    }
}
