//! The command `rmake`: argv and environment to the library, its result to the exit status.
//! It does not know what rmake does.

fn main() {
    std::process::exit(rmake::run());
}
