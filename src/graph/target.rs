//! Targets as dense columns: one vector per attribute, indexed by `TargetId`.
//! It does not know how a target is decided upon or run.

use crate::files::Mtime;
use crate::id::DenseMap;
use crate::id::Id;
use crate::id::NameId;
use crate::id::RecipeId;
use crate::id::ScopeId;
use crate::id::TargetId;
use rustc_hash::FxHashMap;

/// What is known of a target, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u32);

impl Flags {
    /// Is or was a target of a rule (explicit or found by implicit search).
    pub const IS_TARGET: u32 = 1 << 0;
    /// Prerequisite of `.PHONY`.
    pub const PHONY: u32 = 1 << 1;
    /// Prerequisite of `.PRECIOUS`.
    pub const PRECIOUS: u32 = 1 << 2;
    /// May be removed at the end: found by chaining, or prerequisite of `.INTERMEDIATE`.
    pub const INTERMEDIATE: u32 = 1 << 3;
    /// Prerequisite of `.SECONDARY`.
    pub const SECONDARY: u32 = 1 << 4;
    /// Prerequisite of `.NOTINTERMEDIATE`.
    pub const NOT_INTERMEDIATE: u32 = 1 << 5;
    /// Mentioned as target or prerequisite in an explicit rule.
    pub const EXPLICIT: u32 = 1 << 6;
    /// Given on the command line.
    pub const COMMAND_LINE: u32 = 1 << 7;
    /// Prerequisite of an explicit rule whose failure to exist may be forgiven (`-include`).
    pub const DONT_CARE: u32 = 1 << 8;
    /// The implicit search for it was done.
    pub const TRIED_IMPLICIT: u32 = 1 << 9;
    /// Its name must not be searched in VPATH (again).
    pub const IGNORE_VPATH: u32 = 1 << 10;
    /// Built in: a suffix of the default list, say.
    pub const BUILTIN: u32 = 1 << 11;
    /// Its error was already told.
    pub const NO_DIAGNOSTIC: u32 = 1 << 12;
    /// Its pattern-specific variables were collected.
    pub const PATTERN_SEARCHED: u32 = 1 << 13;
    /// Its mtime has only whole seconds (`.LOW_RESOLUTION_TIME`, archive members).
    pub const LOW_RESOLUTION: u32 = 1 << 14;
    /// A loaded object.
    pub const LOADED: u32 = 1 << 15;
    /// Removed from its directory by us (as an intermediate file, or half made).
    pub const UNLOADED: u32 = 1 << 16;
    /// Prerequisites of `.WAIT`/.NOTPARALLEL: run this target's prerequisites one after another.
    pub const NOT_PARALLEL: u32 = 1 << 17;
    /// Its recipe lines are run even when one fails (`.IGNORE: target`).
    pub const IGNORE_ERRORS: u32 = 1 << 18;
    /// Its recipe lines are not printed (`.SILENT: target`).
    pub const SILENT: u32 = 1 << 19;
    /// Its prerequisites went through second expansion and are final.
    pub const SNAPPED: u32 = 1 << 20;
    /// It is being considered now: meeting it again is a circle.
    pub const UPDATING: u32 = 1 << 21;
    /// Its prerequisites came from another rule too after recipes were parsed.
    pub const SHUFFLED: u32 = 1 << 22;
    /// Its recipe came from an implicit rule.
    pub const IMPLICIT_RECIPE: u32 = 1 << 23;
    /// A makefile that was read.
    pub const MAKEFILE: u32 = 1 << 24;
    /// Its own scope of variables was set up for this build.
    pub const SCOPE_READY: u32 = 1 << 25;
    /// The file itself is not asked for, whatever the disk says (-o).
    pub const ASSUME_OLD: u32 = 1 << 26;
    /// The file counts as just changed (-W).
    pub const ASSUME_NEW: u32 = 1 << 27;
    /// `::` entries: this is one.
    pub const DOUBLE_COLON: u32 = 1 << 28;
    /// Its update is over in this walk, whatever its life.
    pub const UPDATED: u32 = 1 << 29;
    /// A VPATH search found it to be another target: see [`Rare::renamed`].
    pub const RENAMED: u32 = 1 << 30;
    /// Not to be told when it cannot be made, now (inherited by its prerequisites).
    pub const QUIET: u32 = 1 << 31;

