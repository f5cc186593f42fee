//! Matching of one name against a pattern of `*`, `?`, `[…]` and backslash escapes, as fnmatch(3) does.
//! It does not know files: names come from its callers.

use bstr::BString;

/// What one character is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// A byte (locales C and POSIX).
    #[default]
    Bytes,
    /// A character of UTF-8; in a name that is not UTF-8, a byte.
    Utf8,
}

impl Charset {
    /// Returns the charset of the locale that the environment asks for: LC_ALL, else LC_CTYPE, else LANG.
    pub fn of_locale(environment: &[(BString, BString)]) -> Charset {
        let value = |name: &str| {
            let found = environment.iter().find(|(key, _)| key == name);
            found
                .map(|(_, value)| value)
                .filter(|value| !value.is_empty())
        };
        let locale = value("LC_ALL")
            .or_else(|| value("LC_CTYPE"))
            .or_else(|| value("LANG"));
        let locale = locale.map(|locale| locale.to_ascii_lowercase());
        let ends = |ending: &str| {
            locale
                .as_ref()
                .is_some_and(|locale| locale.ends_with(ending.as_bytes()))
        };
        match ends(".utf-8") || ends(".utf8") {
            true => Charset::Utf8,
            false => Charset::Bytes,
        }
    }
}

/// Returns whether a text has a character that makes it a pattern: `*`, `?`, or `[` with a `]` behind it.
pub fn is_pattern(text: &[u8]) -> bool {
    let mut open = false;
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'*' | b'?' => return true,
            b'[' => open = true,
            b']' if open => return true,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
    false
}

/// Returns the text with its backslash escapes resolved.
pub fn unescape(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => plain.push(*bytes.next().unwrap_or(byte)),
            _ => plain.push(*byte),
        }
    }
    plain
}

/// Returns whether `name` matches `pattern`. A dot at the beginning and a slash anywhere are matched by
/// themselves only. A name of several bytes per character matches if it does by characters or by bytes:
/// so it is with the C library's fnmatch.
pub fn matches(pattern: &[u8], name: &[u8], charset: Charset) -> bool {
    let is_special = |c: &u8| matches!(c, b'*' | b'?' | b'[' | b'\\' | b'/');
    if let [b'*', suffix @ ..] = pattern
        && !suffix.iter().any(is_special)
        && name.is_ascii()
    {
        return name.ends_with(suffix) && name.first() != Some(&b'.') && !name.contains(&b'/');
    }
    let is_match = |charset| {
        let one = Match {
            pattern,
            name,
            charset,
        };
        one.run()
    };
    let is_wide = charset == Charset::Utf8 && !name.is_ascii();
    is_match(Charset::Bytes)
        || is_wide && is_utf8(pattern) && is_utf8(name) && is_match(Charset::Utf8)
}

fn is_utf8(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok()
}

struct Match<'a> {
    pattern: &'a [u8],
    name: &'a [u8],
    charset: Charset,
}

/// What one element of a pattern did.
enum Step {
    /// It took one character; the pattern goes on here.
    Took(usize),
    /// It does not match.
    No,
}

