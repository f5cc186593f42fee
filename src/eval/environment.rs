//! The environment of children: which variables are exported, and with what values.
//! It does not know how children are started.

use crate::error::Result;
use crate::eval::make::Make;
use crate::id::TargetId;
use bstr::BString;

/// What the environment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Child {
    /// A recipe that may start another make: it is told of the jobserver.
    Recursive,
    /// Any other recipe.
    Plain,
    /// `$(shell)` and `!=`.
    Shell,
}

impl Make {
    /// Returns the environment, `NAME=VALUE` each, in the scope of `target` (None: the present scope).
    pub fn child_environment(
        &mut self,
        _target: Option<TargetId>,
        _child: Child,
    ) -> Result<Vec<BString>> {
        todo!()
    }
}
