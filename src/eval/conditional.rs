//! Conditionals: which parts of a makefile are read.
//! It does not know what the parts say.

use crate::error::MakeError;
use crate::error::Notice;
use crate::error::Result;
use crate::eval::make::Make;
use crate::parser::line::is_space;
use crate::parser::statement::Condition;
use crate::parser::statement::first_word;
use crate::parser::statement::left_side;
use crate::parser::statement::sides;

/// What has been done of one conditional.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Branch {
    /// This branch is being read.
    Taken,
    /// None was read so far: the next one may be.
    Waiting,
    /// One was read, or the whole conditional stands in a skipped part: no other will be.
    Over,
}

/// The conditionals open in one file, outermost first.
#[derive(Clone, Debug, Default)]
pub struct Conditionals {
    open: Vec<(Branch, bool)>,
}

impl Conditionals {
    /// Returns whether the present line is in a skipped part.
    pub fn is_skipping(&self) -> bool {
        self.open.iter().any(|(branch, _)| *branch != Branch::Taken)
    }

    /// Returns whether an `endif` is missing.
    pub fn is_open(&self) -> bool {
        !self.open.is_empty()
    }
}

impl Make {
    /// Takes a conditional directive; `rest` stands behind it.
    pub fn conditional(
        &mut self,
        conditionals: &mut Conditionals,
        condition: Condition,
        rest: &[u8],
    ) -> Result<()> {
        match condition {
            Condition::EndIf => {
                self.warn_of_text(condition, !rest.is_empty());
                if conditionals.open.is_empty() {
                    return Err(self.fatal(MakeError::ExtraneousEndif));
                }
                conditionals.open.pop();
                Ok(())
            }
            Condition::Else => self.otherwise(conditionals, rest),
            _ => {
                if conditionals.is_skipping() {
                    conditionals.open.push((Branch::Over, false));
                    return Ok(());
                }
                let Some(holds) = self.condition_holds(condition, rest)? else {
                    return Err(self.fatal(MakeError::InvalidConditional));
                };
                let branch = if holds {
                    Branch::Taken
                } else {
                    Branch::Waiting
                };
                conditionals.open.push((branch, false));
                Ok(())
            }
        }
    }

    fn otherwise(&mut self, conditionals: &mut Conditionals, rest: &[u8]) -> Result<()> {
        let Some((branch, seen_else)) = conditionals.open.last_mut() else {
            return Err(self.fatal(MakeError::ExtraneousElse));
        };
        if *seen_else {
            return Err(self.fatal(MakeError::OnlyOneElse));
        }
        *branch = match branch {
            Branch::Waiting => Branch::Taken,
            Branch::Taken | Branch::Over => Branch::Over,
        };
        if rest.is_empty() {
            *seen_else = true;
            return Ok(());
        }
        let (word, rest) = first_word(rest);
        let condition = match Condition::named(word) {
            None | Some(Condition::Else | Condition::EndIf) => {
                self.warn_of_text(Condition::Else, true);
                return Ok(());
            }
            Some(condition) => condition,
        };
        if conditionals.is_skipping() {
            return Ok(());
        }
        match self.condition_holds(condition, rest)? {
            Some(true) => {}
            Some(false) => {
                if let Some((branch, _)) = conditionals.open.last_mut() {
                    *branch = Branch::Waiting;
                }
            }
            None => {
                // As GNU make has it, a level of its own stays open.
                self.warn_of_text(Condition::Else, true);
                conditionals.open.push((Branch::Over, false));
            }
        }
        Ok(())
    }

    /// Returns whether `if…` holds; None when it is malformed.
    fn condition_holds(&mut self, condition: Condition, text: &[u8]) -> Result<Option<bool>> {
        match condition {
            Condition::IfDefined | Condition::IfUndefined => {
                let name = self.expand(text)?;
                // A blank that an expansion brings to the front makes two words of it.
                let name = name.trim_ascii_end();
                if name.iter().any(|c| is_space(*c)) {
                    return Ok(None);
                }
                let is_set = self.has_value(name);
                Ok(Some(is_set == (condition == Condition::IfDefined)))
            }
            _ => {
                let Some(sides) = sides(text) else {
                    // The left side is expanded before the right one is looked for.
                    if let Some((left, _)) = left_side(text) {
                        self.expand(left)?;
                    }
                    return Ok(None);
                };
                let left = self.expand(sides.left)?;
                self.warn_of_text(condition, sides.has_extra_text);
                let right = self.expand(sides.right)?;
                Ok(Some((left == right) == (condition == Condition::IfEqual)))
            }
        }
    }

    fn warn_of_text(&mut self, condition: Condition, is_there: bool) {
        if is_there {
            let notice = Notice::ExtraneousText(condition.keyword());
            self.notice(self.reading, &notice);
        }
    }
}
