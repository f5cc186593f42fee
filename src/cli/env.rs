//! The names of the environment variables that rmake reads, each once, at start-up.
//! It does not know what they do.

/// Options and assignments from the make above.
pub const MAKEFLAGS: &str = "MAKEFLAGS";
/// Options of the user's for every GNU make; read first, then emptied.
pub const GNUMAKEFLAGS: &str = "GNUMAKEFLAGS";
/// rmake's own options, which GNU make must not see.
pub const RMAKEFLAGS: &str = "RMAKEFLAGS";
/// How many makes stand above this one.
pub const MAKELEVEL: &str = "MAKELEVEL";
/// How often this make has read its makefiles again; a minus sign says that the directory was announced.
pub const MAKE_RESTARTS: &str = "MAKE_RESTARTS";
/// The terminal that standard output is; set for recipes.
pub const MAKE_TERMOUT: &str = "MAKE_TERMOUT";
/// The terminal that standard error is; set for recipes.
pub const MAKE_TERMERR: &str = "MAKE_TERMERR";
/// Where temporary files go, before [`TMPDIR`].
pub const MAKE_TMPDIR: &str = "MAKE_TMPDIR";
/// Where temporary files go.
pub const TMPDIR: &str = "TMPDIR";
