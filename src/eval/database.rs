//! Prints the data base (`-p`) in the form that other programs parse.
//! It does not know who reads it.

use crate::eval::make::Make;
use crate::eval::variable::Flavor;
use crate::eval::variable::Origin;
use crate::eval::variable::Variable;
use crate::event::Stream;
use crate::files::Mtime;
use crate::graph::target::Flags;
use crate::graph::target::Life;
use crate::graph::target::PrereqFlags;
use crate::graph::target::Status;
use crate::id::NameId;
use crate::id::RecipeId;
use crate::id::TargetId;
use crate::parser::line::trim_start;

/// What is printed of a target whose flag is set, in this order.
const FLAG_LINES: &[(u32, &str)] = &[
    (
        Flags::PRECIOUS,
        "#  Precious file (prerequisite of .PRECIOUS).\n",
    ),
    (Flags::PHONY, "#  Phony target (prerequisite of .PHONY).\n"),
    (Flags::COMMAND_LINE, "#  Command line target.\n"),
    (
        Flags::DONT_CARE,
        "#  A default, MAKEFILES, or -include/sinclude makefile.\n",
    ),
    (Flags::BUILTIN, "#  Builtin rule\n"),
];

/// The same, behind the stem.
const CHAIN_LINES: &[(u32, &str)] = &[
    (
        Flags::INTERMEDIATE,
        "#  File is an intermediate prerequisite.\n",
    ),
    (
        Flags::NOT_INTERMEDIATE,
        "#  File is a prerequisite of .NOTINTERMEDIATE.\n",
    ),
    (
        Flags::SECONDARY,
        "#  File is secondary (prerequisite of .SECONDARY).\n",
    ),
];

impl Make {
    /// Prints all variables, rules and targets to standard output.
    pub fn print_data_base(&mut self) {
        if !self.options.no_builtin_rules {
            self.graph.enter_builtin_suffix_rules(&mut self.names);
        }
        // GNU make looks at it, and thereby it exists.
        let default = self.names.intern(b".DEFAULT");
        self.graph.targets.enter(default);
        let date = date(self.ctx.now());
        let mut out = Vec::with_capacity(64 * 1024);
        push(
            &mut out,
            &["# GNU Make 4.4.1\n# Built for x86_64-pc-linux-gnu\n# rmake "],
        );
        push(&mut out, &[env!("CARGO_PKG_VERSION"), "\n"]);
        push(&mut out, &["\n# Make data base, printed on ", &date, "\n"]);
        self.print_variables(&mut out);
        self.print_pattern_variables(&mut out);
        push(
            &mut out,
            &["# Directories\n\n# No files, no impossibilities in 0 directories.\n"],
        );
        self.print_rules(&mut out);
        self.print_files(&mut out);
        self.print_search_paths(&mut out);
        push(&mut out, &["# Finished Make data base on ", &date, "\n\n"]);
        self.print(Stream::Out, out);
    }

    fn print_variables(&self, out: &mut Vec<u8>) {
        push(out, &["\n# Variables\n\n"]);
        let mut count = 0;
        for (name, variable) in self.variables.global().iter() {
            self.print_variable(out, b"", name, variable);
            count += 1;
        }
        let text = format!("# variable set hash-table stats:\n# Load={count}/1024\n");
        push(out, &[&text]);
    }

    fn print_variable(&self, out: &mut Vec<u8>, prefix: &[u8], name: NameId, variable: &Variable) {
        push(out, &["# ", origin_text(variable.origin)]);
        if variable.private {
            push(out, &[" private"]);
        }
        if let Some(loc) = variable.loc {
            push(out, &[" (from '"]);
            out.extend_from_slice(self.names.bytes(loc.file));
            push(out, &["', line ", &loc.line.to_string(), ")"]);
        }
        out.push(b'\n');
        out.extend_from_slice(prefix);
        let name = self.names.bytes(name);
        let value = &variable.value;
        if variable.flavor == Flavor::Recursive && value.contains(&b'\n') {
            push(out, &["define "]);
            out.extend_from_slice(name);
            out.push(b'\n');
            out.extend_from_slice(value);
            push(out, &["\nendef\n"]);
            return;
        }
        out.extend_from_slice(name);
        push(
            out,
            &[match (variable.flavor, variable.append) {
                (Flavor::Recursive, true) => " += ",
                (Flavor::Recursive, false) => " = ",
                (Flavor::Simple, _) => " := ",
            }],
        );
        print_value(out, value, variable.flavor);
        out.push(b'\n');
    }

