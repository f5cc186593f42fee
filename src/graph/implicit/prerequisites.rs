//! What a pattern rule wants for a given stem: its prerequisite words compiled, filled in and expanded.
//! It does not know whether a wanted file exists.

use crate::error::Result;
use crate::graph::implicit::Search;
use crate::graph::implicit::Subject;
use crate::graph::implicit::candidates::Candidate;
use crate::graph::rule::PatternRule;
use crate::graph::target::PrereqFlags;
use crate::id::TargetId;
use crate::name::strip_dot_slash;
use crate::pattern::Pattern;
use std::sync::Arc;

/// One word of a rule's prerequisites.
#[derive(Clone, Debug)]
pub enum Part {
    /// A name, with `%` or without; flags as a prerequisite of the target.
    Name {
        /// The word, `%` marked.
        pattern: Pattern,
        /// What the prerequisite it names is to the target.
        flags: PrereqFlags,
        /// Whether the word is globbed once `%` is replaced.
        has_wildcard: bool,
    },
    /// A word to be expanded a second time, its `%` replaced by a reference to the stem before.
    Expand {
        /// The word, to be expanded.
        text: Box<[u8]>,
        /// Whether the rule wrote `%` in it.
        has_percent: bool,
    },
    /// `|` in a list that is expanded a second time.
    Bar,
}

/// One prerequisite that a rule wants.
pub struct Wanted<N> {
    /// Its name.
    pub name: N,
    /// Order-only, `.WAIT`.
    pub flags: PrereqFlags,
    /// It was written with a `%`.
    pub has_percent: bool,
}

/// Compiles the prerequisites of a rule.
pub fn parts(rule: &PatternRule) -> Arc<[Part]> {
    let words = words(&rule.prereqs);
    if rule.second_expansion && rule.prereqs.contains(&b'$') {
        return words.into_iter().map(expandable).collect();
    }
    let mut parts = Vec::new();
    let mut flags = PrereqFlags::default();
    for word in words {
        match word {
            b"|" => flags.add(PrereqFlags::ORDER_ONLY),
            b".WAIT" => flags.add(PrereqFlags::WAIT_HERE),
            word => {
                let pattern = Pattern::new(&without_quoting(word));
                let has_wildcard = word.iter().any(|c| matches!(c, b'*' | b'?' | b'['));
                parts.push(Part::Name {
                    pattern,
                    flags,
                    has_wildcard,
                });
                flags.remove(PrereqFlags::WAIT_HERE);
            }
        }
    }
    parts.into()
}

/// Returns a list of prerequisites with the first `%` of each blank-separated piece turned into a
/// reference to the stem, ready for second expansion. Pieces are taken inside of function calls too.
pub fn with_stem(text: &[u8], reference: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + reference.len());
    for piece in text.split_inclusive(u8::is_ascii_whitespace) {
        let pattern = Pattern::new(piece);
        out.extend_from_slice(&pattern.substitute(reference));
    }
    out
}

fn expandable(word: &[u8]) -> Part {
    if word == b"|" {
        return Part::Bar;
    }
    let has_percent = Pattern::new(word).has_percent();
    Part::Expand {
        text: word.into(),
        has_percent,
    }
}

/// Writes the name that a word without wildcards stands for into `name`: the directory that was set aside
/// goes in front of one with a `%`.
pub(super) fn fill_in(
    name: &mut Vec<u8>,
    pattern: &Pattern,
    subject: Subject<'_>,
    candidate: &Candidate,
) {
    name.clear();
    if !pattern.has_percent() {
        name.extend_from_slice(pattern.text());
        return;
    }
    name.extend_from_slice(&subject.name[..candidate.directory]);
    name.extend_from_slice(pattern.prefix());
    name.extend_from_slice(&subject.name[candidate.stem()]);
    name.extend_from_slice(pattern.suffix());
}

