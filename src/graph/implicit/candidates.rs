//! Which pattern rules match a name: an index by suffix, so that rules for other suffixes cost nothing.
//! It does not know whether a rule's prerequisites can be had.

use crate::graph::Graph;
use crate::graph::implicit::Subject;
use crate::graph::implicit::prerequisites::Part;
use crate::graph::implicit::prerequisites::parts;
use crate::id::RuleId;
use crate::name::Names;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::ops::Range;
use std::sync::Arc;

/// A target pattern of a rule, located in the index.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) rule: RuleId,
    pub(super) target: usize,
    /// Place in the order of definition.
    pub(super) order: usize,
    /// What stands before the `%`.
    pub(super) prefix: Box<[u8]>,
    pub(super) has_slash: bool,
    /// Matches every name: `%` alone.
    pub(super) is_anything: bool,
    pub(super) terminal: bool,
    /// Has neither prerequisites nor recipe: it only says that names like this are specific.
    pub(super) is_dummy: bool,
}

/// All rules by the suffix of their target patterns.
#[derive(Clone, Debug, Default)]
pub struct Index {
    stamp: usize,
    by_suffix: FxHashMap<Box<[u8]>, Vec<Entry>>,
    /// Lengths of the suffixes, each once.
    lengths: Vec<usize>,
    parts: FxHashMap<RuleId, Arc<[Part]>>,
}

/// A rule that matches a name.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// The rule.
    pub rule: RuleId,
    /// Which of its targets matched.
    pub target: usize,
    order: usize,
    /// Length of the directory that was set aside for matching.
    pub directory: usize,
    /// Where the stem stands in the name.
    stem: (usize, usize),
    is_anything: bool,
    terminal: bool,
}

impl Entry {
    /// Returns how it fits a name that ends in its suffix, which is so long; the last component begins at `base`.
    pub(super) fn candidate(&self, name: &[u8], base: usize, suffix: usize) -> Option<Candidate> {
        let body = name.len() - suffix;
        let set_aside = if self.has_slash { 0 } else { base };
        let start = set_aside + self.prefix.len();
        // The stem, a directory set aside included, is never empty.
        let fits = self.prefix.len() < body
            && start <= body
            && name[set_aside..].starts_with(&self.prefix);
        fits.then(|| Candidate::of(self, set_aside, start..body))
    }
}

impl Candidate {
    /// Returns its place in the order of trying: the shortest stem, a directory set aside included, then the order of
    /// definition.
    pub(super) fn key(&self) -> (usize, usize, usize) {
        let length = self.directory + self.stem.1 - self.stem.0;
        (length, self.order, self.target)
    }

    /// Returns an entry as it fits a name: the stem stands there in it.
    pub(super) fn of(entry: &Entry, directory: usize, stem: Range<usize>) -> Candidate {
        Candidate {
            rule: entry.rule,
            target: entry.target,
            order: entry.order,
            directory,
            stem: (stem.start, stem.end),
            is_anything: entry.is_anything,
            terminal: entry.terminal,
        }
    }

    /// Returns where the stem stands in the name.
    pub fn stem(&self) -> Range<usize> {
        self.stem.0..self.stem.1
    }
}

/// The rules that match a name; those that turned out to be impossible are taken out.
pub type Candidates = SmallVec<[Option<Candidate>; 8]>;

/// Some of them, of which the first will do.
pub type Likely = SmallVec<[Option<Candidate>; 2]>;

impl Index {
    /// Returns whether the index was made of rules with this count.
    pub fn is_current(&self, count: usize) -> bool {
        self.stamp == count + 1
    }

