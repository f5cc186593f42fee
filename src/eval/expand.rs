//! Expansion: text or a compiled template to bytes, in the scope of the moment.
//! It does not know what functions do, nor where variables come from.

use crate::error::Result;
use crate::eval::make::Make;
use crate::id::NameId;
use crate::parser::template::Template;

impl Make {
    /// Returns `text` expanded in the present scope.
    pub fn expand(&mut self, text: &[u8]) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        self.expand_into(text, &mut out)?;
        Ok(out)
    }

    /// Appends `text` expanded in the present scope.
    pub fn expand_into(&mut self, _text: &[u8], _out: &mut Vec<u8>) -> Result<()> {
        todo!()
    }

    /// Returns `text` compiled, for texts that are expanded more than once.
    pub fn compile(&mut self, text: &[u8]) -> Template {
        Template::compile(text, &mut self.names, &self.variables.functions)
    }

    /// Appends a compiled text expanded in the present scope.
    pub fn expand_template(&mut self, _template: &Template, _out: &mut Vec<u8>) -> Result<()> {
        todo!()
    }

    /// Returns the expanded value of the variable `name` in the present scope, None when it is undefined.
    pub fn value_of(&mut self, _name: NameId) -> Result<Option<Vec<u8>>> {
        todo!()
    }

    /// Returns the expanded value of the variable of that name, empty when it is undefined.
    pub fn value_of_text(&mut self, name: &str) -> Result<Vec<u8>> {
        match self.names.get(name.as_bytes()) {
            Some(name) => Ok(self.value_of(name)?.unwrap_or_default()),
            None => Ok(Vec::new()),
        }
    }
}
