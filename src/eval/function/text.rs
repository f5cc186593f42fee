//! Functions of text and words alone.
//! It does not know variables, files or the make.

use crate::pattern::Pattern;
use rustc_hash::FxHashSet;
use std::cmp::Ordering;

/// A list of literal words longer than this is looked up by hash.
const FEW: usize = 8;

/// Returns whether `byte` separates words.
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Returns the words of `text`.
pub fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.iter().position(|byte| !is_space(*byte))?;
        let word = &rest[start..];
        let end = word.iter().position(|byte| is_space(*byte));
        let (word, behind) = word.split_at(end.unwrap_or(word.len()));
        rest = behind;
        Some(word)
    })
}

/// Returns `text` without blanks around it.
pub fn trim(text: &[u8]) -> &[u8] {
    crate::parser::line::trim(text)
}

/// Returns `text` without the blanks it begins with.
pub fn trim_start(text: &[u8]) -> &[u8] {
    crate::parser::line::trim_start(text)
}

/// Appends words, one blank between them.
pub fn join_words<'a>(words: impl Iterator<Item = &'a [u8]>, out: &mut Vec<u8>) {
    for (index, word) in words.enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
}

/// `$(subst FROM,TO,TEXT)`: an empty FROM is found once, at the end.
pub fn subst(from: &[u8], to: &[u8], text: &[u8], out: &mut Vec<u8>) {
    if from.is_empty() {
        out.extend_from_slice(text);
        out.extend_from_slice(to);
        return;
    }
    if let ([from], [to]) = (from, to) {
        let replaced = |byte: &u8| if byte == from { *to } else { *byte };
        out.extend(text.iter().map(replaced));
        return;
    }
    let mut rest = 0;
    let mut replace = |at| {
        out.extend_from_slice(&text[rest..at]);
        out.extend_from_slice(to);
        rest = at + from.len();
    };
    match from {
        [byte] => memchr::memchr_iter(*byte, text).for_each(&mut replace),
        _ => memchr::memmem::find_iter(text, from).for_each(&mut replace),
    }
    out.extend_from_slice(&text[rest..]);
}

/// Replaces `from` where it stands as a word or several, and keeps the blanks; an empty `from` is found once, at the end.
/// What is found inside of a word is left as it is, whatever begins within it.
fn replace_words(from: &[u8], to: &[u8], text: &[u8], out: &mut Vec<u8>) {
    let ends_here = |at: usize| text.get(at).is_none_or(|byte| is_space(*byte));
    let begins_here = |at: usize| {
        at.checked_sub(1)
            .is_none_or(|before| is_space(text[before]))
    };
    if from.is_empty() {
        out.extend_from_slice(text);
        out.extend_from_slice(if begins_here(text.len()) { to } else { b"" });
        return;
    }
    let mut rest = 0;
    for at in memchr::memmem::find_iter(text, from) {
        let end = at + from.len();
        let is_word = begins_here(at) && ends_here(end);
        out.extend_from_slice(&text[rest..at]);
        out.extend_from_slice(if is_word { to } else { from });
        rest = end;
    }
    out.extend_from_slice(&text[rest..]);
}

/// `$(patsubst FROM,TO,TEXT)`: blanks are kept when FROM has no `%`.
pub fn patsubst(from: &[u8], to: &[u8], text: &[u8], out: &mut Vec<u8>) {
    let from = Pattern::new(from);
    let to = Pattern::new(to);
    if !from.has_percent() {
        return replace_words(from.text(), to.text(), text, out);
    }
    let mut is_first = true;
    for word in words(text) {
        let stem = from.stem(word);
        // A word that becomes nothing leaves no blank, if that is what TO says.
        if stem.is_some() && to.text().is_empty() {
            continue;
        }
        if !is_first {
            out.push(b' ');
        }
        is_first = false;
        match stem {
            None => out.extend_from_slice(word),
            Some(_) if !to.has_percent() => {
                out.extend_from_slice(to.text());
            }
            Some(stem) => {
                out.extend_from_slice(to.prefix());
                out.extend_from_slice(stem);
                out.extend_from_slice(to.suffix());
            }
        }
    }
}

/// `$(NAME:FROM=TO)` for the value `text`: a FROM without `%` is what words end in.
pub fn substitute_reference(text: &[u8], from: &[u8], to: &[u8], out: &mut Vec<u8>) {
    let pattern = Pattern::new(from);
    if pattern.has_percent() {
        return patsubst(from, to, text, out);
    }
    for (index, word) in words(text).enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        match word.strip_suffix(pattern.text()) {
            Some(stem) => {
                out.extend_from_slice(stem);
                out.extend_from_slice(to);
            }
            None => out.extend_from_slice(word),
        }
    }
}

