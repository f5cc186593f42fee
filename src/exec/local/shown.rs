//! What of a job's output was shown, so that it is not shown again when the job runs again elsewhere.
//! It does not know who runs the job, nor why again.

use crate::event::Stream;
use bstr::BString;
use bstr::ByteSlice;

/// So much of what a line has said is kept; what it has said beyond is shown again.
const MOST: usize = 1 << 20;

/// What was shown: all of the first lines, and of the next one this, by stream.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    line: usize,
    text: [Vec<u8>; 2],
}

/// How far a run has come: in its `line`-th line, so many bytes of either stream.
#[derive(Clone, Debug, Default)]
pub struct Run {
    line: usize,
    bytes: [usize; 2],
}

impl Run {
    /// Returns whether all of its present line was shown before.
    pub fn is_known(&self, shown: &Shown) -> bool {
        self.line < shown.line
    }

    /// Goes on to the next line.
    pub fn next_line(&mut self, shown: &mut Shown) {
        self.line += 1;
        self.bytes = [0, 0];
        if shown.line < self.line {
            shown.line = self.line;
            shown.text.iter_mut().for_each(Vec::clear);
        }
    }

    /// Returns what is to be shown of what the present line says: what goes beyond what was shown, or, from the line of
    /// text on in which it says something else than before, everything.
    pub fn says(&mut self, shown: &mut Shown, stream: Stream, bytes: BString) -> BString {
        if self.is_known(shown) {
            return BString::default();
        }
        let index = match stream {
            Stream::Out => 0,
            Stream::Err => 1,
        };
        let start = self.bytes[index];
        self.bytes[index] += bytes.len();
        let text = &mut shown.text[index];
        let before = text.get(start..).unwrap_or_default();
        let is_same = |(ours, theirs): &(&u8, &u8)| ours == theirs;
        let common = bytes.iter().zip(before).take_while(is_same).count();
        let mut unseen = BString::default();
        if common < bytes.len() && common < before.len() {
            text.truncate(start + common);
            let begin = text.rfind_byte(b'\n').map_or(0, |newline| newline + 1);
            unseen.extend_from_slice(&text[begin..]);
        }
        let new = &bytes[common..];
        unseen.extend_from_slice(new);
        if text.len() == start + common {
            let room = MOST.saturating_sub(text.len());
            text.extend_from_slice(&new[..new.len().min(room)]);
        }
        unseen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets a job run several times, each run lines of what it says; returns what is shown of each run.
    fn shown(runs: &[&[&str]]) -> Vec<String> {
        let mut shown = Shown::default();
        let told = runs.iter().map(|lines| {
            let mut run = Run::default();
            let mut told = String::new();
            for (number, line) in lines.iter().enumerate() {
                if number > 0 {
                    run.next_line(&mut shown);
                }
                for piece in line.as_bytes().chunks(3) {
                    let unseen = run.says(&mut shown, Stream::Out, piece.into());
                    told.push_str(&unseen.to_string());
                }
            }
            told
        });
        told.collect()
    }

    #[test]
    fn the_same_is_shown_once() {
        assert_eq!(
            shown(&[&["one two"], &["one two three"]]),
            ["one two", " three"]
        );
        assert_eq!(
            shown(&[&["a\n", "b"], &["a\n", "bc\n", "d"]]),
            ["a\nb", "c\nd"]
        );
        assert_eq!(
            shown(&[&["a", "b"], &["a"], &["a", "b", "c"]]),
            ["ab", "", "c"]
        );
    }

    #[test]
    fn what_is_said_otherwise_is_shown_from_the_beginning_of_its_line_on() {
        let runs: &[&[&str]] = &[
            &["made x\nmade 0\n"],
            &["made x\nmade 150\nend"],
            &["made x\nmade 150\nend."],
        ];
        assert_eq!(shown(runs), ["made x\nmade 0\n", "made 150\nend", "."]);
    }

    #[test]
    fn what_is_long_is_shown_again() {
        let long = "x".repeat(MOST + 9);
        let again = shown(&[&[&long], &[&long]]);
        assert_eq!((again[0].len(), again[1].len()), (MOST + 9, 9));
    }
}
