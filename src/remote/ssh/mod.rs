//! The way to a host by ssh.
//! It does not know what runs there.

pub mod config;