    fn print_pattern_variables(&self, out: &mut Vec<u8>) {
        push(out, &["\n# Pattern-specific Variable Values\n"]);
        for variable in &self.variables.patterns {
            out.push(b'\n');
            out.extend_from_slice(&variable.prefix);
            out.push(b'%');
            out.extend_from_slice(&variable.suffix);
            push(out, &[" :\n# "]);
            let origin = match variable.modifiers.is_override {
                true => Origin::Override,
                false => Origin::File,
            };
            push(out, &[origin_text(origin)]);
            if variable.modifiers.is_private {
                push(out, &[" private"]);
            }
            if let Some(loc) = variable.loc {
                push(out, &[" (from '"]);
                out.extend_from_slice(self.names.bytes(loc.file));
                push(out, &["', line ", &loc.line.to_string(), ")"]);
            }
            push(out, &["\n# "]);
            out.extend_from_slice(self.names.bytes(variable.name));
            // Whatever the operator was: so GNU make prints it.
            push(out, &[" := "]);
            print_value(out, &variable.value, Flavor::Simple);
            out.push(b'\n');
        }
        match self.variables.patterns.len() {
            0 => push(out, &["\n# No pattern-specific variable values.\n\n"]),
            count => push(
                out,
                &[
                    "\n# ",
                    &count.to_string(),
                    " pattern-specific variable values\n",
                ],
            ),
        }
    }

    fn print_rules(&self, out: &mut Vec<u8>) {
        push(out, &["\n# Implicit Rules\n"]);
        let (mut count, mut terminal) = (0u32, 0u32);
        for (_, rule) in self.graph.rules_in_order() {
            count += 1;
            terminal += u32::from(rule.terminal);
            out.push(b'\n');
            for (index, target) in rule.targets.iter().enumerate() {
                if index > 0 {
                    out.push(b' ');
                }
                out.extend_from_slice(self.names.bytes(target.name));
            }
            push(out, &[if rule.terminal { "::" } else { ":" }]);
            if !rule.prereqs.is_empty() {
                out.push(b' ');
                out.extend_from_slice(&rule.prereqs);
            }
            out.push(b'\n');
            if let Some(recipe) = rule.recipe {
                self.print_recipe(out, recipe);
            }
        }
        if count == 0 {
            push(out, &["\n# No implicit rules.\n"]);
            return;
        }
        let percent = f64::from(terminal) / f64::from(count) * 100.0;
        let text = format!("\n# {count} implicit rules, {terminal} ({percent:.1}%) terminal.");
        push(out, &[&text]);
    }

    fn print_recipe(&self, out: &mut Vec<u8>, recipe: RecipeId) {
        let recipe = &self.graph.recipes[recipe];
        push(out, &["#  recipe to execute"]);
        let file = self.names.bytes(recipe.loc.file);
        if file.is_empty() {
            push(out, &[" (built-in):\n"]);
        } else {
            push(out, &[" (from '"]);
            out.extend_from_slice(file);
            push(out, &["', line ", &recipe.loc.line.to_string(), "):\n"]);
        }
        let mut continued = false;
        for line in recipe.text.split(|c| *c == b'\n') {
            if !continued {
                out.push(recipe.prefix);
            }
            out.extend_from_slice(line);
            out.push(b'\n');
            continued = crate::parser::line::trailing_backslashes(line) % 2 == 1;
        }
    }

    fn print_files(&self, out: &mut Vec<u8>) {
        push(out, &["\n# Files\n"]);
        let targets = &self.graph.targets;
        let mut count = 0;
        for target in targets.ids() {
            count += 1;
            let is_further = targets
                .rare(target)
                .is_some_and(|rare| rare.first_double_colon.is_some());
            let is_hidden =
                self.options.no_builtin_rules && targets.flags[target].has(Flags::BUILTIN);
            if is_further || is_hidden {
                continue;
            }
            let mut entry = Some(target);
            while let Some(target) = entry {
                self.print_file(out, target);
                let rare = targets.rare(target);
                entry = rare.and_then(|rare| rare.next_double_colon);
            }
        }
        let text = format!("\n# files hash-table stats:\n# Load={count}/1024\n");
        push(out, &[&text]);
    }

