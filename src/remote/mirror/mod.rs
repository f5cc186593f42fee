//! rmake's side of jobs that run over a mirror of its tree: what the tree holds is told, what a job has made comes back.
//! It does not know hosts, nor when a job goes where.

pub(in crate::remote) mod deploy;
pub mod kept;
pub(in crate::remote) mod local;
pub mod made;
pub(in crate::remote) mod pipe;
pub(in crate::remote) mod proof;
pub mod talk;
pub mod tree;
pub(in crate::remote) mod worker;