/// `$(filter PATTERNS,TEXT)` (`keep`), `$(filter-out PATTERNS,TEXT)` (not `keep`).
pub fn filter(patterns: &[u8], text: &[u8], keep: bool, out: &mut Vec<u8>) {
    let mut few = words(patterns);
    if let (Some(pattern), None) = (few.next(), few.next())
        && memchr::memchr(b'%', pattern).is_none()
    {
        join_words(words(text).filter(|word| (*word == pattern) == keep), out);
        return;
    }
    let (mut literal, mut general) = (Vec::new(), Vec::new());
    for pattern in words(patterns).map(Pattern::new) {
        match pattern.has_percent() {
            true => general.push(pattern),
            false => literal.push(pattern),
        }
    }
    let hashed: FxHashSet<&[u8]> = match literal.len() > FEW {
        true => literal.iter().map(Pattern::text).collect(),
        false => FxHashSet::default(),
    };
    let is_literal = |word: &[u8]| match hashed.is_empty() {
        true => literal.iter().any(|one| one.text() == word),
        false => hashed.contains(word),
    };
    let matches =
        |word: &[u8]| is_literal(word) || general.iter().any(|one| one.stem(word).is_some());
    join_words(words(text).filter(|word| matches(word) == keep), out);
}

/// `$(sort TEXT)`: by bytes, each word once. GNU make takes the first byte as signed, so that words which do not begin
/// with ASCII come first.
pub fn sort(text: &[u8], out: &mut Vec<u8>) {
    let mut all: Vec<&[u8]> = words(text).collect();
    all.sort_unstable_by_key(|word| (word.first().map(|byte| byte.cast_signed()), *word));
    all.dedup();
    join_words(all.into_iter(), out);
}

/// `$(wordlist …)`: the part of `list` from the word with index `start` up to the one before `stop`, the blanks between
/// them as they are.
pub fn wordlist(list: &[u8], start: usize, stop: usize) -> &[u8] {
    let mut index = 0;
    let mut part = 0..0;
    let mut at = 0;
    while index < stop {
        let rest = &list[at..];
        let Some(begin) = rest.iter().position(|byte| !is_space(*byte)) else {
            break;
        };
        let length = rest[begin..].iter().position(|byte| is_space(*byte));
        let end = length.map_or(list.len(), |length| at + begin + length);
        if index == start {
            part.start = at + begin;
        }
        if index >= start {
            part.end = end;
        }
        index += 1;
        at = end;
    }
    &list[part]
}

/// `$(join FIRST,SECOND)`
pub fn join(first: &[u8], second: &[u8], out: &mut Vec<u8>) {
    let (mut first, mut second) = (words(first), words(second));
    let mut is_first = true;
    loop {
        let (one, two) = (first.next(), second.next());
        if one.is_none() && two.is_none() {
            return;
        }
        if !is_first {
            out.push(b' ');
        }
        is_first = false;
        out.extend_from_slice(one.unwrap_or_default());
        out.extend_from_slice(two.unwrap_or_default());
    }
}

/// `$(dir WORD)`: up to the last slash, `./` without one.
pub fn dir(word: &[u8]) -> &[u8] {
    match memchr::memrchr(b'/', word) {
        Some(slash) => &word[..=slash],
        None => b"./",
    }
}

/// `$(notdir WORD)`: behind the last slash.
pub fn notdir(word: &[u8]) -> &[u8] {
    match memchr::memrchr(b'/', word) {
        Some(slash) => &word[slash + 1..],
        None => word,
    }
}

/// `$(suffix WORD)`: from the last dot of the file name on; None without one.
pub fn suffix(word: &[u8]) -> Option<&[u8]> {
    let name = notdir(word);
    memchr::memrchr(b'.', name).map(|dot| &name[dot..])
}

/// `$(basename WORD)`: all but the suffix.
pub fn basename(word: &[u8]) -> &[u8] {
    &word[..word.len() - suffix(word).unwrap_or_default().len()]
}

/// `$(abspath WORD)`: absolute and without `.`, `..` and doubled slashes, whatever is on disk. None for an empty word,
/// and for a relative one if the directory is not known.
pub fn abspath(directory: Option<&[u8]>, word: &[u8]) -> Option<Vec<u8>> {
    if word.is_empty() {
        return None;
    }
    let mut path = match word[0] {
        b'/' => Vec::new(),
        _ => {
            let directory = directory?;
            directory.strip_suffix(b"/").unwrap_or(directory).to_vec()
        }
    };
    for part in word.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                let parent = memchr::memrchr(b'/', &path).unwrap_or(0);
                path.truncate(parent);
            }
            _ => {
                path.push(b'/');
                path.extend_from_slice(part);
            }
        }
    }
    if path.is_empty() {
        path.push(b'/');
    }
    Some(path)
}

