//! A line of an ssh_config(5): its keyword and its arguments.
//! It does not know what any keyword means.

use bstr::BString;

/// A line that is not empty: a keyword and what follows it.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// As written.
    pub keyword: &'a [u8],
    /// What is after the keyword and an optional `=`.
    pub rest: &'a [u8],
}

/// What arguments can be wrong about.
#[derive(Debug, PartialEq, Eq)]
pub struct OpenQuote;

const BLANKS: &[u8] = b" \t\r\n\x0c";

/// Splits a line; None: there is nothing on it.
pub fn split(text: &[u8]) -> Option<Line<'_>> {
    // Programs in C see nothing after a NUL.
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    let text = trim(text);
    if text.is_empty() || text.starts_with(b"#") {
        return None;
    }
    let is_end = |byte: &u8| BLANKS.contains(byte) || *byte == b'=' || *byte == b'"';
    let end = text.iter().position(is_end).unwrap_or(text.len());
    let (keyword, rest) = text.split_at(end);
    let rest = trim(rest);
    let rest = trim(rest.strip_prefix(b"=").unwrap_or(rest));
    Some(Line { keyword, rest })
}

fn trim(text: &[u8]) -> &[u8] {
    let is_text = |byte: &u8| !BLANKS.contains(byte);
    let start = text.iter().position(is_text).unwrap_or(text.len());
    let end = text
        .iter()
        .rposition(is_text)
        .map_or(start, |last| last + 1);
    &text[start..end]
}

/// Splits what follows a keyword into arguments: quotes of both kinds, some backslashes, a comment at the end.
pub fn arguments(text: &[u8]) -> Result<Vec<BString>, OpenQuote> {
    let mut words = Vec::new();
    let mut at = 0;
    loop {
        while matches!(text.get(at), Some(b' ' | b'\t')) {
            at += 1;
        }
        match text.get(at) {
            None | Some(b'#') => return Ok(words),
            Some(_) => words.push(word(text, &mut at)?),
        }
    }
}

fn word(text: &[u8], at: &mut usize) -> Result<BString, OpenQuote> {
    let mut word = BString::default();
    let mut quote = None;
    while let Some(byte) = text.get(*at) {
        match (byte, quote) {
            (b'\\', _) => match text.get(*at + 1) {
                Some(next @ (b'\'' | b'"' | b'\\')) => {
                    word.push(*next);
                    *at += 1;
                }
                Some(b' ') if quote.is_none() => {
                    word.push(b' ');
                    *at += 1;
                }
                _ => word.push(b'\\'),
            },
            (b' ' | b'\t', None) => break,
            (b'"' | b'\'', None) => quote = Some(*byte),
            (byte, Some(open)) if *byte == open => quote = None,
            (byte, _) => word.push(*byte),
        }
        *at += 1;
    }
    match quote {
        None => Ok(word),
        Some(_) => Err(OpenQuote),
    }
}

/// Splits what follows Match: an `=` may stand where a blank may, double quotes are for whole words.
pub fn criteria(text: &[u8]) -> Result<Vec<BString>, OpenQuote> {
    let mut words = Vec::new();
    let mut rest = trim(text);
    while !rest.is_empty() && !rest.starts_with(b"#") {
        let (word, after) = match rest.strip_prefix(b"\"") {
            Some(quoted) => {
                let end = memchr::memchr(b'"', quoted).ok_or(OpenQuote)?;
                (&quoted[..end], &quoted[end + 1..])
            }
            None => {
                let is_end = |byte: &u8| BLANKS.contains(byte) || *byte == b'=';
                rest.split_at(rest.iter().position(is_end).unwrap_or(rest.len()))
            }
        };
        words.push(BString::from(word));
        let after = trim(after);
        rest = trim(after.strip_prefix(b"=").unwrap_or(after));
    }
    Ok(words)
}

/// Returns the seconds that a time says (`90`, `1m30s`); None: it is no time.
pub fn seconds(text: &[u8]) -> Option<u32> {
    let mut total: u32 = 0;
    let mut number: Option<u32> = None;
    for byte in text {
        let unit = match byte.to_ascii_lowercase() {
            digit @ b'0'..=b'9' => {
                let digit = u32::from(digit - b'0');
                number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
                continue;
            }
            b's' => 1,
            b'm' => 60,
            b'h' => 60 * 60,
            b'd' => 24 * 60 * 60,
            b'w' => 7 * 24 * 60 * 60,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    let is_empty = text.is_empty();
    let total = total.checked_add(number.unwrap_or(0))?;
    (!is_empty && i32::try_from(total).is_ok()).then_some(total)
}