    /// Returns whether all of `bits` are set.
    pub fn has(self, bits: u32) -> bool {
        self.0 & bits == bits
    }

    /// Sets `bits`.
    pub fn add(&mut self, bits: u32) {
        self.0 |= bits;
    }

    /// Clears `bits`.
    pub fn remove(&mut self, bits: u32) {
        self.0 &= !bits;
    }
}

/// A prerequisite's part in its rule, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PrereqFlags(pub u16);

impl PrereqFlags {
    /// Order-only: behind `|`.
    pub const ORDER_ONLY: u16 = 1 << 0;
    /// Was newer than the target, or remade: part of `$?`.
    pub const CHANGED: u16 = 1 << 1;
    /// Begins after all before it in this list are done (`.WAIT`).
    pub const WAIT_HERE: u16 = 1 << 2;
    /// From `.EXTRA_PREREQS`: in no automatic variable.
    pub const EXTRA: u16 = 1 << 3;
    /// Not yet expanded: `target` is an index into `Graph::pending`, not a target.
    pub const PENDING: u16 = 1 << 4;
    /// Named in an explicit rule (not found by an implicit one).
    pub const EXPLICIT: u16 = 1 << 5;

    /// Returns whether all of `bits` are set.
    pub fn has(self, bits: u16) -> bool {
        self.0 & bits == bits
    }

    /// Sets `bits`.
    pub fn add(&mut self, bits: u16) {
        self.0 |= bits;
    }

    /// Clears `bits`.
    pub fn remove(&mut self, bits: u16) {
        self.0 &= !bits;
    }
}

/// One prerequisite of one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prereq {
    /// The prerequisite itself; an index into `Graph::pending` when PENDING.
    pub target: TargetId,
    /// Its part in the rule.
    pub flags: PrereqFlags,
}

/// A prerequisite list that waits for second expansion: the text right of the colon after the
/// first expansion, order-only bar and `.WAIT`s included.
#[derive(Clone, Debug)]
pub struct Pending {
    /// What is to be expanded.
    pub text: Box<[u8]>,
    /// The stem, for static pattern rules.
    pub stem: Option<NameId>,
    /// The rule's place, for errors.
    pub loc: Option<crate::loc::Loc>,
}

/// Where a target's prerequisites stand in the arena.
#[derive(Clone, Copy, Debug, Default)]
struct List {
    start: u32,
    len: u32,
    capacity: u32,
}

/// How the update of a target ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It was updated, or nothing had to be done.
    Success,
    /// Nothing was done yet.
    #[default]
    None,
    /// -q: it would have to be remade.
    Question,
    /// It could not be remade.
    Failed,
}

/// The one life of a target during the walk; `exec::schedule` changes it in one function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Life {
    /// Not yet considered.
    #[default]
    New,
    /// Some of its prerequisites are running.
    PrerequisitesRunning,
    /// Its own recipe is running.
    Running,
    /// Done; the status says how.
    Done,
}

/// Attributes that few targets have.
#[derive(Clone, Debug, Default)]
pub struct Rare {
    /// Targets made by the same run of the recipe, the last one first: of a pattern rule the others,
    /// of a group all, this one too.
    pub also_make: Vec<TargetId>,
    /// The next `::` entry of the same name.
    pub next_double_colon: Option<TargetId>,
    /// The first `::` entry of the same name, on every entry but the first.
    pub first_double_colon: Option<TargetId>,
    /// The target that a VPATH search found this one to be.
    pub renamed: Option<TargetId>,
}

