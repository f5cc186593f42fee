//! Assignments: every operator and modifier, and the variables whose assignment acts on the make.
//! It does not know how a makefile writes them.

use crate::error::MakeError;
use crate::error::Notice;
use crate::error::Result;
use crate::eval::function::text;
use crate::eval::make::Make;
use crate::eval::variable::Export;
use crate::eval::variable::Flavor;
use crate::eval::variable::Found;
use crate::eval::variable::Origin;
use crate::eval::variable::Variable;
use crate::eval::variable::Variables;
use crate::event::Event;
use crate::id::NameId;
use crate::id::SetId;
use crate::loc::Loc;
use crate::options::BadOption;
use crate::options::Options;
use crate::options::Source;
use crate::parser::statement::Assignment;
use crate::parser::statement::Operator;
use crate::parser::statement::parse_assignment;
use std::sync::Arc;

/// A value about to be stored.
struct Definition {
    set: SetId,
    name: NameId,
    value: Vec<u8>,
    flavor: Flavor,
    origin: Origin,
    loc: Option<Loc>,
}

/// Whose variables an assignment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Everybody's.
    Global,
    /// A target's or pattern's: `+=` adds to what the outer scopes say when it is expanded.
    Specific(SetId),
}

impl Make {
    /// Expands the name and does an assignment: to the global set, or with `set` to the variables of a target or pattern.
    /// `origin` is File for makefiles (`override` and -e are looked after here).
    ///
    /// # Errors
    /// When the name is empty, or an expansion fails.
    pub fn assign(
        &mut self,
        assignment: &Assignment,
        origin: Origin,
        set: Option<SetId>,
    ) -> Result<()> {
        let name = self.assigned_name(assignment)?;
        self.assign_named(name, assignment, origin, set)
    }

    /// Returns the expanded name of an assignment.
    ///
    /// # Errors
    /// When it is empty, or its expansion fails.
    pub fn assigned_name(&mut self, assignment: &Assignment) -> Result<NameId> {
        let name = self.expand(assignment.name)?;
        // Blanks that an expansion brings belong to the name.
        match name.is_empty() {
            true => Err(self.fatal_at(assignment.loc, MakeError::EmptyVariableName)),
            false => Ok(self.names.intern(&name)),
        }
    }

    /// Does an assignment to the variable `name`, whatever the assignment calls it.
    ///
    /// # Errors
    /// When an expansion fails.
    pub fn assign_named(
        &mut self,
        name: NameId,
        assignment: &Assignment,
        origin: Origin,
        set: Option<SetId>,
    ) -> Result<()> {
        let modifiers = assignment.modifiers;
        let origin = match modifiers.is_override && origin == Origin::File {
            true => Origin::Override,
            false => origin,
        };
        let owner = set.map_or(Owner::Global, Owner::Specific);
        if owner == Owner::Global && self.names.bytes(name) == b"MAKEFLAGS" {
            self.assign_makeflags(name, assignment, origin)?;
        } else {
            self.assign_value(name, assignment, origin, owner)?;
        }
        let set = set.unwrap_or(Variables::GLOBAL_SET);
        if let Some(variable) = self.variables.sets[set].get_mut(name) {
            if let Some(on) = modifiers.export {
                variable.export = match on {
                    true => Export::Always,
                    false => Export::Never,
                };
            }
            if modifiers.is_private {
                variable.private = true;
            }
        }
        if owner == Owner::Global {
            self.act_on(name);
        }
        Ok(())
    }

