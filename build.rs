//! Exports the `gmk_*` functions from the rmake binary, so that objects named by `load` find them; and keeps what a
//! make that starts thousands of times loads and touches small.

use std::path::Path;
use std::process::Command;

const HOT: &str = "benches/hot.ld";

fn main() {
    println!("cargo:rustc-link-arg-bin=rmake=-Wl,--export-dynamic-symbol=gmk_*");
    // Start-up is compatibility: a program at a fixed address has nothing to relocate, and looks a symbol of
    // the C library up when it first calls it.
    println!("cargo:rustc-link-arg-bin=rmake=-no-pie");
    println!("cargo:rustc-link-arg-bin=rmake=-Wl,-z,lazy");
    // The functions that ordinary runs enter stand side by side: see benches/hot.py.
    println!(
        "cargo:rustc-link-arg-bin=rmake=-Wl,-T,{}/{HOT}",
        env!("CARGO_MANIFEST_DIR")
    );
    println!("cargo:rerun-if-changed={HOT}");
    if has_static_unwinder() {
        println!("cargo:rustc-link-lib=static:-bundle=gcc_eh");
    }
    println!("cargo:rerun-if-changed=build.rs");
}

/// Whether the linker's driver has the unwinder as an archive: one shared library less to load at each start.
fn has_static_unwinder() -> bool {
    let asked = Command::new("cc")
        .arg("-print-file-name=libgcc_eh.a")
        .output();
    asked
        .is_ok_and(|answer| Path::new(String::from_utf8_lossy(&answer.stdout).trim()).is_absolute())
}
