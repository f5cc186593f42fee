//! The program `rmake-session`: the hosts of a build, for rmake and the sub-makes of it. Nobody starts it by hand.
//! It does not know what it holds.

#![cfg_attr(all(target_os = "linux", target_env = "gnu"), no_main)]

rmake::program!(rmake::remote::session::run);
