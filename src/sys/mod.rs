//! The thin front of the kernel: processes, signals, descriptors, the clock.
//! It does not know make at all.

#[cfg(feature = "remote")]
pub mod beneath;
#[cfg(feature = "worker")]
pub mod channel;
pub mod clock;
#[cfg(feature = "remote")]
pub mod extent;
pub mod fd;
#[cfg(feature = "worker")]
pub mod locks;
mod memory;
#[cfg(feature = "worker")]
pub mod mount;
#[cfg(feature = "worker")]
pub mod namespace;
pub mod process;
pub mod signal;
pub mod start;
pub mod tree;
#[cfg(feature = "remote")]
pub mod watch;
