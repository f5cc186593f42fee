//! A new make invocation: environment, built-in variables, command line definitions.
//! It does not know how the command line was parsed.

use crate::error::Result;
use crate::eval::assign::MakeflagsTime;
use crate::eval::builtin::VARIABLES;
use crate::eval::environment::Environments;
use crate::eval::include::Reading;
use crate::eval::make::Ctx;
use crate::eval::make::Make;
use crate::eval::make::MakeflagsCodec;
use crate::eval::make::Special;
use crate::eval::variable::Export;
use crate::eval::variable::Flavor;
use crate::eval::variable::Origin;
use crate::eval::variable::Variable;
use crate::eval::variable::Variables;
use crate::files::View;
use crate::files::pattern::Charset;
use crate::graph::Graph;
use crate::id::NameId;
use crate::name::Names;
use crate::name::strip_dot_slash;
use crate::options::Options;
use crate::parser::statement::parse_assignment;
use bstr::BString;

/// `.FEATURES`: what this make can do beyond POSIX, in GNU make's words.
const FEATURES: &str = "target-specific order-only second-expansion else-if shortest-stem undefine \
oneshell nocomment grouped-target extra-prereqs notintermediate shell-export archives jobserver \
jobserver-fifo output-sync check-symlink load";

/// What a make invocation begins with.
pub struct Start {
    /// argv\[0] as it was given: `MAKE_COMMAND` (made absolute if it holds a slash and is relative).
    pub command: BString,
    /// Basename of argv\[0], for messages.
    pub program: BString,
    /// MAKELEVEL of this make.
    pub level: u32,
    /// How often this make has restarted itself: MAKE_RESTARTS, unset when 0.
    pub restarts: u32,
    /// The directory it works in, absolute; empty if there was none at the start, None if it is not known.
    pub directory: Option<BString>,
    /// The environment in its order.
    pub environment: Vec<(BString, BString)>,
    /// Options of the command line and of MAKEFLAGS.
    pub options: Options,
    /// cli's reading and writing of MAKEFLAGS.
    pub codec: MakeflagsCodec,
    /// The file system.
    pub view: View,
    /// The session.
    pub ctx: Box<dyn Ctx>,
}

impl Make {
    /// Returns a make that has read nothing yet: variables from the environment, the built-in
    /// ones and those of the command line are defined.
    ///
    /// # Errors
    /// When a definition of the command line fails.
    pub fn new(start: Start) -> Result<Make> {
        let (command, restarts) = (start.command.clone(), start.restarts);
        let mut make = Make::blank(start);
        make.take_environment();
        make.define_basics();
        make.define_from_command_line()?;
        make.define_shell();
        make.define_own(&command, restarts);
        make.define_automatic_variables();
        make.enter_suffixes();
        make.define_eval_flags();
        make.define_makeflags(MakeflagsTime::Reading);
        Ok(make)
    }

    /// Returns a make that knows no more than its environment, as it is while the flags there are expanded.
    pub fn before_flags(start: Start) -> Make {
        let mut make = Make::blank(start);
        for (name, value) in make.environment.clone() {
            make.define(&name, &value, Flavor::Recursive, Origin::Environment);
        }
        make.define_basics();
        make
    }

    /// Returns a variable of the environment, GNUMAKEFLAGS or MAKEFLAGS, expanded with the options known so far.
    /// GNUMAKEFLAGS comes first, and is empty from then on.
    ///
    /// # Errors
    /// When it cannot be expanded.
    pub fn flags_of_environment(&mut self, options: &Options, name: &str) -> Result<Vec<u8>> {
        self.options.warn_undefined = options.warn_undefined;
        if name == "MAKEFLAGS" && self.is_defined(b"GNUMAKEFLAGS") {
            self.define(b"GNUMAKEFLAGS", b"", Flavor::Simple, Origin::Environment);
        }
        self.expand(format!("$({name})").as_bytes())
    }

    fn blank(start: Start) -> Make {
        let mut make = Make {
            program: start.program,
            level: start.level,
            told_below: Vec::new(),
            environments: Environments::default(),
            directory: start.directory,
            environment: start.environment,
            options: start.options,
            codec: start.codec,
            names: Names::default(),
            variables: Variables::new(),
            scope: Variables::GLOBAL,
            graph: Graph::default(),
            view: start.view,
            ctx: start.ctx,
            special: Special::default(),
            makefiles: Vec::new(),
            reading: None,
            job: None,
            reader: Reading::default(),
            include_error: None,
            objects: crate::eval::load::Objects::default(),
        };
        make.variables.know_automatic(&mut make.names);
        make.view.charset = Charset::of_locale(&make.environment);
        make
    }

