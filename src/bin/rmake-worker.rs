//! The command `rmake-worker`: runs recipes of an rmake elsewhere, which it hears on standard input.
//! It does not know how.

fn main() {
    std::process::exit(rmake::worker::run());
}
