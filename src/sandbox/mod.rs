//! What a job of another rmake runs in: namespaces, and a root made of that rmake's tree, some trees of this host, and a
//! layer for what the job writes. It does not know make: it gets operations, commands and an environment.

mod apply;
mod init;
pub mod order;
pub mod plan;
pub mod reap;
pub mod zygote;
mod zygote_process;
