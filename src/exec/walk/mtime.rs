//! Modification times of targets, and the names under which VPATH finds them.
//! It does not know whether a time makes anything out of date.

use crate::error::Notice;
use crate::eval::function::text::words;
use crate::exec::walk::Walk;
use crate::files::Mtime;
use crate::graph::target::Flags;
use crate::graph::target::Life;
use crate::graph::vpath::Places;
use crate::id::NameId;
use crate::id::TargetId;
use crate::name::strip_dot_slash;
use crate::pattern::Pattern;
use bstr::BString;
use std::io;

impl Walk<'_> {
    /// Returns the mtime of `target`, searched along VPATH if it is not where its name says.
    /// Its name may change thereby: ask [`Walk::renamed`] afterwards.
    pub(super) fn mtime(&mut self, target: TargetId) -> Mtime {
        match self.make.graph.targets.mtime[target] {
            Mtime::UNKNOWN => self.ask_mtime(target, true),
            known => known,
        }
    }

    /// Returns the mtime of `target` under its own name only.
    pub(super) fn mtime_without_search(&mut self, target: TargetId) -> Mtime {
        match self.make.graph.targets.mtime[target] {
            Mtime::UNKNOWN => self.ask_mtime(target, false),
            known => known,
        }
    }

    /// The mtime as goals are asked for it: makefiles are never searched along VPATH.
    pub(super) fn goal_mtime(&mut self, target: TargetId) -> Mtime {
        match self.remaking_makefiles {
            true => self.mtime_without_search(target),
            false => self.mtime(target),
        }
    }

    /// Asks the file system anew.
    pub(super) fn ask_mtime(&mut self, target: TargetId, search: bool) -> Mtime {
        let name = self.make.graph.targets.name[target];
        let is_member = self.make.names.bytes(name).last() == Some(&b')');
        let copy = is_member.then(|| BString::from(self.make.names.bytes(name)));
        let parts = copy.as_ref().and_then(|name| archive_parts(name));
        let (mut target, mut mtime) = match parts {
            Some((archive, member)) => (target, self.member_mtime(target, archive, member)),
            None => (target, self.file_mtime(name)),
        };
        if mtime == Mtime::NONEXISTENT
            && search
            && parts.is_none()
            && !self.has(target, Flags::IGNORE_VPATH)
        {
            let name = BString::from(self.make.names.bytes(name));
            (target, mtime) = self.search_elsewhere(target, &name);
        }
        if mtime.exists()
            && mtime != Mtime::NEW
            && mtime != Mtime::OLD
            && !self.has(target, Flags::UPDATED)
        {
            self.check_future(name, mtime);
        }
        self.store_mtime(target, mtime);
        mtime
    }

    fn file_mtime(&mut self, name: NameId) -> Mtime {
        let make = &mut *self.make;
        let path = make.names.bytes(name);
        let stat = match make.options.check_symlinks {
            true => make.view.stat_with_links(path),
            false => make.view.stat(path),
        };
        match stat {
            Ok(stat) => stat.mtime,
            Err(error) => {
                let is_absent = matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                );
                if !is_absent {
                    let name = BString::from(make.names.bytes(name));
                    self.tell_system_error(b"stat: ", &name, &error);
                }
                Mtime::NONEXISTENT
            }
        }
    }

    /// `PREFIX: stat: NAME: STRERROR`
    pub(super) fn tell_system_error(&mut self, before: &[u8], name: &[u8], error: &io::Error) {
        let reason = crate::error::reason(error);
        let text = [before, name, b": ", reason.as_bytes()].concat();
        self.say(crate::error::Severity::Notice, BString::from(text));
    }

    fn member_mtime(&mut self, target: TargetId, archive: &[u8], member: &[u8]) -> Mtime {
        // The archive may itself stand along VPATH: then the member is found there.
        let mut place = BString::from(archive);
        let id = self.make.names.intern(archive);
        let entered = self.make.graph.targets.enter(id);
        // It may have come into being with another member.
        let mtime = match self.mtime(entered) {
            Mtime::NONEXISTENT => self.ask_mtime(entered, true),
            known => known,
        };
        let entered = self.renamed(entered);
        let found = self.make.graph.targets.path[entered];
        if self.make.names.bytes(found) != archive && mtime.exists() {
            place = BString::from(self.make.names.bytes(found));
            let name = [&place[..], b"(", member, b")"].concat();
            let id = self.make.names.intern(&name);
            self.make.graph.targets.name[target] = id;
            self.make.graph.targets.path[target] = id;
        }
        self.make.graph.targets.flags[target].add(Flags::LOW_RESOLUTION);
        if mtime == Mtime::NONEXISTENT {
            return Mtime::NONEXISTENT; // the archive's own absence is no error
        }
        self.make
            .view
            .archive_member(&place, member)
            .unwrap_or(Mtime::NONEXISTENT)
    }

    /// A member of an archive whose rule has an empty recipe is as new as what it is made of: its archive,
    /// which puts all of them in at once, is remade then (manual, "Dangers When Using Archives").
    pub(super) fn date_member(&mut self, target: TargetId) {
        if archive_parts(&self.name(target)).is_none() {
            return;
        }
        let mut latest = self.mtime(target);
        for place in 0..self.make.graph.targets.prereqs(target).len() {
            let wanted = self.make.graph.targets.prereqs(target)[place].target;
            latest = latest.max(self.mtime(self.renamed(wanted)));
        }
        self.make.graph.targets.mtime[target] = latest;
    }

    fn search_elsewhere(&mut self, target: TargetId, name: &[u8]) -> (TargetId, Mtime) {
        let absent = (target, Mtime::NONEXISTENT);
        let make = &mut *self.make;
        let mut places = Places {
            targets: &make.graph.targets,
            names: &make.names,
            view: &mut make.view,
        };
        let mut found = make.graph.vpath.search(name, &mut places);
        if found.is_none() && name.starts_with(b"-l") {
            let patterns = make.value_of_text(".LIBPATTERNS").unwrap_or_default();
            for word in words(&patterns) {
                if !Pattern::new(word).has_percent() {
                    make.notice(None, &Notice::NotALibraryPattern(BString::from(word)));
                }
            }
            let mut places = Places {
                targets: &make.graph.targets,
                names: &make.names,
                view: &mut make.view,
            };
            let vpath = &mut make.graph.vpath;
            found = vpath.search_library(name, &patterns, &mut places);
        }
        let Some(found) = found else { return absent };
        // -o and -W on the found name are facts of that target.
        let known = make
            .names
            .get(strip_dot_slash(&found.name))
            .and_then(|id| make.graph.targets.lookup(id));
        let fixed = known.map(|known| make.graph.targets.mtime[known]);
        let fixed = fixed.filter(|mtime| matches!(*mtime, Mtime::OLD | Mtime::NEW));
        let directory = found.name.len().saturating_sub(name.len() + 1);
        let is_kept = make.graph.vpath.keeps(&found.name[..directory]);
        let new = self.rename(target, &found.name, is_kept);
        if is_kept {
            let mtime = self.mtime(new);
            return (new, mtime);
        }
        let mtime = match fixed {
            Some(mtime) => mtime,
            None if found.mtime != Mtime::UNKNOWN && !self.make.options.check_symlinks => {
                found.mtime
            }
            None => {
                let name = self.make.names.intern(&found.name);
                self.file_mtime(name)
            }
        };
        (new, mtime)
    }

    /// Warns of an mtime later than now (by more than the coarseness of the clock).
    fn check_future(&mut self, name: NameId, mtime: Mtime) {
        const SLACK: i64 = 5_000_000;
        // What was past at an earlier look at the clock is past now.
        if self.clock_skew || mtime.0 <= self.now + SLACK {
            return;
        }
        self.now = self.make.ctx.now();
        if mtime.0 <= self.now + SLACK {
            return;
        }
        let seconds = (mtime.0 - self.now) as f64 / 1e9;
        let seconds = crate::error::seconds(seconds);
        let file = BString::from(self.make.names.bytes(name));
        self.notice(&Notice::FutureTime { file, seconds });
        self.clock_skew = true;
    }

    /// Stores an mtime in the `::` entries of the name that know none yet. A file that exists before anything ran
    /// is not an intermediate one, unless its rule was searched first.
    fn store_mtime(&mut self, target: TargetId, mtime: Mtime) {
        self.make.graph.targets.mtime[target] = mtime;
        let mut entry = Some(self.head(target));
        while let Some(target) = entry {
            let targets = &mut self.make.graph.targets;
            if mtime != Mtime::NONEXISTENT && targets.life[target] == Life::New {
                let flags = &mut targets.flags[target];
                if !flags.has(Flags::TRIED_IMPLICIT) {
                    flags.remove(Flags::INTERMEDIATE);
                }
            }
            if targets.mtime[target] == Mtime::UNKNOWN {
                targets.mtime[target] = mtime;
            }
            entry = self.next_entry(target);
        }
    }

    /// Gives `target` the name it was found under; a target of that name takes over what `target` is.
    /// Returns who it is now. With `for_good` the makefile's name is given up too (GPATH).
    pub(super) fn rename(&mut self, target: TargetId, name: &[u8], for_good: bool) -> TargetId {
        let id = self.make.names.intern(name);
        let targets = &mut self.make.graph.targets;
        let old = targets.path[target];
        if old == id {
            return target;
        }
        if targets.lookup(old) == Some(target) {
            targets.rebind(old, None);
        }
        let Some(other) = targets.lookup(id) else {
            targets.path[target] = id;
            if for_good {
                targets.name[target] = id;
            }
            targets.rebind(id, Some(target));
            return target;
        };
        self.merge(target, other);
        if for_good {
            self.make.graph.targets.name[other] = id;
        }
        other
    }

    /// `from` turned out to be `to`: what the makefile says of either holds for `to`.
    fn merge(&mut self, from: TargetId, to: TargetId) {
        let targets = &mut self.make.graph.targets;
        if let Some(recipe) = targets.recipe[from] {
            match targets.recipe[to] {
                None => targets.recipe[to] = Some(recipe),
                Some(kept) if kept != recipe => self.tell_double_recipe(from, to),
                Some(_) => {}
            }
        }
        let targets = &mut self.make.graph.targets;
        for place in 0..targets.prereqs(from).len() {
            let prereq = targets.prereqs(from)[place];
            targets.push_prereq(to, prereq);
        }
        let kept = Flags::PHONY
            | Flags::PRECIOUS
            | Flags::SECONDARY
            | Flags::NOT_INTERMEDIATE
            | Flags::EXPLICIT
            | Flags::COMMAND_LINE
            | Flags::TRIED_IMPLICIT
            | Flags::IGNORE_VPATH
            | Flags::UPDATING
            | Flags::UPDATED
            | Flags::IS_TARGET;
        let bits = targets.flags[from].0 & kept;
        targets.flags[to].add(bits);
        targets.flags[from].add(Flags::RENAMED);
        targets.rare_mut(from).renamed = Some(to);
        if targets.scope[to].is_none() {
            targets.scope[to] = targets.scope[from];
        }
        if targets.parent[to].is_none() {
            targets.parent[to] = targets.parent[from];
        }
    }

    fn tell_double_recipe(&mut self, from: TargetId, to: TargetId) {
        let (old, new) = (self.name(from), self.name(to));
        let make = &*self.make;
        let place = |target| {
            let recipe = make.graph.targets.recipe[target];
            recipe.map(|recipe| make.graph.recipes[recipe].loc)
        };
        let Some(loc) = place(from) else {
            return;
        };
        let shown = loc.place(&make.names).to_string();
        let at = Some(loc);
        self.make.notice(
            at,
            &Notice::RecipeSpecified {
                target: old.clone(),
                place: shown,
            },
        );
        self.make.notice(
            at,
            &Notice::SameFile {
                target: old.clone(),
                other: new.clone(),
            },
        );
        self.make.notice(
            at,
            &Notice::RecipeIgnored {
                target: old,
                other: new,
            },
        );
    }
}

/// Splits `archive(member)`.
pub(super) fn archive_parts(name: &[u8]) -> Option<(&[u8], &[u8])> {
    // Nearly no name is one: its end tells without a search.
    if name.last() != Some(&b')') {
        return None;
    }
    let open = memchr::memchr(b'(', name)?;
    let is_member = open > 0 && name.len() > open + 2;
    is_member.then(|| (&name[..open], &name[open + 1..name.len() - 1]))
}