    /// Every variable of the environment becomes a make variable; a few have a meaning of their own.
    fn take_environment(&mut self) {
        let environment = std::mem::take(&mut self.environment);
        for (name, value) in &environment {
            if name == "MAKE_RESTARTS" {
                continue;
            }
            let is_own = name == "MAKELEVEL" || name == "SHELL";
            let mut variable = Variable::new(value, Flavor::Recursive, Origin::Environment);
            if name == "GNUMAKEFLAGS" {
                variable = Variable::new(b"", Flavor::Simple, Origin::Environment);
            }
            variable.export = match is_own {
                true => Export::Default,
                false => Export::Always,
            };
            let name = self.names.intern(name);
            self.variables.put(Variables::GLOBAL_SET, name, variable);
        }
        self.environment = environment;
        if !self.is_defined(b"SHELL") {
            self.define(b"SHELL", b"/bin/sh", Flavor::Simple, Origin::Default);
        }
    }

    /// The user's shell is not make's: only the assignments of the command line see it.
    fn define_shell(&mut self) {
        let name = self.names.intern(b"SHELL");
        let origin = self.origin_of(b"SHELL");
        if origin == Some(Origin::Environment) {
            let variable = Variable::new(b"/bin/sh", Flavor::Recursive, Origin::File);
            self.variables.put(Variables::GLOBAL_SET, name, variable);
        }
    }

    /// Defines the variables that make itself has.
    fn define_own(&mut self, command: &BString, restarts: u32) {
        if !self.options.no_builtin_variables {
            self.define(b"GNUMAKEFLAGS", b"", Flavor::Recursive, Origin::Default);
            for (name, value) in VARIABLES {
                let id = self.names.intern(name.as_bytes());
                if self.variables.global().get(id).is_none() {
                    let variable =
                        Variable::new(value.as_bytes(), Flavor::Recursive, Origin::Default);
                    self.variables.put(Variables::GLOBAL_SET, id, variable);
                }
            }
        }
        let command = self.command_path(command);
        let level = self.level.to_string();
        let goals = bstr::join(
            " ",
            self.options.goals.iter().map(|goal| strip_dot_slash(goal)),
        );
        let directory = self.directory.clone().unwrap_or_default();
        let simple: &[(&str, &[u8], Origin)] = &[
            ("MAKE_COMMAND", &command, Origin::Default),
            ("MAKE_VERSION", b"4.4.1", Origin::Default),
            ("MAKE_HOST", b"x86_64-pc-linux-gnu", Origin::Default),
            (".INCLUDE_DIRS", b"", Origin::Default),
            ("CURDIR", &directory, Origin::File),
            ("MAKEFILE_LIST", b"", Origin::File),
            (".DEFAULT_GOAL", b"", Origin::File),
            ("MAKELEVEL", level.as_bytes(), Origin::Environment),
        ];
        for (name, value, origin) in simple {
            self.define(name.as_bytes(), value, Flavor::Simple, *origin);
        }
        self.define(
            b"MAKE",
            b"$(MAKE_COMMAND)",
            Flavor::Recursive,
            Origin::Default,
        );
        if !self.is_defined(b"MAKEFILES") {
            self.define(b"MAKEFILES", b"", Flavor::Simple, Origin::Default);
        }
        if !goals.is_empty() {
            self.define(b"MAKECMDGOALS", &goals, Flavor::Simple, Origin::Default);
        }
        if restarts > 0 {
            let restarts = restarts.to_string();
            let name = self.names.intern(b"MAKE_RESTARTS");
            let mut variable =
                Variable::new(restarts.as_bytes(), Flavor::Simple, Origin::Environment);
            variable.export = Export::Never;
            self.variables.put(Variables::GLOBAL_SET, name, variable);
        }
    }

    /// Defines the variables that are there before all others.
    fn define_basics(&mut self) {
        let simple: [(&[u8], &[u8]); 5] = [
            (b".FEATURES", FEATURES.as_bytes()),
            (b".SHELLFLAGS", b"-c"),
            (b".LOADED", b""),
            (b".RECIPEPREFIX", b""),
            (b".VARIABLES", b""),
        ];
        for (name, value) in simple {
            self.define(name, value, Flavor::Simple, Origin::Default);
        }
        let name = self.names.intern(b".VARIABLES");
        if let Some(variable) = self.variables.global_mut().get_mut(name) {
            variable.computed = true;
        }
    }

