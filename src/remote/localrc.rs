//! Rules that say of recipe lines whether they run here, as Termite has them: where the file is, what it says, what that
//! means for a line.
//! It does not know jobs, nor where they run.

mod re2;

use crate::exec::executor::Ruling;
use crate::exec::executor::Sentence;
use crate::remote::hosts;
use crate::remote::hosts::Complaint;
use bstr::BStr;
use bstr::BString;
use bstr::ByteSlice;
use regex::bytes::Regex;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::IgnoredAny;
use serde::de::MapAccess;
use serde::de::Visitor;
use serde_json::value::RawValue;
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

/// The file's names: in one directory the first goes before the second.
const NAMES: [&str; 2] = [".rmake-localrc", ".termite-localrc"];

/// What Termite calls make: in rules it stands for what `$(MAKE)` is.
const MAKE: &str = "termite-make";

/// Returns the rules' file for a build in an absolute directory: the nearest one in it or above it.
pub fn find(directory: &BStr) -> Option<BString> {
    let directory = Path::new(OsStr::from_bytes(directory));
    let mut files = directory
        .ancestors()
        .flat_map(|place| NAMES.map(|name| place.join(name)));
    let file = files.find(|file| file.exists())?;
    Some(file.into_os_string().into_vec().into())
}

/// The rules of a file, in its order.
#[derive(Debug, Default)]
pub struct Rules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    regexp: Regex,
    /// It says [`MAKE`].
    names_make: bool,
    ruling: Ruling,
}

impl Rules {
    /// Reads a file.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn read(file: &BStr) -> Result<Rules, Complaint> {
        let complain = |text: String| Complaint {
            file: file.into(),
            line: 0,
            column: 0,
            text: text.into(),
        };
        let text =
            hosts::read_file(file).map_err(|error| complain(crate::error::reason(&error)))?;
        match text.len() > hosts::MOST_BYTES {
            true => Err(complain(format!(
                "expected rules of at most {} bytes",
                hosts::MOST_BYTES
            ))),
            false => Rules::parse(file, text),
        }
    }

    fn parse(file: &BStr, mut text: Vec<u8>) -> Result<Rules, Complaint> {
        drop_comments(&mut text);
        let text = match std::str::from_utf8(&text) {
            Ok(text) => text,
            Err(error) => {
                let place = place_of(&text, error.valid_up_to());
                return Err(complaint(file, place, "expected UTF-8".to_owned()));
            }
        };
        // As Go's library: null stands for nothing that is said.
        let items: Option<Vec<Option<Item<'_>>>> = serde_json::from_str(text).map_err(|error| {
            let place = (error.line(), error.column().max(1));
            complaint(file, place, told(&error))
        })?;
        let rules = items.into_iter().flatten().map(|item| {
            let item = item.unwrap_or_default();
            item.rule().map_err(|why| {
                let raw = item.regexp.map_or("", |raw| raw.get());
                let at = (raw.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
                complaint(
                    file,
                    place_of(text.as_bytes(), at),
                    format!("Regexp: {why}"),
                )
            })
        });
        rules.collect::<Result<_, _>>().map(Rules)
    }

    /// Returns what the first rule says that matches a line, None if none does.
    pub fn judge(&self, sentence: &Sentence) -> Option<Ruling> {
        // What is no UTF-8 is matched by what matches anything.
        let text = lossy(&sentence.text);
        let renamed = sentence
            .make
            .as_ref()
            .map(|make| renamed(text.as_bytes(), make));
        let is_it = |rule: &&Rule| {
            let matches = |text: &[u8]| rule.regexp.is_match(text);
            let renamed = renamed.as_ref().filter(|_| rule.names_make);
            matches(text.as_bytes()) || renamed.is_some_and(|text| matches(text))
        };
        self.0.iter().find(is_it).map(|rule| rule.ruling)
    }
}

fn complaint(file: &BStr, (line, column): (usize, usize), text: String) -> Complaint {
    Complaint {
        file: file.into(),
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(column).unwrap_or(u32::MAX),
        text: text.into(),
    }
}

/// Returns the line and the column, counted from 1, of an offset.
fn place_of(text: &[u8], at: usize) -> (usize, usize) {
    let before = &text[..at.min(text.len())];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let start = before.rfind_byte(b'\n').map_or(0, |newline| newline + 1);
    (line, before.len() - start + 1)
}

/// Returns what the reader of JSON says, without the place.
fn told(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    text[..end].to_owned()
}

/// Empties the lines that begin with `#` or `//`: the others keep their numbers.
fn drop_comments(text: &mut [u8]) {
    for line in text.split_mut(|byte| *byte == b'\n') {
        if line.starts_with(b"#") || line.starts_with(b"//") {
            line.fill(b' ');
        }
    }
}

/// Returns a line in which each byte that is no UTF-8 is a character of its own.
fn lossy(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    out
}

/// Returns a line in which what `$(MAKE)` is has Termite's name for it, where it stands as a word.
fn renamed(text: &[u8], make: &[u8]) -> Vec<u8> {
    let is_part = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_-./+".contains(byte))
    };
    let mut out = Vec::with_capacity(text.len());
    let mut done = 0;
    // An empty word would be everywhere.
    for at in text.find_iter(make).filter(|_| !make.is_empty()) {
        let end = at + make.len();
        if !is_part(text[..at].last()) && !is_part(text.get(end)) {
            out.extend_from_slice(&text[done..at]);
            out.extend_from_slice(MAKE.as_bytes());
            done = end;
        }
    }
    out.extend_from_slice(&text[done..]);
    out
}

/// A rule as it is written; keys in any case, unknown ones ignored.
#[derive(Default)]
struct Item<'a> {
    regexp: Option<&'a RawValue>,
    ruling: Ruling,
}

impl Item<'_> {
    fn rule(&self) -> Result<Rule, String> {
        let regexp = self
            .regexp
            .map_or(Ok(String::new()), |raw| serde_json::from_str(raw.get()));
        let regexp = regexp.map_err(|error| told(&error))?;
        Ok(Rule {
            regexp: re2::compile(&regexp)?,
            names_make: regexp.contains(MAKE),
            ruling: self.ruling,
        })
    }
}

impl<'de> Deserialize<'de> for Item<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Item<'de>, D::Error> {
        from.deserialize_map(OfItem)
    }
}

struct OfItem;

impl<'de> Visitor<'de> for OfItem {
    type Value = Item<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a rule, {\"Regexp\": …}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Item<'de>, A::Error> {
        let mut item = Item::default();
        while let Some(key) = map.next_key::<String>()? {
            let flag = match &*key.to_ascii_lowercase() {
                "regexp" => {
                    let regexp = map.next_value::<Option<&RawValue>>()?;
                    item.regexp = regexp.or(item.regexp);
                    continue;
                }
                "local" => &mut item.ruling.is_local,
                "recurse" => &mut item.ruling.recurses,
                "debug" => &mut item.ruling.is_debug,
                // Whatever is here is known to workers without a scan.
                "skiprefresh" => &mut false,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *flag = map.next_value::<Option<bool>>()?.unwrap_or(*flag);
        }
        Ok(item)
    }
}

#[cfg(test)]
mod tests;
