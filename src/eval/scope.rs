//! Scopes: which sets of variables a text sees: a target's, its patterns', its parents', a call's, the global one.
//! It does not know values.

use crate::error::Result;
use crate::eval::assign::Owner;
use crate::eval::make::Make;
use crate::eval::variable::Export;
use crate::eval::variable::Flavor;
use crate::eval::variable::Found;
use crate::eval::variable::Origin;
use crate::eval::variable::PatternVariable;
use crate::eval::variable::Scope;
use crate::eval::variable::VariableSet;
use crate::eval::variable::Variables;
use crate::graph::target::Flags;
use crate::id::NameId;
use crate::id::ScopeId;
use crate::id::SetId;
use crate::id::TargetId;
use crate::parser::statement::Assignment;
use crate::parser::statement::Operator;

impl Make {
    /// Returns the set for the target-specific variables of `target`, making it if needed.
    pub fn target_set(&mut self, target: TargetId) -> SetId {
        if let Some(scope) = self.graph.targets.scope[target] {
            return self.variables.scopes[scope].set;
        }
        let set = self.variables.sets.push(VariableSet::default());
        let first = self.first_of_double_colon(target);
        let next = first.and_then(|first| self.graph.targets.scope[first]);
        let scope = self.variables.scopes.push(Scope {
            set,
            next: Some(next.unwrap_or(Variables::GLOBAL)),
            next_is_parent: next.is_none(),
        });
        self.graph.targets.scope[target] = Some(scope);
        set
    }

    /// Does a target-specific assignment.
    ///
    /// # Errors
    /// When an expansion fails.
    pub fn assign_for_target(&mut self, target: TargetId, assignment: &Assignment) -> Result<()> {
        let set = self.target_set(target);
        let outer = self.scope;
        // Inside of a call or a loop its variables are seen too.
        let scope = match (outer, self.graph.targets.scope[target]) {
            (Variables::GLOBAL, Some(scope)) => scope,
            _ => self.variables.scopes.push(Scope {
                set,
                next: Some(outer),
                next_is_parent: true,
            }),
        };
        self.scope = scope;
        let result = self
            .assigned_name(assignment)
            .and_then(|name| self.assign_specific(name, assignment, set));
        self.scope = outer;
        result
    }

    /// Assigns in the set of a target or pattern; the command line and -e win over it unless it says `override`.
    fn assign_specific(&mut self, name: NameId, assignment: &Assignment, set: SetId) -> Result<()> {
        let origin = match assignment.modifiers.is_override {
            true => Origin::Override,
            false => Origin::File,
        };
        self.assign_value(name, assignment, origin, Owner::Specific(set))?;
        let global = self.variables.global().get(name).cloned();
        if self.variables.sets[set].get(name).is_none() {
            // `?=` found a variable elsewhere: as GNU make has it, the modifiers are that one's then.
            if let Some(Found::Variable(place)) = self.variables.find(self.scope, name)
                && let Some(variable) = self.variables.at_mut(place)
            {
                variable.private = assignment.modifiers.is_private;
                match assignment.modifiers.export {
                    Some(true) => variable.export = Export::Always,
                    Some(false) => variable.export = Export::Never,
                    None => {}
                }
            }
            return Ok(());
        }
        let Some(variable) = self.variables.sets[set].get_mut(name) else {
            return Ok(());
        };
        variable.per_target = true;
        variable.private = assignment.modifiers.is_private;
        match assignment.modifiers.export {
            Some(true) => variable.export = Export::Always,
            Some(false) => variable.export = Export::Never,
            None => {}
        }
        if variable.origin != Origin::Override
            && let Some(global) = global
            && matches!(
                global.origin,
                Origin::EnvironmentOverride | Origin::CommandLine
            )
        {
            variable.value = global.value;
            variable.template = None;
            variable.flavor = global.flavor;
            variable.origin = global.origin;
            variable.append = false;
        }
        Ok(())
    }

    /// Does a pattern-specific assignment; `pattern` holds its `%` at `percent`.
    ///
    /// # Errors
    /// When an expansion fails.
    pub fn assign_for_pattern(
        &mut self,
        pattern: &[u8],
        percent: usize,
        assignment: &Assignment,
    ) -> Result<()> {
        let name = self.assigned_name(assignment)?;
        let value = match assignment.operator {
            Operator::Simple => self.expand(assignment.value)?,
            _ => assignment.value.to_vec(),
        };
        let variable = PatternVariable {
            prefix: Box::from(&pattern[..percent]),
            suffix: Box::from(&pattern[percent + 1..]),
            name,
            operator: assignment.operator,
            value: value.into(),
            modifiers: assignment.modifiers,
            loc: assignment.loc,
        };
        // The least specific first, so that a longer pattern has the last word.
        let length = variable.length();
        let patterns = &mut self.variables.patterns;
        let place = patterns.partition_point(|other| other.length() <= length);
        patterns.insert(place, variable);
        Ok(())
    }

