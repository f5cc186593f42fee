//! The driver: the one task that calls libssh2 for a link, on behalf of all its channels.
//! It does not know who reads and writes the queues.
//!
//! libssh2 in non-blocking mode has its manners, which is why nobody else calls it:
//! - A call that could not be completed must be repeated until it is; so what is due stays due, whoever has lost
//!   interest in it.
//! - One channel is opened at a time, since the state of that is the session's.
//! - A read takes packets of all channels from the socket. So the driver goes round all channels until a whole round
//!   brings nothing, and only then waits; and not even then if libssh2 has left something unread.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::io::ErrorKind;
use std::io::Read;
use std::io::Write;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use ssh2::ErrorCode;
use ssh2::Session;
use tokio::sync::oneshot;
use tokio::time;
use tokio::time::Sleep;

use crate::remote::ssh::Chunk;
use crate::remote::ssh::End;
use crate::remote::ssh::LinkError;
use crate::remote::ssh::libssh2::Channel;
use crate::remote::ssh::libssh2::Input;
use crate::remote::ssh::libssh2::Line;
use crate::remote::ssh::libssh2::Open;
use crate::remote::ssh::libssh2::QUEUE;
use crate::remote::ssh::libssh2::Shared;
use crate::remote::ssh::libssh2::wire::Wire;

/// How long channels may take to close after everybody has left.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How much is read at once.
const PIECE: usize = 64 * 1024;
/// How many packets a channel may send before it is the next one's turn.
const TURN: usize = 4;
/// How many rounds the driver goes before other tasks may run.
const ROUNDS: usize = 8;

/// Codes of libssh2.
const EAGAIN: ErrorCode = ErrorCode::Session(-37);
const CHANNEL_FAILURE: ErrorCode = ErrorCode::Session(-21);
const REQUEST_DENIED: ErrorCode = ErrorCode::Session(-22);
const DISCONNECTED: ErrorCode = ErrorCode::Session(-13);

/// Answers are given when `Shared` is not borrowed: one that nobody wants any more is a channel to drop.
type Answers = Vec<(
    oneshot::Sender<Result<Channel, LinkError>>,
    Result<usize, LinkError>,
)>;

/// Owns a session; ends when the connection does, or when nobody is left.
pub struct Driver {
    session: Session,
    wire: Wire,
    shared: Rc<RefCell<Shared>>,
    piece: Vec<u8>,
    /// True once a call of this round has to be made again when more has come.
    waits: bool,
    /// The channel that is being opened.
    opening: Option<Open>,
    /// True once the host has given us a channel: one refused later is one too many.
    has_opened: bool,
    /// Runs since the last handle went.
    last_words: Option<Pin<Box<Sleep>>>,
}

impl Future for Driver {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let driver = self.get_mut();
        driver.shared.borrow_mut().driver = Some(context.waker().clone());
        for _ in 0..ROUNDS {
            match driver.round(context) {
                Ok(true) => {}
                Ok(false) if driver.is_over(context) => return Poll::Ready(()),
                Ok(false) => return Poll::Pending,
                Err(error) => {
                    driver.shared.borrow_mut().lose(error);
                    return Poll::Ready(());
                }
            }
        }
        // There is more to do; first the others' turn.
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Driver {
    /// Takes over a session that is logged in and in non-blocking mode.
    pub fn new(session: Session, wire: Wire, shared: Rc<RefCell<Shared>>) -> Driver {
        Driver {
            session,
            wire,
            shared,
            piece: vec![0; PIECE],
            waits: false,
            opening: None,
            has_opened: false,
            last_words: None,
        }
    }

    /// Moves what can be moved; true if something was.
    fn round(&mut self, context: &mut Context<'_>) -> Result<bool, LinkError> {
        self.waits = false;
        let mut has_moved = self.wire.receive(context).map_err(network)?;
        let shared = Rc::clone(&self.shared);
        let mut answers = Vec::new();
        has_moved |= self.serve_all(&mut shared.borrow_mut(), &mut answers)?;
        // A call that came to nothing may still have taken in what there was.
        has_moved |= self.wire.give().map_err(network)?;
        for (reply, result) in answers {
            let result = result.map(|place| Channel::new(&shared, place));
            // Unwanted by now: dropping the channel closes it.
            let _ = reply.send(result);
        }
        has_moved |= self.wire.send(context).map_err(network)?;
        Ok(has_moved || self.waits && self.wire.is_overlooked())
    }

    /// True if there is no one left to work for.
    fn is_over(&mut self, context: &mut Context<'_>) -> bool {
        let shared = self.shared.borrow();
        if shared.handles > 0 {
            return false;
        }
        let is_done = shared.lines.iter().all(Option::is_none) && self.wire.unsent() == 0;
        let sleep = self
            .last_words
            .get_or_insert_with(|| Box::pin(time::sleep(LAST_WORDS)));
        is_done || sleep.as_mut().poll(context).is_ready()
    }

    fn serve_all(&mut self, shared: &mut Shared, answers: &mut Answers) -> Result<bool, LinkError> {
        let mut has_moved = self.open(shared, answers)?;
        for place in 0..shared.lines.len() {
            let Some(line) = &mut shared.lines[place] else {
                continue;
            };
            if line.starting.is_some() {
                has_moved |= self.start(place, line, answers)?;
            } else if line.is_left {
                if self.close(line)? {
                    shared.lines[place] = None;
                    has_moved = true;
                }
            } else {
                has_moved |= self.serve(line)?;
            }
        }
        Ok(has_moved)
    }

    /// Notes what a call has sent; returns None if the call has to be made again.
    fn after<T>(
        &mut self,
        result: Result<T, ssh2::Error>,
    ) -> Result<Result<Option<T>, ssh2::Error>, LinkError> {
        self.wire.collect().map_err(network)?;
        Ok(match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.code() == EAGAIN => {
                self.waits = true;
                Ok(None)
            }
            Err(error) => Err(error),
        })
    }

