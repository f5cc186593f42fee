//! Words of a command line to options, assignments and goals, as GNU getopt and GNU make read them.
//! It does not know what an option means.

use crate::cli::command;
use crate::cli::flags::FLAGS;
use crate::cli::flags::Flag;
use crate::cli::flags::Refusal;
use crate::cli::flags::Value;
use crate::options::Definition;
use crate::options::Options;
use crate::options::Source;
use bstr::BStr;
use bstr::BString;
use bstr::ByteSlice;

/// `--debug=dist` as it travels in RMAKEFLAGS.
const DEBUG_DIST: &str = "--debug-dist";

/// What was wrong with the words: lines for the user, without prefix, and whether a usage text follows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Complaints {
    /// Complaints of getopt: their prefix is argv\[0] as given.
    pub unknown: Vec<BString>,
    /// Complaints of make: their prefix is the program's name.
    pub refused: Vec<Refusal>,
}

impl Complaints {
    /// Returns whether all was well.
    pub fn is_empty(&self) -> bool {
        self.unknown.is_empty() && self.refused.is_empty()
    }
}

/// Reads `words` into the options.
pub fn read(options: &mut Options, words: &[&BStr], source: Source) -> Complaints {
    let mut reader = Reader {
        options,
        source,
        complaints: Complaints::default(),
        own: Vec::new(),
    };
    let mut rest = words.iter().copied().peekable();
    let mut is_over = false;
    while let Some(word) = rest.next() {
        match word.as_bytes() {
            _ if is_over => reader.plain(word),
            b"--" => is_over = true,
            // bsddistmake's spelling, whole: no -d of GNU make's is meant.
            b"-dD" => reader.own.push(DEBUG_DIST.into()),
            [b'-', b'-', name @ ..] => reader.long(BStr::new(name), &mut rest),
            [b'-', letters @ ..] if !letters.is_empty() => reader.short(letters, &mut rest),
            _ => reader.plain(word),
        }
    }
    if !reader.own.is_empty()
        && let Err(refusal) = command::read_own(reader.options, &reader.own, source)
    {
        reader.complaints.refused.push(refusal);
    }
    reader.complaints
}

struct Reader<'a> {
    options: &'a mut Options,
    source: Source,
    complaints: Complaints,
    /// Options that GNU make does not have, as `--NAME` and `--NAME=VALUE`.
    own: Vec<BString>,
}

type Rest<'a, 'b> = std::iter::Peekable<std::iter::Copied<std::slice::Iter<'a, &'b BStr>>>;

