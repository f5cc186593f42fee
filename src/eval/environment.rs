//! The environment of children: which variables are exported, and with what values.
//! It does not know how children are started.

use crate::error::Result;
use crate::eval::make::Make;
use crate::eval::variable::Export;
use crate::eval::variable::Flavor;
use crate::eval::variable::Found;
use crate::eval::variable::Origin;
use crate::eval::variable::Place;
use crate::eval::variable::Variables;
use crate::id::NameId;
use crate::id::ScopeId;
use crate::id::TargetId;
use bstr::BString;
use rustc_hash::FxHashMap;

/// The environment variable that names the socket of the session, for sub-makes.
pub const SESSION: &str = "RMAKE_SESSION";

/// What the environment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Child {
    /// A recipe that may start another make: it is told of the jobserver.
    Recursive,
    /// Any other recipe.
    Plain,
    /// `$(shell)` and `!=`.
    Shell,
}

/// A variable that may be exported.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    name: NameId,
    place: Place,
    export: Export,
}

/// Values of exported variables for which commands ran while an environment was built, and all those within it: the
/// environment of such a command asks for the other variables, whose commands have environments too. GNU make runs them
/// anew each time, 1956 for six variables.
#[derive(Debug, Default)]
pub(crate) struct Environments {
    /// How many are being built within each other.
    depth: u32,
    /// How many commands have run for them.
    commands: u64,
    values: Vec<Remembered>,
    /// What the commands of the values that are being expanded have mentioned.
    mentions: Vec<Mention>,
}

/// An exported variable whose name stands in a command, and whether it was itself being expanded: the command saw what
/// make's own environment says of it then.
#[derive(Clone, Copy, Debug)]
struct Mention {
    place: Place,
    was_expanding: bool,
}

#[derive(Debug)]
struct Remembered {
    place: Place,
    value: Vec<u8>,
    mentions: Vec<Mention>,
}

impl Make {
    /// Returns the environment, `NAME=VALUE` each, in the scope of `target` (None: the present scope).
    ///
    /// # Errors
    /// When the value of an exported variable cannot be expanded.
    pub fn child_environment(
        &mut self,
        target: Option<TargetId>,
        child: Child,
    ) -> Result<Vec<BString>> {
        match target {
            Some(target) => self.with_target(target, |make| make.environment_here(child)),
            None => self.environment_here(child),
        }
    }

    /// Has all children be told something by an environment variable.
    pub fn tell_below(&mut self, name: &'static str, value: BString) {
        self.told_below.retain(|(told, _)| *told != name);
        self.told_below.push((name, value));
    }

    fn environment_here(&mut self, child: Child) -> Result<Vec<BString>> {
        let in_shell = u32::from(child == Child::Shell);
        self.variables.shell_environments += in_shell;
        self.environments.depth += 1;
        let result = self.exported(child);
        self.environments.depth -= 1;
        self.variables.shell_environments -= in_shell;
        if self.environments.depth == 0 {
            self.environments = Environments::default();
        }
        result
    }

    /// A command runs for a value in an environment that is being built.
    pub(crate) fn note_command(&mut self, command: &[u8]) {
        if self.environments.depth == 0 {
            return;
        }
        self.environments.commands += 1;
        for candidate in self.candidates() {
            let name = self.names.bytes(candidate.name);
            if let Some(variable) = self.variables.at(candidate.place)
                && variable.flavor == Flavor::Recursive
                && self.is_exported(&candidate)
                && memchr::memmem::find(command, name).is_some()
            {
                self.environments.mentions.push(Mention {
                    place: candidate.place,
                    was_expanding: variable.expanding,
                });
            }
        }
    }

    /// Appends the value of an exported variable if commands ran for it before that would see the same now, as far as
    /// they name what they look at.
    fn remembered(&mut self, place: Place, out: &mut Vec<u8>) -> bool {
        let is_expanding = |place| self.variables.at(place).is_some_and(|one| one.expanding);
        let holds = |one: &&Remembered| {
            let mut mentions = one.mentions.iter();
            one.place == place && mentions.all(|one| is_expanding(one.place) == one.was_expanding)
        };
        let Environments {
            values, mentions, ..
        } = &mut self.environments;
        let found = values.iter().find(holds).filter(|_| !is_expanding(place));
        if let Some(found) = found {
            out.extend_from_slice(&found.value);
            mentions.extend_from_slice(&found.mentions);
        }
        found.is_some()
    }

    fn exported(&mut self, child: Child) -> Result<Vec<BString>> {
        let mut environment = Vec::new();
        let mut has_shell = false;
        for candidate in self.candidates() {
            if !self.is_exported(&candidate) {
                continue;
            }
            let name = self.names.bytes(candidate.name);
            let is_told = |(told, _): &(&str, BString)| told.as_bytes() == name;
            if name == b"MAKELEVEL" || self.told_below.iter().any(is_told) {
                continue;
            }
            has_shell |= name == b"SHELL";
            let mut line = Vec::with_capacity(name.len() + 32);
            line.extend_from_slice(name);
            line.push(b'=');
            if child != Child::Recursive && (name == b"MAKEFLAGS" || name == b"MFLAGS") {
                self.flags_without_pipe(candidate, &mut line)?;
            } else {
                self.exported_value(candidate, &mut line)?;
            }
            environment.push(BString::from(line));
        }
        if !has_shell {
            let shell = self.environment.iter().find(|(name, _)| name == "SHELL");
            environment.extend(shell.map(|(_, value)| assigned(b"SHELL", value)));
        }
        let level = (self.level + 1).to_string();
        environment.push(assigned(b"MAKELEVEL", level.as_bytes()));
        let told = self.told_below.iter();
        environment.extend(told.map(|(name, value)| assigned(name.as_bytes(), value)));
        Ok(environment)
    }

