//! Cuts the bytes of a makefile into logical lines: joined, counted, ends of lines removed.
//! It does not know what a line says, nor whether it belongs to a recipe.

use memchr::memchr;
use memchr::memchr2;
use std::borrow::Cow;

/// A logical line as it stands: backslash-newlines inside are kept, its own newline is not part of it.
/// A backslash-newline that ends the text is kept too: it joins the line to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The text.
    pub text: &'a [u8],
    /// The number of its first physical line, counted from 1.
    pub number: u32,
    /// How many physical lines it takes.
    pub count: u32,
}

/// Hands out the logical lines of a text.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    text: &'a [u8],
    position: usize,
    number: u32,
}

impl<'a> Lines<'a> {
    /// Returns the lines of `text`, the first of which has number `first`.
    pub fn new(text: &'a [u8], first: u32) -> Lines<'a> {
        Lines {
            text,
            position: 0,
            number: first,
        }
    }

    /// Returns the number of the line that comes next.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns the text of all lines to come.
    pub fn rest(&self) -> &'a [u8] {
        &self.text[self.position..]
    }

    /// Passes over `count` physical lines, which are so many bytes long.
    pub fn skip(&mut self, bytes: usize, count: u32) {
        self.position += bytes;
        self.number += count;
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let start = self.position;
        if start >= self.text.len() {
            return None;
        }
        let number = self.number;
        let mut from = start;
        let mut count = 0;
        let end = loop {
            count += 1;
            match memchr(b'\n', &self.text[from..]) {
                None => {
                    self.position = self.text.len();
                    break self.text.len();
                }
                Some(at) => {
                    let end = from + at;
                    self.position = end + 1;
                    if trailing_backslashes(&self.text[start..end]).is_multiple_of(2) {
                        break end;
                    }
                    // At the end of the text an empty line is what it is joined with.
                    if end + 1 >= self.text.len() {
                        break end + 1;
                    }
                    from = end + 1;
                }
            }
        };
        // Of joined lines the last one does not count if the text ends without newline.
        let is_cut_off =
            count > 1 && self.position == self.text.len() && !self.text.ends_with(b"\n");
        self.number += count - u32::from(is_cut_off);
        Some(Line {
            text: &self.text[start..end],
            number,
            count,
        })
    }
}

/// Returns how many backslashes end `text`.
pub fn trailing_backslashes(text: &[u8]) -> usize {
    text.iter().rev().take_while(|c| **c == b'\\').count()
}

/// A file's text made ready for [`Lines`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// The text without byte order mark, carriage returns before newlines, and NULs.
    pub text: Vec<u8>,
    /// Numbers of the physical lines that begin with a NUL: each is worth a warning.
    pub nul_lines: Vec<u32>,
}

/// Removes the byte order mark, the `\r` of each `\r\n`, and what a NUL hides: at the start of a
/// line the rest of that line, elsewhere the rest of the line together with its newline.
pub fn prepare(mut text: Vec<u8>) -> Prepared {
    if text.starts_with(b"\xef\xbb\xbf") {
        text.drain(..3);
    }
    let mut nul_lines = Vec::new();
    if memchr(0, &text).is_some() {
        text = without_nuls(&text, &mut nul_lines);
    }
    if memchr(b'\r', &text).is_some() {
        let mut index = 0;
        let copy = text.clone();
        text.retain(|c| {
            index += 1;
            !(*c == b'\r' && copy.get(index) == Some(&b'\n'))
        });
    }
    Prepared { text, nul_lines }
}

fn without_nuls(text: &[u8], nul_lines: &mut Vec<u32>) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut number = 1;
    for line in text.split_inclusive(|c| *c == b'\n') {
        match memchr(0, line) {
            None => {
                out.extend_from_slice(line);
                number += 1;
            }
            Some(0) => {
                nul_lines.push(number);
                out.push(b'\n');
                number += 1;
            }
            Some(at) => out.extend_from_slice(&line[..at]),
        }
    }
    out
}

/// How blanks before a backslash-newline are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joining {
    /// They vanish.
    Gnu,
    /// They stay (`.POSIX`).
    Posix,
}