/// Why an argument is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotANumber {
    /// Nothing but blanks.
    Empty,
    /// Something else than digits.
    Junk,
    /// More digits than 64 bits hold.
    OutOfRange,
}

/// Reads an argument of `word` and `wordlist`.
pub fn number(text: &[u8]) -> Result<i64, NotANumber> {
    let text = trim(text);
    if text.is_empty() {
        return Err(NotANumber::Empty);
    }
    let digits = text.strip_prefix(b"-").or(text.strip_prefix(b"+"));
    let digits = digits.unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(NotANumber::Junk);
    }
    let sign = if text[0] == b'-' { -1 } else { 1 };
    let add = |number: i64, digit: &u8| {
        let digit = sign * i64::from(digit - b'0');
        number.checked_mul(10)?.checked_add(digit)
    };
    let number = digits.iter().try_fold(0, add);
    number.ok_or(NotANumber::OutOfRange)
}

/// A whole number of any length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer<'a> {
    negative: bool,
    /// Without leading zeros: empty for zero.
    digits: &'a [u8],
}

impl<'a> Integer<'a> {
    /// Reads an argument of `intcmp`.
    pub fn read(text: &'a [u8]) -> Result<Integer<'a>, NotANumber> {
        let text = trim(text);
        if text.is_empty() {
            return Err(NotANumber::Empty);
        }
        let negative = text[0] == b'-';
        let digits = match text[0] {
            b'-' | b'+' => &text[1..],
            _ => text,
        };
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return Err(NotANumber::Junk);
        }
        let zeros = digits.iter().take_while(|byte| **byte == b'0').count();
        let digits = &digits[zeros..];
        Ok(Integer {
            negative: negative && !digits.is_empty(),
            digits,
        })
    }

    /// Appends the number as `intcmp` gives it.
    pub fn write(self, out: &mut Vec<u8>) {
        if self.negative {
            out.push(b'-');
        }
        match self.digits.is_empty() {
            true => out.push(b'0'),
            false => out.extend_from_slice(self.digits),
        }
    }
}

