//! Expansion: text or a compiled template to bytes, in the scope of the moment.
//! It does not know what functions do, nor where variables come from.

use crate::error::Fatal;
use crate::error::MakeError;
use crate::error::Notice;
use crate::error::Result;
use crate::eval::function::text;
use crate::eval::make::Make;
use crate::eval::variable::Flavor;
use crate::eval::variable::Found;
use crate::eval::variable::Place;
use crate::id::NameId;
use crate::id::ScopeId;
use crate::parser::template::Piece;
use crate::parser::template::Sequence;
use crate::parser::template::Template;
use crate::parser::template::sole_variable;
use crate::parser::template::split_substitution;
use crate::stack::at_depth;
use bstr::BString;
use smallvec::SmallVec;
use std::sync::Arc;

/// Deeper nested expansions are an endless recursion.
const DEEPEST: u32 = 24_000;

/// Variables that make itself knows: not to be warned about when they are undefined.
const KNOWN: [&[u8]; 13] = [
    b".DEFAULT",
    b"MAKECMDGOALS",
    b"MAKE_RESTARTS",
    b"MAKE_TERMOUT",
    b"MAKE_TERMERR",
    b"MAKEOVERRIDES",
    b"MAKEFILES",
    b".DEFAULT_GOAL",
    b".RECIPEPREFIX",
    b"VPATH",
    b"GPATH",
    b"-*-command-variables-*-",
    b"-*-eval-flags-*-",
];

