//! Scopes: which sets of variables a text sees: a target's, its patterns', its parents', a call's, the global one.
//! It does not know values.

use crate::error::Result;
use crate::eval::make::Make;
use crate::id::SetId;
use crate::id::TargetId;
use crate::parser::statement::Assignment;

impl Make {
    /// Returns the set for the target-specific variables of `target`, making it if needed.
    pub fn target_set(&mut self, _target: TargetId) -> SetId {
        todo!()
    }

    /// Does a target-specific assignment.
    pub fn assign_for_target(&mut self, _target: TargetId, _assignment: &Assignment) -> Result<()> {
        todo!()
    }

    /// Does a pattern-specific assignment; `pattern` holds its `%` at `percent`.
    pub fn assign_for_pattern(
        &mut self,
        _pattern: &[u8],
        _percent: usize,
        _assignment: &Assignment,
    ) -> Result<()> {
        todo!()
    }

    /// Joins the scopes of `target`: its own variables, those of its patterns, those of `parent`, the global ones.
    /// Done once per target when it is first considered; later calls change nothing.
    pub fn ready_target_scope(
        &mut self,
        _target: TargetId,
        _parent: Option<TargetId>,
    ) -> Result<()> {
        todo!()
    }

    /// Runs `act` in the scope of `target`, its automatic variables computed from the graph when they are used.
    pub fn with_target<T>(
        &mut self,
        _target: TargetId,
        _act: impl FnOnce(&mut Make) -> Result<T>,
    ) -> Result<T> {
        todo!()
    }
}
