//! rmake's side of distribution: the hosts that recipes can be sent to, and the ways to reach them.
//! It does not know makefiles, rules or variables.

pub mod distcc;
pub mod hosts;
pub mod ssh;
