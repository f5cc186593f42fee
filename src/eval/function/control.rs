//! Functions that decide what is expanded, and how often: if, or, and, foreach, let, intcmp, call, eval.
//! It does not know how arguments are cut.

use crate::error::Fatal;
use crate::error::MakeError;
use crate::error::Result;
use crate::eval::function::Eager;
use crate::eval::function::Lazy;
use crate::eval::function::text;
use crate::eval::function::text::Integer;
use crate::eval::function::text::NotANumber;
use crate::eval::make::Make;
use crate::eval::variable::Flavor;
use crate::eval::variable::Found;
use crate::eval::variable::Origin;
use crate::eval::variable::Variable;
use crate::id::NameId;
use crate::id::SetId;
use crate::parser::function::Signature;
use bstr::BString;
use smallvec::SmallVec;
use std::cmp::Ordering;

/// How often a variable may meet itself inside `$(call)` of it.
const REENTRIES: u16 = 32767;

impl Make {
    /// Appends argument `index` expanded; nothing when there is none.
    fn expand_lazy(&mut self, arguments: &Lazy, index: usize, out: &mut Vec<u8>) -> Result<()> {
        match arguments.get(index) {
            Some((template, sequence)) => self.expand_sequence(template, sequence, out),
            None => Ok(()),
        }
    }

    pub(crate) fn function_if(&mut self, arguments: &Lazy, out: &mut Vec<u8>) -> Result<()> {
        let mut condition = self.variables.take_buffer();
        self.expand_lazy(arguments, 0, &mut condition)?;
        let chosen = match condition.is_empty() {
            true => 2,
            false => 1,
        };
        self.variables.give_buffer(condition);
        self.expand_lazy(arguments, chosen, out)
    }

    pub(crate) fn function_or(&mut self, arguments: &Lazy, out: &mut Vec<u8>) -> Result<()> {
        let begin = out.len();
        for index in 0..arguments.len() {
            self.expand_lazy(arguments, index, out)?;
            if out.len() > begin {
                break;
            }
        }
        Ok(())
    }

    pub(crate) fn function_and(&mut self, arguments: &Lazy, out: &mut Vec<u8>) -> Result<()> {
        let begin = out.len();
        for index in 0..arguments.len() {
            out.truncate(begin);
            self.expand_lazy(arguments, index, out)?;
            if out.len() == begin {
                break;
            }
        }
        Ok(())
    }

    pub(crate) fn function_foreach(&mut self, arguments: &Lazy, out: &mut Vec<u8>) -> Result<()> {
        let mut name = Vec::new();
        self.expand_lazy(arguments, 0, &mut name)?;
        let mut list = self.variables.take_buffer();
        self.expand_lazy(arguments, 1, &mut list)?;
        let name = self
            .names
            .intern(text::words(&name).next().unwrap_or_default());
        let result = self.in_new_scope(|make, set| {
            for (index, word) in text::words(&list).enumerate() {
                if index > 0 {
                    out.push(b' ');
                }
                make.set_local(set, name, word);
                make.expand_lazy(arguments, 2, out)?;
            }
            Ok(())
        });
        self.variables.give_buffer(list);
        result
    }

    pub(crate) fn function_let(&mut self, arguments: &Lazy, out: &mut Vec<u8>) -> Result<()> {
        let (mut variables, mut list) = (Vec::new(), Vec::new());
        self.expand_lazy(arguments, 0, &mut variables)?;
        self.expand_lazy(arguments, 1, &mut list)?;
        self.in_new_scope(|make, set| {
            let mut rest = text::trim_start(&list);
            let mut all = text::words(&variables).peekable();
            while let Some(variable) = all.next() {
                let name = make.names.intern(variable);
                // The last variable takes all that is left, blanks inside and behind included.
                let end = match all.peek() {
                    Some(_) => rest.iter().position(|byte| text::is_space(*byte)),
                    None => None,
                };
                let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
                make.set_local(set, name, word);
                rest = text::trim_start(after);
            }
            make.expand_lazy(arguments, 2, out)
        })
    }

    pub(crate) fn function_intcmp(&mut self, arguments: &Lazy, out: &mut Vec<u8>) -> Result<()> {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        self.expand_lazy(arguments, 0, &mut left)?;
        self.expand_lazy(arguments, 1, &mut right)?;
        let left = self.integer(&left, "non-numeric first argument to 'intcmp' function: ")?;
        let right = self.integer(&right, "non-numeric second argument to 'intcmp' function: ")?;
        let order = left.cmp(&right);
        if arguments.len() == 2 {
            if order == Ordering::Equal {
                left.write(out);
            }
            return Ok(());
        }
        // Less, equal, greater; the last one given stands for those behind it, a lone one for itself.
        let chosen = match order {
            Ordering::Less => 2,
            Ordering::Equal => 3,
            Ordering::Greater if arguments.len() > 4 => 4,
            Ordering::Greater => 3,
        };
        self.expand_lazy(arguments, chosen, out)
    }

