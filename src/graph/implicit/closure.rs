//! What a search in vain looks for, told from the end of a name alone: all names that a search would try are the same
//! root with other ends. It does not know which files there are.

use crate::graph::implicit::candidates::Candidate;
use crate::graph::implicit::candidates::Entry;
use crate::graph::implicit::candidates::Index;
use crate::graph::implicit::candidates::Likely;
use crate::graph::implicit::prerequisites::Part;
use crate::id::RuleId;
use crate::pattern::Pattern;
use rustc_hash::FxHashSet;

/// More names than this are not worth knowing: such a search is made.
const MOST_STEPS: usize = 4096;

/// What a search for a name with one end would look for, should nothing of it be there.
#[derive(Clone, Debug, Default)]
pub struct Closure {
    /// A rule might be found, or says too little about what it wants: the search has to be made.
    pub is_open: bool,
    /// The rules that fit, in the order in which they are tried.
    pub first: Vec<First>,
    /// Ends of the names that would be looked for.
    pub ends: FxHashSet<Box<[u8]>>,
    /// Those of them for which a rule of their own would be looked for.
    pub tried: FxHashSet<Box<[u8]>>,
    /// A name that fits one of these has more rules than were thought of.
    pub guards: Vec<Guard>,
    /// The rules that fit some of the names with the end, how much of it is their suffix, and whether nothing of what they
    /// look for is expanded.
    some: Vec<(Entry, usize, bool)>,
    /// Of the rules that fit all names with the end the first one in the order in which they are tried, match-anything
    /// rules left out: how much of the end belongs to its stem, and its place.
    earliest: Option<(usize, usize, usize)>,
}

impl Closure {
    /// Returns those rules that do not fit all names with the end but fit this one and are tried before all others, in
    /// that order; to try them in vain changes nothing. None when no such rule fits, nothing when some do of which this
    /// cannot be said. The name's last component begins at `base` and its end at `at`.
    pub fn guarded(&self, name: &[u8], base: usize, at: usize) -> Option<Likely> {
        let mut fitting = Likely::new();
        for (entry, suffix, is_plain) in &self.some {
            let Some(candidate) = entry.candidate(name, base, *suffix) else {
                continue;
            };
            if entry.is_dummy || !is_plain {
                return Some(Likely::new());
            }
            fitting.push(Some(candidate));
        }
        if fitting.is_empty() {
            return None;
        }
        let earliest = self.earliest;
        let earliest = earliest.map(|(stem, order, target)| (at + stem, order, target));
        let key = |candidate: &Option<Candidate>| candidate.as_ref().map(Candidate::key);
        fitting.retain(|candidate| earliest.is_none() || key(candidate) < earliest);
        fitting.sort_unstable_by_key(key);
        Some(fitting)
    }
}

/// A rule that fits names with the end.
#[derive(Clone, Debug)]
pub struct First {
    entry: Entry,
    /// How much of the end belongs to the stem.
    stem: usize,
    /// The end of what it looks for first.
    pub wanted: Box<[u8]>,
    /// Nothing of what it looks for is expanded: to try it in vain changes nothing.
    pub is_plain: bool,
}

impl First {
    /// Returns how it fits a name whose last component begins at `base` and whose end begins at `at`.
    pub fn candidate(&self, base: usize, at: usize) -> Candidate {
        Candidate::of(&self.entry, base, base..at + self.stem)
    }
}

/// What stands before the `%` of a target pattern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Guard {
    /// The text.
    pub prefix: Box<[u8]>,
    /// It is compared with the whole name, else with what follows the directory.
    pub with_directory: bool,
}

impl Guard {
    /// Returns whether a name that begins with `root` might fit, whatever its end.
    pub fn may_fit(&self, root: &[u8]) -> bool {
        match self.prefix.len() <= root.len() {
            true => root.starts_with(&self.prefix),
            false => self.prefix.starts_with(root),
        }
    }
}

/// The search, made on ends.
struct Simulation<'a> {
    index: &'a Index,
    closure: Closure,
    in_use: Vec<RuleId>,
    steps: usize,
}

/// Returns what a search for names with this end looks for. No end of a rule's target pattern may reach into the root.
pub fn closure(index: &Index, end: &[u8]) -> Closure {
    let mut simulation = Simulation {
        index,
        closure: Closure::default(),
        in_use: Vec::new(),
        steps: 0,
    };
    simulation.attempt(end, false);
    let mut closure = simulation.closure;
    closure.guards.sort_unstable();
    closure.guards.dedup();
    closure
}

