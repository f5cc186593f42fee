//! Calls of functions: arguments counted and expanded, the function found by a flat match.
//! It does not know how a call is written.

pub mod control;
pub mod file;
pub mod inspect;
pub mod shell;
pub mod text;

use crate::error::MakeError;
use crate::error::Result;
use crate::eval::make::Make;
use crate::parser::function::Function;
use crate::parser::function::Loaded;
use crate::parser::function::Signature;
use crate::parser::template::Sequence;
use crate::parser::template::Template;
use bstr::BString;
use smallvec::SmallVec;

/// Expanded arguments, one behind the other in one buffer.
#[derive(Debug, Default)]
pub struct Eager {
    buffer: Vec<u8>,
    ends: SmallVec<[usize; 6]>,
}

impl Eager {
    /// Returns argument `index`, empty when there are fewer.
    pub fn get(&self, index: usize) -> &[u8] {
        let Some(end) = self.ends.get(index) else {
            return &[];
        };
        let start = match index {
            0 => 0,
            _ => self.ends[index - 1],
        };
        &self.buffer[start..*end]
    }

    /// Returns the number of arguments.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns true when there is no argument.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

/// Arguments that the function itself expands, as often as it likes.
#[derive(Debug, Default)]
pub struct Lazy<'a> {
    parts: SmallVec<[(&'a Template, Sequence); 5]>,
}

impl<'a> Lazy<'a> {
    /// Returns argument `index`.
    pub fn get(&self, index: usize) -> Option<(&'a Template, Sequence)> {
        self.parts.get(index).copied()
    }

    /// Returns the number of arguments.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Returns true when there is no argument.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}

impl Make {
    /// Calls a built-in function with arguments as written.
    pub(crate) fn call(
        &mut self,
        signature: &'static Signature,
        template: &Template,
        arguments: &[Sequence],
        out: &mut Vec<u8>,
    ) -> Result<()> {
        if signature.eager {
            let eager = self.expand_arguments(template, arguments)?;
            self.call_eager(signature, &eager, out)?;
            self.variables.give_buffer(eager.buffer);
            return Ok(());
        }
        let parts = arguments.iter().map(|one| (template, *one)).collect();
        self.call_lazy(signature, &Lazy { parts }, out)
    }

    /// Calls a built-in function with texts for arguments, for `$(call subst,…)`.
    pub(crate) fn call_with_texts(
        &mut self,
        signature: &'static Signature,
        texts: &[&[u8]],
        out: &mut Vec<u8>,
    ) -> Result<()> {
        if signature.eager {
            let mut eager = Eager::default();
            for text in texts {
                eager.buffer.extend_from_slice(text);
                eager.ends.push(eager.buffer.len());
            }
            return self.call_eager(signature, &eager, out);
        }
        let texts = texts.iter().enumerate();
        let texts = texts.map(|(index, text)| match signature.trims(index) {
            true => text::trim(text),
            false => text,
        });
        let templates: Vec<Template> = texts.map(|text| self.compile(text)).collect();
        let parts = templates.iter().map(|one| (one, one.root())).collect();
        self.call_lazy(signature, &Lazy { parts }, out)
    }

    pub(crate) fn expand_arguments(
        &mut self,
        template: &Template,
        arguments: &[Sequence],
    ) -> Result<Eager> {
        let mut eager = Eager {
            buffer: self.variables.take_buffer(),
            ends: SmallVec::new(),
        };
        for argument in arguments {
            self.expand_sequence(template, *argument, &mut eager.buffer)?;
            eager.ends.push(eager.buffer.len());
        }
        Ok(eager)
    }

    fn check_count(&self, signature: &Signature, count: usize) -> Result<()> {
        match count < signature.least {
            true => {
                let name = BString::from(signature.name);
                Err(self.fatal_in_value(MakeError::TooFewArguments(name, count)))
            }
            false => Ok(()),
        }
    }

    fn call_lazy(
        &mut self,
        signature: &Signature,
        arguments: &Lazy,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        self.check_count(signature, arguments.len())?;
        match signature.function {
            Function::If => self.function_if(arguments, out),
            Function::Or => self.function_or(arguments, out),
            Function::And => self.function_and(arguments, out),
            Function::Foreach => self.function_foreach(arguments, out),
            Function::Let => self.function_let(arguments, out),
            _ => self.function_intcmp(arguments, out),
        }
    }

    fn call_eager(
        &mut self,
        signature: &Signature,
        arguments: &Eager,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        self.check_count(signature, arguments.len())?;
        let (first, second, third) = (arguments.get(0), arguments.get(1), arguments.get(2));
        match signature.function {
            Function::Subst => text::subst(first, second, third, out),
            Function::Patsubst => text::patsubst(first, second, third, out),
            Function::Strip => text::join_words(text::words(first), out),
            Function::Findstring => {
                if memchr::memmem::find(second, first).is_some() {
                    out.extend_from_slice(first);
                }
            }
            Function::Filter => text::filter(first, second, true, out),
            Function::FilterOut => text::filter(first, second, false, out),
            Function::Sort => text::sort(first, out),
            Function::Word => return self.function_word(first, second, out),
            Function::Words => {
                let count = text::words(first).count();
                out.extend_from_slice(count.to_string().as_bytes());
            }
            Function::Wordlist => return self.function_wordlist(first, second, third, out),
            Function::Firstword => {
                out.extend_from_slice(text::words(first).next().unwrap_or_default());
            }
            Function::Lastword => {
                out.extend_from_slice(text::words(first).last().unwrap_or_default());
            }
            Function::Dir => text::join_words(text::words(first).map(text::dir), out),
            Function::Notdir => text::join_words(text::words(first).map(text::notdir), out),
            Function::Suffix => text::join_words(text::words(first).filter_map(text::suffix), out),
            Function::Basename => text::join_words(text::words(first).map(text::basename), out),
            Function::Addsuffix => affix(b"", second, first, out),
            Function::Addprefix => affix(first, second, b"", out),
            Function::Join => text::join(first, second, out),
            Function::Abspath => self.function_abspath(first, out),
            Function::Realpath => self.function_realpath(first, out),
            Function::Wildcard => return self.function_wildcard(first, out),
            Function::File => return self.function_file(arguments, out),
            Function::Error => {
                let text = BString::from(first);
                return Err(self.fatal(MakeError::Text(text)));
            }
            Function::Warning => self.function_warning(first),
            Function::Info => self.function_info(first),
            Function::Shell => return self.function_shell(first, out),
            Function::Origin => out.extend_from_slice(self.function_origin(first).as_bytes()),
            Function::Flavor => out.extend_from_slice(self.function_flavor(first).as_bytes()),
            Function::Value => self.function_value(first, out),
            Function::Eval => return self.function_eval(first),
            _ => return self.function_call(arguments, out),
        }
        Ok(())
    }

    /// Calls a function added by `load`.
    pub(crate) fn call_loaded(
        &mut self,
        index: u32,
        template: &Template,
        arguments: &[Sequence],
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let function = self.variables.functions.get(index as usize).clone();
        let eager = match function.eager {
            true => self.expand_arguments(template, arguments)?,
            false => {
                let mut raw = Eager::default();
                for argument in arguments {
                    raw.buffer.extend_from_slice(template.text(argument.text));
                    raw.ends.push(raw.buffer.len());
                }
                raw
            }
        };
        let texts: SmallVec<[&[u8]; 6]> = (0..eager.len()).map(|one| eager.get(one)).collect();
        self.run_loaded(&function, &texts, out)
    }

    /// Runs a function added by `load` on its arguments.
    pub(crate) fn run_loaded(
        &mut self,
        function: &Loaded,
        texts: &[&[u8]],
        out: &mut Vec<u8>,
    ) -> Result<()> {
        if texts.len() < function.least {
            let error = MakeError::TooFewArguments(function.name.clone(), texts.len());
            return Err(self.fatal_in_value(error));
        }
        if let Some(run) = self.variables.run_loaded {
            out.extend_from_slice(&run(self, function, texts)?);
        }
        Ok(())
    }
}

/// Appends each word of `list` between `prefix` and `suffix`.
fn affix(prefix: &[u8], list: &[u8], suffix: &[u8], out: &mut Vec<u8>) {
    for (index, word) in text::words(list).enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(prefix);
        out.extend_from_slice(word);
        out.extend_from_slice(suffix);
    }
}

#[cfg(test)]
mod tests;
