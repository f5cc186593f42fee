//! The bytes to and from a worker: a socket to a child, or a command on a host.
//! It does not know what they say.

use crate::remote::mirror::local::Child;
use crate::remote::ssh::Channel;
use crate::remote::ssh::Chunk;
use crate::remote::ssh::LinkError;
use crate::sys::process;
use bstr::BString;
use bstr::ByteSlice;
use std::cell::RefCell;
use std::io;

/// How much of what a worker complains of is kept.
const MOST_SAID: usize = 4096;

/// Both directions. Dropped, it ends the worker.
pub enum Pipe {
    /// On this machine.
    Child(Child),
    /// On a host.
    Channel {
        /// The command's streams.
        channel: Channel,
        /// What has come already.
        rest: RefCell<Vec<u8>>,
        /// What was said on standard error.
        said: RefCell<BString>,
    },
}

impl Pipe {
    /// Returns the pipe of a command on a host, of which this has come already.
    pub fn of(channel: Channel, rest: Vec<u8>) -> Pipe {
        Pipe::Channel {
            channel,
            rest: RefCell::new(rest),
            said: RefCell::default(),
        }
    }

    /// Returns whether the worker is on this machine.
    pub fn is_home(&self) -> bool {
        matches!(self, Pipe::Child(_))
    }

    /// Waits for some bytes.
    ///
    /// # Errors
    /// None will come any more: why, in one line.
    pub async fn read(&self) -> Result<Vec<u8>, BString> {
        match self {
            Pipe::Child(child) => loop {
                let count = match child.socket.readable().await {
                    Ok(()) => child.socket.try_read(&mut child.part.borrow_mut()),
                    Err(error) => Err(error),
                };
                match count {
                    Ok(0) => return Err(ended(b"")),
                    Ok(count) => return Ok(child.part.borrow()[..count].to_vec()),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    // It has ended with something unread.
                    Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                        return Err(ended(b""));
                    }
                    Err(error) => return Err(process::error_text(&error).into()),
                }
            },
            Pipe::Channel {
                channel,
                rest,
                said,
            } => {
                let rest = rest.take();
                if !rest.is_empty() {
                    return Ok(rest);
                }
                loop {
                    match channel.read().await {
                        Ok(Chunk::Out(bytes)) => return Ok(bytes),
                        Ok(Chunk::Err(bytes)) => {
                            let mut said = said.borrow_mut();
                            said.extend_from_slice(&bytes);
                            let surplus = said.len().saturating_sub(MOST_SAID);
                            said.drain(..surplus);
                        }
                        Ok(Chunk::End(_)) => return Err(ended(&said.borrow())),
                        Err(error) => return Err(error.to_string().into()),
                    }
                }
            }
        }
    }

    /// Writes all of these bytes.
    ///
    /// # Errors
    /// Nobody takes them: why, in one line.
    pub async fn write_all(&self, bytes: &[u8]) -> Result<(), BString> {
        match self {
            Pipe::Child(child) => {
                let mut rest = bytes;
                while !rest.is_empty() {
                    let count = match child.socket.writable().await {
                        Ok(()) => child.socket.try_write(rest),
                        Err(error) => Err(error),
                    };
                    match count {
                        Ok(count) => rest = &rest[count..],
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                            return wait_for_last_words().await;
                        }
                        Err(error) => return Err(process::error_text(&error).into()),
                    }
                }
                Ok(())
            }
            Pipe::Channel { channel, .. } => match channel.write_all(bytes).await {
                Ok(()) => Ok(()),
                Err(LinkError::Ended) => wait_for_last_words().await,
                Err(error) => Err(error.to_string().into()),
            },
        }
    }
}

/// Who reads hears that it has ended, and why.
async fn wait_for_last_words() -> Result<(), BString> {
    std::future::pending().await
}

fn ended(said: &[u8]) -> BString {
    let line = said.lines().rfind(|line| !line.trim_ascii().is_empty());
    match line {
        Some(line) => line.strip_prefix(b"rmake-worker: ").unwrap_or(line).into(),
        None => "it has ended".into(),
    }
}
