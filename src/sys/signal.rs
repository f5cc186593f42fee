//! Signals: what ends the program is noted and looked at in one place.
//! It does not know what is to be cleaned up before the end, but for files to be unlinked.

/// Ends this process by `signal`, as if it had never been caught; SIGQUIT exits with status 1.
pub fn die_by(_signal: i32) -> ! {
    todo!()
}
