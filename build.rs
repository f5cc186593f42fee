//! Exports the `gmk_*` functions from the rmake binary, so that objects named by `load` find them.

fn main() {
    println!("cargo:rustc-link-arg-bin=rmake=-Wl,--export-dynamic");
    println!("cargo:rerun-if-changed=build.rs");
}
