//! Locations: which line of which makefile a statement came from.
//! It does not know what stands there.

use crate::id::NameId;
use crate::name::Names;
use bstr::BString;
use std::fmt;

/// A line of a makefile. Copied freely; resolved to text only for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loc {
    /// The makefile's name as it was read. The empty name stands for `<builtin>`.
    pub file: NameId,
    /// Line number, counted from 1.
    pub line: u32,
}

impl Loc {
    /// Returns the location `lines` further down.
    pub fn below(self, lines: u32) -> Loc {
        Loc {
            line: self.line + lines,
            ..self
        }
    }

    /// Returns the printable form.
    pub fn place(self, names: &Names) -> Place {
        Place {
            file: BString::from(names.bytes(self.file)),
            line: self.line,
        }
    }
}

/// A location ready to be printed: `Makefile:12`, or `<builtin>` for built-in rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Name of the makefile, empty for built-in rules.
    pub file: BString,
    /// Line number, counted from 1.
    pub line: u32,
}

impl Place {
    /// Returns the printed form, bytes that are no UTF-8 kept.
    pub fn text(&self) -> BString {
        match self.file.is_empty() {
            true => BString::from("<builtin>"),
            false => [&self.file[..], b":", self.line.to_string().as_bytes()]
                .concat()
                .into(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.file.is_empty() {
            true => write!(out, "<builtin>"),
            false => write!(out, "{}:{}", self.file, self.line),
        }
    }
}
