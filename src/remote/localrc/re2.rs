//! Regular expressions as RE2 and Go's library have them, in the syntax of the crate regex: what both write alike but take
//! otherwise is written so that it means the same.
//! It does not know what is matched.

use regex::bytes::Regex;

/// What a letter behind a backslash stands for in brackets: `\d`, `\s`, `\w`, all of ASCII alone.
const SETS: &[(char, &str)] = &[
    ('d', "0-9"),
    ('s', "\\t\\n\\x0C\\r\\x20"),
    ('w', "0-9A-Za-z_"),
];

/// The named sets of brackets.
const NAMED: &[&str] = &[
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

/// Compiles an expression.
///
/// # Errors
/// Why it is none, in one line.
pub fn compile(expression: &str) -> Result<Regex, String> {
    let translated = translate(expression)?;
    Regex::new(&translated).map_err(|error| {
        let text = error.to_string();
        // A picture of the place comes first, of the translation.
        let last = text.lines().last().unwrap_or_default();
        last.strip_prefix("error: ").unwrap_or(last).to_owned()
    })
}

/// Returns an expression in the syntax of the crate regex.
fn translate(expression: &str) -> Result<String, String> {
    let mut reader = Reader {
        rest: expression,
        out: String::with_capacity(expression.len() + 16),
    };
    while let Some(c) = reader.next() {
        match c {
            '\\' => reader.escape()?,
            '[' => reader.brackets()?,
            '{' if !is_repetition(reader.rest) => reader.literal('{'),
            c => reader.out.push(c),
        }
    }
    Ok(reader.out)
}

/// Returns whether what follows a `{` makes it the beginning of `{2}`, `{2,}` or `{2,3}`; else it stands for itself.
fn is_repetition(rest: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    let Some((inside, _)) = rest.split_once('}') else {
        return false;
    };
    match inside.split_once(',') {
        Some((least, most)) => is_number(least) && (most.is_empty() || is_number(most)),
        None => is_number(inside),
    }
}

/// An expression that is being read.
struct Reader<'a> {
    rest: &'a str,
    out: String,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn skip(&mut self, prefix: &str) -> bool {
        let rest = self.rest.strip_prefix(prefix);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Writes a character that stands for itself.
    fn literal(&mut self, c: char) {
        match c.is_ascii_alphanumeric() {
            true => self.out.push(c),
            false => self.out.push_str(&format!("\\x{{{:X}}}", u32::from(c))),
        }
    }

    /// Reads what stands behind a backslash outside of brackets.
    fn escape(&mut self) -> Result<(), String> {
        if self.set(false)? {
            return Ok(());
        }
        let whole = match self.rest.chars().next() {
            Some('A') => "\\A",
            Some('z') => "\\z",
            Some('b') => "(?-u:\\b)",
            Some('B') => "(?-u:\\B)",
            Some('C') => "(?s-u:.)",
            Some('Q') => {
                self.next();
                let (text, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.rest = rest;
                text.chars().for_each(|c| self.literal(c));
                return Ok(());
            }
            _ => {
                let c = self.escaped()?;
                self.literal(c);
                return Ok(());
            }
        };
        self.next();
        self.out.push_str(whole);
        Ok(())
    }

    /// Reads the name of a set behind a backslash, if there is one.
    fn set(&mut self, in_brackets: bool) -> Result<bool, String> {
        let Some(letter) = self.rest.chars().next() else {
            return Err("a backslash at the end".to_owned());
        };
        if matches!(letter, 'p' | 'P') {
            self.next();
            return self.property(letter == 'P').map(|()| true);
        }
        let set = SETS
            .iter()
            .find(|(name, _)| *name == letter.to_ascii_lowercase());
        let Some((name, set)) = set else {
            return Ok(false);
        };
        self.next();
        self.out.push_str(&match (in_brackets, letter == *name) {
            (true, true) => (*set).to_owned(),
            (false, true) => format!("[{set}]"),
            (_, false) => format!("[^{set}]"),
        });
        Ok(true)
    }

    /// Reads `N` or `{Name}` behind `\p` or `\P`.
    fn property(&mut self, is_negated: bool) -> Result<(), String> {
        let name = match self.skip("{") {
            true => {
                let (name, rest) = self.rest.split_once('}').ok_or("\\p{ without }")?;
                self.rest = rest;
                name.to_owned()
            }
            false => self.next().ok_or("\\p at the end")?.to_string(),
        };
        let (name, is_negated) = match name.strip_prefix('^') {
            Some(name) => (name, !is_negated),
            None => (&*name, is_negated),
        };
        if !name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_') {
            return Err(format!("no set of characters: {name}"));
        }
        let letter = if is_negated { 'P' } else { 'p' };
        self.out.push_str(&format!("\\{letter}{{{name}}}"));
        Ok(())
    }

    /// Reads what stands for one character behind a backslash.
    fn escaped(&mut self) -> Result<char, String> {
        let c = self.next().ok_or("a backslash at the end")?;
        Ok(match c {
            'a' => '\x07',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            'x' => self.hexadecimal()?,
            '0'..='7' => {
                let digits = self.rest.bytes().take_while(|c| (b'0'..=b'7').contains(c));
                let count = digits.take(2).count();
                if c != '0' && count == 0 {
                    return Err(format!("no such escape: \\{c}"));
                }
                let digits = format!("{c}{}", &self.rest[..count]);
                self.rest = &self.rest[count..];
                let number = u32::from_str_radix(&digits, 8).ok();
                number.and_then(char::from_u32).ok_or("no such character")?
            }
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => c,
            c => return Err(format!("no such escape: \\{c}")),
        })
    }

    fn hexadecimal(&mut self) -> Result<char, String> {
        let (digits, rest) = match self.skip("{") {
            true => self.rest.split_once('}').ok_or("\\x{ without }")?,
            false => self
                .rest
                .split_at_checked(2)
                .ok_or("\\x without two digits")?,
        };
        self.rest = rest;
        let is_number = !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_hexdigit());
        let number = is_number.then(|| u32::from_str_radix(digits, 16).ok());
        let c = number.flatten().and_then(char::from_u32);
        c.ok_or_else(|| format!("no such character: \\x{{{digits}}}"))
    }

    /// Reads what stands behind a `[`.
    fn brackets(&mut self) -> Result<(), String> {
        self.out.push('[');
        if self.skip("^") {
            self.out.push('^');
        }
        let mut is_first = true;
        loop {
            if !is_first && self.skip("]") {
                self.out.push(']');
                return Ok(());
            }
            is_first = false;
            if self.named()? {
                continue;
            }
            if let Some(rest) = self.rest.strip_prefix('\\') {
                let outer = std::mem::replace(&mut self.rest, rest);
                if self.set(true)? {
                    continue;
                }
                self.rest = outer;
            }
            let low = self.bracketed()?;
            self.literal(low);
            let is_range = self.rest.starts_with('-') && !self.rest.starts_with("-]");
            if is_range && self.rest.len() > 1 {
                self.next();
                let high = self.bracketed()?;
                self.out.push('-');
                self.literal(high);
            }
        }
    }

    /// Reads `[:name:]` or `[:^name:]`, if it is that.
    fn named(&mut self) -> Result<bool, String> {
        let Some((name, rest)) = self
            .rest
            .strip_prefix("[:")
            .and_then(|rest| rest.split_once(":]"))
        else {
            return Ok(false);
        };
        if !NAMED.contains(&name.strip_prefix('^').unwrap_or(name)) {
            return Err(format!("no set of characters: [:{name}:]"));
        }
        self.rest = rest;
        self.out.push_str(&format!("[:{name}:]"));
        Ok(true)
    }

    /// Reads one character in brackets.
    fn bracketed(&mut self) -> Result<char, String> {
        match self.next() {
            Some('\\') => self.escaped(),
            Some(c) => Ok(c),
            None => Err("[ without ]".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::any;
    use proptest::proptest;

    #[test]
    fn expressions_mean_what_they_mean_to_re2() {
        let table: &[(&str, &[&str], &[&str])] = &[
            ("a{", &["xa{"], &["a"]),
            ("x{,3}", &["x{,3}"], &["xxx"]),
            ("^x{2,}$", &["xx", "xxx"], &["x"]),
            (r"\Qa.b(\E+c", &["a.b((c"], &["axb(c"]),
            (r"\Qa.b", &["a.b"], &["axb"]),
            (r"\<a\>", &["<a>"], &["a"]),
            (r"^a\Cb$", &["a\nb"], &["ab"]),
            ("^a.b$", &["a b", "aäb", "a\u{fffd}b"], &["a\nb"]),
            ("(?s)^a.b$", &["a\nb"], &["ab"]),
            (r"^\d$", &["7"], &["٣"]),
            (r"^\w$", &["_"], &["ä"]),
            (r"^\W$", &["ä"], &["a"]),
            (r"^[\w-]+$", &["a-b"], &["a b"]),
            (r"^[^\d\s]$", &["a"], &["1", " "]),
            (r"^\s$", &["\u{c}"], &["\u{b}"]),
            (r"\bcmake\b", &["x cmake -E"], &["xcmake"]),
            ("^[]a]$", &["]", "a"], &["b"]),
            ("^[^]a]$", &["b"], &["]"]),
            ("^[a[b]$", &["[", "b"], &["c"]),
            ("^[a&&b]$", &["&", "a"], &["c"]),
            ("^[+--]$", &["+", ",", "-"], &["a"]),
            ("^[a-]$", &["-", "a"], &["b"]),
            ("^[[:alpha:]_]$", &["a", "_"], &["1"]),
            (r"^\p{Greek}$", &["α"], &["a"]),
            (r"^\p{^Greek}$", &["a"], &["α"]),
            (r"^[\pL]$", &["ä"], &["1"]),
            (r"^\101\x42\x{43}$", &["ABC"], &["abc"]),
            ("(?i)make", &["MAKE"], &["mak"]),
            (r"\.\/\-", &["./-"], &["a/-"]),
            (
                "^(configure|config.status)",
                &["config.status"],
                &["./configure"],
            ),
            ("", &["", "all"], &[]),
        ];
        for (expression, matching, others) in table {
            let compiled = compile(expression).unwrap();
            for text in *matching {
                assert!(compiled.is_match(text.as_bytes()), "{expression} {text:?}");
            }
            for text in *others {
                assert!(!compiled.is_match(text.as_bytes()), "{expression} {text:?}");
            }
        }
    }

    #[test]
    fn what_is_no_expression_is_told_in_one_line() {
        for wrong in [
            "(",
            "[a",
            "a)",
            "*a",
            "\\",
            "\\y",
            "\\1",
            "[z-a]",
            "\\p{Nobody}",
            "\\x{110000}",
            "[[:none:]]",
            "\\u0041",
            "[\\b]",
        ] {
            let text = compile(wrong).unwrap_err();
            assert!(!text.is_empty() && !text.contains('\n'), "{wrong}: {text}");
        }
    }

    proptest! {
        #[test]
        fn noise_does_no_harm(noise in "[\\\\\\[\\](){}^$*+?|.,:a-z0-9&~-]{0,20}", more in any::<String>()) {
            let _ = compile(&noise);
            let _ = translate(&more);
        }

        #[test]
        fn what_is_quoted_is_found(text in any::<String>()) {
            if !text.contains("\\E") && !text.ends_with('\\') {
                let compiled = compile(&format!("^\\Q{text}\\E$")).unwrap();
                assert!(compiled.is_match(text.as_bytes()));
            }
        }
    }
}