    /// Joins the scopes of `target`: its own variables, those of its patterns, those of `parent`, the global ones.
    /// Done once per target when it is first considered; later calls change nothing.
    ///
    /// # Errors
    /// When an expansion in a pattern-specific assignment fails.
    pub fn ready_target_scope(&mut self, target: TargetId, parent: Option<TargetId>) -> Result<()> {
        if self.graph.targets.flags[target].has(Flags::SCOPE_READY) {
            return Ok(());
        }
        self.graph.targets.flags[target].add(Flags::SCOPE_READY);
        let first = self.first_of_double_colon(target);
        let (outer, is_parent) = match (first, parent) {
            (Some(first), _) => {
                self.ready_target_scope(first, parent)?;
                (self.graph.targets.scope[first], false)
            }
            (None, Some(parent)) => (self.graph.targets.scope[parent], true),
            (None, None) => (None, false),
        };
        // What patterns say comes to the further `::` entries from the first one.
        let has_pattern = first.is_none() && self.has_pattern_variables(target);
        if self.graph.targets.scope[target].is_none() && !has_pattern {
            self.graph.targets.scope[target] = match outer {
                Some(outer) if is_parent => Some(self.inherited_scope(outer)),
                outer => outer,
            };
            return Ok(());
        }
        self.target_set(target);
        let Some(scope) = self.graph.targets.scope[target] else {
            return Ok(());
        };
        let link = &mut self.variables.scopes[scope];
        link.next = Some(outer.unwrap_or(Variables::GLOBAL));
        link.next_is_parent = is_parent || outer.is_none();
        match has_pattern {
            true => self.insert_pattern_set(target, scope),
            false => Ok(()),
        }
    }

    /// Joins the scope of `target` to that of its present parent, and so on upwards: it may have been ready before that
    /// parent asked for it. A recipe sees the variables of the last one that did.
    pub fn hang_scope_again(&mut self, target: TargetId) {
        let mut chain = Vec::new();
        let mut next = Some(target);
        while let Some(target) = next {
            // Taken away for the moment, so that a circle ends.
            if !self.graph.targets.flags[target].has(Flags::SCOPE_READY) {
                break;
            }
            self.graph.targets.flags[target].remove(Flags::SCOPE_READY);
            chain.push(target);
            next = self.parent_of(target);
        }
        for target in chain.into_iter().rev() {
            self.graph.targets.flags[target].add(Flags::SCOPE_READY);
            let parent = self.parent_of(target);
            let outer = parent.and_then(|parent| self.graph.targets.scope[parent]);
            let first = self.first_of_double_colon(target).unwrap_or(target);
            let old = self.graph.targets.scope[first];
            self.hang_on(first, outer);
            if self.graph.targets.scope[target] == old {
                self.graph.targets.scope[target] = self.graph.targets.scope[first];
            }
        }
    }

    /// Returns who asked for `target` last: of all `::` entries the first one knows.
    fn parent_of(&self, target: TargetId) -> Option<TargetId> {
        let first = self.first_of_double_colon(target).unwrap_or(target);
        self.graph.targets.parent[first]
    }

    /// Joins the scope of `target`, or of its patterns, to `outer`.
    fn hang_on(&mut self, target: TargetId, outer: Option<ScopeId>) {
        let has_own = |scope: &ScopeId| self.variables.scopes[*scope].set != Variables::EMPTY_SET;
        let own = self.graph.targets.scope[target].filter(has_own);
        let Some(own) = own else {
            self.graph.targets.scope[target] = outer.map(|outer| self.inherited_scope(outer));
            return;
        };
        let last = match self.has_pattern_variables(target) {
            true => self.variables.scopes[own].next.unwrap_or(own),
            false => own,
        };
        let link = &mut self.variables.scopes[last];
        link.next = Some(outer.unwrap_or(Variables::GLOBAL));
        link.next_is_parent = true;
    }

    /// Returns the scope of those who have nothing of their own and inherit from `outer`.
    fn inherited_scope(&mut self, outer: ScopeId) -> ScopeId {
        if self.variables.scopes[outer].set == Variables::EMPTY_SET {
            return outer;
        }
        if let Some(scope) = self.variables.inherited.get(&outer) {
            return *scope;
        }
        let scope = self.variables.scopes.push(Scope {
            set: Variables::EMPTY_SET,
            next: Some(outer),
            next_is_parent: true,
        });
        self.variables.inherited.insert(outer, scope);
        scope
    }