    /// Computes the value of an assignment and stores it.
    pub(crate) fn assign_value(
        &mut self,
        name: NameId,
        assignment: &Assignment,
        origin: Origin,
        owner: Owner,
    ) -> Result<()> {
        let (value, flavor) = match assignment.operator {
            Operator::Recursive => (assignment.value.to_vec(), Flavor::Recursive),
            Operator::Simple => (self.expand(assignment.value)?, Flavor::Simple),
            Operator::Immediate => {
                let value = self.expand(assignment.value)?;
                (double_dollars(&value), Flavor::Recursive)
            }
            Operator::Shell => {
                let command = self.expand(assignment.value)?;
                (self.shell_value(&command)?, Flavor::Recursive)
            }
            Operator::IfUndefined => {
                if self.variables.find(self.scope, name).is_some() {
                    return Ok(());
                }
                (assignment.value.to_vec(), Flavor::Recursive)
            }
            Operator::Append => return self.append(name, assignment, origin, owner),
        };
        let set = match owner {
            Owner::Global => Variables::GLOBAL_SET,
            Owner::Specific(set) => set,
        };
        let definition = Definition {
            set,
            name,
            value,
            flavor,
            origin,
            loc: assignment.loc,
        };
        if let Some(variable) = self.put(definition) {
            variable.append = false;
        }
        Ok(())
    }

    /// Does `+=`.
    fn append(
        &mut self,
        name: NameId,
        assignment: &Assignment,
        origin: Origin,
        owner: Owner,
    ) -> Result<()> {
        // What is added to: only the own variable of a target or pattern, else whatever the scope sees.
        let old = match owner {
            Owner::Specific(set) => self.variables.sets[set].get(name),
            Owner::Global => self.variables.lookup(self.scope, name),
        };
        let set = match owner {
            Owner::Specific(set) => set,
            Owner::Global => Variables::GLOBAL_SET,
        };
        let Some(old) = old else {
            let definition = Definition {
                set,
                name,
                value: assignment.value.to_vec(),
                flavor: Flavor::Recursive,
                origin,
                loc: assignment.loc,
            };
            if let Some(variable) = self.put(definition) {
                variable.append = owner != Owner::Global;
            }
            return Ok(());
        };
        let flavor = old.flavor;
        let expanded;
        let addition = match flavor {
            Flavor::Recursive => assignment.value,
            Flavor::Simple => {
                expanded = self.expand(assignment.value)?;
                &expanded
            }
        };
        if addition.is_empty() {
            return Ok(());
        }
        if self.append_in_place(set, name, addition, origin, assignment.loc) {
            return Ok(());
        }
        let old = match owner {
            Owner::Specific(set) => self.variables.sets[set].get(name),
            Owner::Global => self.variables.lookup(self.scope, name),
        };
        let mut value = old.map(|old| old.value.to_vec()).unwrap_or_default();
        append_word(&mut value, addition);
        let loc = assignment.loc;
        self.put(Definition {
            set,
            name,
            value,
            flavor,
            origin,
            loc,
        });
        Ok(())
    }

    /// Appends to the variable of `set` if that is the one the scope sees. Amortised constant time.
    fn append_in_place(
        &mut self,
        set: SetId,
        name: NameId,
        addition: &[u8],
        origin: Origin,
        loc: Option<Loc>,
    ) -> bool {
        let is_seen = set != Variables::GLOBAL_SET
            || self.scope == Variables::GLOBAL
            || matches!(self.variables.find(self.scope, name),
                Some(Found::Variable(place)) if place.set == set);
        if !is_seen {
            return false;
        }
        let overrides = self.options.environment_overrides;
        let Some(variable) = self.variables.sets[set].get_mut(name) else {
            return false;
        };
        if overrides && variable.origin == Origin::Environment {
            variable.origin = Origin::EnvironmentOverride;
        }
        if origin >= variable.origin {
            append_word(Arc::make_mut(&mut variable.value), addition);
            variable.template = None;
            variable.origin = origin;
            variable.loc = loc;
        }
        true
    }

    /// Stores a value unless the variable's present one has a stronger origin. Returns the variable if it was stored.
    fn put(&mut self, definition: Definition) -> Option<&mut Variable> {
        let overrides = self.options.environment_overrides;
        let origin = match definition.origin {
            Origin::Environment if overrides => Origin::EnvironmentOverride,
            origin => origin,
        };
        let (set, name) = (definition.set, definition.name);
        let Some(place) = self.variables.place_in(set, name) else {
            let mut variable = Variable::new(b"", definition.flavor, origin);
            variable.value = Arc::new(definition.value);
            variable.loc = definition.loc;
            return Some(self.variables.put(set, name, variable));
        };
        let variable = self.variables.at_mut(place)?;
        if overrides && variable.origin == Origin::Environment {
            variable.origin = Origin::EnvironmentOverride;
        }
        if origin < variable.origin {
            return None;
        }
        variable.value = Arc::new(definition.value);
        variable.template = None;
        variable.flavor = definition.flavor;
        variable.origin = origin;
        variable.loc = definition.loc;
        Some(variable)
    }

