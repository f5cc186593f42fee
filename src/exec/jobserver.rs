//! The jobserver: tokens in a fifo or pipe, shared by all makes of a build and by other programs that know the protocol.
//! It does not know when a token is wanted.
//!
//! A server with N slots puts N-1 one-byte tokens in; every make has one more that it was born with. Who takes a byte
//! writes the same byte back. `--jobserver-auth=fifo:PATH` names a fifo, `--jobserver-auth=R,W` two inherited descriptors.

use crate::options::JobserverStyle;
use crate::sys::fd;
use crate::sys::signal;
use crate::sys::signal::Unlinked;
use bstr::BString;
use std::io;
use std::os::fd::AsRawFd;
use std::os::fd::OwnedFd;
use std::os::fd::RawFd;
use std::sync::Arc;

/// Why a parent's jobserver cannot be joined.
#[derive(Debug)]
pub enum JoinError {
    /// The descriptors are not open: the parent did not take this make for one.
    Closed,
    /// The fifo cannot be opened: its path and why.
    Fifo(BString, io::Error),
    /// The word has no known form.
    Invalid,
}

/// A right to run one job, given back when it is dropped.
#[derive(Debug)]
pub struct Token {
    byte: u8,
    write: Arc<End>,
}

impl Drop for Token {
    fn drop(&mut self) {
        // A pipe that is gone or full has no use for the token any more.
        let _ = fd::write(self.write.number(), &[self.byte]);
    }
}

/// One end of the pipe: our own, or inherited under a number that children must find it by too.
#[derive(Debug)]
enum End {
    Own(OwnedFd),
    Inherited(RawFd),
}

impl End {
    fn number(&self) -> RawFd {
        match self {
            End::Own(descriptor) => descriptor.as_raw_fd(),
            End::Inherited(number) => *number,
        }
    }
}

/// A jobserver, served or joined.
#[derive(Debug)]
pub struct Jobserver {
    /// What follows `--jobserver-auth=`.
    auth: BString,
    /// Opened by us alone, not blocking: other programs' reads stay as they are.
    read: OwnedFd,
    write: Arc<End>,
    /// The numbers that children of recursive lines must have open (pipe style).
    inherited: Vec<RawFd>,
    /// The reading end that children inherit, kept open.
    _shared_read: Option<End>,
    /// The fifo of a server, removed at the end.
    fifo: Option<Unlinked>,
}

/// Opens a descriptor's pipe once more, so that not blocking is our own affair.
fn reopen(number: RawFd) -> io::Result<OwnedFd> {
    let path = format!("/proc/self/fd/{number}");
    fd::open(path.as_bytes(), fd::READ_NON_BLOCKING)
}

impl Jobserver {
    /// Serves `slots` slots by a fifo in `directory`.
    pub fn serve_fifo(slots: u32, directory: &[u8]) -> Result<Jobserver, (BString, io::Error)> {
        let mut path = BString::from(directory);
        path.extend_from_slice(format!("/GMfifo{}", std::process::id()).as_bytes());
        let fail = |error| (path.clone(), error);
        let made = || fd::make_fifo(&path).map(|()| Unlinked::new(path.as_ref()));
        let fifo = signal::whole(made).map_err(fail)?;
        let fail = |error| (path.clone(), error);
        let read = fd::open(&path, fd::READ_NON_BLOCKING).map_err(fail)?;
        let fail = |error| (path.clone(), error);
        let write = fd::open(&path, fd::WRITE).map_err(fail)?;
        let mut auth = BString::from("fifo:");
        auth.extend_from_slice(&path);
        let server = Jobserver {
            auth,
            read,
            write: Arc::new(End::Own(write)),
            inherited: Vec::new(),
            _shared_read: None,
            fifo: Some(fifo),
        };
        let fail = |error| (path.clone(), error);
        server.fill(slots).map_err(fail)?;
        Ok(server)
    }

    /// Serves `slots` slots by a pipe.
    pub fn serve_pipe(slots: u32) -> io::Result<Jobserver> {
        let (read, write) = fd::pipe()?;
        let numbers = vec![read.as_raw_fd(), write.as_raw_fd()];
        let server = Jobserver {
            auth: BString::from(format!("{},{}", numbers[0], numbers[1])),
            read: reopen(numbers[0])?,
            write: Arc::new(End::Own(write)),
            inherited: numbers,
            _shared_read: Some(End::Own(read)),
            fifo: None,
        };
        server.fill(slots)?;
        Ok(server)
    }

    fn fill(&self, slots: u32) -> io::Result<()> {
        let tokens = vec![b'+'; slots.saturating_sub(1) as usize];
        let mut rest = &tokens[..];
        while !rest.is_empty() {
            let written = fd::write(self.write.number(), rest)?;
            rest = &rest[written..];
        }
        Ok(())
    }

    /// Joins the jobserver that the parent named.
    pub fn join(auth: &[u8]) -> Result<Jobserver, JoinError> {
        match auth.strip_prefix(b"fifo:") {
            Some(path) => Jobserver::join_fifo(auth, path),
            None => Jobserver::join_pipe(auth),
        }
    }