/// The dense store of all targets.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// Its name as the makefile says it.
    pub name: DenseMap<TargetId, NameId>,
    /// The name its file was found under (differs from `name` after a VPATH search).
    pub path: DenseMap<TargetId, NameId>,
    /// Flags.
    pub flags: DenseMap<TargetId, Flags>,
    /// Life during the walk.
    pub life: DenseMap<TargetId, Life>,
    /// How its update ended.
    pub status: DenseMap<TargetId, Status>,
    /// Modification time as last asked.
    pub mtime: DenseMap<TargetId, Mtime>,
    /// Modification time before its recipe ran.
    pub mtime_before: DenseMap<TargetId, Mtime>,
    /// Its recipe.
    pub recipe: DenseMap<TargetId, Option<RecipeId>>,
    /// The stem its rule matched with.
    pub stem: DenseMap<TargetId, Option<NameId>>,
    /// Its variables: the front of its chain of scopes, None for the global one.
    pub scope: DenseMap<TargetId, Option<ScopeId>>,
    /// Who asked for it first: its target-specific variables flow into this target.
    pub parent: DenseMap<TargetId, Option<TargetId>>,
    /// The number of the last pass of the walk that considered it.
    pub pass: DenseMap<TargetId, u32>,
    lists: DenseMap<TargetId, List>,
    arena: Vec<Prereq>,
    rare: FxHashMap<TargetId, Rare>,
    by_name: DenseMap<NameId, Option<TargetId>>,
    /// Names that were given to targets entered by another name.
    rebound: Vec<NameId>,
}

impl Targets {
    /// Returns the target called `name`, if there is one.
    pub fn lookup(&self, name: NameId) -> Option<TargetId> {
        self.by_name.get(name).copied().flatten()
    }

    /// Returns the target called `name`, making it if needed. Of `::` targets: the first entry.
    pub fn enter(&mut self, name: NameId) -> TargetId {
        match self.lookup(name) {
            Some(target) => target,
            None => {
                let target = self.add(name);
                self.by_name.put(name, Some(target), None);
                target
            }
        }
    }

    /// Returns a new entry called `name` that no lookup finds: a further `::` rule.
    pub fn add(&mut self, name: NameId) -> TargetId {
        if self.name.is_empty() {
            self.make_room();
        }
        self.path.push(name);
        self.flags.push(Flags::default());
        self.life.push(Life::New);
        self.status.push(Status::None);
        self.mtime.push(Mtime::UNKNOWN);
        self.mtime_before.push(Mtime::UNKNOWN);
        self.recipe.push(None);
        self.stem.push(None);
        self.scope.push(None);
        self.parent.push(None);
        self.pass.push(0);
        self.lists.push(List::default());
        self.name.push(name)
    }

    /// Makes room for as many targets as each make has.
    fn make_room(&mut self) {
        const AT_FIRST: usize = 128;
        self.path.reserve(AT_FIRST);
        self.flags.reserve(AT_FIRST);
        self.life.reserve(AT_FIRST);
        self.status.reserve(AT_FIRST);
        self.mtime.reserve(AT_FIRST);
        self.mtime_before.reserve(AT_FIRST);
        self.recipe.reserve(AT_FIRST);
        self.stem.reserve(AT_FIRST);
        self.scope.reserve(AT_FIRST);
        self.parent.reserve(AT_FIRST);
        self.pass.reserve(AT_FIRST);
        self.lists.reserve(AT_FIRST);
        self.name.reserve(AT_FIRST);
    }

    /// Returns the last entry of the `::` target `first`.
    pub fn last_entry(&self, first: TargetId) -> TargetId {
        let mut last = first;
        while let Some(next) = self.rare(last).and_then(|rare| rare.next_double_colon) {
            last = next;
        }
        last
    }

    /// Returns a new entry of the `::` target `first`, behind its last one.
    pub fn add_entry(&mut self, first: TargetId) -> TargetId {
        let entry = self.add_entry_behind(first, self.last_entry(first));
        self.flags[entry].add(Flags::DOUBLE_COLON);
        entry
    }

    /// Returns a new entry of the `::` target `first`, behind `last`, which is known to be its last one.
    pub fn add_entry_behind(&mut self, first: TargetId, last: TargetId) -> TargetId {
        let entry = self.add(self.name[first]);
        self.rare_mut(last).next_double_colon = Some(entry);
        self.rare_mut(entry).first_double_colon = Some(first);
        entry
    }

    /// Makes lookups of `name` find `target`, or nothing.
    pub fn rebind(&mut self, name: NameId, target: Option<TargetId>) {
        self.by_name.put(name, target, None);
        if target.is_some() {
            self.rebound.push(name);
        }
    }

