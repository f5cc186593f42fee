//! Reads any bytes as a makefile, in memory. Run by `cargo +nightly fuzz run scanner`.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../bodies.rs"]
mod bodies;

fuzz_target!(|bytes: &[u8]| bodies::scanner(bytes));
