//! What a search for an implicit rule will find, told at one look: nothing for most names, though it would try a hundred.
//!
//! A name is taken apart into its directory, a root and an end (`src/` `lexer` `.c`). The end says which other ends a
//! search would look for ([`crate::graph::implicit::closure`]); an index of all names that a makefile mentions and of all
//! files in the directory says which ends the root has. Where they have none in common the search would fail. What
//! cannot be told apart so is searched.
//! It does not know how a rule is found.

use crate::files::View;
use crate::files::directory::Listed;
use crate::graph::implicit::candidates::Index;
use crate::graph::implicit::candidates::Likely;
use crate::graph::implicit::closure::Closure;
use crate::graph::implicit::closure::closure;
use crate::graph::implicit::closure::elsewhere;
use crate::graph::implicit::prerequisites::Part;
use crate::graph::target::Targets;
use crate::graph::vpath;
use crate::graph::vpath::Vpath;
use crate::id::Id;
use crate::id::TargetId;
use crate::name::Names;
use crate::name::strip_dot_slash;
use hashbrown::HashTable;
use rustc_hash::FxHashMap;
use rustc_hash::FxHasher;
use smallvec::SmallVec;
use std::hash::Hasher;
use std::sync::Arc;

/// How many names of a directory are worth one search.
const NAMES_PER_SEARCH: usize = 1000;

/// An end of names, by its place in [`Known::ends`].
type End = u32;

/// The state of the view and of the search paths: while it is the same, so is what was read of directories.
type State = (u64, u32);

/// What can be said of names without a search.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Bytes with which an end begins: what stands behind a `%` anywhere begins with one of them.
    breaks: [u64; 4],
    /// What follows the last slash in target patterns that have one behind their `%`.
    behind_slash: Vec<Box<[u8]>>,
    /// What stands before the root in what terminal rules look for, and how much of that is a directory.
    elsewhere: Vec<(Box<[u8]>, usize)>,
    /// All suffixes of target patterns.
    suffixes: Vec<Box<[u8]>>,
    ends: FxHashMap<Box<[u8]>, End>,
    /// Their texts.
    texts: Vec<Box<[u8]>>,
    /// The ends that were asked for last, which mostly are asked for again.
    recent: [End; 4],
    /// What a search for a name with an end looks for, by end.
    kinds: Vec<Asked>,
    /// The names that are there: the hash of directory and root, and the end. Those with ends that no search looks for
    /// wait in `unwanted`, by end.
    present: HashTable<(u32, End)>,
    unwanted: Vec<Unwanted>,
    /// How many targets, and names given to targets later, are in `present`.
    entered: (usize, usize),
    /// The readings of directories that are in `present`; 0 for one that is not there.
    listed: FxHashMap<Box<[u8]>, u32>,
    /// Directories all of whose relevant listings are in `present`, with the state of the view and of the search paths.
    ready: FxHashMap<Box<[u8]>, State>,
    /// The directories of the last questions that were ready, with that state.
    recent_ready: [(Vec<u8>, Option<State>); 4],
    /// How many searches were made for names of a directory before it was worth reading in.
    searched: FxHashMap<Box<[u8]>, usize>,
    /// A name is there that a terminal rule might look for.
    has_elsewhere: bool,
    /// Roots whose searches were not made, with their ends; the last ones are not in order yet.
    proven: FxHashMap<u32, SmallVec<[End; 2]>>,
    newly_proven: Vec<(u32, End)>,
    buffer: Vec<u8>,
}

/// Names with one end that no search has looked for.
#[derive(Clone, Debug)]
enum Unwanted {
    /// The hashes of directory and root.
    Waiting(Vec<u32>),
    /// A search looks for such names: they are present.
    None,
}

/// What is known of an end.
#[derive(Clone, Debug)]
enum Asked {
    /// No search for a name that ends so was wanted.
    Never,
    /// One was.
    Known(Arc<Kind>),
}

/// A closure in terms of [`End`].
#[derive(Debug)]
struct Kind {
    closure: Closure,
    /// One bit for each end that would be looked for.
    ends: Vec<u64>,
    /// What [`Closure::first`] look for first.
    first: Vec<End>,
    /// The directories of the search paths in which something of it might be found.
    directories: Vec<Box<[u8]>>,
    /// The state of the search paths that these were taken from.
    changes: u32,
}

/// What a search for an implicit rule will find.
pub enum Outlook {
    /// It has to be made.
    Unknown,
    /// Nothing; and it would change nothing but its memory.
    Hopeless,
    /// One of these rules, unless they turn out to want something more that is not there.
    Likely(Likely),
}

impl Kind {
    fn wants(&self, end: End) -> bool {
        let word = self.ends.get(end as usize / 64).copied().unwrap_or(0);
        word >> (end % 64) & 1 == 1
    }
}

