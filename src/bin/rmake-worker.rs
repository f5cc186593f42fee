//! The command `rmake-worker`: runs recipes of an rmake elsewhere, which it hears on standard input.
//! It does not know how.

use rmake::sandbox::zygote;

fn main() {
    let status = match std::env::args_os().nth(1) {
        Some(word) if word == zygote::ARGUMENT => zygote::run(),
        _ => 2,
    };
    std::process::exit(status);
}
