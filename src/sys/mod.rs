//! The thin front of the kernel: processes, signals, descriptors, the clock.
//! It does not know make at all.

pub mod clock;
pub mod fd;
mod memory;
pub mod process;
pub mod signal;
pub mod start;
