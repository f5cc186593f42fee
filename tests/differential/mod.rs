//! Generated makefiles run with two makes: the parts of `tests/differential.rs`, which says how it is used.
//! Nothing here knows rmake's own code.

pub mod case;
pub mod compare;
pub mod generate;
pub mod minimise;
pub mod random;
pub mod report;
pub mod run;