impl PartialOrd for Integer<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Integer<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mine, its) = (
            (self.digits.len(), self.digits),
            (other.digits.len(), other.digits),
        );
        // Two negative numbers are compared by magnitude, as GNU make 4.4.1 does.
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) | (true, true) => mine.cmp(&its),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(act: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        act(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn subst_replaces_every_place() {
        let check = |from: &str, to: &str, value: &str, expected: &str| {
            let got = text(|out| subst(from.as_bytes(), to.as_bytes(), value.as_bytes(), out));
            assert_eq!(got, expected, "{from} {to} {value}");
        };
        check("a", "b", "banana", "bbnbnb");
        check("aa", "b", "aaa", "ba");
        check("", "X", "abc", "abcX");
        check("", "X", "", "X");
        check("x", "y", "", "");
    }

    #[test]
    fn patsubst_and_references() {
        let check = |from: &str, to: &str, value: &str, expected: &str| {
            let got = text(|out| patsubst(from.as_bytes(), to.as_bytes(), value.as_bytes(), out));
            assert_eq!(got, expected, "{from} {to} {value}");
        };
        check("%.c", "%.o", "  a.c  b%.c c ", "a.o b%.o c");
        check("a\\%b", "X%", "a%b", "X%");
        check("%", "\\%", "a", "%");
        check("%", "a%b%c", "x", "axb%c");
        check("a", "b%c", "a", "b%c");
        check("a", "b\\%c", "a", "b%c");
        check("a b", "X", "  z   a b  c a b", "  z   X  c X");
        check("a a", "X", "ba a a ab a a", "ba a a ab X");
        check("", "X", "a ", "a X");
        check("", "X", "a", "a");
        let check = |from: &str, to: &str, value: &str, expected: &str| {
            let (from, to) = (from.as_bytes(), to.as_bytes());
            let got = text(|out| substitute_reference(value.as_bytes(), from, to, out));
            assert_eq!(got, expected, "{value}");
        };
        check(".c", ".o", "a.c b.c x", "a.o b.o x");
        check(".c", "%.o", "a.c", "a%.o");
        check("", "/", "a b", "a/ b/");
        check("%", "<%>", "a b", "<a> <b>");
        check("\\%.c", "y", "a.c b%.c", "a.c by");
    }

    #[test]
    fn filters_whatever_the_number_of_patterns() {
        let check = |patterns: &str, value: &str, keep: bool, expected: &str| {
            let got = text(|out| filter(patterns.as_bytes(), value.as_bytes(), keep, out));
            assert_eq!(got, expected, "{patterns}");
        };
        check("%.c x", "a.c b.h x y x", true, "a.c x x");
        check("%.c x", "a.c b.h x y x", false, "b.h y");
        check("a b c d e f g h i j \\%", "z b j k %", true, "b j %");
        check("a b c d e f g h i j %z", "z b yz k", false, "k");
        check("", "a", true, "");
        check("", "a", false, "a");
    }

    #[test]
    fn names_are_taken_apart() {
        let all = |word: &str| {
            let word = word.as_bytes();
            let parts = [
                dir(word),
                notdir(word),
                suffix(word).unwrap_or(b"none"),
                basename(word),
            ];
            parts.map(|part| String::from_utf8_lossy(part).into_owned())
        };
        assert_eq!(all("a/b.c"), ["a/", "b.c", ".c", "a/b"]);
        assert_eq!(all("c"), ["./", "c", "none", "c"]);
        assert_eq!(all("d.x/y"), ["d.x/", "y", "none", "d.x/y"]);
        assert_eq!(all(".x"), ["./", ".x", ".x", ""]);
        assert_eq!(all("x."), ["./", "x.", ".", "x"]);
        assert_eq!(all("a/"), ["a/", "", "none", "a/"]);
    }

    #[test]
    fn absolute_paths() {
        let check = |word: &str, expected: &str| {
            let got = abspath(Some(b"/tmp/ex"), word.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(got).unwrap(), expected, "{word}");
        };
        check("a//b/../c", "/tmp/ex/a/c");
        check("/../x", "/x");
        check(".", "/tmp/ex");
        check("..", "/tmp");
        check("/", "/");
        check("//", "/");
        check("../../../..", "/");
        check("/a/./b/", "/a/b");
        assert_eq!(abspath(Some(b"/"), b"a"), Some(b"/a".to_vec()));
        assert_eq!(abspath(Some(b"/"), b""), None);
        assert_eq!(abspath(None, b"a"), None);
        assert_eq!(abspath(None, b"/a/"), Some(b"/a".to_vec()));
    }

    #[test]
    fn numbers() {
        assert_eq!(number(b" 12 "), Ok(12));
        assert_eq!(number(b"-1"), Ok(-1));
        assert_eq!(number(b"+1"), Ok(1));
        assert_eq!(number(b" "), Err(NotANumber::Empty));
        assert_eq!(number(b"1x"), Err(NotANumber::Junk));
        assert_eq!(number(b"99999999999999999999"), Err(NotANumber::OutOfRange));
        let order = |one: &str, two: &str| {
            let (one, two) = (one.as_bytes(), two.as_bytes());
            Integer::read(one)
                .unwrap()
                .cmp(&Integer::read(two).unwrap()) as i32
        };
        assert_eq!(order("1", "2"), -1);
        assert_eq!(order("10", "9"), 1);
        assert_eq!(order("-10", "-9"), 1);
        assert_eq!(order("-0", "000"), 0);
        assert_eq!(order("-1", "1"), -1);
        assert_eq!(order("100000000000000000000", "99999999999999999999"), 1);
        assert_eq!(
            text(|out| Integer::read(b" -007 ").unwrap().write(out)),
            "-7"
        );
        assert_eq!(text(|out| Integer::read(b"-0").unwrap().write(out)), "0");
        assert_eq!(Integer::read(b"-"), Err(NotANumber::Junk));
        assert_eq!(Integer::read(b" "), Err(NotANumber::Empty));
    }

    #[test]
    fn lists() {
        assert_eq!(text(|out| sort(b" b a b  c a", out)), "a b c");
        assert_eq!(text(|out| join(b"a b c", b"d", out)), "ad b c");
        assert_eq!(text(|out| join(b"a", b"b c d", out)), "ab c d");
        assert_eq!(text(|out| join(b"", b"", out)), "");
        assert_eq!(trim(b"  a b\n"), b"a b");
        assert_eq!(wordlist(b" a  b \n c d ", 1, 3), b"b \n c");
        assert_eq!(wordlist(b" a b", 0, 9), b"a b");
        assert_eq!(wordlist(b"a b c", 1, 2), b"b");
        assert_eq!(wordlist(b"a b", 1, 1), b"");
        assert_eq!(wordlist(b"a b", 2, 3), b"");
    }
}
