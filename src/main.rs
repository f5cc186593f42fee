//! The command `rmake`: argv and environment to the library, its result to the exit status.
//! It does not know what rmake does.

#![cfg_attr(all(target_os = "linux", target_env = "gnu"), no_main)]

rmake::program!(rmake::run);
