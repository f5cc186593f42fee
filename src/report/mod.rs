//! Reporters: what a user sees of the events of a make.
//! It does not know where events come from, nor anything but events.

pub mod plain;
pub mod timeline;
