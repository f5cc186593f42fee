//! Automatic variables, computed from the graph when they are looked up.
//! It does not know when a target's scope is entered.

use crate::eval::make::Make;

impl Make {
    /// Defines `@D`, `@F` and kin, in terms of `$@` and kin.
    pub fn define_automatic_variables(&mut self) {
        todo!()
    }
}
