//! Automatic variables, computed from the graph when they are looked up.
//! It does not know when a target's scope is entered.

use crate::eval::make::Make;
use crate::eval::variable::AUTOMATIC;
use crate::eval::variable::Flavor;
use crate::eval::variable::Origin;
use crate::graph::target::Prereq;
use crate::graph::target::PrereqFlags;
use crate::id::NameId;
use crate::id::SetId;
use crate::id::TargetId;
use rustc_hash::FxHashSet;

/// A prerequisite as automatic variables see it.
struct Listed {
    name: NameId,
    order_only: bool,
    changed: bool,
}

impl Make {
    /// Defines `@D`, `@F` and kin, in terms of `$@` and kin.
    pub fn define_automatic_variables(&mut self) {
        self.variables.know_automatic(&mut self.names);
        for letter in AUTOMATIC.into_iter().filter(|letter| *letter != b'|') {
            let shown = char::from(letter);
            for (kind, value) in [
                (b'D', format!("$(patsubst %/,%,$(dir ${shown}))")),
                (b'F', format!("$(notdir ${shown})")),
            ] {
                let name = [letter, kind];
                self.define(
                    &name,
                    value.as_bytes(),
                    Flavor::Recursive,
                    Origin::Automatic,
                );
            }
        }
    }

    /// Appends the value of one automatic variable.
    pub(crate) fn automatic_value(
        &self,
        set: SetId,
        target: TargetId,
        letter: u8,
        out: &mut Vec<u8>,
    ) {
        let path = self.names.bytes(self.graph.targets.name[target]);
        match letter {
            b'@' => out.extend_from_slice(archive_and_member(path).map_or(path, |both| both.0)),
            b'%' => {
                out.extend_from_slice(archive_and_member(path).map_or(&[], |both| both.1));
            }
            b'*' => out.extend_from_slice(self.stem_of(set, target)),
            b'<' => out.extend_from_slice(self.first_prerequisite(target)),
            _ => self.list_prerequisites(target, letter, out),
        }
    }

    /// Returns the stem of a target; a target of an explicit rule gives its name without a known suffix.
    fn stem_of(&self, set: SetId, target: TargetId) -> &[u8] {
        let tried = self.variables.sets[set].stem;
        if let Some(stem) = tried.or(self.graph.targets.stem[target]) {
            return self.names.bytes(stem);
        }
        let path = self.names.bytes(self.graph.targets.name[target]);
        let name = archive_and_member(path).map_or(path, |both| both.1);
        let suffixes = self.names.get(b".SUFFIXES");
        let suffixes = suffixes.and_then(|name| self.graph.targets.lookup(name));
        let Some(suffixes) = suffixes else {
            return &[];
        };
        let prereqs = self.graph.targets.prereqs(suffixes).iter();
        let mut known = prereqs.map(|one| self.names.bytes(self.graph.targets.name[one.target]));
        let found = known.find(|suffix| name.len() > suffix.len() && name.ends_with(suffix));
        found.map_or(&[], |suffix| &name[..name.len() - suffix.len()])
    }

    fn first_prerequisite(&self, target: TargetId) -> &[u8] {
        if self.has_default_recipe(target) {
            let path = self.names.bytes(self.graph.targets.name[target]);
            return archive_and_member(path).map_or(path, |both| both.0);
        }
        let mut prereqs = self.graph.targets.prereqs(target).iter();
        let first = prereqs.find(|one| is_listed(one) && !one.flags.has(PrereqFlags::ORDER_ONLY));
        match first {
            Some(one) => self.names.bytes(self.graph.targets.name[one.target]),
            None => &[],
        }
    }

    /// Returns whether the recipe of `target` is that of `.DEFAULT`.
    fn has_default_recipe(&self, target: TargetId) -> bool {
        let default = self.names.get(b".DEFAULT");
        let Some(default) = default.and_then(|name| self.graph.targets.lookup(name)) else {
            return false;
        };
        let recipe = self.graph.targets.recipe[target];
        default != target && recipe.is_some() && recipe == self.graph.targets.recipe[default]
    }

    /// Appends `$^`, `$+`, `$?` or `$|`.
    pub(crate) fn list_prerequisites(&self, target: TargetId, letter: u8, out: &mut Vec<u8>) {
        let begin = out.len();
        let mut push = |name: NameId| {
            if out.len() > begin {
                out.push(b' ');
            }
            let name = self.names.bytes(name);
            out.extend_from_slice(archive_and_member(name).map_or(name, |both| both.1));
        };
        if letter == b'+' {
            let prereqs = self.graph.targets.prereqs(target).iter();
            let chosen =
                prereqs.filter(|one| is_listed(one) && !one.flags.has(PrereqFlags::ORDER_ONLY));
            chosen.for_each(|one| push(self.graph.targets.name[one.target]));
            return;
        }
        let prereqs = self.graph.targets.prereqs(target);
        let changed = |one: &&Prereq| is_listed(one) && one.flags.has(PrereqFlags::CHANGED);
        if letter == b'?' && prereqs.iter().filter(changed).count() <= 1 {
            let name_of = |one: &Prereq| self.graph.targets.name[one.target];
            // The first of several with one name says whether it has changed, any of them whether it is a normal one.
            let counts = |one: &&Prereq| {
                let same = |other: &&Prereq| is_listed(other) && name_of(other) == name_of(one);
                let mut all = prereqs.iter().filter(same);
                all.clone().next() == Some(*one)
                    && all.any(|other| !other.flags.has(PrereqFlags::ORDER_ONLY))
            };
            let one = prereqs.iter().find(changed).filter(counts);
            one.map(name_of).into_iter().for_each(push);
            return;
        }
        for one in self.distinct_prerequisites(target) {
            let is_chosen = match letter {
                b'^' => !one.order_only,
                b'?' => !one.order_only && one.changed,
                _ => one.order_only,
            };
            if is_chosen {
                push(one.name);
            }
        }
    }

    /// Returns each prerequisite once; one that is named both ways is a normal one.
    fn distinct_prerequisites(&self, target: TargetId) -> Vec<Listed> {
        let targets = &self.graph.targets;
        let prereqs = targets.prereqs(target);
        let listed = || prereqs.iter().filter(|one| is_listed(one));
        let mut normal: FxHashSet<NameId> = FxHashSet::default();
        if listed().any(|one| one.flags.has(PrereqFlags::ORDER_ONLY)) {
            let ordering = listed().filter(|one| !one.flags.has(PrereqFlags::ORDER_ONLY));
            normal.extend(ordering.map(|one| targets.name[one.target]));
        }
        let mut seen: FxHashSet<NameId> = FxHashSet::default();
        let distinct = listed().filter(|one| seen.insert(targets.name[one.target]));
        distinct
            .map(|one| {
                let name = targets.name[one.target];
                Listed {
                    name,
                    order_only: one.flags.has(PrereqFlags::ORDER_ONLY) && !normal.contains(&name),
                    changed: one.flags.has(PrereqFlags::CHANGED),
                }
            })
            .collect()
    }
}

fn is_listed(prereq: &Prereq) -> bool {
    !prereq.flags.has(PrereqFlags::PENDING) && !prereq.flags.has(PrereqFlags::EXTRA)
}

/// Splits `archive(member)`.
fn archive_and_member(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = name.strip_suffix(b")")?;
    let open = memchr::memchr(b'(', inner)?;
    (open > 0 && open + 1 < inner.len()).then(|| (&inner[..open], &inner[open + 1..]))
}
