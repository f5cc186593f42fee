//! Exports the `gmk_*` functions from the rmake binary, so that objects named by `load` find them.

fn main() {
    println!("cargo:rustc-link-arg-bin=rmake=-Wl,--export-dynamic");
    // Start-up is compatibility: a program at a fixed address has nothing to relocate, and looks a symbol of
    // the C library up when it first calls it.
    println!("cargo:rustc-link-arg-bin=rmake=-no-pie");
    println!("cargo:rustc-link-arg-bin=rmake=-Wl,-z,lazy");
    println!("cargo:rerun-if-changed=build.rs");
}