    /// Returns the names that were given to targets entered by another name, in order.
    pub fn rebound(&self) -> &[NameId] {
        &self.rebound
    }

    /// Returns the prerequisites of `target` in order.
    pub fn prereqs(&self, target: TargetId) -> &[Prereq] {
        let list = self.lists[target];
        &self.arena[list.start as usize..(list.start + list.len) as usize]
    }

    /// Returns the prerequisites of `target` for changing their flags.
    pub fn prereqs_mut(&mut self, target: TargetId) -> &mut [Prereq] {
        let list = self.lists[target];
        &mut self.arena[list.start as usize..(list.start + list.len) as usize]
    }

    /// Appends one prerequisite. Amortised constant time.
    pub fn push_prereq(&mut self, target: TargetId, prereq: Prereq) {
        let list = self.lists[target];
        if list.len == list.capacity {
            self.grow(target);
        }
        let list = &mut self.lists[target];
        self.arena[(list.start + list.len) as usize] = prereq;
        list.len += 1;
    }

    /// Replaces all prerequisites.
    pub fn set_prereqs(&mut self, target: TargetId, prereqs: &[Prereq]) {
        let needed =
            u32::try_from(prereqs.len()).expect("fewer than 2^32 prerequisites fit in memory");
        if self.lists[target].capacity < needed {
            self.lists[target] = List {
                start: self.end(),
                len: 0,
                capacity: needed,
            };
            self.arena.extend_from_slice(prereqs);
        } else {
            let start = self.lists[target].start as usize;
            self.arena[start..start + prereqs.len()].copy_from_slice(prereqs);
        }
        self.lists[target].len = needed;
    }

    /// Makes the prerequisites of `owner` from `place` on those of `target` too: they are the same from now on.
    pub fn share_prereqs(&mut self, target: TargetId, owner: TargetId, place: usize) {
        let list = self.lists[owner];
        let place = u32::try_from(place).map_or(list.len, |place| place.min(list.len));
        let len = list.len - place;
        self.lists[target] = List {
            start: list.start + place,
            len,
            capacity: len,
        };
    }

    /// Takes one prerequisite out of the list.
    pub fn remove_prereq(&mut self, target: TargetId, place: usize) {
        let list = self.lists[target];
        let start = list.start as usize;
        self.arena
            .copy_within(start + place + 1..start + list.len as usize, start + place);
        self.lists[target].len -= 1;
    }

    /// Returns the seldom used attributes of `target`.
    pub fn rare(&self, target: TargetId) -> Option<&Rare> {
        self.rare.get(&target)
    }

    /// Returns the seldom used attributes of `target` for changing them.
    pub fn rare_mut(&mut self, target: TargetId) -> &mut Rare {
        self.rare.entry(target).or_default()
    }

    /// Returns the targets made together with `target`: see [`Rare::also_make`].
    pub fn also_make(&self, target: TargetId) -> &[TargetId] {
        self.rare(target).map_or(&[], |rare| &rare.also_make)
    }

    /// Returns the number of targets.
    pub fn len(&self) -> usize {
        self.name.len()
    }

    /// Returns true when there is no target.
    pub fn is_empty(&self) -> bool {
        self.name.is_empty()
    }

    /// Returns every target in order of its making.
    pub fn ids(&self) -> impl Iterator<Item = TargetId> + use<> {
        (0..self.name.len()).map(TargetId::from_index)
    }

    fn end(&self) -> u32 {
        u32::try_from(self.arena.len()).expect("fewer than 2^32 prerequisites fit in memory")
    }

    /// Doubles the room of a list: in place at the arena's end, else moved there.
    fn grow(&mut self, target: TargetId) {
        let list = self.lists[target];
        let capacity = (list.capacity * 2).max(2);
        let filler = Prereq {
            target: TargetId(u32::MAX),
            flags: PrereqFlags::default(),
        };
        let start = match list.start + list.capacity == self.end() {
            true => list.start,
            false => {
                let start = self.end();
                self.arena
                    .extend_from_within(list.start as usize..(list.start + list.len) as usize);
                start
            }
        };
        self.arena.resize((start + capacity) as usize, filler);
        self.lists[target] = List {
            start,
            len: list.len,
            capacity,
        };
    }
}