    /// Returns the index of all rules in force.
    pub fn new(graph: &Graph, names: &Names, count: usize) -> Index {
        let mut index = Index {
            stamp: count + 1,
            ..Index::default()
        };
        for (order, id) in graph.rule_order.iter().enumerate() {
            let rule = &graph.rules[*id];
            let parts = parts(rule);
            if !parts.is_empty() && rule.recipe.is_none() {
                continue; // a rule without recipe cancels; with prerequisites it does nothing else
            }
            let is_dummy = parts.is_empty() && rule.recipe.is_none();
            index.parts.insert(*id, parts);
            for (target, pattern) in rule.targets.iter().enumerate() {
                let text = names.bytes(pattern.name);
                let (prefix, rest) = text.split_at(pattern.percent as usize);
                let entry = Entry {
                    rule: *id,
                    target,
                    order,
                    prefix: Box::from(prefix),
                    has_slash: text.contains(&b'/'),
                    is_anything: text.len() == 1,
                    terminal: rule.terminal,
                    is_dummy,
                };
                let suffix = &rest[1..];
                if !index.lengths.contains(&suffix.len()) {
                    index.lengths.push(suffix.len());
                }
                index
                    .by_suffix
                    .entry(Box::from(suffix))
                    .or_default()
                    .push(entry);
            }
        }
        index
    }

    /// Returns the target patterns that a name may match by its end, each with the length of its suffix.
    pub(super) fn entries<'a, 'b>(
        &'a self,
        name: &'b [u8],
    ) -> impl Iterator<Item = (usize, &'a Entry)> + use<'a, 'b> {
        self.lengths.iter().flat_map(move |length| {
            let start = name.len().checked_sub(*length);
            let entries = start.and_then(|start| self.by_suffix.get(&name[start..]));
            entries.into_iter().flatten().map(|entry| (*length, entry))
        })
    }

    /// Returns all target patterns.
    pub(super) fn all(&self) -> impl Iterator<Item = &Entry> {
        self.by_suffix.values().flatten()
    }

    /// Returns what stands behind the `%` of all target patterns, each once.
    pub(super) fn suffixes(&self) -> impl Iterator<Item = &[u8]> {
        self.by_suffix.keys().map(|suffix| &**suffix)
    }

    /// Returns the compiled prerequisites of all rules.
    pub(super) fn all_parts(&self) -> impl Iterator<Item = &[Part]> {
        self.parts.values().map(|parts| &**parts)
    }

    /// Returns the first of the compiled prerequisites of a rule.
    pub(super) fn first_part(&self, rule: RuleId) -> Option<&Part> {
        self.parts.get(&rule)?.first()
    }

    /// Returns the compiled prerequisites of a rule.
    pub fn parts(&self, rule: RuleId) -> Arc<[Part]> {
        self.parts.get(&rule).cloned().unwrap_or_default()
    }
}

/// Returns the rules that match the name: shortest stem first, then in order of definition.
/// A rule that matches anything and is not terminal goes out when a more specific one matches.
pub(super) fn matching(graph: &Graph, subject: Subject<'_>) -> Candidates {
    let name = subject.name;
    let directory = match subject.is_member {
        true => 0,
        false => memchr::memrchr(b'/', name).map_or(0, |slash| slash + 1),
    };
    let mut found = Candidates::new();
    let mut is_specific = false;
    for (suffix, entry) in graph.memory.index.entries(name) {
        if subject.chain > 0 && entry.is_anything && !entry.terminal {
            continue; // such a rule cannot make an intermediate file
        }
        if graph.memory.in_use.contains(&entry.rule) {
            continue;
        }
        let Some(candidate) = entry.candidate(name, directory, suffix) else {
            continue;
        };
        is_specific |= !entry.is_anything;
        if !entry.is_dummy {
            found.push(Some(candidate));
        }
    }
    if is_specific {
        let stays = |candidate: &Candidate| !candidate.is_anything || candidate.terminal;
        found.retain(|candidate| candidate.as_ref().is_some_and(stays));
    }
    // No two have the same key.
    found.sort_unstable_by_key(|candidate| candidate.as_ref().map(Candidate::key));
    found
}