    /// Defines a global variable unless a stronger origin has: built-in ones, the environment's. No name has a
    /// meaning here.
    pub fn define(&mut self, name: &[u8], value: &[u8], flavor: Flavor, origin: Origin) {
        let definition = Definition {
            set: Variables::GLOBAL_SET,
            name: self.names.intern(name),
            value: value.to_vec(),
            flavor,
            origin,
            loc: None,
        };
        self.put(definition);
    }

    /// Makes `name` undefined, unless its origin is stronger than `origin` (as for `assign`).
    pub fn undefine(&mut self, name: NameId, origin: Origin) {
        let overrides = self.options.environment_overrides;
        let set = self.variables.global_mut();
        let Some(variable) = set.get_mut(name) else {
            return;
        };
        if overrides && variable.origin == Origin::Environment {
            variable.origin = Origin::EnvironmentOverride;
        }
        if origin >= variable.origin {
            set.remove(name);
        }
    }

    /// Sets `export NAME` (true) or `unexport NAME` (false) of a global variable, defining it empty if needed.
    pub fn set_export(&mut self, name: NameId, on: bool) {
        let variable = match self.variables.place_in(Variables::GLOBAL_SET, name) {
            Some(place) => self.variables.at_mut(place),
            None => {
                let variable = Variable::new(b"", Flavor::Simple, Origin::File);
                Some(self.variables.put(Variables::GLOBAL_SET, name, variable))
            }
        };
        if let Some(variable) = variable {
            variable.export = match on {
                true => Export::Always,
                false => Export::Never,
            };
        }
    }

    /// Appends one word to a global simple variable (`MAKEFILE_LIST`) in amortised constant time.
    pub fn append_word(&mut self, name: NameId, word: &[u8], origin: Origin) {
        match self.variables.global_mut().get_mut(name) {
            Some(variable) => {
                append_word(Arc::make_mut(&mut variable.value), word);
                variable.template = None;
            }
            None => {
                let variable = Variable::new(word, Flavor::Simple, origin);
                self.variables.put(Variables::GLOBAL_SET, name, variable);
            }
        }
    }

    /// Does what the assignment of a special variable means.
    fn act_on(&mut self, name: NameId) {
        if self.names.bytes(name) == b".RECIPEPREFIX" {
            let value = self.variables.global().get(name);
            let first = value.and_then(|variable| variable.value.first().copied());
            self.variables.recipe_prefix = first.unwrap_or(b'\t');
        }
    }

    /// Does an assignment to MAKEFLAGS: the options learn what is new, and the value says again what they are.
    fn assign_makeflags(
        &mut self,
        name: NameId,
        assignment: &Assignment,
        origin: Origin,
    ) -> Result<()> {
        if origin == Origin::CommandLine {
            self.assign_value(name, assignment, origin, Owner::Global)?;
            self.set_export(name, true);
            return Ok(());
        }
        let old = self.variables.global().get(name).map(|old| old.origin);
        let is_kept = assignment.operator == Operator::IfUndefined;
        let is_refused = old.is_some_and(|old| is_kept || origin < old);
        if !is_refused {
            self.assign_value(name, assignment, origin, Owner::Global)?;
        }
        if old == Some(Origin::CommandLine) {
            self.take_makeflags()?;
            self.define_makeflags(MakeflagsTime::Reading);
            return Ok(());
        }
        if is_refused {
            return Ok(());
        }
        let stored = self.variables.global().get(name);
        let stored = stored.map(|variable| variable.value.clone());
        let added = match (assignment.operator, stored) {
            (Operator::Simple | Operator::Shell, Some(stored)) => stored.to_vec(),
            (Operator::Immediate, Some(stored)) => halve_dollars(&stored),
            _ => self.expand(assignment.value)?,
        };
        let mut value = halve_dollars(&(self.codec.encode)(&self.options));
        value.push(b' ');
        // A first word of letters needs no dash.
        let first = text::words(&added).next().unwrap_or(b"-");
        if assignment.operator != Operator::Append && first[0] != b'-' && !first.contains(&b'=') {
            value.push(b'-');
        }
        value.extend_from_slice(text::trim_start(&added));
        let before = self.take_flags(&value, Source::Makefile, origin)?;
        // -R implies -r, but while makefiles are read only what was written is told.
        self.variables.implied_rules |= self.options.no_builtin_rules && !before.no_builtin_rules;
        self.variables.implied_rules &= !names_no_rules(&added);
        self.define_makeflags(MakeflagsTime::Reading);
        Ok(())
    }

