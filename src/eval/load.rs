//! `load`: objects that bring functions of their own.
//! It does not know makefiles.

use crate::error::MakeError;
use crate::error::Result;
use crate::eval::make::Make;
use crate::parser::statement::Care;
use bstr::BString;

impl Make {
    /// Loads one object, as a `load` line names it.
    ///
    /// # Errors
    /// When it cannot be loaded and is needed.
    pub fn load_object(&mut self, name: &[u8], care: Care) -> Result<()> {
        match care {
            Care::Optional => Ok(()),
            Care::Needed => {
                let text = [name, b": failed to load"].concat();
                Err(self.fatal(MakeError::Text(BString::from(text))))
            }
        }
    }
}
