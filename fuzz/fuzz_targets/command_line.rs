//! Reads any bytes, parted by newlines, as words of a command line. See `fuzz/README.md`.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../bodies.rs"]
mod bodies;

fuzz_target!(|bytes: &[u8]| bodies::command_line(bytes));
