//! Splits a rule line: targets, kind of colon, prerequisites, recipe behind a semicolon.
//! It does not know the values of variables: the text it gets is expanded by its caller.

use crate::name::strip_dot_slash;
use crate::parser::line::References;
use crate::parser::line::find_unquoted;
use crate::parser::line::is_space;
use crate::parser::line::skip_reference;
use crate::parser::line::trailing_backslashes;
use memchr::memchr;
use memchr::memchr2;

/// The kind of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colon {
    /// `::`
    pub is_double: bool,
    /// `&:` or `&::`
    pub is_grouped: bool,
    /// Length of the text before the colon (and its `&`).
    pub targets_end: usize,
    /// Where the text behind the colon begins.
    pub rest: usize,
}

/// Finds the first unquoted colon of an expanded text, unquoting what stands before it.
pub fn find_colon(text: &mut Vec<u8>, from: usize) -> Option<Colon> {
    let at = find_unquoted(text, from, b":", References::Searched)?;
    let is_grouped = at > from && text[at - 1] == b'&';
    let is_double = text.get(at + 1) == Some(&b':');
    Some(Colon {
        is_double,
        is_grouped,
        targets_end: at - usize::from(is_grouped),
        rest: at + 1 + usize::from(is_double),
    })
}

/// What the unexpanded text of a rule line holds behind its first unquoted `;` or `#`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// Neither is there.
    None,
    /// A comment begins at this offset.
    Comment(usize),
    /// A recipe begins behind this offset, where the semicolon stands.
    Recipe(usize),
}

/// Finds the `;` or `#` that ends the rule part of an unexpanded line; quoted ones before it are unquoted.
pub fn find_tail(text: &mut Vec<u8>) -> Tail {
    match find_unquoted(text, 0, b";#", References::Skipped) {
        None => Tail::None,
        Some(at) if text[at] == b'#' => Tail::Comment(at),
        Some(at) => Tail::Recipe(at),
    }
}

