//! Reads any bytes, parted by newlines, as words of a command line. Run by `cargo +nightly fuzz run command_line`.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../bodies.rs"]
mod bodies;

fuzz_target!(|bytes: &[u8]| bodies::command_line(bytes));