    pub(super) fn first_of_double_colon(&self, target: TargetId) -> Option<TargetId> {
        let first = self.graph.targets.rare(target)?.first_double_colon?;
        (first != target).then_some(first)
    }

    fn has_pattern_variables(&self, target: TargetId) -> bool {
        if self.variables.patterns.is_empty() {
            return false;
        }
        let name = self.names.bytes(self.graph.targets.name[target]);
        let mut patterns = self.variables.patterns.iter();
        patterns.any(|one| one.matches(name))
    }

    /// Puts the pattern-specific variables of `target` right behind its own.
    fn insert_pattern_set(&mut self, target: TargetId, scope: ScopeId) -> Result<()> {
        let set = self.variables.sets.push(VariableSet::default());
        let behind = self.variables.scopes[scope];
        let link = self.variables.scopes.push(Scope { set, ..behind });
        let own = &mut self.variables.scopes[scope];
        own.next = Some(link);
        own.next_is_parent = false;
        let outer = std::mem::replace(&mut self.scope, link);
        let result = self.assign_matching(target, set);
        self.scope = outer;
        result
    }

    /// Does all assignments of patterns that match `target`, in their order.
    fn assign_matching(&mut self, target: TargetId, set: SetId) -> Result<()> {
        let name = self.names.bytes(self.graph.targets.name[target]).to_vec();
        let patterns = self.variables.patterns.iter();
        let chosen: Vec<PatternVariable> =
            patterns.filter(|one| one.matches(&name)).cloned().collect();
        for one in chosen {
            // The value of `:=` was expanded when it was read: store it as it is.
            let is_simple = one.operator == Operator::Simple;
            let assignment = Assignment {
                name: b"",
                operator: match is_simple {
                    true => Operator::Recursive,
                    false => one.operator,
                },
                value: &one.value,
                modifiers: one.modifiers,
                loc: one.loc,
            };
            if self.append_command_line(one.name, &assignment, set)? {
                continue;
            }
            self.assign_specific(one.name, &assignment, set)?;
            if is_simple
                && let Some(variable) = self.variables.sets[set].get_mut(one.name)
                && matches!(variable.origin, Origin::File | Origin::Override)
            {
                variable.flavor = Flavor::Simple;
            }
        }
        Ok(())
    }

    /// Where the command line's value wins, `+=` for a pattern appends that one once more: GNU make 4.4.1 does so, and
    /// recipes can tell. Returns whether this is such a case.
    fn append_command_line(
        &mut self,
        name: NameId,
        assignment: &Assignment,
        set: SetId,
    ) -> Result<bool> {
        let global = self.variables.global().get(name);
        let winner = global.filter(|global| global.origin == Origin::CommandLine);
        let Some(value) = winner.map(|global| global.value.clone()) else {
            return Ok(false);
        };
        if assignment.operator != Operator::Append || assignment.modifiers.is_override {
            return Ok(false);
        }
        let present = self.variables.sets[set].get_mut(name);
        match present {
            Some(present) if present.origin == Origin::CommandLine => {
                present.value = [&present.value[..], b" ", &value[..]].concat().into();
            }
            Some(_) => return Ok(false),
            None => {
                self.assign_specific(name, assignment, set)?;
                if let Some(added) = self.variables.sets[set].get_mut(name) {
                    added.append = true;
                }
            }
        }
        Ok(true)
    }

    /// Runs `act` in the scope of `target`, its automatic variables computed from the graph when they are used.
    ///
    /// # Errors
    /// Those of `act`.
    pub fn with_target<T>(
        &mut self,
        target: TargetId,
        act: impl FnOnce(&mut Make) -> Result<T>,
    ) -> Result<T> {
        self.with_target_and_stem(target, None, act)
    }

    /// As `with_target`; `$*` gives `stem` if there is one: a rule is being tried on the target.
    ///
    /// # Errors
    /// Those of `act`.
    pub fn with_target_and_stem<T>(
        &mut self,
        target: TargetId,
        stem: Option<NameId>,
        act: impl FnOnce(&mut Make) -> Result<T>,
    ) -> Result<T> {
        let own = self.graph.targets.scope[target].unwrap_or(Variables::GLOBAL);
        let scope = self.variables.push_scope(own);
        // Nobody's private variables are seen, but the target's own.
        self.variables.scopes[scope].next_is_parent = own == Variables::GLOBAL;
        let set = self.variables.scopes[scope].set;
        self.variables.sets[set].automatic_of = Some(target);
        self.variables.sets[set].stem = stem;
        let outer = std::mem::replace(&mut self.scope, scope);
        let result = act(self);
        self.scope = outer;
        self.variables.pop_scope(scope);
        result
    }
}

#[cfg(test)]
mod tests;