    /// Returns what `$(MAKE)` is: a relative path with a slash is taken from the present directory.
    fn command_path(&self, command: &BString) -> BString {
        if command.starts_with(b"/") || !command.contains(&b'/') {
            return command.clone();
        }
        let mut path = self.directory.clone().unwrap_or_default();
        path.extend_from_slice(&[b"/", command.as_slice()].concat());
        path
    }

    /// Does the assignments of the command line and keeps what they came to for `$(MAKEOVERRIDES)`: each
    /// variable once, the one that was named first last.
    fn define_from_command_line(&mut self) -> Result<()> {
        let definitions = self.options.definitions.clone();
        let warn_undefined = self.options.warn_undefined;
        for definition in &definitions {
            if let Some(assignment) = parse_assignment(&definition.text) {
                self.options.warn_undefined = definition.warn_undefined;
                self.assign(&assignment, Origin::CommandLine, None)?;
            }
        }
        self.options.warn_undefined = warn_undefined;
        let mut names: Vec<NameId> = Vec::new();
        for definition in &definitions {
            if let Some(assignment) = parse_assignment(&definition.text) {
                let name = self.assigned_name(&assignment)?;
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        let mut words: Vec<BString> = Vec::new();
        for name in names.into_iter().rev() {
            if let Some(variable) = self.variables.global().get(name) {
                let operator: &[u8] = match variable.flavor {
                    Flavor::Recursive => b"=",
                    Flavor::Simple => b":=",
                };
                let text = [self.names.bytes(name), operator, &variable.value].concat();
                words.push(quoted_for_flags(&text));
            }
        }
        if words.is_empty() {
            return Ok(());
        }
        let value = bstr::join(" ", &words);
        self.define(
            b"-*-command-variables-*-",
            &value,
            Flavor::Simple,
            Origin::Automatic,
        );
        let value = b"${-*-command-variables-*-}";
        self.define(b"MAKEOVERRIDES", value, Flavor::Recursive, Origin::Default);
        Ok(())
    }

    /// Gives recipes the names of the terminals that standard output and standard error are.
    pub fn define_terminals(&mut self, terminals: [(&str, Option<BString>); 2]) {
        for (name, terminal) in terminals {
            let Some(terminal) = terminal else { continue };
            let name = self.names.intern(name.as_bytes());
            if self.variables.global().get(name).is_none() {
                let mut variable = Variable::new(&terminal, Flavor::Simple, Origin::Default);
                variable.export = Export::Always;
                self.variables.put(Variables::GLOBAL_SET, name, variable);
            }
        }
    }

    /// Keeps the texts of `--eval` for `$(MAKEFLAGS)`.
    fn define_eval_flags(&mut self) {
        if self.options.evals.is_empty() {
            return;
        }
        let words = self.options.evals.iter().map(|text| {
            let mut word = BString::from("--eval=");
            word.extend_from_slice(&quoted_for_flags(text));
            word
        });
        let words: Vec<BString> = words.collect();
        let value = bstr::join(" ", &words);
        self.define(
            b"-*-eval-flags-*-",
            &value,
            Flavor::Simple,
            Origin::Automatic,
        );
    }

    /// Returns whether a global variable is defined.
    pub fn is_defined(&self, name: &[u8]) -> bool {
        self.global_variable(name).is_some()
    }

    /// Returns whether a global variable's value, not expanded, is not empty.
    pub fn has_value(&self, name: &[u8]) -> bool {
        self.global_variable(name)
            .is_some_and(|variable| !variable.value.is_empty())
    }

    /// Returns where a global variable came from.
    pub fn origin_of(&self, name: &[u8]) -> Option<Origin> {
        self.global_variable(name).map(|variable| variable.origin)
    }

    fn global_variable(&self, name: &[u8]) -> Option<&Variable> {
        let name = self.names.get(name)?;
        self.variables.lookup(self.scope, name)
    }
}

/// Quotes blanks and backslashes of a word for MAKEFLAGS, and doubles `$`.
fn quoted_for_flags(word: &[u8]) -> BString {
    let mut out = BString::default();
    for c in word {
        match c {
            b' ' | b'\t' | b'\\' => out.push(b'\\'),
            b'$' => out.push(b'$'),
            _ => {}
        }
        out.push(*c);
    }
    out
}