/// Joins the physical lines of a logical line: each backslash-newline becomes one blank, as do
/// the blanks around it; of several backslashes before it half are kept.
pub fn collapse(text: &[u8], joining: Joining) -> Cow<'_, [u8]> {
    let Some(first) = memchr(b'\n', text) else {
        return Cow::Borrowed(text);
    };
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    let mut rest = text;
    let mut newline = Some(first);
    while let Some(at) = newline {
        let before = &rest[..at];
        if joining == Joining::Gnu
            && let [.., blank, b'\\'] = before
            && !matches!(blank, b'\\')
        {
            // One backslash, as nearly always.
            let mut kept = at - 1;
            while kept > 0 && is_blank(before[kept - 1]) {
                kept -= 1;
            }
            if kept > 0 {
                out.extend_from_slice(&before[..kept]);
                out.push(b' ');
                rest = trim_start(&rest[at + 1..]);
                newline = memchr(b'\n', rest);
                continue;
            }
        }
        let slashes = trailing_backslashes(before);
        out.extend_from_slice(&before[..at - slashes]);
        out.resize(out.len() + slashes / 2, b'\\');
        rest = &rest[at + 1..];
        if slashes.is_multiple_of(2) {
            out.push(b'\n');
        } else {
            rest = trim_start(rest);
            if joining == Joining::Gnu {
                let kept = out.iter().rposition(|c| !is_blank(*c));
                out.truncate(kept.map_or(0, |last| last + 1));
            }
            out.push(b' ');
        }
        newline = memchr(b'\n', rest);
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

/// Returns whether `c` separates words: blank or tab.
pub fn is_blank(c: u8) -> bool {
    c == b' ' || c == b'\t'
}

/// Returns whether `c` is white space of any kind.
pub fn is_space(c: u8) -> bool {
    matches!(c, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// Returns `text` without white space at its start.
pub fn trim_start(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|c| !is_space(*c));
    &text[start.unwrap_or(text.len())..]
}

/// Returns `text` without white space at both ends.
pub fn trim(text: &[u8]) -> &[u8] {
    let text = trim_start(text);
    let end = text.iter().rposition(|c| !is_space(*c));
    &text[..end.map_or(0, |last| last + 1)]
}

/// Returns the end of the variable reference that begins with the `$` at `at`. An unclosed one ends with the text.
pub fn skip_reference(text: &[u8], at: usize) -> usize {
    let Some(open) = text.get(at + 1) else {
        return text.len();
    };
    let close = match open {
        b'(' => b')',
        b'{' => b'}',
        _ => return at + 2,
    };
    let mut depth = 1;
    let mut index = at + 2;
    while index < text.len() {
        if text[index] == *open {
            depth += 1;
        } else if text[index] == close {
            depth -= 1;
            if depth == 0 {
                return index + 1;
            }
        }
        index += 1;
    }
    text.len()
}

/// Whether a search looks into `$(…)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum References {
    /// They are text like any other.
    Searched,
    /// They are passed over.
    Skipped,
}

/// Finds the first byte of `stops` not quoted by a backslash, at or behind `from`. Backslashes
/// before a found or quoted stop are halved in place, so the text before the result is unquoted.
pub fn find_unquoted(
    text: &mut Vec<u8>,
    from: usize,
    stops: &[u8],
    references: References,
) -> Option<usize> {
    let mut at = from;
    let is_skipped = references == References::Skipped;
    while at < text.len() {
        let ahead = &text[at..];
        at += match (stops, is_skipped) {
            ([stop], false) => memchr(*stop, ahead)?,
            ([stop], true) => memchr2(*stop, b'$', ahead)?,
            _ => ahead
                .iter()
                .position(|c| stops.contains(c) || (is_skipped && *c == b'$'))?,
        };
        if text[at] == b'$' && is_skipped {
            at = skip_reference(text, at);
            continue;
        }
        let slashes = trailing_backslashes(&text[from..at]);
        if slashes == 0 {
            return Some(at);
        }
        let removed = slashes - slashes / 2;
        text.drain(at - removed..at);
        at -= removed;
        if slashes.is_multiple_of(2) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Returns a collapsed line without its comment; `\#` is unquoted, `#` inside `$(…)` is kept.
pub fn strip_comment(line: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let Some(first) = memchr(b'#', &line) else {
        return line;
    };
    let plain = memchr(b'$', &line[..first]).is_none() && !line[..first].ends_with(b"\\");
    if plain {
        return match line {
            Cow::Borrowed(text) => Cow::Borrowed(&text[..first]),
            Cow::Owned(mut text) => {
                text.truncate(first);
                Cow::Owned(text)
            }
        };
    }
    let mut text = line.into_owned();
    if let Some(at) = find_unquoted(&mut text, 0, b"#", References::Skipped) {
        text.truncate(at);
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_by_odd_backslashes() {
        let text = b"a\nb \\\n c\nd\\\\\ne\\\\\\\nf\ng\\";
        let lines: Vec<(&[u8], u32, u32)> = Lines::new(text, 1)
            .map(|line| (line.text, line.number, line.count))
            .collect();
        let expected: Vec<(&[u8], u32, u32)> = vec![
            (b"a", 1, 1),
            (b"b \\\n c", 2, 2),
            (b"d\\\\", 4, 1),
            (b"e\\\\\\\nf", 5, 2),
            (b"g\\", 7, 1),
        ];
        assert_eq!(lines, expected);
        let last: Vec<&[u8]> = Lines::new(b"a \\\n", 1).map(|line| line.text).collect();
        assert_eq!(last, [b"a \\\n"]);
    }

    #[test]
    fn collapsing() {
        for (text, gnu, posix) in [
            ("a", "a", "a"),
            ("a  \\\n  b", "a b", "a   b"),
            ("a\\\n\\\n b", "a b", "a  b"),
            ("a\\\\\\\nb", "a\\ b", "a\\ b"),
            ("\\\n x", " x", " x"),
        ] {
            assert_eq!(&*collapse(text.as_bytes(), Joining::Gnu), gnu.as_bytes());
            assert_eq!(
                &*collapse(text.as_bytes(), Joining::Posix),
                posix.as_bytes()
            );
        }
    }

    #[test]
    fn comments_end_a_line() {
        for (text, expected) in [
            ("a # b", "a "),
            ("a \\# b # c", "a # b "),
            ("$(x #) # c", "$(x #) "),
            ("a\\\\# b", "a\\"),
            ("$(call f,\\#)#c", "$(call f,\\#)"),
            ("$# c", "$# c"),
        ] {
            let stripped = strip_comment(Cow::Borrowed(text.as_bytes()));
            assert_eq!(&*stripped, expected.as_bytes(), "{text}");
        }
    }

    #[test]
    fn files_are_prepared() {
        let prepared = prepare(b"\xef\xbb\xbfa\r\nb\0c\nd\n\0e\nf\r".to_vec());
        assert_eq!(prepared.text, b"a\nbd\n\nf\r");
        assert_eq!(prepared.nul_lines, vec![3]);
    }
}
