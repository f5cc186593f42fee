//! rmake: a drop-in for GNU make.
