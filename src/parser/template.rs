//! Templates: text with variable references and function calls, compiled once and expanded many times.
//! It does not know any value.

/// Compiled text.
#[derive(Clone, Debug)]
pub struct Template {}