impl Make {
    /// Returns `text` expanded in the present scope.
    pub fn expand(&mut self, text: &[u8]) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(text.len());
        self.expand_into(text, &mut out)?;
        Ok(out)
    }

    /// Appends `text` expanded in the present scope.
    pub fn expand_into(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<()> {
        if memchr::memchr(b'$', text).is_none() {
            out.extend_from_slice(text);
            return Ok(());
        }
        if let Some(name) = sole_variable(text) {
            let name = self.names.intern(name);
            return self.expand_variable(name, out);
        }
        if has_only_escapes(text) {
            unescape(text, out);
            return Ok(());
        }
        let mut template = self.variables.take_template();
        template.compile_again(text, &mut self.names, &self.variables.functions);
        let result = self.expand_sequence(&template, template.root(), out);
        self.variables.give_template(template);
        result
    }

    /// Returns `text` compiled, for texts that are expanded more than once.
    pub fn compile(&mut self, text: &[u8]) -> Template {
        Template::compile(text, &mut self.names, &self.variables.functions)
    }

    /// Appends a compiled text expanded in the present scope.
    pub fn expand_template(&mut self, template: &Template, out: &mut Vec<u8>) -> Result<()> {
        self.expand_sequence(template, template.root(), out)
    }

    /// Appends a part of a compiled text expanded in the present scope.
    pub fn expand_sequence(
        &mut self,
        template: &Template,
        sequence: Sequence,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        for piece in template.pieces(sequence) {
            match piece {
                Piece::Text(span) => out.extend_from_slice(template.text(*span)),
                Piece::Variable(name) => {
                    self.expand_variable(*name, out)?;
                }
                Piece::Substitution { name, from, to } => {
                    self.substitute(*name, template.text(*from), template.text(*to), out)?;
                }
                Piece::Computed(inner) => {
                    let mut name = self.variables.take_buffer();
                    self.deeper(|make| make.expand_sequence(template, *inner, &mut name))?;
                    self.expand_reference(&name, out)?;
                    self.variables.give_buffer(name);
                }
                Piece::Call(signature, arguments) => {
                    let arguments = template.arguments(*arguments);
                    self.deeper(|make| make.call(signature, template, arguments, out))?;
                }
                Piece::Loaded(index, arguments) => {
                    let arguments = template.arguments(*arguments);
                    self.deeper(|make| make.call_loaded(*index, template, arguments, out))?;
                }
                Piece::Malformed(error) => return Err(self.fatal_in_value((**error).clone())),
            }
        }
        Ok(())
    }

    /// Returns the expanded value of the variable `name` in the present scope, None when it is undefined.
    pub fn value_of(&mut self, name: NameId) -> Result<Option<Vec<u8>>> {
        let mut out = Vec::new();
        match self.variables.find(self.scope, name) {
            None => return Ok(None),
            Some(found) => self.expand_found(found, name, &mut out)?,
        }
        Ok(Some(out))
    }

    /// Returns the expanded value of the variable of that name, empty when it is undefined.
    pub fn value_of_text(&mut self, name: &str) -> Result<Vec<u8>> {
        match self.names.get(name.as_bytes()) {
            Some(name) => Ok(self.value_of(name)?.unwrap_or_default()),
            None => Ok(Vec::new()),
        }
    }

    /// Returns a fatal error that is told where the value being expanded was defined, or where make reads.
    pub fn fatal_in_value(&self, error: MakeError) -> Box<Fatal> {
        self.fatal_at(self.variables.expanding.or(self.reading), error)
    }

    /// Runs `act` one level deeper, on a new part of the stack if this one is nearly used up.
    pub(crate) fn deeper<T>(&mut self, act: impl FnOnce(&mut Make) -> Result<T>) -> Result<T> {
        if self.variables.depth >= DEEPEST {
            let text = BString::from("expansion is nested too deeply");
            return Err(self.fatal_in_value(MakeError::Text(text)));
        }
        self.variables.depth += 1;
        let result = at_depth(self.variables.depth, || act(self));
        self.variables.depth -= 1;
        result
    }

    /// Appends the value of `name`, warning about an undefined one if asked to.
    fn expand_variable(&mut self, name: NameId, out: &mut Vec<u8>) -> Result<()> {
        match self.variables.find(self.scope, name) {
            Some(found) => self.expand_found(found, name, out),
            None => {
                if self.options.warn_undefined {
                    let bytes = BString::from(self.names.bytes(name));
                    self.warn_undefined(bytes);
                }
                Ok(())
            }
        }
    }

    fn warn_undefined(&mut self, name: BString) {
        if KNOWN.contains(&name.as_slice()) {
            return;
        }
        self.notice(self.reading, &Notice::UndefinedVariable(name));
    }

    /// Appends the value of what a look-up found.
    pub(crate) fn expand_found(
        &mut self,
        found: Found,
        name: NameId,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let place = match found {
            Found::Variable(place) => place,
            Found::Automatic(set, target, letter) => {
                self.automatic_value(set, target, letter, out);
                return Ok(());
            }
        };
        let Some(variable) = self.variables.at(place) else {
            return Ok(());
        };
        if variable.computed {
            self.list_variables(out);
        } else if variable.flavor == Flavor::Simple {
            out.extend_from_slice(&variable.value);
        } else {
            self.expand_recursive(place, name, out)?;
        }
        Ok(())
    }

    fn expand_recursive(&mut self, place: Place, name: NameId, out: &mut Vec<u8>) -> Result<()> {
        let outer = self.variables.expanding;
        let environments = self.variables.shell_environments;
        let Some(variable) = self.variables.at_mut(place) else {
            return Ok(());
        };
        let loc = variable.loc.or(outer);
        if variable.expanding {
            if environments > 0 {
                self.original_value(name, out);
                return Ok(());
            }
            if variable.reentries == 0 {
                let name = BString::from(self.names.bytes(name));
                let error = MakeError::RecursiveVariable(name);
                return Err(self.fatal_at(loc.or(self.reading), error));
            }
            variable.reentries -= 1;
        }
        let append = variable.append;
        if !append && variable.template.is_none() && !variable.value.contains(&b'$') {
            out.extend_from_slice(&variable.value);
            return Ok(());
        }
        variable.expanding = true;
        self.variables.expanding = loc;
        let result = self.deeper(|make| match append {
            true => make.expand_appended(name, out),
            false => make.expand_place(place, out),
        });
        self.variables.expanding = outer;
        if let Some(variable) = self.variables.at_mut(place) {
            variable.expanding = false;
        }
        result
    }

    /// Appends the value of a recursive variable.
    fn expand_place(&mut self, place: Place, out: &mut Vec<u8>) -> Result<()> {
        match self.template_at(place) {
            Some(template) => self.expand_sequence(&template, template.root(), out),
            None => Ok(()),
        }
    }

    /// Returns the compiled value of the variable at `place`, compiling it at first use.
    fn template_at(&mut self, place: Place) -> Option<Arc<Template>> {
        let variable = self.variables.at(place)?;
        if let Some(template) = &variable.template
            && template.holds_for(&self.variables.functions)
        {
            return Some(template.clone());
        }
        let value = variable.value.clone();
        let template = Arc::new(self.compile(&value));
        self.variables.at_mut(place)?.template = Some(template.clone());
        Some(template)
    }

    /// Appends the value that a target-specific `+=` gives: the outer scopes' values, then this one's.
    fn expand_appended(&mut self, name: NameId, out: &mut Vec<u8>) -> Result<()> {
        let mut parts: SmallVec<[Place; 4]> = SmallVec::new();
        let mut next = Some((self.scope, false));
        while let Some((scope, is_parent)) = next {
            let Some((place, after)) = self.find_part(scope, is_parent, name) else {
                break;
            };
            parts.push(place);
            let goes_on = self.variables.at(place).is_some_and(|part| part.append);
            next = after.filter(|_| goes_on);
        }
        let begin = out.len();
        for place in parts.into_iter().rev() {
            if out.len() > begin {
                out.push(b' ');
            }
            match self.variables.at(place) {
                Some(part) if part.flavor == Flavor::Simple => out.extend_from_slice(&part.value),
                _ => self.expand_place(place, out)?,
            }
        }
        Ok(())
    }

    /// Returns the first variable called `name` from `scope` on, and where the search would go on.
    fn find_part(
        &self,
        scope: ScopeId,
        is_parent: bool,
        name: NameId,
    ) -> Option<(Place, Option<(ScopeId, bool)>)> {
        let mut here = Some((scope, is_parent));
        while let Some((scope, is_parent)) = here {
            let link = self.variables.scopes[scope];
            let after = link
                .next
                .map(|next| (next, is_parent || link.next_is_parent));
            if let Some(place) = self.variables.place_in(link.set, name)
                && let Some(part) = self.variables.at(place)
                && !(is_parent && part.private)
            {
                return Some((place, after));
            }
            here = after;
        }
        None
    }

    /// Appends what a computed reference stands for: a variable or a substitution.
    fn expand_reference(&mut self, inner: &[u8], out: &mut Vec<u8>) -> Result<()> {
        if let Some((colon, equals)) = split_substitution(inner) {
            let (name, from, to) = (
                &inner[..colon],
                &inner[colon + 1..equals],
                &inner[equals + 1..],
            );
            return match self.names.get(name) {
                Some(name) => self.substitute(name, from, to, out),
                None => {
                    self.warn_undefined_if_asked(name);
                    Ok(())
                }
            };
        }
        match self.names.get(inner) {
            Some(name) => self.expand_variable(name, out),
            None => {
                self.warn_undefined_if_asked(inner);
                Ok(())
            }
        }
    }

    pub(crate) fn warn_undefined_if_asked(&mut self, name: &[u8]) {
        if self.options.warn_undefined {
            self.warn_undefined(BString::from(name));
        }
    }

    /// Appends `$(name:from=to)`.
    fn substitute(
        &mut self,
        name: NameId,
        from: &[u8],
        to: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let mut value = self.variables.take_buffer();
        self.expand_variable(name, &mut value)?;
        text::substitute_reference(&value, from, to, out);
        self.variables.give_buffer(value);
        Ok(())
    }
}

/// Returns whether each `$` of a text stands for one by a second one behind it.
fn has_only_escapes(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'$', rest) {
        if rest.get(at + 1) != Some(&b'$') {
            return false;
        }
        rest = &rest[at + 2..];
    }
    true
}

/// Appends such a text with one `$` for two.
fn unescape(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'$', rest) {
        out.extend_from_slice(&rest[..=at]);
        rest = &rest[at + 2..];
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests;
