//! Templates: text with variable references and function calls, compiled once and expanded many times.
//! It does not know any value.

use crate::name::Names;
use crate::parser::function::Functions;

/// Compiled text.
#[derive(Clone, Debug)]
pub struct Template {}

impl Template {
    /// Compiles `text`. Mistakes in it become pieces that fail when they are expanded.
    pub fn compile(_text: &[u8], _names: &mut Names, _functions: &Functions) -> Template {
        todo!()
    }
}
