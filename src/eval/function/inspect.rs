//! Functions that speak to the user or look at variables: warning, info, origin, flavor, value.
//! It does not know how a value came to be.

use crate::error::Diagnostic;
use crate::error::Severity;
use crate::eval::make::Make;
use crate::eval::variable::Flavor;
use crate::eval::variable::Found;
use crate::eval::variable::Origin;
use crate::event::Event;
use crate::event::Stream;
use bstr::BString;

impl Make {
    pub(crate) fn function_warning(&mut self, text: &[u8]) {
        let diagnostic = Diagnostic {
            place: self.reading.map(|loc| loc.place(&self.names)),
            severity: Severity::Notice,
            text: BString::from(text),
        };
        let job = self.job;
        self.ctx.emit(Event::Diagnostic { job, diagnostic });
    }

    pub(crate) fn function_info(&mut self, text: &[u8]) {
        let mut line = Vec::with_capacity(text.len() + 1);
        line.extend_from_slice(text);
        line.push(b'\n');
        self.print(Stream::Out, line);
    }

    pub(crate) fn function_origin(&self, name: &[u8]) -> &'static str {
        let Some(found) = self.find_named(name) else {
            return "undefined";
        };
        let Found::Variable(place) = found else {
            return "automatic";
        };
        match self.variables.at(place).map(|variable| variable.origin) {
            None => "undefined",
            Some(Origin::Default) => "default",
            Some(Origin::Environment) => "environment",
            Some(Origin::File) => "file",
            Some(Origin::EnvironmentOverride) => "environment override",
            Some(Origin::CommandLine) => "command line",
            Some(Origin::Override) => "override",
            Some(Origin::Automatic) => "automatic",
        }
    }

    pub(crate) fn function_flavor(&self, name: &[u8]) -> &'static str {
        let Some(found) = self.find_named(name) else {
            return "undefined";
        };
        let Found::Variable(place) = found else {
            return "simple";
        };
        match self.variables.at(place).map(|variable| variable.flavor) {
            None => "undefined",
            Some(Flavor::Recursive) => "recursive",
            Some(Flavor::Simple) => "simple",
        }
    }

    pub(crate) fn function_value(&mut self, name: &[u8], out: &mut Vec<u8>) {
        match self.find_named(name) {
            None => {}
            Some(Found::Automatic(set, target, letter)) => {
                self.automatic_value(set, target, letter, out);
            }
            Some(Found::Variable(place)) => match self.variables.at(place) {
                Some(variable) if variable.computed => self.list_variables(out),
                Some(variable) => out.extend_from_slice(&variable.value),
                None => {}
            },
        }
    }

    /// Finds the variable called `name` in the present scope.
    fn find_named(&self, name: &[u8]) -> Option<Found> {
        self.variables.find(self.scope, self.names.get(name)?)
    }

    /// Appends the names of all global variables: `.VARIABLES`.
    pub(crate) fn list_variables(&self, out: &mut Vec<u8>) {
        for (index, (name, _)) in self.variables.global().iter().enumerate() {
            if index > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(self.names.bytes(name));
        }
    }
}
