//! Reads makefiles: statements in order, rules collected until they are complete.
//! It does not know how a rule is stored, nor how text is expanded.

use crate::error::Result;
use crate::eval::make::Make;
use crate::graph::target::Prereq;
use crate::id::NameId;
use crate::loc::Loc;

impl Make {
    /// Reads everything: MAKEFILES, `--eval`, `-f` or the default makefile, and what they include.
    ///
    /// # Errors
    /// The first fatal error.
    pub fn read_makefiles(&mut self) -> Result<()> {
        todo!()
    }

    /// Reads `text` as makefile text, for `$(eval)` and `--eval`; `loc` is where it counts as standing.
    ///
    /// # Errors
    /// The first fatal error.
    pub fn read_buffer(&mut self, _text: &[u8], _loc: Option<Loc>) -> Result<()> {
        todo!()
    }

    /// Completes what only the whole makefile decides: suffix rules become pattern rules, special
    /// targets mark their prerequisites, the default goal is chosen.
    ///
    /// # Errors
    /// The first fatal error.
    pub fn finish_reading(&mut self) -> Result<()> {
        todo!()
    }

    /// Returns the prerequisites that an expanded list names: globs and `~` done, archive members
    /// apart, `|` and `.WAIT` turned into flags, `%` replaced by `stem` (the first of each word).
    pub fn parse_prerequisites(&mut self, _text: &[u8], _stem: Option<NameId>) -> Vec<Prereq> {
        todo!()
    }
}