    fn join_fifo(auth: &[u8], path: &[u8]) -> Result<Jobserver, JoinError> {
        let fail = |error| JoinError::Fifo(BString::from(path), error);
        let read = fd::open(path, fd::READ_NON_BLOCKING).map_err(fail)?;
        let write = fd::open(path, fd::WRITE).map_err(fail)?;
        Ok(Jobserver {
            auth: BString::from(auth),
            read,
            write: Arc::new(End::Own(write)),
            inherited: Vec::new(),
            _shared_read: None,
            fifo: None,
        })
    }

    fn join_pipe(auth: &[u8]) -> Result<Jobserver, JoinError> {
        let (read, write) = pipe_numbers(auth).ok_or(JoinError::Invalid)?;
        if read < 0 || write < 0 || !fd::is_open(read) || !fd::is_open(write) {
            return Err(JoinError::Closed);
        }
        let own = reopen(read).map_err(|_| JoinError::Closed)?;
        for number in [read, write] {
            fd::set_close_on_exec(number, true).map_err(|_| JoinError::Closed)?;
        }
        Ok(Jobserver {
            auth: BString::from(auth),
            read: own,
            write: Arc::new(End::Inherited(write)),
            inherited: vec![read, write],
            _shared_read: Some(End::Inherited(read)),
            fifo: None,
        })
    }

    /// Returns what follows `--jobserver-auth=`.
    pub fn auth(&self) -> &BString {
        &self.auth
    }

    /// Returns the descriptors that recursive recipe lines inherit (none for a fifo).
    pub fn inherited(&self) -> &[RawFd] {
        &self.inherited
    }

    /// Returns the descriptor that can be read when there may be a token.
    pub fn readable(&self) -> RawFd {
        self.read.as_raw_fd()
    }

    /// Takes a token if there is one.
    pub fn try_take(&self) -> Option<Token> {
        let mut byte = [0];
        match fd::read(self.readable(), &mut byte) {
            Ok(1) => Some(Token {
                byte: byte[0],
                write: self.write.clone(),
            }),
            _ => None,
        }
    }

    /// Takes all tokens there are, for good, and returns how many; the fifo is removed when this is dropped.
    pub fn drain(&self) -> u32 {
        let mut buffer = [0; 4096];
        let mut count = 0;
        while let Ok(more) = fd::read(self.readable(), &mut buffer) {
            if more == 0 {
                break;
            }
            count += u32::try_from(more).expect("at most the buffer's size");
        }
        count
    }

    /// Returns whether the tokens live in a fifo that this make serves.
    pub fn serves_fifo(&self) -> bool {
        self.fifo.is_some()
    }
}

fn pipe_numbers(auth: &[u8]) -> Option<(RawFd, RawFd)> {
    let (read, write) = std::str::from_utf8(auth).ok()?.split_once(',')?;
    Some((read.parse().ok()?, write.parse().ok()?))
}

/// Starts a jobserver of the wanted style: a fifo, else a pipe. The error of a fifo that could not be made is returned besides.
pub fn serve(
    style: JobserverStyle,
    slots: u32,
    directory: &[u8],
) -> (io::Result<Jobserver>, Option<(BString, io::Error)>) {
    match style {
        JobserverStyle::Pipe => (Jobserver::serve_pipe(slots), None),
        JobserverStyle::Fifo => match Jobserver::serve_fifo(slots, directory) {
            Ok(server) => (Ok(server), None),
            Err(error) => (Jobserver::serve_pipe(slots), Some(error)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(server: &Jobserver, client: &Jobserver) {
        let first = server.try_take().unwrap();
        let second = client.try_take().unwrap();
        assert!(server.try_take().is_none());
        assert!(client.try_take().is_none());
        drop(second);
        let third = server.try_take().unwrap();
        drop((first, third));
        assert_eq!(server.drain(), 2);
    }

    #[test]
    fn tokens_are_shared_through_a_fifo_that_is_removed() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().to_str().unwrap().as_bytes();
        let server = Jobserver::serve_fifo(3, path).unwrap();
        assert!(server.auth().starts_with(b"fifo:"));
        check(&server, &Jobserver::join(server.auth()).unwrap());
        drop(server);
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn tokens_are_shared_through_a_pipe() {
        let server = Jobserver::serve_pipe(3).unwrap();
        assert_eq!(server.inherited().len(), 2);
        check(&server, &Jobserver::join(server.auth()).unwrap());
    }

    #[test]
    fn what_cannot_be_joined_says_why() {
        let join = |auth: &str| Jobserver::join(auth.as_bytes());
        assert!(matches!(join("-2,-2"), Err(JoinError::Closed)));
        assert!(matches!(join("998,999"), Err(JoinError::Closed)));
        assert!(matches!(join("foo"), Err(JoinError::Invalid)));
        let missing = join("fifo:/nonexistent/fifo");
        assert!(matches!(missing, Err(JoinError::Fifo(path, _)) if path == "/nonexistent/fifo"));
    }
}