    fn integer<'a>(&self, text: &'a [u8], message: &str) -> Result<Integer<'a>> {
        Integer::read(text).map_err(|why| self.not_a_number(message, text, why))
    }

    fn not_a_number(&self, message: &str, argument: &[u8], why: NotANumber) -> Box<Fatal> {
        let mut error = BString::from(message);
        let (before, after): (&[u8], &[u8]) = match why {
            NotANumber::Empty => (b"empty value", b""),
            NotANumber::Junk => (b"'", b"'"),
            NotANumber::OutOfRange => (b"'", b"' out of range"),
        };
        error.extend_from_slice(before);
        if why != NotANumber::Empty {
            error.extend_from_slice(argument);
        }
        error.extend_from_slice(after);
        self.fatal_in_value(MakeError::Text(error))
    }

    fn number(&self, text: &[u8], message: &str) -> Result<i64> {
        text::number(text).map_err(|why| self.not_a_number(message, text, why))
    }

    pub(crate) fn function_word(&self, index: &[u8], list: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let index = self.number(index, "invalid first argument to 'word' function: ")?;
        let Some(before) = usize::try_from(index)
            .ok()
            .and_then(|one| one.checked_sub(1))
        else {
            let error = BString::from("first argument to 'word' function must be greater than 0");
            return Err(self.fatal_in_value(MakeError::Text(error)));
        };
        out.extend_from_slice(text::words(list).nth(before).unwrap_or_default());
        Ok(())
    }

    pub(crate) fn function_wordlist(
        &self,
        first: &[u8],
        last: &[u8],
        list: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<()> {
        const FIRST: &str = "invalid first argument to 'wordlist' function: ";
        const SECOND: &str = "invalid second argument to 'wordlist' function: ";
        let start = self.number(first, FIRST)?;
        if start < 1 {
            return Err(self.not_a_number(FIRST, first, NotANumber::Junk));
        }
        let stop = self.number(last, SECOND)?;
        if stop < 0 {
            return Err(self.not_a_number(SECOND, last, NotANumber::Junk));
        }
        let start = usize::try_from(start - 1).unwrap_or(usize::MAX);
        let stop = usize::try_from(stop).unwrap_or(usize::MAX);
        out.extend_from_slice(text::wordlist(list, start, stop));
        Ok(())
    }

    pub(crate) fn function_eval(&mut self, text: &[u8]) -> Result<()> {
        self.read_buffer(text, self.reading)
    }

    pub(crate) fn function_call(&mut self, arguments: &Eager, out: &mut Vec<u8>) -> Result<()> {
        let function = text::trim(arguments.get(0));
        if function.is_empty() {
            return Ok(());
        }
        let texts: SmallVec<[&[u8]; 6]> =
            (1..arguments.len()).map(|one| arguments.get(one)).collect();
        if let Some((_, loaded)) = self.variables.functions.find(function) {
            let loaded = loaded.clone();
            return self.run_loaded(&loaded, &texts, out);
        }
        if let Some(signature) = Signature::find(function) {
            return self.call_with_texts(signature, &texts, out);
        }
        let found = self.names.get(function);
        let found = found.and_then(|name| Some((name, self.variables.find(self.scope, name)?)));
        let Some((name, found)) = found else {
            self.warn_undefined_if_asked(function);
            return Ok(());
        };
        let outer = self.variables.call_arguments;
        let result = self.in_new_scope(|make, set| {
            make.set_local_numbered(set, 0, function);
            for index in 1..arguments.len().max(outer) {
                make.set_local_numbered(set, index, arguments.get(index));
            }
            make.variables.call_arguments = arguments.len();
            make.allow_reentry(found, REENTRIES);
            let result = make.expand_found(found, name, out);
            make.allow_reentry(found, 0);
            result
        });
        self.variables.call_arguments = outer;
        result
    }

    fn allow_reentry(&mut self, found: Found, times: u16) {
        if let Found::Variable(place) = found
            && let Some(variable) = self.variables.at_mut(place)
        {
            variable.reentries = times;
        }
    }

    /// Runs `act` with a new empty set in front of the present scope.
    fn in_new_scope(&mut self, act: impl FnOnce(&mut Make, SetId) -> Result<()>) -> Result<()> {
        let outer = self.scope;
        let scope = self.variables.push_scope(outer);
        let set = self.variables.scopes[scope].set;
        self.scope = scope;
        let result = act(self, set);
        self.scope = outer;
        self.variables.pop_scope(scope);
        result
    }

    fn set_local(&mut self, set: SetId, name: NameId, value: &[u8]) {
        match self.variables.sets[set].get_mut(name) {
            Some(variable) => variable.set_value(value),
            None => {
                let variable = Variable::new(value, Flavor::Simple, Origin::Automatic);
                self.variables.put(set, name, variable);
            }
        }
    }

    fn set_local_numbered(&mut self, set: SetId, number: usize, value: &[u8]) {
        let name = match u8::try_from(number) {
            Ok(digit @ 0..=9) => self.names.intern(&[b'0' + digit]),
            _ => self.names.intern(number.to_string().as_bytes()),
        };
        self.set_local(set, name, value);
    }
}