/// A piece of an unexpanded rule line: expansion goes piece by piece until a colon shows up,
/// since what follows may be a target-specific assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// The line has ended.
    End,
    /// `:`, `::`, `&:`, `&::`.
    Colon(&'a [u8]),
    /// Anything else.
    Word(&'a [u8]),
}

/// Returns the next piece of `text` from `from` on, and where the one after it begins.
pub fn next_piece(text: &[u8], from: usize) -> (Piece<'_>, usize) {
    let mut at = from;
    while at < text.len() && is_space(text[at]) {
        at += 1;
    }
    let start = at;
    if start == text.len() {
        return (Piece::End, at);
    }
    if let Some(length) = colon_length(&text[at..]) {
        return (Piece::Colon(&text[at..at + length]), at + length);
    }
    if let Some(length) = assignment_length(&text[at..]) {
        return (Piece::Word(&text[at..at + length]), at + length);
    }
    while at < text.len() {
        match text[at] {
            c if is_space(c) || c == b':' || c == b'=' => break,
            _ if at > start && assignment_length(&text[at..]).is_some() => break,
            b'&' if at > start && colon_length(&text[at..]).is_some() => break,
            b'$' => at = skip_reference(text, at),
            b'\\' if matches!(text.get(at + 1), Some(b':' | b'=' | b'\\' | b' ' | b'\t')) => {
                at += 2
            }
            _ => at += 1,
        }
    }
    (Piece::Word(&text[start..at]), at)
}

/// Returns the length of the operator, not one with a colon, that `text` begins with: it parts words too.
fn assignment_length(text: &[u8]) -> Option<usize> {
    match text {
        [b'=', ..] => Some(1),
        [b'?' | b'+' | b'!', b'=', ..] => Some(2),
        _ => None,
    }
}

fn colon_length(text: &[u8]) -> Option<usize> {
    match text {
        [b'&', b':', b':', ..] => Some(3),
        [b'&', b':', ..] | [b':', b':', ..] => Some(2),
        [b':', ..] => Some(1),
        _ => None,
    }
}

/// Finds the colon that makes a rule a static pattern rule, in the expanded text behind the first colon.
pub fn static_colon(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = memchr(b':', &text[from..]) {
        if trailing_backslashes(&text[..from + at]).is_multiple_of(2) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// Cuts a list of file names into words, as rules and `include` write them.
#[derive(Clone, Debug)]
pub struct FileWords<'a> {
    text: &'a [u8],
    at: usize,
    bar: bool,
    /// The word before has nothing in it that quotes, matches, or names an archive.
    is_plain: bool,
}

/// What a byte may mean in a list of file names.
#[derive(Clone, Copy, PartialEq)]
enum Meaning {
    Plain,
    /// It quotes, matches, or names an archive.
    Special,
    /// It may part words.
    Stop,
}

/// What each byte may mean.
static MEANINGS: [Meaning; 256] = {
    let mut meanings = [Meaning::Plain; 256];
    let special = b"~*?[(\\";
    let mut at = 0;
    while at < special.len() {
        meanings[special[at] as usize] = Meaning::Special;
        at += 1;
    }
    meanings[b' ' as usize] = Meaning::Stop;
    meanings[b'\t' as usize] = Meaning::Stop;
    meanings[b'|' as usize] = Meaning::Stop;
    meanings
};

impl<'a> FileWords<'a> {
    /// Returns the words of `text`.
    pub fn new(text: &'a [u8]) -> FileWords<'a> {
        FileWords {
            text,
            at: 0,
            bar: false,
            is_plain: true,
        }
    }

    /// Returns the words of `text`; the first unquoted `|` is a word of its own.
    pub fn with_bar(text: &'a [u8]) -> FileWords<'a> {
        FileWords {
            text,
            at: 0,
            bar: true,
            is_plain: true,
        }
    }

    /// Returns the next word as written, quoting backslashes included.
    pub fn next_raw(&mut self) -> Option<&'a [u8]> {
        let text = self.text;
        let mut at = self.at;
        while at < text.len() && is_space(text[at]) {
            at += 1;
        }
        let start = at;
        self.at = at;
        if start == text.len() {
            return None;
        }
        if self.bar && text[start] == b'|' {
            self.bar = false;
            self.at += 1;
            return Some(b"|");
        }
        self.is_plain = true;
        loop {
            let is_plain = |c: &&u8| MEANINGS[usize::from(**c)] == Meaning::Plain;
            at += text[at..].iter().take_while(is_plain).count();
            let Some(c) = text.get(at) else {
                break;
            };
            // A newline parts no words, though it is skipped before one.
            match MEANINGS[usize::from(*c)] {
                Meaning::Plain => {}
                Meaning::Special => self.is_plain = false,
                Meaning::Stop => {
                    let stops = self.bar || *c != b'|';
                    let is_quoted =
                        !self.is_plain && !trailing_backslashes(&text[start..at]).is_multiple_of(2);
                    if stops && !is_quoted {
                        break;
                    }
                }
            }
            at += 1;
        }
        self.at = at;
        Some(&text[start..at])
    }

    /// Returns whether the word before has nothing in it that quotes, matches, or names an archive.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }
}

/// Returns a word without the backslashes that quote blanks (and `|`), and without `./` before it.
pub fn clean_word(word: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    unquote_blanks(strip_dot_slash(word))
}

/// Returns a word without the backslashes that quote blanks (and `|`).
pub fn unquote_blanks(word: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if memchr(b'\\', word).is_none() {
        return std::borrow::Cow::Borrowed(word);
    }
    let mut text = word.to_vec();
    let mut from = 0;
    while let Some(at) = memchr2(b' ', b'\t', &text[from..])
        .into_iter()
        .chain(memchr2(b'|', b'\n', &text[from..]))
        .min()
    {
        let at = from + at;
        let slashes = trailing_backslashes(&text[..at]);
        let removed = slashes - slashes / 2;
        text.drain(at - removed..at);
        from = at - removed + 1;
    }
    std::borrow::Cow::Owned(text)
}

/// Returns a list of names with [`strip_dot_slash`] done to each; quoted blanks do not part names.
pub fn strip_each_dot_slash(list: &[u8]) -> Box<[u8]> {
    let mut out = Vec::with_capacity(list.len());
    let mut at = 0;
    while at < list.len() {
        let starts = at == 0
            || is_space(list[at - 1]) && trailing_backslashes(&list[..at - 1]).is_multiple_of(2);
        if starts && list[at] == b'.' {
            let end = list[at..].iter().position(|c| is_space(*c));
            let word = &list[at..end.map_or(list.len(), |end| at + end)];
            out.extend_from_slice(strip_dot_slash(word));
            at += word.len();
        } else {
            out.push(list[at]);
            at += 1;
        }
    }
    out.into()
}

/// Finds the first unquoted `%` of a pattern; backslashes that quote a `%` are removed from the text.
pub fn find_percent(text: &mut Vec<u8>) -> Option<usize> {
    find_unquoted(text, 0, b"%", References::Searched)
}

/// Removes the backslashes that quote `special`.
pub fn unquote(text: &mut Vec<u8>, special: u8) {
    let mut from = 0;
    while let Some(at) = memchr(special, &text[from..]) {
        let at = from + at;
        let slashes = trailing_backslashes(&text[from..at]);
        let removed = slashes - slashes / 2;
        text.drain(at - removed..at);
        from = at - removed + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bstr::BStr;

    #[test]
    fn colons() {
        for (text, expected) in [
            ("a: b", Some((1, 2, false, false))),
            ("a:: b", Some((1, 3, true, false))),
            ("a&: b", Some((1, 3, false, true))),
            ("a &:: b", Some((2, 5, true, true))),
            ("a\\:b: c", Some((3, 4, false, false))),
            ("a\\\\: c", Some((2, 3, false, false))),
            ("a b", None),
        ] {
            let found = find_colon(&mut text.as_bytes().to_vec(), 0);
            let found = found.map(|c| (c.targets_end, c.rest, c.is_double, c.is_grouped));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn pieces() {
        for (text, expected) in [
            ("a b:c", "W(a) W(b) C(:) W(c)"),
            ("a&b &: c", "W(a&b) C(&:) W(c)"),
            ("a&:: c", "W(a) C(&::) W(c)"),
            ("$(a b):c", "W($(a b)) C(:) W(c)"),
            ("a\\:b : c", "W(a\\:b) C(:) W(c)"),
            ("x=y", "W(x) W(=) W(y)"),
            ("x?=y", "W(x) W(?=) W(y)"),
            ("", ""),
        ] {
            let mut found = Vec::new();
            let mut at = 0;
            loop {
                let (piece, next) = next_piece(text.as_bytes(), at);
                at = next;
                found.push(match piece {
                    Piece::End => break,
                    Piece::Colon(text) => format!("C({})", BStr::new(text)),
                    Piece::Word(text) => format!("W({})", BStr::new(text)),
                });
            }
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn words() {
        for (text, expected) in [
            ("a  b\tc", "a,b,c"),
            ("a\\ b ./c .//d ./ .", "a b,c,d,./,."),
            ("a|b | c", "a,|,b,|,c"),
            ("a\\|b", "a|b"),
            ("..\\foo", "..\\foo"),
        ] {
            let mut words = FileWords::with_bar(text.as_bytes());
            let mut found = Vec::new();
            while let Some(word) = words.next_raw() {
                found.push(BStr::new(&clean_word(word)).to_string());
            }
            assert_eq!(found.join(","), expected, "{text}");
        }
    }

    #[test]
    fn tails() {
        for (text, expected) in [
            ("a: b", Tail::None),
            ("a: b ; c # d", Tail::Recipe(5)),
            ("a: b # c ; d", Tail::Comment(5)),
            ("a: $(b;c) \\; d", Tail::None),
            ("a: \\;;", Tail::Recipe(4)),
        ] {
            assert_eq!(find_tail(&mut text.as_bytes().to_vec()), expected, "{text}");
        }
    }
}
