//! The parts of the corpus runner: what a case is, how it runs in a directory of its own, how the result is judged.
//! They know nothing of make but how it is called.

pub mod case;
pub mod check;
pub mod oracle;
pub mod space;
