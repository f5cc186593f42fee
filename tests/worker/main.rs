//! The worker and what it is made of, on real mounts: as root, and as an ordinary user in a namespace of its own.
//! What cannot run on this machine is printed as a counted skip.

#![cfg(test)]

#[cfg(feature = "remote")]
mod away;
mod bench;
mod client;
mod hostile;
mod mirror;
mod semantics;
mod served;
mod strace;
