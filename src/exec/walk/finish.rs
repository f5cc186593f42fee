//! What becomes of a target when it is settled: its new mtime, those made with it, files to delete.
//! It does not know which target comes next.

use crate::error::MakeError;
use crate::error::Notice;
use crate::error::Severity;
use crate::exec::recipe;
use crate::exec::walk::Walk;
use crate::exec::walk::Walked;
use crate::exec::walk::mtime::archive_parts;
use crate::files::Kind;
use crate::files::Mtime;
use crate::graph::builtin;
use crate::graph::target::Flags;
use crate::graph::target::Life;
use crate::graph::target::Status;
use crate::hash_order;
use crate::id::TargetId;
use crate::loc::Loc;
use bstr::BString;
use std::io;

impl Walk<'_> {
    /// Remakes a target that was found out of date: starts its recipe, or does without one.
    pub(super) fn remake(&mut self, target: TargetId, depth: u32) -> Walked<Status> {
        if self.is_basic() {
            self.debug(depth, "Must remake target ", target, ".");
        }
        let targets = &self.make.graph.targets;
        if targets.name[target] != targets.path[target] {
            if self.is_basic() {
                let path = BString::from(self.make.names.bytes(targets.path[target]));
                self.debug_line(
                    depth,
                    &[b"  Ignoring VPATH name '", &path[..], b"'."].concat(),
                );
            }
            self.make.graph.targets.flags[target].add(Flags::IGNORE_VPATH);
        }
        self.remake_file(target)?;
        if self.make.graph.targets.life[target] != Life::Done {
            if self.is_verbose() {
                self.debug(depth, "Recipe of ", target, " is being run.");
            }
            return Ok(Status::Success);
        }
        let status = self.make.graph.targets.status[target];
        if self.is_basic() {
            match status {
                Status::Failed => self.debug(depth, "Failed to remake target file ", target, "."),
                Status::Success => {
                    self.debug(depth, "Successfully remade target file ", target, ".")
                }
                Status::Question => self.debug(
                    depth,
                    "Target file ",
                    target,
                    " needs to be remade under -q.",
                ),
                Status::None => {}
            }
        }
        self.make.graph.targets.flags[target].add(Flags::UPDATED);
        Ok(status)
    }

    fn remake_file(&mut self, target: TargetId) -> Walked<()> {
        let Some(recipe) = self.make.graph.targets.recipe[target] else {
            let is_known = self.has(target, Flags::PHONY) || self.has(target, Flags::IS_TARGET);
            let status = match is_known {
                true => Status::Success,
                false => {
                    if !self.remaking_makefiles || !self.has(target, Flags::QUIET) {
                        self.complain(target)?;
                    }
                    Status::Failed
                }
            };
            self.make.graph.targets.status[target] = status;
            return self.notice_finished(target);
        };
        if !self.make.options.touch || recipe::has_recursive_line(self.make, recipe) {
            self.make.unload_object(target);
            return self.start_recipe(target);
        }
        self.make.graph.targets.status[target] = Status::Success;
        self.notice_finished(target)
    }

    /// A target need not be remade: it keeps the name under which VPATH found it.
    pub(super) fn leave_alone(&mut self, target: TargetId, depth: u32) -> Walked<()> {
        // What was there before is not ours to delete.
        if self.make.graph.targets.mtime[target] != Mtime::NONEXISTENT {
            self.make.graph.targets.flags[target].add(Flags::SECONDARY);
        }
        if self.is_verbose() {
            let targets = &self.make.graph.targets;
            let path = BString::from(self.make.names.bytes(targets.path[target]));
            let after = match targets.name[target] == targets.path[target] {
                true => ".".to_owned(),
                false => format!("; using VPATH name '{path}'."),
            };
            self.debug(depth, "No need to remake target ", target, &after);
        }
        self.notice_finished(target)?;
        let mut entry = Some(target);
        while let Some(target) = entry {
            let targets = &mut self.make.graph.targets;
            targets.name[target] = targets.path[target];
            entry = self.next_entry(target);
        }
        Ok(())
    }

    /// No rule makes `target`: tells so, or of the first prerequisite that failed if `target` failed without a word.
    pub(super) fn complain(&mut self, target: TargetId) -> Walked<()> {
        let mut target = target;
        loop {
            let targets = &self.make.graph.targets;
            let failed = targets
                .prereqs(target)
                .iter()
                .map(|prereq| self.renamed(prereq.target))
                .find(|wanted| {
                    targets.flags[*wanted].has(Flags::UPDATED)
                        && targets.status[*wanted] > Status::None
                });
            match failed {
                Some(wanted) if self.has(target, Flags::NO_DIAGNOSTIC) => target = wanted,
                _ => break,
            }
        }
        self.make.tell_include_error();
        self.make.graph.targets.flags[target].remove(Flags::NO_DIAGNOSTIC);
        let name = self.name(target);
        let error = match self.make.graph.targets.parent[target] {
            Some(parent) => MakeError::NoRuleNeededBy(name, self.name(parent)),
            None => MakeError::NoRule(name),
        };
        let fatal = self.make.fatal_at(None, error);
        if !self.make.options.keep_going.on {
            return Err(fatal.into());
        }
        let mut text = fatal.diagnostic().text;
        text.push(b'.');
        self.say(Severity::Error, text);
        Ok(())
    }

    /// A target's update is over: its mtime is forgotten if its recipe ran, and what was made with it is settled too.
    pub(super) fn notice_finished(&mut self, target: TargetId) -> Walked<()> {
        let has_run = self.make.graph.targets.life[target] == Life::Running;
        self.make.graph.targets.life[target] = Life::Done;
        self.make.graph.targets.flags[target].add(Flags::UPDATED);
        let is_touched = self.touch_if_asked(target);
        let targets = &mut self.make.graph.targets;
        if targets.mtime_before[target] == Mtime::UNKNOWN {
            targets.mtime_before[target] = targets.mtime[target];
        }
        let is_phony = targets.flags[target].has(Flags::PHONY);
        if (has_run && !is_phony) || is_touched {
            let is_new = self.is_assumed_new(target);
            self.make.graph.targets.mtime[target] =
                if is_new { Mtime::NEW } else { Mtime::UNKNOWN };
        }
        self.join_entries(target);
        if has_run && self.make.graph.targets.status[target] != Status::None {
            self.settle_peers(target);
        } else if self.make.graph.targets.status[target] == Status::None {
            self.make.graph.targets.status[target] = Status::Success;
        }
        Ok(())
    }

    /// -t: touches a target that has a recipe with lines that were skipped.
    pub(super) fn touch_if_asked(&mut self, target: TargetId) -> bool {
        let targets = &self.make.graph.targets;
        let Some(recipe) = targets.recipe[target] else {
            return false;
        };
        if !self.make.options.touch || targets.status[target] != Status::Success {
            return false;
        }
        let lines = recipe::lines(self.make, recipe);
        let is_run = lines.iter().any(|line| line.recursive);
        if is_run && lines.iter().all(|line| line.recursive) {
            return false;
        }
        if self.has(target, Flags::PHONY) {
            self.make.graph.targets.status[target] = Status::Success;
            return false;
        }
        self.started += 1;
        self.make.graph.targets.status[target] = self.touch(target);
        true
    }

    fn touch(&mut self, target: TargetId) -> Status {
        let name = self.name(target);
        if !self.make.is_silent() {
            self.make.print(
                crate::event::Stream::Out,
                [b"touch ", &name[..], b"\n"].concat(),
            );
        }
        if self.make.options.just_print {
            return Status::Success;
        }
        let result = match archive_parts(&name) {
            Some((archive, member)) => self.make.view.archive_touch(archive, member),
            None => self.make.view.touch(&name),
        };
        self.make.view.forget();
        match result {
            Ok(()) => Status::Success,
            Err(notice) => {
                self.say(Severity::Notice, notice.text());
                Status::Failed
            }
        }
    }

    /// Under -n, -q, -t a recipe that was not run counts as having made its target.
    fn is_assumed_new(&mut self, target: TargetId) -> bool {
        let Some(recipe) = self.make.graph.targets.recipe[target] else {
            return self.has(target, Flags::IS_TARGET);
        };
        let lines = recipe::lines(self.make, recipe);
        // An empty recipe counts too.
        self.make.options.is_dry() && (lines.is_empty() || !lines.iter().all(|line| line.recursive))
    }

    /// The mtime of a `::` target, once its last entry is done, is the latest of all.
    fn join_entries(&mut self, target: TargetId) {
        if !self.has(target, Flags::DOUBLE_COLON) {
            return;
        }
        let next = self.next_entry(target);
        if next.is_some_and(|next| !self.has(next, Flags::UPDATED)) {
            return;
        }
        let mut latest = self.make.graph.targets.mtime[target];
        let mut entry = Some(self.head(target));
        while let Some(target) = entry {
            if !self.has(target, Flags::UPDATED) {
                return;
            }
            let mtime = self.make.graph.targets.mtime[target];
            if latest != Mtime::UNKNOWN && (mtime == Mtime::UNKNOWN || mtime > latest) {
                latest = mtime;
            }
            entry = self.next_entry(target);
        }
        let mut entry = Some(self.head(target));
        while let Some(target) = entry {
            self.make.graph.targets.mtime[target] = latest;
            entry = self.next_entry(target);
        }
    }

    /// The recipe has made (or failed to make) its other targets as well.
    fn settle_peers(&mut self, target: TargetId) {
        let status = self.make.graph.targets.status[target];
        let is_implicit = self.has(target, Flags::IMPLICIT_RECIPE);
        for place in 0..self.make.graph.targets.also_make(target).len() {
            let peer = self.make.graph.targets.also_make(target)[place];
            let targets = &mut self.make.graph.targets;
            if status == Status::Question && targets.life[peer] == Life::New {
                continue;
            }
            targets.life[peer] = Life::Done;
            targets.flags[peer].add(Flags::UPDATED);
            targets.status[peer] = status;
            if targets.mtime_before[peer] == Mtime::UNKNOWN {
                targets.mtime_before[peer] = targets.mtime[peer];
            }
            if targets.flags[peer].has(Flags::PHONY) {
                continue;
            }
            let now = self.ask_mtime(peer, false);
            if is_implicit && now == Mtime::NONEXISTENT && self.is_really_made(target) {
                let name = self.name(peer);
                let recipe = self.make.graph.targets.recipe[target];
                let loc = recipe.map(|recipe| self.make.graph.recipes[recipe].loc);
                let loc = loc.map(|loc| Loc {
                    line: self.failed_line.unwrap_or(loc.line),
                    ..loc
                });
                self.make.notice(loc, &Notice::PeerNotUpdated(name));
            }
        }
    }

    /// Returns whether the recipe has changed the target's own file.
    fn is_really_made(&mut self, target: TargetId) -> bool {
        let before = self.make.graph.targets.mtime_before[target];
        let now = self.mtime(target);
        now.exists() && now != Mtime::NEW && now != before
    }

    /// Deletes the target of a failed or interrupted recipe, and those made with it, where the recipe has changed them.
    pub fn delete_targets(&mut self, target: TargetId) {
        self.delete_target(target, None);
        for place in 0..self.make.graph.targets.also_make(target).len() {
            let peer = self.make.graph.targets.also_make(target)[place];
            self.delete_target(peer, Some(target));
        }
    }

    fn delete_target(&mut self, target: TargetId, on_behalf: Option<TargetId>) {
        if self.has(target, Flags::PRECIOUS) || self.has(target, Flags::PHONY) {
            return;
        }
        let name = self.name(target);
        let owner = on_behalf.map(|owner| self.name(owner));
        let before = match &owner {
            Some(owner) => [b"[", &owner[..], b"] "].concat(),
            None => Vec::new(),
        };
        let known = self.make.graph.targets.mtime[target];
        if let Some((archive, member)) = archive_parts(&name) {
            let is_there = self.make.view.stat(archive).is_ok();
            let now = self.make.view.archive_member(archive, member);
            let now = now.unwrap_or(Mtime::NONEXISTENT);
            // Of a member whose archive is missing GNU make says so too.
            if is_there && (now == Mtime::NONEXISTENT || now == known) {
                return;
            }
            let text = [
                &before[..],
                b"Archive member '",
                &name,
                b"' may be bogus; not deleted",
            ]
            .concat();
            self.say(Severity::Error, BString::from(text));
            return;
        }
        let Ok(stat) = self.make.view.stat(&name) else {
            return;
        };
        if stat.kind != Kind::File || stat.mtime == known {
            return;
        }
        let text = [&before[..], b"Deleting file '", &name, b"'"].concat();
        self.say(Severity::Error, BString::from(text));
        if let Err(error) = self.make.view.remove(&name)
            && error.kind() != io::ErrorKind::NotFound
        {
            self.tell_system_error(b"unlink: ", &name, &error);
        }
    }

    /// Removes intermediate files at the end: `rm a b`, or after a signal one message each.
    pub fn remove_intermediates(&mut self, signal: Option<i32>) {
        let options = &self.make.options;
        let is_dry = options.question || options.touch || (signal.is_some() && options.just_print);
        let special = &self.make.special;
        if is_dry || special.all_secondary || special.none_intermediate {
            return;
        }
        let is_silent = self.make.is_silent();
        let is_shown = options.just_print;
        let mut removed: Vec<BString> = Vec::new();
        for target in self.removable() {
            let name = self.name(target);
            if !is_shown && self.make.view.remove(&name).is_err() {
                continue;
            }
            if self.has(target, Flags::QUIET) {
                continue;
            }
            match signal {
                Some(_) => {
                    let text = [b"Deleting intermediate file '", &name[..], b"'"].concat();
                    self.say(Severity::Error, BString::from(text));
                }
                None => removed.push(name),
            }
        }
        if !removed.is_empty() {
            if self.is_basic() {
                self.debug_line(0, b"Removing intermediate files...");
            }
            if !is_silent {
                let line = [b"rm ", &bstr::join(b" ", &removed)[..], b"\n"].concat();
                self.make.print(crate::event::Stream::Out, line);
            }
        }
    }

    /// Returns the files to remove, in the order of GNU make's table of files.
    fn removable(&self) -> Vec<TargetId> {
        let targets = &self.make.graph.targets;
        let found: Vec<TargetId> = targets
            .ids()
            .filter(|target| self.head(*target) == *target && self.is_removable(*target))
            .collect();
        if found.len() < 2 {
            return found;
        }
        let has_builtins = !self.make.options.no_builtin_rules;
        let builtins = builtin::SUFFIXES
            .split(' ')
            .chain(builtin::SUFFIX_RULES.iter().map(|rule| rule.target));
        let mut names: Vec<&[u8]> = builtins
            .map(str::as_bytes)
            .filter(|_| has_builtins)
            .collect();
        let first = names.len();
        // Entries that no lookup finds are further `::` ones, or were made to try a rule.
        let is_found = |target: &TargetId| targets.lookup(targets.path[*target]) == Some(*target);
        let ids: Vec<TargetId> = targets.ids().filter(is_found).collect();
        let paths = ids.iter().map(|target| targets.path[*target]);
        names.extend(paths.map(|name| self.make.names.bytes(name)));
        let order = hash_order::order(&names, 1024).into_iter();
        let order = order.filter_map(|place| Some(ids[place.checked_sub(first)?]));
        order.filter(|target| self.is_removable(*target)).collect()
    }

    fn is_removable(&self, target: TargetId) -> bool {
        let flags = self.make.graph.targets.flags[target];
        let is_kept = flags.has(Flags::SECONDARY)
            || flags.has(Flags::NOT_INTERMEDIATE)
            || flags.has(Flags::COMMAND_LINE);
        let is_precious = flags.has(Flags::PRECIOUS) && !flags.has(Flags::QUIET);
        flags.has(Flags::INTERMEDIATE)
            && !is_kept
            && !is_precious
            && !flags.has(Flags::RENAMED)
            && self.make.graph.targets.status[target] != Status::None
    }
}