    /// The same for a call that can fail only with the whole link.
    fn through(&mut self, result: io::Result<usize>) -> Result<Option<usize>, LinkError> {
        self.wire.collect().map_err(network)?;
        match result {
            Ok(count) => Ok(Some(count)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.waits = true;
                Ok(None)
            }
            Err(error) => Err(match ssh2::Error::last_session_error(&self.session) {
                Some(error) => lost(&error),
                None => LinkError::Lost(error.to_string()),
            }),
        }
    }

    /// Opens the next channel that is wanted.
    fn open(&mut self, shared: &mut Shared, answers: &mut Answers) -> Result<bool, LinkError> {
        if self.opening.is_none() {
            self.opening = shared.opens.pop_front();
        }
        if self.opening.is_none() {
            return Ok(false);
        }
        let result = self.session.channel_session();
        match self.after(result)? {
            Ok(None) => return Ok(false),
            Ok(Some(channel)) => {
                self.has_opened = true;
                if let Some(open) = self.opening.take() {
                    shared.add(Line::new(channel, open));
                }
            }
            Err(error) if error.code() == CHANNEL_FAILURE => {
                let error = match self.has_opened {
                    true => LinkError::Full,
                    false => LinkError::Refused(error.message().to_owned()),
                };
                answers.extend(self.opening.take().map(|open| (open.reply, Err(error))));
            }
            Err(error) => return Err(lost(&error)),
        }
        Ok(true)
    }

    /// Has the host run the command of a new channel.
    fn start(
        &mut self,
        place: usize,
        line: &mut Line,
        answers: &mut Answers,
    ) -> Result<bool, LinkError> {
        let Some(open) = &line.starting else {
            return Ok(false);
        };
        let result = line.channel.exec(&open.command);
        let result = match self.after(result)? {
            Ok(None) => return Ok(false),
            Ok(Some(())) => Ok(place),
            Err(error) if error.code() == REQUEST_DENIED => {
                line.is_left = true;
                Err(LinkError::Refused(error.message().to_owned()))
            }
            Err(error) => return Err(lost(&error)),
        };
        answers.extend(line.starting.take().map(|open| (open.reply, result)));
        Ok(true)
    }

    /// True once the host has closed it too.
    fn close(&mut self, line: &mut Line) -> Result<bool, LinkError> {
        let result = line.channel.close();
        match self.after(result)? {
            Ok(result) => Ok(result.is_some()),
            Err(error) => Err(lost(&error)),
        }
    }

    /// Moves what a channel has in its queues.
    fn serve(&mut self, line: &mut Line) -> Result<bool, LinkError> {
        if line.end.is_some() {
            return Ok(false);
        }
        let mut has_moved = self.read(line)?;
        has_moved |= self.write(line)?;
        if line.input == Input::Finishing && line.unwritten() == 0 {
            let result = line.channel.send_eof();
            match self.after(result)? {
                Ok(None) => {}
                Ok(Some(())) => {
                    line.input = Input::Finished;
                    has_moved = true;
                }
                Err(error) => return Err(lost(&error)),
            }
        }
        has_moved |= self.see_end(line)?;
        Ok(has_moved)
    }

    fn read(&mut self, line: &mut Line) -> Result<bool, LinkError> {
        let mut has_moved = false;
        for stream in [0, 1] {
            if line.unread >= QUEUE {
                break;
            }
            let result = line.channel.stream(stream).read(&mut self.piece);
            // No bytes: none on this stream, for ever or for now.
            let count = self.through(result)?.unwrap_or(0);
            if count == 0 {
                continue;
            }
            let bytes = self.piece[..count].to_vec();
            line.unread += count;
            line.inbox.push_back(match stream {
                0 => Chunk::Out(bytes),
                _ => Chunk::Err(bytes),
            });
            line.wake_reader();
            has_moved = true;
        }
        Ok(has_moved)
    }

    fn write(&mut self, line: &mut Line) -> Result<bool, LinkError> {
        let mut has_moved = false;
        for _ in 0..TURN {
            if line.unwritten() == 0 || self.wire.unsent() >= QUEUE {
                break;
            }
            let result = line.channel.stream(0).write(&line.outbox[line.written..]);
            let Some(count) = self.through(result)?.filter(|count| *count > 0) else {
                break;
            };
            line.note_written(count);
            has_moved = true;
        }
        Ok(has_moved)
    }

    /// Looks whether the command has ended and all its output is here.
    fn see_end(&mut self, line: &mut Line) -> Result<bool, LinkError> {
        if !line.channel.eof() {
            return Ok(false);
        }
        let result = line.channel.wait_close();
        match self.after(result)? {
            Ok(None) => return Ok(false),
            Ok(Some(())) => {}
            Err(error) => return Err(lost(&error)),
        }
        let signal = line.channel.exit_signal().ok();
        let signal = signal.and_then(|signal| signal.exit_signal);
        let status = line.channel.exit_status().ok();
        line.end = Some(End {
            status: status.filter(|_| signal.is_none()),
            signal,
        });
        line.wake();
        Ok(true)
    }
}

fn network(error: io::Error) -> LinkError {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    LinkError::Lost(text.to_lowercase())
}

fn lost(error: &ssh2::Error) -> LinkError {
    LinkError::Lost(match error.code() {
        DISCONNECTED => "the host has closed it".to_owned(),
        _ => error.message().to_owned(),
    })
}