/// What a name is looked up in.
pub struct Places<'a> {
    /// The targets: each is a name that ought to exist.
    pub targets: &'a Targets,
    /// Their names.
    pub names: &'a Names,
    /// The directories.
    pub view: &'a mut View,
    /// Where else files are searched.
    pub vpath: &'a Vpath,
}

fn hash(name: &[u8]) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(name);
    let hash = hasher.finish();
    (hash >> 32) as u32 ^ hash as u32
}

fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Returns where the last component of a name begins.
fn base_of(name: &[u8]) -> usize {
    name.iter()
        .rposition(|byte| *byte == b'/')
        .map_or(0, |slash| slash + 1)
}

impl Known {
    /// Returns what is known before the first question, for the rules of an index.
    pub fn new(index: &Index) -> Known {
        let mut known = Known {
            elsewhere: elsewhere(index)
                .into_iter()
                .map(|prefix| (prefix.clone(), base_of(&prefix)))
                .collect(),
            ..Known::default()
        };
        for suffix in index.suffixes() {
            if let Some(first) = suffix.first() {
                known.breaks[usize::from(*first) / 64] |= 1 << (first % 64);
                known.suffixes.push(suffix.into());
            }
            if suffix.contains(&b'/') {
                known.behind_slash.push(suffix[base_of(suffix)..].into());
            }
        }
        for part in index.all_parts().flatten() {
            if let Part::Name { pattern, .. } = part
                && let Some(first) = pattern.suffix().first()
            {
                known.breaks[usize::from(*first) / 64] |= 1 << (first % 64);
            }
        }
        known
    }

    /// Returns what can be said of a search for `name`.
    pub fn outlook(&mut self, index: &Index, places: &mut Places<'_>, name: &[u8]) -> Outlook {
        let base = base_of(name);
        let at = self.end_of(name, base);
        let root = &name[base..at];
        if !self.is_plain(name, root) {
            return Outlook::Unknown;
        }
        let end = self.end(&name[at..]);
        let kind = self.kind(index, places.vpath, end, &name[at..]);
        let fits = |with: bool| if with { &name[..at] } else { root };
        let mut guards = kind.closure.guards.iter();
        match kind.closure.guarded(name, base, at) {
            None => {}
            Some(candidates) if candidates.is_empty() => return Outlook::Unknown,
            Some(candidates) => return Outlook::Likely(candidates),
        }
        if kind.closure.is_open || guards.any(|guard| guard.may_fit(fits(guard.with_directory))) {
            return Outlook::Unknown;
        }
        if kind.ends.is_empty() && self.elsewhere.is_empty() {
            // Nothing would be looked for: no directory has to be read.
            return Outlook::Hopeless;
        }
        if !self.is_ready(places, &name[..base]) {
            return Outlook::Unknown;
        }
        self.enter_targets(places);
        if self.has_elsewhere && self.is_elsewhere(places.vpath, name, base, at) {
            return Outlook::Unknown;
        }
        let own = hash(&name[..at]);
        let present = self.present(&kind, own, name, base, at);
        if present.is_empty() {
            self.newly_proven.push((own, end));
            return Outlook::Hopeless;
        }
        let first = kind.closure.first.iter().zip(&kind.first);
        let likely = first.filter(|(_, wanted)| present.contains(wanted));
        if likely.clone().any(|(first, _)| !first.is_plain) {
            return Outlook::Unknown;
        }
        Outlook::Likely(
            likely
                .map(|(first, _)| Some(first.candidate(base, at)))
                .collect(),
        )
    }

    /// Returns whether a search that was not made would have found that no rule makes `name`.
    pub fn is_impossible(&mut self, name: &[u8]) -> bool {
        for (root, end) in self.newly_proven.drain(..) {
            let ends = self.proven.entry(root).or_default();
            if !ends.contains(&end) {
                ends.push(end);
            }
        }
        if self.proven.is_empty() {
            return false;
        }
        let at = self.end_of(name, base_of(name));
        let Some(proven) = self.proven.get(&hash(&name[..at])) else {
            return false;
        };
        proven.iter().any(|end| match &self.kinds[*end as usize] {
            Asked::Known(kind) => kind.closure.tried.contains(&name[at..]),
            Asked::Never => false,
        })
    }

    /// Returns where the end begins in a name whose last component begins at `base`: behind one byte of root at least.
    fn end_of(&self, name: &[u8], base: usize) -> usize {
        let rest = name.get(base + 1..).unwrap_or_default();
        let is_break = |byte: &u8| self.breaks[usize::from(*byte) / 64] >> (byte % 64) & 1 == 1;
        let place = rest.iter().position(is_break);
        place.map_or(name.len(), |place| base + 1 + place)
    }