    fn print_file(&self, out: &mut Vec<u8>, target: TargetId) {
        let targets = &self.graph.targets;
        let flags = targets.flags[target];
        out.push(b'\n');
        self.print_target_variables(out, target);
        if !flags.has(Flags::IS_TARGET) {
            push(out, &["# Not a target:\n"]);
        }
        self.push_name(out, target);
        push(
            out,
            &[if flags.has(Flags::DOUBLE_COLON) {
                "::"
            } else {
                ":"
            }],
        );
        self.print_prerequisites(out, target);
        for (bit, text) in FLAG_LINES {
            if flags.has(*bit) {
                push(out, &[text]);
            }
        }
        push(
            out,
            &[match flags.has(Flags::TRIED_IMPLICIT) {
                true => "#  Implicit rule search has been done.\n",
                false => "#  Implicit rule search has not been done.\n",
            }],
        );
        if targets.stem[target].is_some() || self.is_begun(target) {
            push(out, &["#  Implicit/static pattern stem: '"]);
            let set = targets.scope[target].map(|scope| self.variables.scopes[scope].set);
            match (targets.stem[target], set) {
                (Some(stem), _) => out.extend_from_slice(self.names.bytes(stem)),
                (None, Some(set)) => self.automatic_value(set, target, b'*', out),
                (None, None) => {}
            }
            push(out, &["'\n"]);
        }
        for (bit, text) in CHAIN_LINES {
            if flags.has(*bit) {
                push(out, &[text]);
            }
        }
        if !targets.also_make(target).is_empty() {
            push(out, &["#  Also makes:"]);
            for other in targets.also_make(target) {
                out.push(b' ');
                self.push_name(out, *other);
            }
            out.push(b'\n');
        }
        self.print_state(out, target);
        if let Some(recipe) = targets.recipe[target] {
            self.print_recipe(out, recipe);
        }
    }

    /// Returns whether the recipe was about to run when the question was answered (`-q`), and its stem known thereby.
    fn is_begun(&self, target: TargetId) -> bool {
        let targets = &self.graph.targets;
        let is_wanted = targets.mtime[target] == Mtime::NEW && self.options.question;
        is_wanted && targets.recipe[target].is_some() && targets.status[target] == Status::Question
    }

    fn push_name(&self, out: &mut Vec<u8>, target: TargetId) {
        let name = self.graph.targets.name[target];
        out.extend_from_slice(self.names.bytes(name));
    }

    fn print_state(&self, out: &mut Vec<u8>, target: TargetId) {
        let targets = &self.graph.targets;
        match targets.mtime[target] {
            Mtime::UNKNOWN => push(out, &["#  Modification time never checked.\n"]),
            Mtime::NONEXISTENT => push(out, &["#  File does not exist.\n"]),
            Mtime::OLD => push(out, &["#  File is very old.\n"]),
            Mtime::NEW if self.is_begun(target) => push(out, &["#  File does not exist.\n"]),
            Mtime::NEW => push(out, &["#  Last modified in the future\n"]),
            mtime => push(out, &["#  Last modified ", &stamp(mtime.0), "\n"]),
        }
        if targets.life[target] != Life::Done && !targets.flags[target].has(Flags::UPDATED) {
            push(out, &["#  File has not been updated.\n"]);
            return;
        }
        push(out, &["#  File has been updated.\n"]);
        push(
            out,
            &[match targets.status[target] {
                Status::Success => "#  Successfully updated.\n",
                Status::Question => "#  Needs to be updated (-q is set).\n",
                Status::Failed => "#  Failed to be updated.\n",
                Status::None => "",
            }],
        );
    }

    /// Prints prerequisites: those not yet expanded as they were written, order-only ones behind a bar.
    fn print_prerequisites(&self, out: &mut Vec<u8>, target: TargetId) {
        let mut order_only = Vec::new();
        for prereq in self.graph.targets.prereqs(target) {
            if prereq.flags.has(PrereqFlags::PENDING) {
                out.push(b' ');
                out.extend_from_slice(&self.graph.pending[prereq.target.0 as usize].text);
                continue;
            }
            let list = match prereq.flags.has(PrereqFlags::ORDER_ONLY) {
                true => &mut order_only,
                false => &mut *out,
            };
            if prereq.flags.has(PrereqFlags::WAIT_HERE) {
                push(list, &[" .WAIT"]);
            }
            list.push(b' ');
            self.push_name(list, prereq.target);
        }
        if !order_only.is_empty() {
            push(out, &[" |"]);
            out.extend_from_slice(&order_only);
        }
        out.push(b'\n');
    }

    fn print_target_variables(&self, out: &mut Vec<u8>, target: TargetId) {
        let Some(scope) = self.graph.targets.scope[target] else {
            return;
        };
        let set = self.variables.scopes[scope].set;
        let mut prefix = self.names.bytes(self.graph.targets.name[target]).to_vec();
        prefix.extend_from_slice(b": ");
        for (name, variable) in self.variables.sets[set].iter() {
            if variable.origin != Origin::Automatic {
                self.print_variable(out, &prefix, name, variable);
            }
        }
    }

