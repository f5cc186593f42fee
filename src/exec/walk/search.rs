//! A target's rule and its prerequisites: implicit search, `.DEFAULT`, second expansion.
//! It does not know whether the target is out of date.

use crate::error::Result;
use crate::eval::make::Make;
use crate::exec::walk::Walk;
use crate::exec::walk::Walked;
use crate::files::View;
use crate::graph::Graph;
use crate::graph::implicit;
use crate::graph::implicit::Search;
use crate::graph::implicit::prerequisites::with_stem;
use crate::graph::target::Flags;
use crate::graph::target::Prereq;
use crate::graph::target::PrereqFlags;
use crate::id::TargetId;
use crate::name::Names;

impl Walk<'_> {
    /// Finds a recipe for a target that has none: an implicit rule, else `.DEFAULT`. Searched once.
    pub(super) fn find_rule(&mut self, target: TargetId, depth: u32) -> Walked<()> {
        let has_recipe = |walk: &Walk<'_>| walk.make.graph.targets.recipe[target].is_some();
        if !self.has(target, Flags::PHONY)
            && !has_recipe(self)
            && !self.has(target, Flags::TRIED_IMPLICIT)
        {
            if self.make.options.debug.implicit {
                self.debug(depth, "Looking for an implicit rule for ", target, ".");
            }
            let parent = self.make.graph.targets.parent[target];
            self.make.ready_target_scope(target, parent)?;
            let is_found = implicit::search(self.make, target, depth)?;
            self.make.graph.targets.flags[target].add(Flags::TRIED_IMPLICIT);
            if is_found {
                self.shuffle_again(target);
            }
        }
        if !has_recipe(self) && !self.has(target, Flags::IS_TARGET) {
            let default = self
                .make
                .names
                .get(b".DEFAULT")
                .and_then(|name| self.make.graph.targets.lookup(name));
            let recipe = default.and_then(|default| self.make.graph.targets.recipe[default]);
            if recipe.is_some() {
                if self.make.options.debug.implicit {
                    self.debug(depth, "Using default recipe for ", target, ".");
                }
                self.make.graph.targets.recipe[target] = recipe;
            }
        }
        Ok(())
    }

    /// Completes a target's prerequisites when it is first considered: second expansion, `.NOTPARALLEL`.
    pub(super) fn expand_prerequisites(&mut self, target: TargetId) -> Walked<()> {
        if self.has(target, Flags::SNAPPED) {
            return Ok(());
        }
        self.make.graph.targets.flags[target].add(Flags::SNAPPED);
        let parent = self.make.graph.targets.parent[target];
        self.make.ready_target_scope(target, parent)?;
        let list = self.make.graph.targets.prereqs(target);
        if list
            .iter()
            .any(|prereq| prereq.flags.has(PrereqFlags::PENDING))
        {
            if self.has_new_parents {
                self.make.hang_scope_again(target);
            }
            self.expand_again(target)?;
            self.shuffle_again(target);
        }
        if self.has(target, Flags::NOT_PARALLEL) {
            for prereq in self.make.graph.targets.prereqs_mut(target) {
                prereq.flags.add(PrereqFlags::WAIT_HERE);
            }
        }
        Ok(())
    }

    /// Finds the rules of everything the goals need, without making anything: for the export of the graph.
    ///
    /// # Errors
    /// Those of second expansion.
    pub fn find_rules(&mut self, goals: &[TargetId]) -> Walked<()> {
        let mut open = goals.to_vec();
        while let Some(target) = open.pop() {
            if self.has(target, Flags::SNAPPED) {
                continue;
            }
            self.expand_prerequisites(target)?;
            self.find_rule(target, 0)?;
            for prereq in self.make.graph.targets.prereqs(target).to_vec() {
                self.make.graph.targets.parent[prereq.target].get_or_insert(target);
                open.push(prereq.target);
            }
        }
        Ok(())
    }

    /// Completes the lists of `.DIST` and `.LOCAL`, which nobody considers as targets.
    ///
    /// # Errors
    /// Those of second expansion.
    pub fn expand_lists(&mut self) -> Walked<()> {
        for name in [b".DIST".as_slice(), b".LOCAL"] {
            let name = self.make.names.get(name);
            if let Some(target) = name.and_then(|name| self.make.graph.targets.lookup(name)) {
                self.expand_prerequisites(target)?;
            }
        }
        Ok(())
    }

    /// Second expansion, rule by rule: `$<` and `$^` hold what is known of the whole list so far.
    fn expand_again(&mut self, target: TargetId) -> Walked<()> {
        let own_stem = self.make.graph.targets.stem[target];
        let is_pending = |prereq: &Prereq| prereq.flags.has(PrereqFlags::PENDING);
        loop {
            let list = self.make.graph.targets.prereqs(target);
            let Some(place) = list.iter().position(is_pending) else {
                return Ok(());
            };
            let index = list[place].target.0 as usize;
            let pending = &mut self.make.graph.pending[index];
            let stem = pending.stem;
            // Taken away for the moment.
            let text = std::mem::take(&mut pending.text);
            if stem.is_some() {
                self.make.graph.targets.stem[target] = stem;
            }
            let recipe = self.make.graph.targets.recipe[target];
            let loc = recipe.map(|recipe| self.make.graph.recipes[recipe].loc);
            let reading = std::mem::replace(&mut self.make.reading, loc);
            let expanded = self.make.with_target(target, |make| match stem {
                Some(_) => make.expand(&with_stem(&text, b"$*")),
                None => make.expand(&text),
            });
            self.make.reading = reading;
            self.make.graph.pending[index].text = text;
            let expanded = expanded?;
            self.make.graph.targets.stem[target] = own_stem.or(stem);
            let found = self.make.parse_prerequisites(&expanded, None)?;
            let targets = &mut self.make.graph.targets;
            if targets.prereqs(target).len() == 1 {
                targets.set_prereqs(target, &found);
                continue;
            }
            let mut list = targets.prereqs(target).to_vec();
            list.splice(place..=place, found);
            targets.set_prereqs(target, &list);
        }
    }
}

impl Search for Make {
    fn stores(&mut self) -> (&mut Graph, &mut Names, &mut View) {
        (&mut self.graph, &mut self.names, &mut self.view)
    }

    fn expand(&mut self, text: &[u8], target: TargetId, stem: &[u8]) -> Result<Vec<u8>> {
        let parent = self.graph.targets.parent[target];
        self.ready_target_scope(target, parent)?;
        let stem = self.names.intern(stem);
        let old = self.graph.targets.stem[target].replace(stem);
        let expanded = self.with_target(target, |make| make.expand(text));
        self.graph.targets.stem[target] = old;
        expanded
    }

    fn is_debugging(&self) -> bool {
        self.options.debug.implicit
    }

    fn debug(&mut self, depth: u32, line: &[u8]) {
        let mut text = vec![b' '; depth as usize];
        text.extend_from_slice(line);
        text.push(b'\n');
        Make::debug(self, text);
    }

    fn none_is_intermediate(&self) -> bool {
        self.special.none_intermediate
    }
}
