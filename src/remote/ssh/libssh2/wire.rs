//! The bytes between libssh2 and the network, by way of a pair of sockets.
//! It does not know what they mean.
//!
//! libssh2 cannot bear a socket that takes a packet only in part: it wants that very call repeated, from the same
//! place, and does not do so itself everywhere. So its own socket is one end of a pair, which is emptied after every
//! call and can always hold what a call sends; what the network does not take yet waits here.

use std::io;
use std::io::ErrorKind;
use std::io::Read;
use std::io::Write;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::net::TcpStream;

use crate::sys::fd;

/// How much is moved at once.
const PIECE: usize = 64 * 1024;

/// A connection and our end of the pair.
pub struct Wire {
    network: TcpStream,
    near: UnixStream,
    /// libssh2's end, to look at.
    far: UnixStream,
    /// For libssh2, `given` bytes of it already in the pair.
    incoming: Vec<u8>,
    given: usize,
    /// For the network, `sent` bytes of it already there.
    outgoing: Vec<u8>,
    sent: usize,
    /// The host has sent its last byte.
    is_closed: bool,
    piece: Vec<u8>,
}

impl Wire {
    /// Joins a connection and one end of a pair; returns it with the other end, which is libssh2's.
    pub fn new(network: std::net::TcpStream) -> io::Result<(Wire, UnixStream)> {
        network.set_nonblocking(true)?;
        let (near, far) = UnixStream::pair()?;
        near.set_nonblocking(true)?;
        let libssh2s = far.try_clone()?;
        let wire = Wire {
            network: TcpStream::from_std(network)?,
            near,
            far,
            incoming: Vec::with_capacity(PIECE),
            given: 0,
            outgoing: Vec::new(),
            sent: 0,
            is_closed: false,
            piece: vec![0; PIECE],
        };
        Ok((wire, libssh2s))
    }

    /// Returns a second descriptor of our end, to wait on.
    pub fn watch(&self) -> io::Result<UnixStream> {
        self.near.try_clone()
    }

    /// Bytes the network has yet to take.
    pub fn unsent(&self) -> usize {
        self.outgoing.len() - self.sent
    }

    /// True while libssh2 has not taken all that has come.
    pub fn is_holding(&self) -> bool {
        self.given < self.incoming.len()
    }

    /// True if there is something in the pair that libssh2 has not looked at. Where its buffer ends within a packet, it
    /// says that nothing is there without having looked.
    pub fn is_overlooked(&self) -> bool {
        fd::is_readable(&self.far)
    }

    /// Moves what has come to libssh2; true if something moved. The end goes there too.
    pub fn receive(&mut self, context: &mut Context<'_>) -> io::Result<bool> {
        let mut has_moved = self.give()?;
        if self.is_holding() || self.is_closed {
            return Ok(has_moved);
        }
        let mut buffer = ReadBuf::new(&mut self.piece);
        let poll = Pin::new(&mut self.network).poll_read(context, &mut buffer);
        if let Poll::Ready(result) = poll {
            result?;
            has_moved = true;
            let bytes = buffer.filled();
            self.is_closed = bytes.is_empty();
            self.incoming.clear();
            self.incoming.extend_from_slice(bytes);
            self.given = 0;
            self.give()?;
            if self.is_closed {
                self.near.shutdown(Shutdown::Write)?;
            }
        }
        Ok(has_moved)
    }

    /// Puts what has come into the pair, as far as it has room; true if something moved.
    pub fn give(&mut self) -> io::Result<bool> {
        let mut has_moved = false;
        while self.is_holding() {
            match self.near.write(&self.incoming[self.given..]) {
                Ok(count) => {
                    self.given += count;
                    has_moved = true;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(has_moved)
    }

    /// Takes what libssh2 has sent out of the pair; true if there was something.
    pub fn collect(&mut self) -> io::Result<bool> {
        let mut has_moved = false;
        loop {
            match self.near.read(&mut self.piece) {
                Ok(count) => {
                    self.outgoing.extend_from_slice(&self.piece[..count]);
                    has_moved |= count > 0;
                    if count < self.piece.len() {
                        return Ok(has_moved);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(has_moved),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends what was collected, as far as the network takes it; true if something moved.
    pub fn send(&mut self, context: &mut Context<'_>) -> io::Result<bool> {
        let mut has_moved = false;
        while self.unsent() > 0 {
            let rest = &self.outgoing[self.sent..];
            match Pin::new(&mut self.network).poll_write(context, rest) {
                Poll::Ready(result) => {
                    self.sent += result?;
                    has_moved = true;
                }
                Poll::Pending => break,
            }
        }
        if self.unsent() == 0 {
            self.outgoing.clear();
            self.sent = 0;
        } else if self.sent > PIECE {
            self.outgoing.drain(..self.sent);
            self.sent = 0;
        }
        Ok(has_moved)
    }
}
