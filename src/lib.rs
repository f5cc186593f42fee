//! rmake: a drop-in for GNU make. Modules in reading order; [`run`] joins the layers.

pub mod error;
pub mod event;
pub mod id;
pub mod loc;
pub mod name;
pub mod options;
pub mod pattern;

pub mod cli;
pub mod eval;
pub mod exec;
pub mod files;
pub mod graph;
pub mod parser;
pub mod report;
pub mod sys;