/// Returns the prerequisites that one word names for this stem.
///
/// # Errors
/// Those of second expansion.
pub(super) fn wanted(
    world: &mut impl Search,
    part: &Part,
    subject: Subject<'_>,
    candidate: &Candidate,
    is_order_only: &mut bool,
) -> Result<Vec<Wanted<Vec<u8>>>> {
    let stem = &subject.name[candidate.stem()];
    let directory = &subject.name[..candidate.directory];
    match part {
        Part::Bar => {
            *is_order_only = true;
            Ok(Vec::new())
        }
        Part::Name {
            pattern,
            flags,
            has_wildcard,
        } => {
            let has_percent = pattern.has_percent();
            let mut name = Vec::new();
            fill_in(&mut name, pattern, subject, candidate);
            let wanted = Wanted {
                name,
                flags: *flags,
                has_percent,
            };
            match has_wildcard {
                true => Ok(globbed(world, wanted)),
                false => Ok(vec![wanted]),
            }
        }
        Part::Expand { text, has_percent } => {
            let target = stand_in(world, subject);
            // `$*` holds the directory too; what replaces `%` must not, since it is put in front of every name.
            let reference: &[u8] = if directory.is_empty() {
                b"$*"
            } else {
                b"$(*F)"
            };
            let text = with_stem(text, reference);
            let whole_stem = [directory, stem].concat();
            let expanded = world.expand(&text, target, &whole_stem)?;
            let front: &[u8] = if *has_percent { directory } else { &[] };
            let named = expanded_names(&expanded, front, *has_percent, is_order_only);
            Ok(named
                .into_iter()
                .flat_map(|wanted| globbed(world, wanted))
                .collect())
        }
    }
}

/// Returns the files that a name with wildcards stands for; the name itself if there are none.
fn globbed(world: &mut impl Search, wanted: Wanted<Vec<u8>>) -> Vec<Wanted<Vec<u8>>> {
    let has_wildcard = wanted.name.iter().any(|c| matches!(c, b'*' | b'?' | b'['));
    if !has_wildcard {
        return vec![wanted];
    }
    let found = world.stores().2.glob(&wanted.name);
    let Wanted {
        flags, has_percent, ..
    } = wanted;
    match found.is_empty() {
        true => vec![wanted],
        false => {
            let one = |name: bstr::BString| Wanted {
                name: name.into(),
                flags,
                has_percent,
            };
            found.into_iter().map(one).collect()
        }
    }
}

/// Returns the target to expand for: a possible intermediate file gets an entry that no lookup finds.
fn stand_in(world: &mut impl Search, subject: Subject<'_>) -> TargetId {
    match subject.target {
        Some(target) => target,
        None => {
            let (graph, names, _) = world.stores();
            let id = names.intern(subject.name);
            match graph.targets.lookup(id) {
                Some(target) => target,
                None => graph.targets.add(id),
            }
        }
    }
}

fn expanded_names(
    text: &[u8],
    directory: &[u8],
    has_percent: bool,
    is_order_only: &mut bool,
) -> Vec<Wanted<Vec<u8>>> {
    let mut found = Vec::new();
    let mut waits = false;
    for word in words(text) {
        match word {
            b"|" => *is_order_only = true,
            b".WAIT" => waits = true,
            word => {
                let mut flags = PrereqFlags::default();
                if *is_order_only {
                    flags.add(PrereqFlags::ORDER_ONLY);
                }
                if std::mem::take(&mut waits) {
                    flags.add(PrereqFlags::WAIT_HERE);
                }
                let name = [directory, &without_quoting(strip_dot_slash(word))].concat();
                found.push(Wanted {
                    name,
                    flags,
                    has_percent,
                });
            }
        }
    }
    found
}

/// Splits at blanks outside of `$(…)` and `${…}`; a backslash quotes a blank. A bar is a word of its own.
fn words(text: &[u8]) -> Vec<&[u8]> {
    let mut words = Vec::new();
    let mut start = None;
    let mut depth = 0usize;
    let mut previous = b' ';
    for (at, c) in text.iter().copied().enumerate() {
        match c {
            b'(' | b'{' if previous == b'$' || depth > 0 => depth += 1,
            b')' | b'}' if depth > 0 => depth -= 1,
            _ => {}
        }
        let is_blank = c.is_ascii_whitespace() && depth == 0 && previous != b'\\';
        let is_bar = c == b'|' && depth == 0 && !matches!(previous, b'\\' | b'$');
        if is_blank || is_bar {
            words.extend(start.take().map(|start| &text[start..at]));
        }
        if is_bar {
            words.push(&text[at..=at]);
        } else if !is_blank && start.is_none() {
            start = Some(at);
        }
        previous = if c == b'$' && previous == b'$' {
            b' '
        } else {
            c
        };
    }
    words.extend(start.map(|start| &text[start..]));
    words
}

/// Removes the backslashes that quote blanks.
fn without_quoting(word: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(word.len());
    let mut bytes = word.iter().copied().peekable();
    while let Some(c) = bytes.next() {
        let quotes = c == b'\\' && bytes.peek().is_some_and(|next| next.is_ascii_whitespace());
        if !quotes {
            plain.push(c);
        }
    }
    plain
}
