//! Expands any bytes, in memory. Run by `cargo +nightly fuzz run expander`.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../bodies.rs"]
mod bodies;

fuzz_target!(|bytes: &[u8]| bodies::expander(bytes));