    /// Takes over the options and assignments of `value`, and returns the options before.
    fn take_flags(&mut self, value: &[u8], source: Source, origin: Origin) -> Result<Options> {
        let before = self.options.clone();
        for bad in (self.codec.decode)(&mut self.options, value, source) {
            match bad {
                BadOption::Told(text) => self.notice(None, &Notice::Text(text)),
                BadOption::Fatal(text) => return Err(self.fatal_at(None, MakeError::Text(text))),
            }
        }
        // It is too late for another directory.
        self.options.directories.clone_from(&before.directories);
        // Assignments in it define variables here, but are not handed on.
        let known = before.definitions.len();
        for definition in self.options.definitions.split_off(known) {
            self.define_word(&definition.text, origin)?;
        }
        self.follow_options(&before);
        Ok(before)
    }

    /// What the command line has assigned to MAKEFLAGS is but a value until a makefile assigns to it, or all makefiles
    /// are read.
    fn take_makeflags(&mut self) -> Result<()> {
        let value = self.value_of_text("MAKEFLAGS")?;
        self.take_flags(&value, Source::Environment, Origin::Environment)?;
        Ok(())
    }

    /// GNU make reads MAKEFLAGS and GNUMAKEFLAGS once more when all makefiles are read: the command line may have set the
    /// one, a makefile the other.
    pub(crate) fn take_flags_again(&mut self) -> Result<()> {
        if self.origin_of(b"MAKEFLAGS") == Some(Origin::CommandLine) {
            self.take_makeflags()?;
        }
        self.take_gnumakeflags()
    }

    fn take_gnumakeflags(&mut self) -> Result<()> {
        let value = self.expand(b"$(GNUMAKEFLAGS)")?;
        if text::words(&value).next().is_some() {
            self.take_flags(&value, Source::Environment, Origin::Environment)?;
        }
        Ok(())
    }

    /// What the command line defined is in MAKEFLAGS, which GNU make reads once more when all makefiles are read, as if
    /// it came from the environment: what a makefile undefined is back then.
    pub(crate) fn define_overrides_again(&mut self) -> Result<()> {
        if self.options.definitions.is_empty() {
            return Ok(());
        }
        let overrides = self.value_of_text("MAKEOVERRIDES")?;
        let mut read = Options::default();
        let value = [b" -- ", &overrides[..]].concat();
        (self.codec.decode)(&mut read, &value, Source::Environment);
        let origin = match self.options.environment_overrides {
            true => Origin::EnvironmentOverride,
            false => Origin::Environment,
        };
        for definition in read.definitions {
            self.define_word(&definition.text, origin)?;
        }
        Ok(())
    }

    /// Does at once what options that were just given mean for the rest of the reading.
    fn follow_options(&mut self, before: &Options) {
        if before.include_dirs != self.options.include_dirs {
            self.find_include_dirs();
        }
        let is_hushed = self.options.silent.on && !before.silent.on;
        if is_hushed || before.print_directory != self.options.print_directory {
            self.ctx.emit(Event::Directory {
                path: self.directory.clone(),
                announce: self.options.print_directory.on,
                around_blocks: false,
            });
        }
    }

