//! A slot's streams cut into what its job says and the messages between.
//! It does not know what the messages mean.

use bstr::BString;
use bstr::ByteSlice;

/// A piece of a stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// What the job says.
    Text(Vec<u8>),
    /// A message: its words behind the mark.
    Mark(BString),
}

/// One stream. Each message begins with a mark that nobody guesses and ends with a newline.
#[derive(Debug)]
pub struct Marks {
    mark: Vec<u8>,
    held: Vec<u8>,
}

impl Marks {
    /// Returns a stream whose messages begin with the record separator character and `nonce`.
    pub fn new(nonce: &str) -> Marks {
        Marks {
            mark: format!("\x1e{nonce}").into_bytes(),
            held: Vec::new(),
        }
    }

    /// Takes bytes and returns what they complete. Text is held back only as long as it may be the beginning of a mark.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Piece> {
        self.held.extend_from_slice(bytes);
        let mut pieces = Vec::new();
        while let Some(at) = self.held.find(&self.mark) {
            let Some(end) = self.held[at..].find_byte(b'\n') else {
                self.text(at, &mut pieces);
                return pieces;
            };
            self.text(at, &mut pieces);
            let message: Vec<u8> = self.held.drain(..=end).collect();
            let words = message[self.mark.len()..].trim_ascii();
            pieces.push(Piece::Mark(words.into()));
        }
        let longest = self.held.len().min(self.mark.len() - 1);
        let is_beginning = |length: &usize| self.held.ends_with(&self.mark[..*length]);
        let kept = (1..=longest).rev().find(is_beginning).unwrap_or(0);
        self.text(self.held.len() - kept, &mut pieces);
        pieces
    }

    /// Returns what was held back: no message comes any more.
    pub fn into_rest(self) -> Vec<u8> {
        self.held
    }

    fn text(&mut self, length: usize, pieces: &mut Vec<Piece>) {
        if length > 0 {
            pieces.push(Piece::Text(self.held.drain(..length).collect()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_messages_are_told_apart_however_they_arrive() {
        let stream =
            b"hello\x1eM1 ready 7\nwor\x1eld\x1eM1\n\x1e\x1eM1 line 0 exit 1\nrest\x1eM".to_vec();
        for size in 1..=stream.len() {
            let mut marks = Marks::new("M1");
            let mut told = Vec::new();
            for chunk in stream.chunks(size) {
                for piece in marks.feed(chunk) {
                    match piece {
                        Piece::Text(text) => told.extend_from_slice(&text),
                        Piece::Mark(words) => {
                            told.extend_from_slice(&[b"[", &words[..], b"]"].concat())
                        }
                    }
                }
            }
            let expected = "hello[ready 7]wor\x1eld[]\x1e[line 0 exit 1]rest";
            assert_eq!(told.as_bstr(), expected, "{size}");
        }
    }
}
