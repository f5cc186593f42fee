//! Prints the data base (`-p`) in the form that other programs parse.
//! It does not know who reads it.

use crate::eval::make::Make;

impl Make {
    /// Prints all variables, rules and targets to standard output.
    pub fn print_data_base(&mut self) {
        todo!()
    }
}
