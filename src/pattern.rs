//! Patterns with one `%`, as in pattern rules, `vpath`, `patsubst` and `filter` (manual, "Pattern Intro").
//! It does not know what is matched.

/// A word with at most one `%`. Backslashes that quote a `%` are removed, others stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: Box<[u8]>,
    percent: Option<usize>,
}

impl Pattern {
    /// Reads a pattern: the first unquoted `%` is its wildcard; `\%` is a plain `%`, and
    /// backslashes before a `%` count double.
    pub fn new(word: &[u8]) -> Pattern {
        match memchr::memchr(b'%', word) {
            None => Pattern {
                text: Box::from(word),
                percent: None,
            },
            Some(first) if first == 0 || word[first - 1] != b'\\' => Pattern {
                text: Box::from(word),
                percent: Some(first),
            },
            Some(_) => unquote(word),
        }
    }

    /// Returns the text without quoting.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Returns where the `%` stands in [`Pattern::text`].
    pub fn percent(&self) -> Option<usize> {
        self.percent
    }

    /// Returns whether there is a `%`.
    pub fn has_percent(&self) -> bool {
        self.percent.is_some()
    }

    /// Returns what stands before the `%`, the whole text without one.
    pub fn prefix(&self) -> &[u8] {
        &self.text[..self.percent.unwrap_or(self.text.len())]
    }

    /// Returns what stands behind the `%`, nothing without one.
    pub fn suffix(&self) -> &[u8] {
        self.percent
            .map_or(&[], |percent| &self.text[percent + 1..])
    }

    /// Returns the part of `word` that the `%` matches; a pattern without `%` matches only itself, with an empty stem.
    pub fn stem<'a>(&self, word: &'a [u8]) -> Option<&'a [u8]> {
        match self.percent {
            None => (*self.text == *word).then_some(&word[..0]),
            Some(_) => {
                let (prefix, suffix) = (self.prefix(), self.suffix());
                let fits = word.len() >= prefix.len() + suffix.len()
                    && word.starts_with(prefix)
                    && word.ends_with(suffix);
                fits.then(|| &word[prefix.len()..word.len() - suffix.len()])
            }
        }
    }

    /// Returns the text with its `%` replaced by `stem`.
    pub fn substitute(&self, stem: &[u8]) -> Vec<u8> {
        match self.percent {
            None => self.text.to_vec(),
            Some(_) => [self.prefix(), stem, self.suffix()].concat(),
        }
    }
}

fn unquote(word: &[u8]) -> Pattern {
    let mut text = Vec::with_capacity(word.len());
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'%', &word[at..]) {
        let percent = at + found;
        let slashes = word[at..percent]
            .iter()
            .rev()
            .take_while(|c| **c == b'\\')
            .count();
        text.extend_from_slice(&word[at..percent - slashes]);
        text.extend(std::iter::repeat_n(b'\\', slashes / 2));
        at = percent + 1;
        if slashes % 2 == 0 {
            let place = text.len();
            text.extend_from_slice(&word[percent..]);
            return Pattern {
                text: text.into(),
                percent: Some(place),
            };
        }
        text.push(b'%');
    }
    text.extend_from_slice(&word[at..]);
    Pattern {
        text: text.into(),
        percent: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_follows_the_manual() {
        let check = |word: &str, text: &str, percent: Option<usize>| {
            let pattern = Pattern::new(word.as_bytes());
            assert_eq!(
                (pattern.text(), pattern.percent()),
                (text.as_bytes(), percent),
                "{word}"
            );
        };
        check("%.o", "%.o", Some(0));
        check("lib%.a", "lib%.a", Some(3));
        check("a\\%b", "a%b", None);
        check(
            "the\\%weird\\\\%pattern\\\\",
            "the%weird\\%pattern\\\\",
            Some(10),
        );
        check("a\\b", "a\\b", None);
        check("%\\%", "%\\%", Some(0));
    }

    #[test]
    fn stems_do_not_overlap() {
        let stem = |pattern: &str, word: &str| {
            Pattern::new(pattern.as_bytes())
                .stem(word.as_bytes())
                .map(<[u8]>::to_vec)
        };
        assert_eq!(stem("a%a", "a"), None);
        assert_eq!(stem("a%a", "aa"), Some(vec![]));
        assert_eq!(stem("%.c", "x.c"), Some(b"x".to_vec()));
        assert_eq!(stem("x", "x"), Some(vec![]));
        assert_eq!(stem("x", "y"), None);
    }
}
