//! Contents of files by what they are, not by where they lie.
//! It does not know who asks for them, nor why.

pub mod digest;
#[cfg(feature = "worker")]
pub mod disk;
pub mod likeness;
