//! The command `rmake`: argv and environment to the library, its result to the exit status.

fn main() {}
