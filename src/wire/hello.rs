//! The first message in both directions: who speaks, and which version of the protocol.
//! It does not know what follows.

use serde::Deserialize;
use serde::Serialize;
use thiserror::Error;

/// The version of what follows; any change of [`crate::wire::message`] makes it another one.
pub const VERSION: u16 = 5;
/// A hello has few bytes: whoever says more is something else.
pub const LIMIT: usize = 64;

const MAGIC: [u8; 6] = *b"rmake\n";

/// The first message. Its form never changes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Hello {
    magic: [u8; 6],
    version: u16,
}

/// Why the other end is not to be spoken with.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum Stranger {
    /// It is no rmake at all.
    #[error("what answers is not rmake")]
    NotRmake,
    /// It is another version.
    #[error("it speaks version {theirs} of the protocol, this is version {VERSION}")]
    Version {
        /// Its version.
        theirs: u16,
    },
}

impl Hello {
    /// Returns what this end says.
    pub fn ours() -> Hello {
        Hello {
            magic: MAGIC,
            version: VERSION,
        }
    }

    /// Returns whether the other end, which said this, can be spoken with.
    ///
    /// # Errors
    /// It cannot.
    pub fn check(self) -> Result<(), Stranger> {
        match self {
            Hello { magic, .. } if magic != MAGIC => Err(Stranger::NotRmake),
            Hello { version, .. } if version != VERSION => {
                Err(Stranger::Version { theirs: version })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::frame;
    use crate::wire::frame::Decoder;

    #[test]
    fn a_hello_keeps_its_form() {
        let frame = frame::encode(&Hello::ours(), LIMIT).unwrap();
        assert_eq!(frame, b"\x07\0\0\0rmake\n\x05");
        let mut decoder = Decoder::new(LIMIT);
        decoder.feed(&frame);
        assert_eq!(decoder.take(), Ok(Some(Hello::ours())));
    }

    #[test]
    fn another_version_and_another_program_are_told_apart() {
        let ours = Hello::ours();
        let older = Hello { version: 0, ..ours };
        let other = Hello {
            magic: *b"SSH-2.",
            ..ours
        };
        assert_eq!(ours.check(), Ok(()));
        assert_eq!(older.check(), Err(Stranger::Version { theirs: 0 }));
        assert_eq!(other.check(), Err(Stranger::NotRmake));
    }
}
