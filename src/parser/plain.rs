//! Recognises the plainest of rules, as compilers write them by the thousand: names, a colon, names, lines joined.
//! It does not know what a rule is for; whatever else a line may be is left to its other readers.

use crate::parser::line::Lines;

/// What a byte is in a plain rule.
#[derive(Clone, Copy, PartialEq)]
enum Class {
    /// Part of a name that means nothing but itself.
    Name,
    Blank,
    Colon,
    Newline,
    /// It joins lines, in front of a newline.
    Backslash,
    /// Such a line is not plain.
    Other,
}

static CLASSES: [Class; 256] = {
    let mut classes = [Class::Name; 256];
    let mut at = 0;
    while at < 0x20 {
        classes[at] = Class::Other;
        at += 1;
    }
    let other = b"\x7f$=;#%&|*?[]()~";
    let mut at = 0;
    while at < other.len() {
        classes[other[at] as usize] = Class::Other;
        at += 1;
    }
    classes[b' ' as usize] = Class::Blank;
    classes[b'\t' as usize] = Class::Blank;
    classes[b':' as usize] = Class::Colon;
    classes[b'\n' as usize] = Class::Newline;
    classes[b'\\' as usize] = Class::Backslash;
    classes
};

/// A piece of a plain rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A target or, behind the colon, a prerequisite.
    Name(&'a [u8]),
    /// The colon.
    Colon,
    /// The rule line has ended.
    End,
}

/// Reads one rule line, as long as it is plain.
pub struct PlainRule<'a> {
    text: &'a [u8],
    at: usize,
    count: u32,
    has_colon: bool,
}

impl<'a> PlainRule<'a> {
    /// Returns what comes next in `lines`, if it may be a plain rule: it begins with a name that cannot be a directive.
    pub fn new(lines: &Lines<'a>) -> Option<PlainRule<'a>> {
        let text = lines.rest();
        let is_name = |c: &u8| CLASSES[usize::from(*c)] == Class::Name;
        let length = text.iter().position(|c| !is_name(c))?;
        let name = &text[..length];
        let is_file = text[length] == b':' || name.iter().any(|c| matches!(c, b'/' | b'.'));
        (length > 0 && is_file).then_some(PlainRule {
            text,
            at: 0,
            count: 1,
            has_colon: false,
        })
    }

    /// Returns the next piece, None where the line turns out not to be plain.
    pub fn next_piece(&mut self) -> Option<Piece<'a>> {
        let text = self.text;
        let mut at = self.at;
        loop {
            match CLASSES[usize::from(*text.get(at)?)] {
                Class::Blank => at += 1,
                Class::Backslash if text.get(at + 1) == Some(&b'\n') => {
                    self.count += 1;
                    at += 2;
                }
                Class::Name => {
                    let start = at;
                    while CLASSES[usize::from(*text.get(at)?)] == Class::Name {
                        at += 1;
                    }
                    self.at = at;
                    return Some(Piece::Name(&text[start..at]));
                }
                Class::Colon if !self.has_colon && text.get(at + 1) != Some(&b':') => {
                    self.has_colon = true;
                    self.at = at + 1;
                    return Some(Piece::Colon);
                }
                Class::Newline if self.has_colon => {
                    self.at = at + 1;
                    return Some(Piece::End);
                }
                _ => return None,
            }
        }
    }

    /// Takes the rule, which has ended, from what comes next.
    pub fn take_from(self, lines: &mut Lines<'a>) {
        lines.skip(self.at, self.count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bstr::BStr;

    fn describe(text: &str) -> Option<String> {
        let mut lines = Lines::new(text.as_bytes(), 1);
        let mut rule = PlainRule::new(&lines)?;
        let mut found = String::new();
        loop {
            match rule.next_piece()? {
                Piece::Name(name) => found += &format!("({})", BStr::new(name)),
                Piece::Colon => found.push(':'),
                Piece::End => break,
            }
        }
        rule.take_from(&mut lines);
        Some(format!("{found} {}", lines.number()))
    }

    #[test]
    fn only_the_plainest_rules_are_taken() {
        for (text, expected) in [
            ("a.o: a.c b/c.h\nx", Some("(a.o):(a.c)(b/c.h) 2")),
            (
                "a.o: a.c \\\n b.h\\\n\tc.h\n",
                Some("(a.o):(a.c)(b.h)(c.h) 4"),
            ),
            ("a.o b.o : c\n", Some("(a.o)(b.o):(c) 2")),
            ("a:b\n", Some("(a):(b) 2")),
            ("a:\n", Some("(a): 2")),
            ("include: a\n", Some("(include):(a) 2")),
            ("include : a\n", None),
            ("export a: b\n", None),
            ("a: b", None),
            ("a.o\n", None),
            ("a.o:: b\n", None),
            ("a: b: c\n", None),
            ("a: b \\c\n", None),
            ("a: b \\\\\n", None),
            (" a: b\n", None),
            ("\ta: b\n", None),
            ("a: $(b)\n", None),
            ("a: b=c\n", None),
            ("a: b ; c\n", None),
            ("a: %.c\n", None),
            ("a: b | c\n", None),
            ("a: *.c\n", None),
            ("a: l(m)\n", None),
            (": b\n", None),
        ] {
            assert_eq!(describe(text).as_deref(), expected, "{text}");
        }
    }
}