    /// Returns whether all that is done with this name is done with its end alone.
    fn is_plain(&self, name: &[u8], root: &[u8]) -> bool {
        let Some(first) = root.first() else {
            return false;
        };
        let is_break = self.breaks[usize::from(*first) / 64] >> (first % 64) & 1 == 1;
        let is_odd = name.starts_with(b"-l") || name.last() == Some(&b')');
        let reaches = |suffix: &[u8]| suffix.starts_with(root);
        let is_reached = self.behind_slash.iter().any(|suffix| reaches(suffix))
            || (is_break && self.suffixes.iter().any(|suffix| reaches(suffix)));
        !is_odd && !is_reached
    }

    fn end(&mut self, text: &[u8]) -> End {
        let texts = &self.texts;
        let is_it = |end: &&End| texts.get(**end as usize).is_some_and(|one| **one == *text);
        if let Some(end) = self.recent.iter().find(is_it) {
            return *end;
        }
        let end = match self.ends.get(text) {
            Some(end) => *end,
            None => {
                let end = self.kinds.len() as End;
                self.kinds.push(Asked::Never);
                self.unwanted.push(Unwanted::Waiting(Vec::new()));
                self.texts.push(text.into());
                self.ends.insert(text.into(), end);
                end
            }
        };
        self.recent.rotate_right(1);
        self.recent[0] = end;
        end
    }

    /// Names with this end are looked for from now on.
    fn want(&mut self, end: End) {
        let unwanted = &mut self.unwanted[end as usize];
        if let Unwanted::Waiting(hashes) = std::mem::replace(unwanted, Unwanted::None) {
            hashes
                .into_iter()
                .for_each(|hash| self.be_present(hash, end));
        }
    }

    fn be_present(&mut self, hash: u32, end: End) {
        let same = |other: &(u32, End)| *other == (hash, end);
        self.present
            .entry(spread(hash), same, |(hash, _)| spread(*hash))
            .or_insert((hash, end));
    }

    /// Returns what a search for names with this end looks for.
    fn kind(&mut self, index: &Index, vpath: &Vpath, end: End, text: &[u8]) -> Arc<Kind> {
        let closure = match &self.kinds[end as usize] {
            Asked::Known(kind) if kind.changes == vpath.changes() => return kind.clone(),
            Asked::Known(kind) => kind.closure.clone(),
            Asked::Never => closure(index, text),
        };
        let mut ends = Vec::new();
        for text in &closure.ends {
            let end = self.end(text);
            self.want(end);
            let end = end as usize;
            if ends.len() <= end / 64 {
                ends.resize(end / 64 + 1, 0);
            }
            ends[end / 64] |= 1 << (end % 64);
        }
        let is_searched = |pattern: &[u8]| closure.ends.iter().any(|end| may_end(pattern, end));
        let paths = vpath
            .listing()
            .filter(|(pattern, _)| pattern.is_none_or(is_searched));
        let kind = Arc::new(Kind {
            first: closure
                .first
                .iter()
                .map(|first| self.end(&first.wanted))
                .collect(),
            directories: paths
                .flat_map(|(_, directories)| directories.to_vec())
                .collect(),
            changes: vpath.changes(),
            closure: closure.clone(),
            ends,
        });
        self.kinds[end as usize] = Asked::Known(kind.clone());
        kind
    }

    /// Returns the ends of those names that are there of what a search would look for.
    fn present(
        &mut self,
        kind: &Kind,
        own: u32,
        name: &[u8],
        base: usize,
        at: usize,
    ) -> SmallVec<[End; 8]> {
        let mut present = SmallVec::new();
        let mut look = |hash: u32| {
            let same = self
                .present
                .iter_hash(spread(hash))
                .filter(|entry| entry.0 == hash);
            present.extend(same.map(|entry| entry.1).filter(|end| kind.wants(*end)));
        };
        look(own);
        if name.first() != Some(&b'/') {
            for directory in &kind.directories {
                self.buffer.clear();
                let place = place(&mut self.buffer, Some(directory), &name[..base]);
                self.buffer.extend_from_slice(&name[base..at]);
                look(hash(&self.buffer[place..]));
            }
        }
        present
    }

    /// Returns whether something may be there that terminal rules look for elsewhere.
    fn is_elsewhere(&mut self, vpath: &Vpath, name: &[u8], base: usize, at: usize) -> bool {
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut has = |directory: Option<&[u8]>, prefix: &[u8]| {
            buffer.clear();
            let place = place(&mut buffer, directory, &name[..base]);
            buffer.extend_from_slice(prefix);
            buffer.extend_from_slice(&name[base..at]);
            let name = &buffer[place..];
            let hash = hash(&name[..self.end_of(name, base_of(name))]);
            self.present
                .find(spread(hash), |entry| entry.0 == hash)
                .is_some()
        };
        let mut directories = std::iter::once(None).chain(vpath.directories().map(Some));
        let found = directories.any(|directory| {
            self.elsewhere
                .iter()
                .any(|(prefix, _)| has(directory, prefix))
        });
        self.buffer = buffer;
        found
    }

