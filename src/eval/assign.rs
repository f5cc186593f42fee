//! Assignments: every operator and modifier, and the variables whose assignment acts on the make.
//! It does not know how a makefile writes them.

use crate::error::Result;
use crate::eval::make::Make;
use crate::eval::variable::Flavor;
use crate::eval::variable::Origin;
use crate::id::NameId;
use crate::id::SetId;
use crate::parser::statement::Assignment;

impl Make {
    /// Expands the name and does an assignment: to the global set, or with `set` to the variables of a target or pattern.
    /// `origin` is File for makefiles (`override` and -e are looked after here).
    pub fn assign(
        &mut self,
        _assignment: &Assignment,
        _origin: Origin,
        _set: Option<SetId>,
    ) -> Result<()> {
        todo!()
    }

    /// Defines a global variable without any regard to what it was or to its name's meaning: built-in ones, the environment's.
    pub fn define(&mut self, _name: &[u8], _value: &[u8], _flavor: Flavor, _origin: Origin) {
        todo!()
    }

    /// Makes `name` undefined, unless its origin is stronger than `origin` (as for `assign`).
    pub fn undefine(&mut self, _name: NameId, _origin: Origin) {
        todo!()
    }

    /// Sets `export NAME` (true) or `unexport NAME` (false) of a global variable, defining it empty for `export`.
    pub fn set_export(&mut self, _name: NameId, _on: bool) {
        todo!()
    }

    /// Appends one word to a global simple variable (`MAKEFILE_LIST`) in amortised constant time.
    pub fn append_word(&mut self, _name: NameId, _word: &[u8], _origin: Origin) {
        todo!()
    }
}
