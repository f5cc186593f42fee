//! Expands any bytes, in memory. See `fuzz/README.md`.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../bodies.rs"]
mod bodies;

fuzz_target!(|bytes: &[u8]| bodies::expander(bytes));