    /// Makes the names of all directories present that a search for a name in `directory` would look into.
    /// Returns false when that cannot be had, or is not worth it.
    fn is_ready(&mut self, places: &mut Places<'_>, directory: &[u8]) -> bool {
        let state = (places.view.generation(), places.vpath.changes());
        let mut recent = self.recent_ready.iter();
        if recent.any(|(last, at)| **last == *directory && *at == Some(state)) {
            return true;
        }
        if self.ready.get(directory) == Some(&state) {
            self.recent_ready.rotate_right(1);
            let (last, at) = &mut self.recent_ready[0];
            last.clear();
            last.extend_from_slice(directory);
            *at = Some(state);
            return true;
        }
        let searched = self.searched.entry(directory.into()).or_default();
        *searched += 1;
        let searched = *searched;
        let vpath = places.vpath;
        let others = vpath
            .directories()
            .filter(|_| directory.first() != Some(&b'/'));
        let prefixes = self.elsewhere.clone();
        for other in std::iter::once(None).chain(others.map(Some)) {
            for prefix in
                std::iter::once(&b""[..]).chain(prefixes.iter().map(|(prefix, _)| &**prefix))
            {
                let mut path = Vec::new();
                let start = place(&mut path, other, directory);
                path.extend_from_slice(prefix);
                let path = &path[start..];
                if !self.list(places, &path[..base_of(path)], searched) {
                    return false;
                }
            }
        }
        self.ready.insert(directory.into(), state);
        true
    }

    /// Makes the names in a directory present.
    fn list(&mut self, places: &mut Places<'_>, directory: &[u8], searched: usize) -> bool {
        let mut path = directory.to_vec();
        path.push(b'x');
        let (reading, names) = match places.view.listed(&path) {
            Listed::Unknown => return false,
            Listed::Absent => return true,
            Listed::Names(reading, names) => (reading, names),
        };
        if self.listed.get(directory) == Some(&reading) {
            return true;
        }
        if names.count() > searched * NAMES_PER_SEARCH {
            return false;
        }
        path.pop();
        for (name, _) in names.iter() {
            path.truncate(directory.len());
            path.extend_from_slice(name);
            self.enter(&path, directory.len());
        }
        self.listed.insert(directory.into(), reading);
        true
    }

    /// Makes the names of new targets present.
    fn enter_targets(&mut self, places: &Places<'_>) {
        let (targets, rebound) = (places.targets, places.targets.rebound());
        let of = |index| targets.name[TargetId::from_index(index)];
        let new = (self.entered.0..targets.len()).map(of);
        let given = rebound[self.entered.1..].iter().copied();
        for name in new.chain(given) {
            let name = places.names.bytes(name);
            self.enter(name, base_of(name));
        }
        self.entered = (targets.len(), rebound.len());
    }

    fn enter(&mut self, name: &[u8], base: usize) {
        let at = self.end_of(name, base);
        let end = self.end(&name[at..]);
        let is_elsewhere = |(prefix, base_of): &(Box<[u8]>, usize)| {
            let (directory, rest) = prefix.split_at(*base_of);
            name[..base].ends_with(directory) && name[base..].starts_with(rest)
        };
        if !self.has_elsewhere && self.elsewhere.iter().any(is_elsewhere) {
            self.has_elsewhere = true;
            // Such names are looked for whatever their end.
            (0..self.kinds.len()).for_each(|end| self.want(end as End));
        }
        let hash = hash(&name[..at]);
        match &mut self.unwanted[end as usize] {
            Unwanted::Waiting(hashes) if !self.has_elsewhere => hashes.push(hash),
            Unwanted::Waiting(_) | Unwanted::None => self.be_present(hash, end),
        }
    }
}

/// Writes the directory of a name, in `other` of the search paths if given, and returns where it begins: `./` is left out
/// of what the search paths say.
fn place(buffer: &mut Vec<u8>, other: Option<&[u8]>, directory: &[u8]) -> usize {
    match other {
        None => {
            buffer.extend_from_slice(directory);
            0
        }
        Some(other) => {
            vpath::join(buffer, other, directory);
            buffer.len() - strip_dot_slash(buffer).len()
        }
    }
}

/// Returns whether a name with this end may match a pattern.
fn may_end(pattern: &[u8], end: &[u8]) -> bool {
    let suffix = &pattern[memchr::memchr(b'%', pattern).map_or(0, |percent| percent + 1)..];
    suffix.ends_with(end) || end.ends_with(suffix)
}