impl<'a> Simulation<'a> {
    /// What one run over the rules does: every prerequisite is looked for, then a rule for each.
    fn attempt(&mut self, end: &[u8], is_chained: bool) {
        self.steps += 1;
        self.closure.is_open |= self.steps > MOST_STEPS;
        let mut wanted = Vec::new();
        for (entry, stem) in self.fitting(end, is_chained) {
            let Some(pattern) = first_wanted(self.index, entry.rule) else {
                self.closure.is_open = true;
                return;
            };
            if pattern.prefix().is_empty() {
                let other = [&end[..stem], pattern.suffix()].concat().into_boxed_slice();
                if !entry.terminal {
                    wanted.push((entry.rule, other.clone()));
                }
                if !is_chained {
                    self.closure.first.push(First {
                        entry: entry.clone(),
                        stem,
                        wanted: other.clone(),
                        is_plain: self.index.parts(entry.rule).iter().all(is_name),
                    });
                }
                self.closure.ends.insert(other);
            } else if !entry.terminal {
                // What it looks for elsewhere is known of terminal rules only: see [`elsewhere`].
                self.closure.is_open = true;
            }
        }
        for (rule, other) in wanted {
            if !self.closure.tried.contains(&other) && !self.closure.is_open {
                self.in_use.push(rule);
                self.attempt(&other, true);
                self.in_use.pop();
                self.closure.tried.insert(other);
            }
        }
    }

    /// Returns the rules that fit with how much of the end belongs to the stem, in the order in which they are tried;
    /// as [`crate::graph::implicit::candidates::matching`] does for names that fit no guard.
    fn fitting(&mut self, end: &[u8], is_chained: bool) -> Vec<(&'a Entry, usize)> {
        let mut fitting = Vec::new();
        let mut is_specific = false;
        for (suffix, entry) in self.index.entries(end) {
            if (is_chained && entry.is_anything && !entry.terminal)
                || self.in_use.contains(&entry.rule)
            {
                continue;
            }
            if !entry.prefix.is_empty() {
                match is_chained {
                    true => self.closure.guards.push(Guard {
                        prefix: entry.prefix.clone(),
                        with_directory: entry.has_slash,
                    }),
                    false => {
                        let is_plain = self.index.parts(entry.rule).iter().all(is_name);
                        self.closure.some.push((entry.clone(), suffix, is_plain));
                    }
                }
                continue;
            }
            is_specific |= !entry.is_anything;
            let stem = end.len() - suffix;
            if !is_chained && (!entry.is_anything || entry.terminal) {
                let key = (stem, entry.order, entry.target);
                let earliest = self.closure.earliest.get_or_insert(key);
                *earliest = key.min(*earliest);
            }
            if !entry.is_dummy {
                fitting.push((entry, stem));
            }
        }
        if is_specific {
            fitting.retain(|(entry, _)| !entry.is_anything || entry.terminal);
        }
        fitting.sort_unstable_by_key(|(entry, stem)| (*stem, entry.order, entry.target));
        fitting
    }
}

/// Returns what stands before the `%` in what terminal rules look for, where that is something (`RCS/`, `SCCS/s.`).
pub fn elsewhere(index: &Index) -> Vec<Box<[u8]>> {
    let terminal = index.all().filter(|entry| entry.terminal);
    let wanted = terminal.filter_map(|entry| first_wanted(index, entry.rule));
    let mut prefixes: Vec<Box<[u8]>> = wanted.map(|pattern| Box::from(pattern.prefix())).collect();
    prefixes.retain(|prefix| !prefix.is_empty());
    prefixes.sort_unstable();
    prefixes.dedup();
    prefixes
}

fn is_name(part: &Part) -> bool {
    matches!(part, Part::Name { .. })
}

/// Returns the first prerequisite of a rule: the one without which no other is looked for. None when it cannot be told
/// from a name's end what that is.
fn first_wanted(index: &Index, rule: RuleId) -> Option<&Pattern> {
    match index.first_part(rule)? {
        Part::Name {
            pattern,
            has_wildcard: false,
            ..
        } if pattern.has_percent() && !pattern.suffix().contains(&b'/') => Some(pattern),
        _ => None,
    }
}
