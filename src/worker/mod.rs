//! rmake's process on a host: it runs jobs in sandboxes that look like home.
//! It does not know make, nor how it was reached: it gets commands and a tree.

pub mod mirror;
