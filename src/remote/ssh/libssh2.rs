//! Links by libssh2: channels fill and empty queues, and one task, the driver, owns the session.
//! It does not know how the session came to be, nor what flows.

mod driver;
mod login;
mod wire;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Context;
use std::task::Poll;
use std::task::Waker;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task;

use crate::remote::ssh::Chunk;
use crate::remote::ssh::ConnectError;
use crate::remote::ssh::Destination;
use crate::remote::ssh::End;
use crate::remote::ssh::LinkError;
use crate::remote::ssh::libssh2::driver::Driver;

/// How many bytes wait in a channel, in each direction, before its peer has to.
const QUEUE: usize = 256 * 1024;

/// One connection to one host.
pub struct Link {
    shared: Rc<RefCell<Shared>>,
}

/// One command on a host.
pub struct Channel {
    shared: Rc<RefCell<Shared>>,
    /// Its place in `Shared::lines`.
    place: usize,
}

/// What the driver and the handles have in common. It is never borrowed while something is waited for.
#[derive(Default)]
struct Shared {
    lines: Vec<Option<Line>>,
    opens: VecDeque<Open>,
    /// Why nothing works any more.
    lost: Option<LinkError>,
    /// Links and channels that may still want something.
    handles: usize,
    driver: Option<Waker>,
}

/// A channel that is wanted.
struct Open {
    command: String,
    reply: oneshot::Sender<Result<Channel, LinkError>>,
}

/// A channel as the driver sees it.
struct Line {
    channel: ssh2::Channel,
    /// The command, until the host has taken it.
    starting: Option<Open>,
    inbox: VecDeque<Chunk>,
    /// Bytes in the inbox.
    unread: usize,
    outbox: Vec<u8>,
    /// How much of the outbox has been written.
    written: usize,
    input: Input,
    end: Option<End>,
    /// True once nobody holds the channel.
    is_left: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// The command's standard input.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    Open,
    /// Its end is to be sent after the outbox.
    Finishing,
    Finished,
}

impl Link {
    /// Connects and starts the driver, on the current `LocalSet`.
    pub async fn connect(
        destination: &Destination,
        allowed: Duration,
        answered: impl FnOnce(),
    ) -> Result<Link, ConnectError> {
        let (session, wire) = login::log_in(destination, allowed, answered).await?;
        let shared = Rc::new(RefCell::new(Shared {
            handles: 1,
            ..Shared::default()
        }));
        task::spawn_local(Driver::new(session, wire, Rc::clone(&shared)));
        Ok(Link { shared })
    }

    /// Runs a command.
    pub async fn open(&self, command: &str) -> Result<Channel, LinkError> {
        let (reply, answer) = oneshot::channel();
        {
            let mut shared = self.shared.borrow_mut();
            if let Some(lost) = &shared.lost {
                return Err(lost.clone());
            }
            shared.opens.push_back(Open {
                command: command.to_owned(),
                reply,
            });
            shared.ask();
        }
        match answer.await {
            Ok(result) => result,
            Err(_) => {
                let lost = self.shared.borrow().lost.clone();
                Err(lost.unwrap_or_else(|| LinkError::Lost("it has ended".to_owned())))
            }
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let mut shared = self.shared.borrow_mut();
        shared.handles -= 1;
        shared.ask();
    }
}

impl Channel {
    fn new(shared: &Rc<RefCell<Shared>>, place: usize) -> Channel {
        shared.borrow_mut().handles += 1;
        let shared = Rc::clone(shared);
        Channel { shared, place }
    }

    /// Waits for the next piece of output, or the end.
    pub async fn read(&self) -> Result<Chunk, LinkError> {
        poll_fn(|context| self.poll_read(context)).await
    }

    fn poll_read(&self, context: &Context<'_>) -> Poll<Result<Chunk, LinkError>> {
        let mut guard = self.shared.borrow_mut();
        let shared = &mut *guard;
        let line = shared.lines[self.place]
            .as_mut()
            .expect("a channel's line stays as long as the channel");
        if let Some(chunk) = line.inbox.pop_front() {
            let was_full = line.unread >= QUEUE;
            line.unread -= length(&chunk);
            if was_full && line.unread < QUEUE {
                shared.ask();
            }
            return Poll::Ready(Ok(chunk));
        }
        if let Some(end) = &line.end {
            return Poll::Ready(Ok(Chunk::End(end.clone())));
        }
        if let Some(lost) = &shared.lost {
            return Poll::Ready(Err(lost.clone()));
        }
        line.reader = Some(context.waker().clone());
        Poll::Pending
    }

