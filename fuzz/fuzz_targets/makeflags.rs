//! Reads any bytes as a value of MAKEFLAGS. Run by `cargo +nightly fuzz run makeflags`.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../bodies.rs"]
mod bodies;

fuzz_target!(|bytes: &[u8]| bodies::makeflags(bytes));