    /// Appends the value a child gets. What came from the environment goes there as it came.
    fn exported_value(&mut self, candidate: Candidate, out: &mut Vec<u8>) -> Result<()> {
        let Some(variable) = self.variables.at(candidate.place) else {
            return Ok(());
        };
        let is_ours = !matches!(
            variable.origin,
            Origin::Environment | Origin::EnvironmentOverride
        );
        let (loc, variable_is_expanding) = (variable.loc, variable.expanding);
        let is_flags = matches!(self.names.bytes(candidate.name), b"MAKEFLAGS" | b"MFLAGS");
        if variable.flavor == Flavor::Recursive && (is_ours || is_flags) {
            let place = candidate.place;
            let found = Found::Variable(place);
            if self.remembered(place, out) {
                return Ok(());
            }
            let was_expanding = variable_is_expanding;
            let before = self.environments.commands;
            let (begin, mark) = (out.len(), self.environments.mentions.len());
            // What its expansion has to say, for a recipe, is told where the variable was defined.
            let own = loc.filter(|_| self.variables.shell_environments == 0);
            let reading = own.or(self.reading);
            let outer = std::mem::replace(&mut self.reading, reading);
            let result = self.expand_found(found, candidate.name, out);
            self.reading = outer;
            if self.environments.commands > before && !was_expanding {
                // That a command names its own variable says nothing to others.
                let mut mentions = self.environments.mentions.split_off(mark);
                mentions.retain(|one| one.place != place);
                self.environments.mentions.extend_from_slice(&mentions);
                self.environments.values.push(Remembered {
                    place,
                    value: out[begin..].to_vec(),
                    mentions,
                });
            }
            return result;
        }
        out.extend_from_slice(&variable.value);
        Ok(())
    }

    /// Appends MAKEFLAGS or MFLAGS; who does not get the descriptors of the jobserver must not believe in them.
    fn flags_without_pipe(&mut self, candidate: Candidate, line: &mut Vec<u8>) -> Result<()> {
        let mut value = Vec::new();
        self.exported_value(candidate, &mut value)?;
        let holds_pipe = memchr::memmem::find(&value, b"--jobserver-auth=")
            .is_some_and(|at| !value[at..].starts_with(b"--jobserver-auth=fifo:"));
        let end = memchr::memmem::find(&value, b" -- ").unwrap_or(value.len());
        line.extend_from_slice(&value[..end]);
        if holds_pipe {
            line.extend_from_slice(b" --jobserver-auth=-2,-2");
        }
        line.extend_from_slice(&value[end..]);
        Ok(())
    }

    /// Returns every variable the present scope sees once, the nearest of each name; how one is exported is
    /// decided by the first that says so.
    fn candidates(&self) -> Vec<Candidate> {
        let mut found: Vec<Candidate> = Vec::new();
        let mut index: FxHashMap<NameId, usize> = FxHashMap::default();
        let mut next: Option<(ScopeId, bool)> = Some((self.scope, true));
        while let Some((scope, is_own)) = next {
            let link = self.variables.scopes[scope];
            let is_global = link.set == Variables::GLOBAL_SET;
            for (name, variable) in self.variables.sets[link.set].iter() {
                // Here even `$(let)` hides the private variables around it, which it does not do for expansion.
                if variable.private && !is_own {
                    continue;
                }
                let export = variable.export;
                if let Some(at) = index.get(&name) {
                    let nearer = &mut found[*at];
                    if nearer.export == Export::Default {
                        nearer.export = export;
                    }
                    continue;
                }
                let Some(place) = self.variables.place_in(link.set, name) else {
                    continue;
                };
                let candidate = Candidate {
                    name,
                    place,
                    export,
                };
                if is_global && !self.is_exported(&candidate) {
                    continue;
                }
                if !is_global {
                    index.insert(name, found.len());
                }
                found.push(candidate);
            }
            // A target's automatic variables and its own ones are one, though not those of a `::` entry and the first one's.
            let automatic_of = self.variables.sets[link.set].automatic_of;
            let is_first = |target| self.first_of_double_colon(target).is_none();
            let goes_on = is_own && automatic_of.is_some_and(is_first) && !link.next_is_parent;
            next = link.next.map(|scope| (scope, goes_on));
        }
        found
    }

    fn is_exported(&self, candidate: &Candidate) -> bool {
        let Some(variable) = self.variables.at(candidate.place) else {
            return false;
        };
        match candidate.export {
            Export::Always => true,
            Export::Never => false,
            Export::IfSet => variable.origin != Origin::Default,
            Export::Default => {
                let from_outside = matches!(
                    variable.origin,
                    Origin::Environment | Origin::EnvironmentOverride | Origin::CommandLine
                );
                !matches!(variable.origin, Origin::Default | Origin::Automatic)
                    && (from_outside || self.special.export_all)
                    && is_shell_name(self.names.bytes(candidate.name))
                    && self.names.bytes(candidate.name) != b"SHELL"
            }
        }
    }

    /// Appends what make's own environment says of `name`: for a variable that refers to itself by way of `$(shell)`.
    pub(crate) fn original_value(&self, name: NameId, out: &mut Vec<u8>) {
        let name = self.names.bytes(name);
        let found = self.environment.iter().find(|(other, _)| *other == name);
        if let Some((_, value)) = found {
            out.extend_from_slice(value);
        }
    }
}

fn assigned(name: &[u8], value: &[u8]) -> BString {
    BString::from([name, b"=", value].concat())
}

/// Returns whether a shell can use `name`.
fn is_shell_name(name: &[u8]) -> bool {
    name.first().is_some_and(|byte| !byte.is_ascii_digit())
        && name
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

#[cfg(test)]
mod tests;
