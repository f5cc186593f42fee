//! The patterns of ssh_config(5): `*`, `?`, lists with commas, `!`.
//! It does not know what they are compared with.

/// Returns whether a pattern matches a whole text.
pub fn is_match(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where to go on after the last `*`, with one more character taken by it.
    let mut again: Option<(usize, usize)> = None;
    while t < text.len() {
        match (pattern.get(p), again) {
            (Some(b'*'), _) => {
                again = Some((p + 1, t));
                p += 1;
            }
            (Some(c), _) if *c == b'?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            (_, Some((after, taken))) => {
                again = Some((after, taken + 1));
                p = after;
                t = taken + 1;
            }
            (_, None) => return false,
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

/// Returns whether one of the patterns matches and none of those after a `!` does.
pub fn is_any_match<'a>(patterns: impl Iterator<Item = &'a [u8]>, text: &[u8]) -> bool {
    let mut found = false;
    for pattern in patterns {
        match pattern.strip_prefix(b"!") {
            Some(unwanted) if is_match(unwanted, text) => return false,
            None if is_match(pattern, text) => found = true,
            _ => {}
        }
    }
    found
}