    /// Does an assignment written as one word.
    fn define_word(&mut self, word: &[u8], origin: Origin) -> Result<()> {
        let Some(assignment) = parse_assignment(word) else {
            return Ok(());
        };
        let loc = self.reading;
        self.assign(&Assignment { loc, ..assignment }, origin, None)
    }

    /// Gives MAKEFLAGS and MFLAGS the values that say what the options are.
    pub fn define_makeflags(&mut self, time: MakeflagsTime) {
        let mut flags = self.options.clone();
        if time == MakeflagsTime::Reading && self.variables.implied_rules {
            flags.no_builtin_rules = false;
        }
        let mut value = double_dollars(&(self.codec.encode)(&flags));
        flags.evals.clear();
        let mut plain = (self.codec.encode)(&flags);
        let overrides = self.names.get(b"MAKEOVERRIDES");
        let overrides = overrides.and_then(|name| self.variables.global().get(name));
        let is_told = |one: &Variable| {
            let is_own = matches!(one.origin, Origin::Default | Origin::File);
            !one.value.is_empty() || (is_own && time == MakeflagsTime::Reading)
        };
        if overrides.is_some_and(is_told) {
            value.extend_from_slice(b" -- $(MAKEOVERRIDES)");
        }
        if !plain.is_empty() && plain[0] != b' ' && plain[0] != b'-' {
            plain.insert(0, b'-');
        }
        let plain = double_dollars(text::trim_start(&plain));
        let (origin, plain_origin) = match self.options.environment_overrides {
            true => (Origin::EnvironmentOverride, Origin::EnvironmentOverride),
            false => (Origin::File, Origin::Environment),
        };
        if time != MakeflagsTime::Reading {
            self.define(b"GNUMAKEFLAGS", b"", Flavor::Simple, Origin::Override);
        }
        self.define_flags(b"MAKEFLAGS", value, origin);
        self.define_flags(b"MFLAGS", plain, plain_origin);
    }

    fn define_flags(&mut self, name: &[u8], value: Vec<u8>, origin: Origin) {
        let name = self.names.intern(name);
        let export = match self.variables.global().get(name) {
            Some(old) if old.origin > origin => return,
            Some(old) => old.export,
            None => Export::Always,
        };
        let mut variable = Variable::new(&value, Flavor::Recursive, origin);
        variable.export = match export {
            Export::Never => Export::Never,
            _ => Export::Always,
        };
        self.variables.put(Variables::GLOBAL_SET, name, variable);
    }
}

/// Returns whether a value for MAKEFLAGS holds -r itself.
fn names_no_rules(value: &[u8]) -> bool {
    text::words(value).enumerate().any(|(index, word)| {
        let letters = match word.strip_prefix(b"-") {
            Some(letters) => letters,
            None if index == 0 => word,
            None => return false,
        };
        word == b"--no-builtin-rules"
            || letters.contains(&b'r') && letters.iter().all(u8::is_ascii_alphabetic)
    })
}

/// Returns `text` with every `$$` halved.
fn halve_dollars(text: &[u8]) -> Vec<u8> {
    let mut halved = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        halved.push(*byte);
        if *byte == b'$' {
            bytes.next();
        }
    }
    halved
}

/// When MAKEFLAGS is looked at. The words of jobserver and output lock are there once the options hold them: from the
/// parent make, or when this make has set them up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MakeflagsTime {
    /// While makefiles are read.
    Reading,
    /// While targets are remade.
    Running,
}

/// Appends a word behind a blank; no blank before the first.
fn append_word(value: &mut Vec<u8>, word: &[u8]) {
    if !value.is_empty() {
        value.push(b' ');
    }
    value.extend_from_slice(word);
}

/// Returns `text` with every `$` doubled.
pub(crate) fn double_dollars(text: &[u8]) -> Vec<u8> {
    let mut doubled = Vec::with_capacity(text.len());
    for byte in text {
        if *byte == b'$' {
            doubled.push(b'$');
        }
        doubled.push(*byte);
    }
    doubled
}

#[cfg(test)]
mod tests;
