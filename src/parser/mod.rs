//! Makefile text to logical lines, statements and compiled templates, all pure.
//! It does not know values of variables, nor files on disk.

pub mod function;
pub mod line;
pub mod plain;
pub mod rule_line;
pub mod statement;
pub mod template;

#[cfg(test)]
mod spec;
