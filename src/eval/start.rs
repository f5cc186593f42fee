//! A new make invocation: environment, built-in variables and rules, command line definitions.
//! It does not know how the command line was parsed.

use crate::error::Result;
use crate::eval::make::Ctx;
use crate::eval::make::Make;
use crate::eval::make::MakeflagsCodec;
use crate::files::View;
use crate::options::Options;
use bstr::BString;

/// What a make invocation begins with.
pub struct Start {
    /// argv\[0] as it was given: `MAKE_COMMAND` (made absolute if it holds a slash and is relative).
    pub command: BString,
    /// Basename of argv\[0], for messages.
    pub program: BString,
    /// MAKELEVEL of this make.
    pub level: u32,
    /// How often this make has restarted itself: MAKE_RESTARTS, unset when 0.
    pub restarts: u32,
    /// The directory it works in, absolute.
    pub directory: BString,
    /// The environment in its order.
    pub environment: Vec<(BString, BString)>,
    /// Options of the command line and of MAKEFLAGS.
    pub options: Options,
    /// cli's reading and writing of MAKEFLAGS.
    pub codec: MakeflagsCodec,
    /// The file system.
    pub view: View,
    /// The session.
    pub ctx: Box<dyn Ctx>,
}

impl Make {
    /// Returns a make that has read nothing yet: variables from the environment, the built-in
    /// ones and those of the command line are defined.
    ///
    /// # Errors
    /// When a definition of the command line fails.
    pub fn new(_start: Start) -> Result<Make> {
        todo!()
    }
}