impl Match<'_> {
    /// Walks pattern and name; a mismatch goes back to the last `*` and lets that take one character more.
    fn run(&self) -> bool {
        let (mut at, mut place) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        loop {
            let step = if at == self.pattern.len() {
                if place == self.name.len() {
                    return true;
                }
                Step::No
            } else if self.pattern[at] == b'*' {
                at += 1;
                if self.is_hidden(place) {
                    Step::No
                } else {
                    star = Some((at, place));
                    continue;
                }
            } else {
                self.one(at, place)
            };
            match (step, star) {
                (Step::Took(next), _) => {
                    at = next;
                    place += self.width(place);
                }
                (Step::No, None) => return false,
                (Step::No, Some((behind, from))) => {
                    if from == self.name.len() || self.name[from] == b'/' {
                        return false;
                    }
                    let from = from + self.width(from);
                    star = Some((behind, from));
                    (at, place) = (behind, from);
                }
            }
        }
    }

    /// Returns whether the character at `place` is a leading dot.
    fn is_hidden(&self, place: usize) -> bool {
        self.name.get(place) == Some(&b'.') && (place == 0 || self.name[place - 1] == b'/')
    }

    /// Returns the length of the character at `place`.
    fn width(&self, place: usize) -> usize {
        width(&self.name[place..], self.charset)
    }

    /// Matches the element at `at`, not a `*`, with the character at `place`.
    fn one(&self, at: usize, place: usize) -> Step {
        if place == self.name.len() {
            return Step::No;
        }
        match self.pattern[at] {
            b'?' if self.is_hidden(place) || self.name[place] == b'/' => Step::No,
            b'?' => Step::Took(at + 1),
            b'[' => match self.bracket(at, place) {
                Some(step) => step,
                None => self.literal(at, place),
            },
            b'\\' if at + 1 == self.pattern.len() => Step::No,
            b'\\' => self.literal(at + 1, place),
            _ => self.literal(at, place),
        }
    }

    fn literal(&self, at: usize, place: usize) -> Step {
        let width = width(&self.pattern[at..], self.charset);
        let wanted = &self.pattern[at..at + width];
        match self.name[place..].starts_with(wanted) {
            true => Step::Took(at + width),
            false => Step::No,
        }
    }

    /// Matches a bracket expression; None when it is not closed, and so is plain text.
    fn bracket(&self, open: usize, place: usize) -> Option<Step> {
        let character = code(&self.name[place..], self.charset);
        let mut at = open + 1;
        let negated = matches!(self.pattern.get(at), Some(b'!' | b'^'));
        if negated {
            at += 1;
        }
        let first = at;
        let mut found = false;
        loop {
            let byte = *self.pattern.get(at)?;
            if byte == b']' && at > first {
                break;
            }
            if byte == b'/' {
                return None;
            }
            if self.pattern[at..].starts_with(b"[:")
                && let Some((name, behind)) = self.delimited(at, b':')
            {
                match is_in_class(name, character) {
                    Some(is_in) => found |= is_in,
                    None => return Some(Step::No),
                }
                at = behind;
                continue;
            }
            if self.pattern[at..].starts_with(b"[.") && self.delimited(at, b'.').is_none() {
                return Some(Step::No);
            }
            let (low, behind) = self.element(at)?;
            at = behind;
            let is_range = self.pattern.get(at) == Some(&b'-')
                && self.pattern.get(at + 1).is_some_and(|byte| *byte != b']');
            if is_range {
                let (high, behind) = self.element(at + 1)?;
                at = behind;
                found |= low.is_some_and(|low| low <= character)
                    && high.is_some_and(|high| character <= high);
            } else {
                found |= low == Some(character);
            }
        }
        let taken = found != negated && !self.is_hidden(place) && self.name[place] != b'/';
        Some(match taken {
            true => Step::Took(at + 1),
            false => Step::No,
        })
    }

    /// Returns one member of a bracket expression (None: no character is that) and what is behind it.
    fn element(&self, at: usize) -> Option<(Option<u32>, usize)> {
        match *self.pattern.get(at)? {
            b'\\' => {
                let rest = self.pattern.get(at + 1..).filter(|rest| !rest.is_empty())?;
                Some((
                    Some(code(rest, self.charset)),
                    at + 1 + width(rest, self.charset),
                ))
            }
            b'[' => {
                for mark in [b'.', b'='] {
                    if self.pattern.get(at + 1) != Some(&mark) {
                        continue;
                    }
                    let Some((name, behind)) = self.delimited(at, mark) else {
                        continue;
                    };
                    let is_one = !name.is_empty() && width(name, self.charset) == name.len();
                    return Some((is_one.then(|| code(name, self.charset)), behind));
                }
                Some((Some(u32::from(b'[')), at + 1))
            }
            _ => {
                let rest = &self.pattern[at..];
                Some((
                    Some(code(rest, self.charset)),
                    at + width(rest, self.charset),
                ))
            }
        }
    }

    /// Returns what stands in `[:…:]`, `[.….]` or `[=…=]` at `at`, and the place behind it.
    fn delimited(&self, at: usize, mark: u8) -> Option<(&[u8], usize)> {
        let inside = &self.pattern[at + 2..];
        let end = inside.windows(2).position(|pair| pair == [mark, b']'])?;
        Some((&inside[..end], at + 2 + end + 2))
    }
}

fn width(text: &[u8], charset: Charset) -> usize {
    match (charset, text[0]) {
        (Charset::Bytes, _) | (_, 0..=0xbf) => 1,
        (_, 0xc0..=0xdf) => 2.min(text.len()),
        (_, 0xe0..=0xef) => 3.min(text.len()),
        _ => 4.min(text.len()),
    }
}

fn code(text: &[u8], charset: Charset) -> u32 {
    let first = &text[..width(text, charset)];
    let decoded = std::str::from_utf8(first).ok();
    match decoded.and_then(|text| text.chars().next()) {
        Some(character) => u32::from(character),
        None => u32::from(text[0]),
    }
}

