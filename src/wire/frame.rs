//! Frames: the length of a message in four bytes, low byte first, then the message in postcard.
//! It does not know what the messages mean.

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// The bytes before each message.
const HEAD: usize = 4;

/// Why bytes are no frame, or a message cannot be one. A stream that had such a frame has no next one.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum FrameError {
    /// The message has more bytes than this end takes.
    #[error("frame of {length} bytes, at most {limit} are taken")]
    TooLong {
        /// Its length.
        length: usize,
        /// The longest that is taken.
        limit: usize,
    },
    /// The bytes are no message of the kind that is expected.
    #[error("malformed frame")]
    Malformed,
}

/// Returns a message as a frame.
///
/// # Errors
/// The message has more than `limit` bytes, or a part that has no form as bytes.
pub fn encode<T: Serialize + ?Sized>(message: &T, limit: usize) -> Result<Vec<u8>, FrameError> {
    let mut frame = vec![0; HEAD];
    frame = postcard::to_extend(message, frame).map_err(|_| FrameError::Malformed)?;
    let length = frame.len() - HEAD;
    match u32::try_from(length) {
        Ok(head) if length <= limit => frame[..HEAD].copy_from_slice(&head.to_le_bytes()),
        _ => return Err(FrameError::TooLong { length, limit }),
    }
    Ok(frame)
}

/// Makes messages of a stream of bytes. It holds what has been fed and not yet taken; whoever takes all messages
/// after each feeding makes that at most one frame and one feeding.
#[derive(Debug)]
pub struct Decoder {
    bytes: Vec<u8>,
    /// How many of `bytes` have been taken.
    taken: usize,
    limit: usize,
}

impl Decoder {
    /// Returns a decoder for messages of at most `limit` bytes.
    pub fn new(limit: usize) -> Decoder {
        Decoder {
            bytes: Vec::new(),
            taken: 0,
            limit,
        }
    }

    /// Takes messages of at most `limit` bytes from now on.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Adds bytes of the stream.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// Returns the next message, None until all its bytes are there.
    ///
    /// # Errors
    /// A frame that is too long or malformed: the stream cannot be read any further.
    pub fn take<T: DeserializeOwned>(&mut self) -> Result<Option<T>, FrameError> {
        let rest = &self.bytes[self.taken..];
        let Some((head, rest)) = rest.split_first_chunk::<HEAD>() else {
            return Ok(None);
        };
        let length = u32::from_le_bytes(*head) as usize;
        if length > self.limit {
            return Err(FrameError::TooLong {
                length,
                limit: self.limit,
            });
        }
        let Some(message) = rest.get(..length) else {
            return Ok(None);
        };
        let (message, beyond) =
            postcard::take_from_bytes(message).map_err(|_| FrameError::Malformed)?;
        if !beyond.is_empty() {
            return Err(FrameError::Malformed);
        }
        self.taken += HEAD + length;
        Ok(Some(message))
    }

    /// Returns whether the stream may end here: nothing of a further frame has come.
    pub fn is_between_frames(&self) -> bool {
        self.taken == self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::any;
    use proptest::proptest;
    use serde::Deserialize;

    #[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
    enum Said {
        Words(Vec<String>),
        Number(u64),
        Nothing,
    }

    fn all(decoder: &mut Decoder) -> Result<Vec<Said>, FrameError> {
        let mut said = Vec::new();
        while let Some(message) = decoder.take()? {
            said.push(message);
        }
        Ok(said)
    }

    #[test]
    fn a_frame_is_a_length_and_a_message() {
        let frame = encode(&Said::Number(300), 16).unwrap();
        assert_eq!(frame, [3, 0, 0, 0, 1, 0xac, 0x02]);
        assert_eq!(encode(&Said::Nothing, 16).unwrap(), [1, 0, 0, 0, 2]);
    }

    #[test]
    fn frames_that_are_too_long_are_refused_at_both_ends() {
        let long = Said::Words(vec!["x".repeat(20)]);
        let error = FrameError::TooLong {
            length: 23,
            limit: 22,
        };
        assert_eq!(encode(&long, 22), Err(error));
        let mut decoder = Decoder::new(22);
        decoder.feed(&encode(&long, 23).unwrap()[..HEAD]);
        assert_eq!(decoder.take::<Said>(), Err(error));
    }

    #[test]
    fn what_is_left_over_in_a_frame_makes_it_malformed() {
        let mut decoder = Decoder::new(16);
        decoder.feed(&[2, 0, 0, 0, 2, 2]);
        assert_eq!(decoder.take::<Said>(), Err(FrameError::Malformed));
        let mut decoder = Decoder::new(16);
        decoder.feed(&[1, 0, 0, 0, 1]);
        assert_eq!(decoder.take::<Said>(), Err(FrameError::Malformed));
    }

    proptest! {
        #[test]
        fn messages_come_out_however_their_bytes_come_in(
            words in proptest::collection::vec(".{0,30}", 0..20),
            numbers in proptest::collection::vec(any::<u64>(), 0..20),
            pieces in proptest::collection::vec(1_usize..40, 1..20),
        ) {
            let mut said: Vec<_> = numbers.into_iter().map(Said::Number).collect();
            said.extend([Said::Words(words), Said::Nothing]);
            let bytes: Vec<u8> = said.iter().flat_map(|one| encode(one, 10_000).unwrap()).collect();
            let mut decoder = Decoder::new(10_000);
            let (mut heard, mut rest) = (Vec::new(), &bytes[..]);
            for size in pieces.iter().cycle() {
                let (piece, beyond) = rest.split_at((*size).min(rest.len()));
                decoder.feed(piece);
                heard.extend(all(&mut decoder).unwrap());
                rest = beyond;
                if rest.is_empty() {
                    break;
                }
            }
            assert_eq!(heard, said);
            assert!(decoder.is_between_frames());
        }

        #[test]
        fn noise_is_an_error_or_waits_for_more(noise in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut decoder = Decoder::new(100);
            decoder.feed(&noise);
            if all(&mut decoder).is_ok() {
                assert!(decoder.bytes.len() - decoder.taken < HEAD + 100);
            }
        }

        #[test]
        fn a_spoiled_byte_does_not_panic(at in 0_usize..40, value in any::<u8>()) {
            let mut frame = encode(&Said::Words(vec!["some".to_owned(); 8]), 100).unwrap();
            frame[at] = value;
            let mut decoder = Decoder::new(100);
            decoder.feed(&frame);
            let _ = all(&mut decoder);
        }
    }
}
