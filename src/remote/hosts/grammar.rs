//! The parser that pest makes of `hosts.pest`, and what it says of a text that it cannot take.
//! It does not know what a host is good for.

use crate::remote::hosts::Complaint;
use crate::remote::hosts::MOST_SLOTS;
use bstr::BStr;
use bstr::BString;
use bstr::ByteSlice;
use pest::Parser;
use pest::error::Error;
use pest::error::ErrorVariant;
use pest::error::InputLocation;
use pest::iterators::Pair;
use std::net::Ipv6Addr;

/// The parser that pest makes of the grammar.
#[derive(pest_derive::Parser)]
#[grammar = "remote/hosts.pest"]
pub struct Grammar;

/// What is wrong at an offset of a decoded text.
pub type Fault = (usize, BString);

/// How many bytes of a wrong word are shown.
const MOST_SHOWN: usize = 40;

/// Returns the text as the grammar wants it: a character for each byte.
pub fn decode(text: &[u8]) -> String {
    text.iter().map(|byte| char::from(*byte)).collect()
}

/// Returns the bytes that the characters stand for.
pub fn encode(text: &str) -> BString {
    // `decode` makes no character above U+00FF.
    let bytes = text.chars().map(|c| u8::try_from(c).unwrap_or(b'?'));
    BString::from(bytes.collect::<Vec<u8>>())
}

/// Returns what a part of the grammar stands for, as bytes.
pub fn bytes(pair: &Pair<'_, Rule>) -> BString {
    encode(pair.as_str())
}

/// Reads a decoded text by a rule. Returns what the rule is made of; else where the text goes wrong, and what was
/// expected there.
pub fn read(rule: Rule, text: &str) -> Result<Pair<'_, Rule>, Fault> {
    match Grammar::parse(rule, text) {
        Ok(mut pairs) => Ok(pairs.next().expect("a rule that matches makes one pair")),
        Err(error) => {
            let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
            Err((at, not_that(&expected(&error), text, at)))
        }
    }
}

/// Returns the number of jobs that a part of a text says.
pub fn slots(part: &Pair<'_, Rule>, text: &str) -> Result<u32, Fault> {
    let slots = part.as_str().parse().ok();
    slots
        .filter(|slots| (1..=MOST_SLOTS).contains(slots))
        .ok_or_else(|| {
            let expected = format!("a number of jobs from 1 to {MOST_SLOTS}");
            fault(&expected, part, text)
        })
}

/// Returns the port that a part of a text says.
pub fn port(part: &Pair<'_, Rule>, text: &str) -> Result<u16, Fault> {
    let is_number = part.as_str().bytes().all(|byte| byte.is_ascii_digit());
    let port = part.as_str().parse().ok();
    port.filter(|port| is_number && *port != 0)
        .ok_or_else(|| fault("a port number from 1 to 65535", part, text))
}

/// Returns a host's name or address, without brackets.
pub fn host(part: Pair<'_, Rule>, text: &str) -> Result<BString, Fault> {
    let name = part.into_inner().next().expect("a host has a name");
    let address = name.as_str().split('%').next().unwrap_or_default();
    match name.as_rule() == Rule::address && address.parse::<Ipv6Addr>().is_err() {
        true => Err(fault("an IPv6 address", &name, text)),
        false => Ok(bytes(&name)),
    }
}

/// Returns the fault of a part of a text that something else was expected for.
pub fn fault(expected: &str, part: &Pair<'_, Rule>, text: &str) -> Fault {
    let at = part.as_span().start();
    (at, not_that(expected, text, at))
}

/// Returns `expected …, not …` for what stands at an offset of a decoded text.
pub fn not_that(expected: &str, text: &str, at: usize) -> BString {
    let rest = encode(text[at..].split('\n').next().unwrap_or_default());
    let word = rest.split(|byte| b" \t\r,#".contains(byte)).next();
    let word = match word {
        Some(word) if !word.is_empty() => word,
        _ => &rest[..rest.len().min(1)],
    };
    let found = match word {
        b"" if text[at..].is_empty() => "the end".to_owned(),
        b"" | b"\r" | b"#" => "the end of the line".to_owned(),
        b" " | b"\t" => "a blank".to_owned(),
        word => quote(word),
    };
    BString::from(format!("expected {expected}, not {found}"))
}

/// Returns a word in quotes, shortened, without anything that a terminal would act on.
pub fn quote(word: &[u8]) -> String {
    let shown = &word[..word.len().min(MOST_SHOWN)];
    let more = if shown.len() < word.len() { "..." } else { "" };
    format!("'{}{more}'", shown.escape_bytes())
}

/// Returns what the grammar could have gone on with.
fn expected(error: &Error<Rule>) -> String {
    let ErrorVariant::ParsingError { positives, .. } = &error.variant else {
        return "a list of hosts".to_owned();
    };
    let mut nouns: Vec<&str> = positives.iter().filter_map(|rule| noun(*rule)).collect();
    nouns.sort_unstable();
    nouns.dedup();
    match nouns.is_empty() {
        true => "the end of the line".to_owned(),
        false => nouns.join(" or "),
    }
}

/// Returns what the user calls a rule; None for one that always has a better neighbour.
fn noun(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::slots => "the number of jobs",
        Rule::number => "a number",
        Rule::setting | Rule::key => "a setting KEY=VALUE",
        Rule::value | Rule::quoted => "a value",
        Rule::port => "a port number",
        Rule::colon => ":PORT",
        Rule::user => "a user name",
        Rule::address => "an IPv6 address",
        Rule::host | Rule::dns | Rule::instance => "the name of a host",
        Rule::list | Rule::entry | Rule::finder | Rule::name | Rule::ssh => "[user@]host[:port]",
        Rule::local | Rule::tcp | Rule::grpc | Rule::zeroconf | Rule::coordinator => {
            "[user@]host[:port]"
        }
        Rule::option | Rule::option_name => "an option",
        Rule::share => "/SLOTS",
        Rule::distcc_word | Rule::shell | Rule::daemon | Rule::here => "@host[/SLOTS]",
        _ => return None,
    })
}

/// Turns offsets of a decoded text, asked for in ascending order, into lines and columns of its bytes.
pub struct Places<'a> {
    file: &'a BStr,
    text: &'a str,
    at: usize,
    line: u32,
    column: u32,
}

impl<'a> Places<'a> {
    /// Returns the places of a text, which begins at line 1, column 1 of `file`.
    pub fn new(file: &'a BStr, text: &'a str) -> Places<'a> {
        Places {
            file,
            text,
            at: 0,
            line: 1,
            column: 1,
        }
    }

    /// Returns a complaint about what stands at an offset, which is not before the last one.
    pub fn complain(&mut self, at: usize, text: BString) -> Complaint {
        for c in self.text[self.at..at].chars() {
            match c {
                '\n' => (self.line, self.column) = (self.line.saturating_add(1), 1),
                _ => self.column = self.column.saturating_add(1),
            }
        }
        self.at = at;
        Complaint {
            file: BString::from(self.file),
            line: self.line,
            column: self.column,
            text,
        }
    }

    /// Returns the number of the line that an offset is in, which is not before the last one.
    pub fn line(&mut self, at: usize) -> u32 {
        self.complain(at, BString::default()).line
    }
}