impl Reader<'_> {
    /// A word that is no option: an assignment or a goal.
    fn plain(&mut self, word: &BStr) {
        if word.is_empty() || word == "-" {
            return;
        }
        match is_definition(word) {
            true => self.options.definitions.push(Definition {
                text: word.into(),
                source: self.source,
                // MAKEFLAGS was expanded as a whole before any of its options counted.
                warn_undefined: self.options.warn_undefined && self.source == Source::CommandLine,
            }),
            false => self.options.goals.push(word.into()),
        }
    }

    fn short(&mut self, letters: &[u8], rest: &mut Rest<'_, '_>) {
        for (place, letter) in letters.iter().enumerate() {
            let Some(flag) = FLAGS.iter().find(|flag| flag.short.contains(letter)) else {
                self.unknown(&[b"invalid option -- '", &[*letter][..], b"'"]);
                continue;
            };
            let joined = Some(BStr::new(&letters[place + 1..])).filter(|joined| !joined.is_empty());
            match flag.value {
                Value::None => self.apply(flag, None),
                Value::Optional(_) => return self.apply(flag, joined),
                Value::OptionalCount(_) => {
                    return self.apply(flag, joined.or_else(|| count(rest)));
                }
                Value::OptionalNumber(_) => {
                    return self.apply(flag, joined.or_else(|| number(rest)));
                }
                Value::Required(_) => match joined.or_else(|| rest.next()) {
                    Some(value) => return self.apply(flag, Some(value)),
                    None => {
                        return self.unknown(&[
                            b"option requires an argument -- '",
                            &[*letter][..],
                            b"'",
                        ]);
                    }
                },
            }
        }
    }

    fn long(&mut self, word: &BStr, rest: &mut Rest<'_, '_>) {
        let (name, joined) = match word.split_once_str("=") {
            Some((name, value)) => (name, Some(BStr::new(value))),
            None => (word.as_bytes(), None),
        };
        let Some((flag, long)) = self.find(name, word) else {
            return;
        };
        match (flag.value, joined) {
            (Value::None, Some(_)) => self.unknown(&[
                b"option '--",
                long.as_bytes(),
                b"' doesn't allow an argument",
            ]),
            (Value::None, None) | (Value::Optional(_), None) => self.apply(flag, None),
            (Value::OptionalCount(_), None) => self.apply(flag, count(rest)),
            (Value::OptionalNumber(_), None) => self.apply(flag, number(rest)),
            (Value::Required(_), None) => match rest.next() {
                Some(value) => self.apply(flag, Some(value)),
                None => self.unknown(&[b"option '--", long.as_bytes(), b"' requires an argument"]),
            },
            (_, joined) => self.apply(flag, joined),
        }
    }

    /// Finds a long option by its name or an unambiguous beginning of it, GNU make's own options first.
    fn find(&mut self, name: &[u8], word: &BStr) -> Option<(&'static Flag, &'static str)> {
        let all = || {
            FLAGS
                .iter()
                .flat_map(|flag| flag.long.iter().map(move |long| (flag, *long)))
        };
        if let Some(found) = all().find(|(_, long)| long.as_bytes() == name) {
            return Some(found);
        }
        let fits = |own: bool| {
            all()
                .filter(move |(flag, long)| {
                    flag.is_own() == own && long.as_bytes().starts_with(name)
                })
                .collect::<Vec<_>>()
        };
        let mut found = fits(false);
        if found.is_empty() {
            found = fits(true);
        }
        match found.first().copied() {
            None => {
                self.unknown(&[b"unrecognized option '--", word, b"'"]);
                None
            }
            Some((flag, long)) if found.iter().all(|(other, _)| std::ptr::eq(*other, flag)) => {
                Some((flag, long))
            }
            Some(_) => {
                let mut names: Vec<&str> = found.iter().map(|(_, long)| *long).collect();
                names.sort_unstable();
                let names: Vec<String> = names.iter().map(|long| format!(" '--{long}'")).collect();
                let text = names.concat();
                self.unknown(&[
                    b"option '--",
                    name,
                    b"' is ambiguous; possibilities:",
                    text.as_bytes(),
                ]);
                None
            }
        }
    }

    fn apply(&mut self, flag: &Flag, value: Option<&BStr>) {
        if flag.is_own() {
            self.own.push(command::word(flag, value));
            return;
        }
        let rest = value
            .filter(|_| flag.long == ["debug"])
            .and_then(without_dist);
        if let Some(rest) = &rest {
            self.own.push(DEBUG_DIST.into());
            if rest.is_empty() {
                return;
            }
        }
        let value = rest.as_ref().map_or(value, |rest| Some(rest.as_bstr()));
        if let Err(refusal) = (flag.apply)(self.options, value, self.source) {
            self.complaints.refused.push(refusal);
        }
    }

    fn unknown(&mut self, parts: &[&[u8]]) {
        self.complaints.unknown.push(parts.concat().into());
    }
}

/// Returns the words of `--debug=` without `dist`, which GNU make must not see; None if it is not among them.
fn without_dist(words: &BStr) -> Option<BString> {
    let is_dist = |word: &&[u8]| *word == b"dist";
    let words = || words.split(|c| matches!(c, b',' | b' '));
    words().any(|word| is_dist(&word)).then(|| {
        let rest: Vec<&[u8]> = words().filter(|word| !is_dist(word)).collect();
        bstr::join(",", rest).into()
    })
}

/// Takes the next word if it is digits alone, be it none.
fn count<'b>(rest: &mut Rest<'_, 'b>) -> Option<&'b BStr> {
    rest.next_if(|word| word.iter().all(u8::is_ascii_digit))
}

/// Takes the next word if it begins like a number, even if it is none: `./x` is taken for a load.
fn number<'b>(rest: &mut Rest<'_, 'b>) -> Option<&'b BStr> {
    rest.next_if(|word| {
        let first = word.first();
        first.is_some_and(|c| c.is_ascii_digit() || *c == b'.')
    })
}

/// Returns whether a word is an assignment: `V=x`, `V:=x`, `V::=x`, `V:::=x`, `V+=x`, `V?=x`, `V!=x`.
pub fn is_definition(word: &[u8]) -> bool {
    let mut depth = 0usize;
    for (place, c) in word.iter().enumerate() {
        match c {
            b'(' | b'{' if place > 0 && word[place - 1] == b'$' => depth += 1,
            b')' | b'}' if depth > 0 => depth -= 1,
            b'=' if depth == 0 => return true,
            b':' if depth == 0 => {
                // A colon that does not lead to an equals sign makes it a goal.
                let rest = word[place..].trim_start_with(|c| c == ':');
                return rest.first() == Some(&b'=') && word[place..].len() - rest.len() <= 3;
            }
            _ => {}
        }
    }
    false
}