    /// Queues bytes for the command's standard input.
    pub async fn write_all(&self, bytes: &[u8]) -> Result<(), LinkError> {
        let mut rest = bytes;
        poll_fn(|context| self.poll_write(&mut rest, context)).await
    }

    fn poll_write(&self, rest: &mut &[u8], context: &Context<'_>) -> Poll<Result<(), LinkError>> {
        let mut guard = self.shared.borrow_mut();
        let shared = &mut *guard;
        let line = shared.lines[self.place]
            .as_mut()
            .expect("a channel's line stays as long as the channel");
        if line.end.is_some() || line.input != Input::Open {
            return Poll::Ready(Err(LinkError::Ended));
        }
        if let Some(lost) = &shared.lost {
            return Poll::Ready(Err(lost.clone()));
        }
        let room = QUEUE.saturating_sub(line.unwritten());
        let (now, later) = rest.split_at(room.min(rest.len()));
        *rest = later;
        if !now.is_empty() {
            line.outbox.extend_from_slice(now);
        }
        let is_done = rest.is_empty();
        if !is_done {
            line.writer = Some(context.waker().clone());
        }
        shared.ask();
        match is_done {
            true => Poll::Ready(Ok(())),
            false => Poll::Pending,
        }
    }

    /// Ends the command's standard input after what was written.
    pub fn finish_writing(&self) {
        let mut shared = self.shared.borrow_mut();
        if let Some(line) = &mut shared.lines[self.place]
            && line.input == Input::Open
        {
            line.input = Input::Finishing;
        }
        shared.ask();
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        let mut shared = self.shared.borrow_mut();
        shared.handles -= 1;
        if let Some(line) = &mut shared.lines[self.place] {
            line.is_left = true;
        }
        shared.ask();
    }
}

fn length(chunk: &Chunk) -> usize {
    match chunk {
        Chunk::Out(bytes) | Chunk::Err(bytes) => bytes.len(),
        Chunk::End(_) => 0,
    }
}

impl Shared {
    /// Makes the driver look.
    fn ask(&self) {
        if let Some(driver) = &self.driver {
            driver.wake_by_ref();
        }
    }

    /// Tells everybody that the connection is gone.
    fn lose(&mut self, error: LinkError) {
        self.lost = Some(error);
        self.opens.clear();
        for line in self.lines.iter_mut().flatten() {
            line.starting = None;
            line.wake();
        }
    }

    /// Takes a new line in and returns its place.
    fn add(&mut self, line: Line) -> usize {
        let free = self.lines.iter().position(Option::is_none);
        let place = free.unwrap_or(self.lines.len());
        match free {
            Some(place) => self.lines[place] = Some(line),
            None => self.lines.push(Some(line)),
        }
        place
    }
}

impl Line {
    fn new(channel: ssh2::Channel, open: Open) -> Line {
        Line {
            channel,
            starting: Some(open),
            inbox: VecDeque::new(),
            unread: 0,
            outbox: Vec::new(),
            written: 0,
            input: Input::Open,
            end: None,
            is_left: false,
            reader: None,
            writer: None,
        }
    }

    /// Bytes of the outbox that are yet to be written.
    fn unwritten(&self) -> usize {
        self.outbox.len() - self.written
    }

    fn note_written(&mut self, count: usize) {
        self.written += count;
        if self.unwritten() == 0 {
            self.outbox.clear();
            self.written = 0;
        } else if self.written >= QUEUE / 2 {
            self.outbox.drain(..self.written);
            self.written = 0;
        }
        self.writer.take().into_iter().for_each(Waker::wake);
    }

    fn wake_reader(&mut self) {
        self.reader.take().into_iter().for_each(Waker::wake);
    }

    fn wake(&mut self) {
        self.wake_reader();
        self.writer.take().into_iter().for_each(Waker::wake);
    }
}