fn is_in_class(name: &[u8], code: u32) -> Option<bool> {
    // A byte above 127 belongs to no class where characters are bytes; code points do as Unicode says.
    let character = char::from_u32(code).unwrap_or('\0');
    Some(match name {
        b"alpha" => character.is_alphabetic(),
        b"digit" => character.is_ascii_digit(),
        b"alnum" => character.is_alphanumeric(),
        b"upper" => character.is_uppercase(),
        b"lower" => character.is_lowercase(),
        b"space" => character.is_ascii_whitespace() || character == '\x0b',
        b"blank" => matches!(character, ' ' | '\t'),
        b"punct" => character.is_ascii_punctuation(),
        b"print" => !character.is_control(),
        b"graph" => !character.is_control() && character != ' ',
        b"cntrl" => character.is_control(),
        b"xdigit" => character.is_ascii_hexdigit(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, name: &str, expected: bool) {
        let found = matches(pattern.as_bytes(), name.as_bytes(), Charset::Bytes);
        assert_eq!(found, expected, "{pattern:?} and {name:?}");
    }

    #[test]
    fn stars_and_questions() {
        check("*", "", true);
        check("*", "abc", true);
        check("a*c*e", "abcde", true);
        check("a*c*e", "abcdef", false);
        check("**", "x", true);
        check("?", "", false);
        check("a?c", "abc", true);
        check("*.c", "x.c.h", false);
        check("*b*b*b", "abababab", true);
        check("*\\", "x\\", false);
        check("\\*", "*", true);
        check("\\*", "x", false);
        check("\\a", "a", true);
    }

    #[test]
    fn leading_dots_match_only_dots() {
        for pattern in ["*", "?x", "[.]x", "*x", "[!a]x"] {
            check(pattern, ".x", false);
        }
        for pattern in [".*", ".?", "\\.*", ".[x]", ".x*"] {
            check(pattern, ".x", true);
        }
        check("a*", "a.x", true);
        check("*", "a/b", false);
        check("*/*", "a/.b", false);
        check("*/*", "a/b", true);
    }

    #[test]
    fn brackets() {
        check("[abc]", "b", true);
        check("[!abc]", "b", false);
        check("[^abc]", "d", true);
        check("[a-c]", "c", true);
        check("[c-a]", "b", false);
        check("[]]", "]", true);
        check("[]x]", "x", true);
        check("[!]]", "]", false);
        check("[a-]", "-", true);
        check("[\\]]", "]", true);
        check("[\\a-c]", "b", true);
        check("[a", "[a", true);
        check("[", "[", true);
        check("[[:digit:]]", "7", true);
        check("[[:digit:]x]", "x", true);
        check("[[:nothing:]]", "n", false);
        check("[[.x.]]", "x", true);
        check("[[=x=]]", "x", true);
        check("[[.]", ".", false);
        check("[[=]", "=", true);
        check("[[:]", ":", true);
        check("[0-[.9.]]", "5", true);
        check("x[1-9]y", "x5y", true);
        check("[/]", "/", false);
    }

    #[test]
    fn characters_of_utf8() {
        let check = |pattern: &str, name: &[u8], bytes: bool, utf8: bool| {
            let pattern = pattern.as_bytes();
            assert_eq!(matches(pattern, name, Charset::Bytes), bytes);
            assert_eq!(matches(pattern, name, Charset::Utf8), utf8);
        };
        check("?", "é".as_bytes(), false, true);
        check("??", "é".as_bytes(), true, true);
        check("???", "é".as_bytes(), false, false);
        check("[!a]1", "é1".as_bytes(), false, true);
        check("[à-ï]", "é".as_bytes(), false, true);
        check("*é", "éé".as_bytes(), true, true);
        check("bad?", b"bad\xff", true, true);
        check("b*\u{e9}", b"b\xff\xc3\xa9", true, true);
    }

    #[test]
    fn locales() {
        let check = |settings: &[(&str, &str)], expected: Charset| {
            let settings = settings.iter();
            let environment: Vec<_> = settings
                .map(|(name, value)| (BString::from(*name), BString::from(*value)))
                .collect();
            assert_eq!(
                Charset::of_locale(&environment),
                expected,
                "{environment:?}"
            );
        };
        check(&[], Charset::Bytes);
        check(&[("LANG", "en_US.UTF-8")], Charset::Utf8);
        check(&[("LANG", "C.utf8"), ("LC_ALL", "")], Charset::Utf8);
        check(&[("LANG", "C.UTF-8"), ("LC_ALL", "C")], Charset::Bytes);
        check(&[("LC_CTYPE", "C.UTF-8"), ("LANG", "C")], Charset::Utf8);
        check(&[("LANG", "de_DE.ISO-8859-1")], Charset::Bytes);
    }

    #[test]
    fn many_stars_do_not_explode() {
        let name = vec![b'a'; 5000];
        let pattern = b"*a".repeat(200);
        assert!(!matches(
            &[&pattern[..], b"b"].concat(),
            &name,
            Charset::Bytes
        ));
        assert!(matches(&pattern, &name, Charset::Bytes));
    }

    #[test]
    fn what_is_a_pattern() {
        for text in ["*", "a?", "[x]", "a[]b"] {
            assert!(is_pattern(text.as_bytes()), "{text}");
        }
        for text in ["", "abc", "a\\*", "[", "]a[", "\\[a]", "x\\"] {
            assert!(!is_pattern(text.as_bytes()), "{text}");
        }
        assert_eq!(unescape(b"a\\*b\\\\c\\"), b"a*b\\c\\");
    }
}