    fn print_search_paths(&self, out: &mut Vec<u8>) {
        push(out, &["# VPATH Search Paths\n\n"]);
        let mut count = 0u32;
        let mut general = None;
        for (pattern, directories) in self.graph.vpath.listing() {
            let joined = bstr::join(":", directories);
            let Some(pattern) = pattern else {
                general = Some(joined);
                continue;
            };
            count += 1;
            push(out, &["vpath "]);
            out.extend_from_slice(pattern);
            out.push(b' ');
            out.extend_from_slice(&joined);
            out.push(b'\n');
        }
        match count {
            0 => push(out, &["# No 'vpath' search paths.\n"]),
            count => push(
                out,
                &["\n# ", &count.to_string(), " 'vpath' search paths.\n"],
            ),
        }
        match general {
            None => push(out, &["\n# No general ('VPATH' variable) search path.\n\n"]),
            Some(joined) => {
                push(out, &["\n# General ('VPATH' variable) search path:\n# "]);
                out.extend_from_slice(&joined);
                push(out, &["\n\n"]);
            }
        }
    }
}

fn push(out: &mut Vec<u8>, texts: &[&str]) {
    for text in texts {
        out.extend_from_slice(text.as_bytes());
    }
}

fn origin_text(origin: Origin) -> &'static str {
    match origin {
        Origin::Default => "default",
        Origin::Environment => "environment",
        Origin::File => "makefile",
        Origin::EnvironmentOverride => "environment under -e",
        Origin::CommandLine => "command line",
        Origin::Override => "'override' directive",
        Origin::Automatic => "automatic",
    }
}

/// Prints a value so that it could be read back: blanks alone are wrapped, a simple value's `$` doubled.
fn print_value(out: &mut Vec<u8>, value: &[u8], flavor: Flavor) {
    if !value.is_empty() && trim_start(value).is_empty() {
        push(out, &["$(subst ,,"]);
        out.extend_from_slice(value);
        out.push(b')');
    } else if flavor == Flavor::Recursive {
        out.extend_from_slice(value);
    } else {
        for c in value {
            if *c == b'$' {
                out.push(b'$');
            }
            out.push(*c);
        }
    }
}

/// A moment in universal time, apart.
struct Moment {
    year: i64,
    month: i64,
    day: i64,
    /// 0 is Sunday.
    weekday: i64,
    second_of_day: i64,
    nanoseconds: i64,
}

fn moment(nanoseconds: i64) -> Moment {
    let seconds = nanoseconds.div_euclid(1_000_000_000);
    let days = seconds.div_euclid(86_400);
    // Years counted from March have their leap day at the end.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    Moment {
        year: year_of_era + era * 400 + i64::from(month <= 2),
        month,
        day: day_of_year - (153 * shifted_month + 2) / 5 + 1,
        weekday: (days + 4).rem_euclid(7),
        second_of_day: seconds.rem_euclid(86_400),
        nanoseconds: nanoseconds.rem_euclid(1_000_000_000),
    }
}

fn clock(second: i64) -> String {
    format!(
        "{:02}:{:02}:{:02}",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// Returns a moment as ctime(3) writes it.
fn date(nanoseconds: i64) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let at = moment(nanoseconds);
    let weekday = usize::try_from(at.weekday).map_or("", |day| DAYS[day]);
    let month = usize::try_from(at.month - 1).map_or("", |month| MONTHS[month]);
    format!(
        "{weekday} {month} {:2} {} {}",
        at.day,
        clock(at.second_of_day),
        at.year
    )
}

/// Returns a file's time with its nanoseconds.
fn stamp(nanoseconds: i64) -> String {
    let at = moment(nanoseconds);
    format!(
        "{:04}-{:02}-{:02} {}.{:09}",
        at.year,
        at.month,
        at.day,
        clock(at.second_of_day),
        at.nanoseconds
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        assert_eq!(date(0), "Thu Jan  1 00:00:00 1970");
        assert_eq!(date(1_709_208_000_000_000_000), "Thu Feb 29 12:00:00 2024");
        assert_eq!(
            stamp(1_795_256_098_999_999_999),
            "2026-11-21 10:14:58.999999999"
        );
        assert_eq!(stamp(-1), "1969-12-31 23:59:59.999999999");
    }
}
