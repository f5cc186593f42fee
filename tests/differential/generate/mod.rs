//! Makes cases: a makefile, the files around it, and some runs, all from one seed and a number.
//! It does not know what any make says to them, only what GNU make leaves open and a case must therefore avoid.

mod command;
mod error;
mod expression;
mod include;
mod recipe;
mod rule;
mod search;
mod variable;

use crate::differential::case::Case;
use crate::differential::case::File;
use crate::differential::case::TICK;
use crate::differential::random::Random;

/// What a case is mostly about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Theme {
    /// A little of everything.
    Mixed,
    /// Variables and functions, one target.
    Text,
    /// Rules of all kinds, few variables.
    Rules,
    /// Pattern and suffix rules, chains, directories.
    Search,
    /// Included and remade makefiles.
    Include,
    /// The built-in rules.
    BuiltIn,
    /// Recipes: prefixes, failures, flags, sub-makes.
    Recipes,
    /// Something is wrong with it.
    Broken,
}

/// A case in the making.
struct Maker {
    random: Random,
    theme: Theme,
    /// The makefile so far.
    lines: Vec<String>,
    /// The other files.
    files: Vec<File>,
    /// Files nothing makes, of which a few are missing.
    sources: Vec<String>,
    /// What the rules make, goals last.
    targets: Vec<String>,
    /// References an expression may contain because it stands in a function's body or a loop.
    locals: Vec<&'static str>,
    /// How many of the ordered variables an expression may name, so that none comes to refer to itself.
    level: usize,
    /// Whether an expression must do nothing but have a value: exported variables are expanded in the order of a hash table.
    is_pure: bool,
    /// How many functions for `$(call)` are defined.
    functions: usize,
    /// Whether automatic variables have values where the expression stands.
    is_recipe: bool,
    is_second_expansion: bool,
    is_one_shell: bool,
    is_parallel: bool,
    prefix: char,
    has_sub_make: bool,
    /// How many processes the recipes and functions of the makefile may still cost.
    processes: usize,
}

/// Returns case `number` of the seed.
pub fn generate(seed: u64, number: u64) -> Case {
    let mut random = Random::new(seed, number);
    let theme = match random.below(100) {
        0..24 => Theme::Mixed,
        24..40 => Theme::Text,
        40..58 => Theme::Rules,
        58..74 => Theme::Search,
        74..81 => Theme::Include,
        81..85 => Theme::BuiltIn,
        85..94 => Theme::Recipes,
        _ => Theme::Broken,
    };
    let is_parallel = random.chance(8) && theme == Theme::Rules;
    let maker = Maker {
        random,
        theme,
        lines: Vec::new(),
        files: Vec::new(),
        sources: Vec::new(),
        targets: Vec::new(),
        locals: Vec::new(),
        level: 0,
        is_pure: false,
        functions: 0,
        is_recipe: false,
        is_second_expansion: false,
        is_one_shell: false,
        is_parallel,
        prefix: '\t',
        has_sub_make: false,
        processes: 12,
    };
    maker.make_case()
}

impl Maker {
    fn make_case(mut self) -> Case {
        self.add_sources();
        self.add_special_targets_first();
        match self.theme {
            Theme::Text => {
                self.add_variables(6, 14);
                self.add_reports(4, 12);
                self.add_one_target();
            }
            Theme::Rules => {
                if self.random.chance(40) {
                    self.add_variables(0, 3);
                }
                self.add_rules(3, 12);
            }
            Theme::Search => {
                if self.random.chance(20) {
                    self.add_variables(0, 2);
                }
                self.add_search();
            }
            Theme::Include => {
                self.add_variables(0, 3);
                self.add_includes();
                self.add_rules(1, 3);
            }
            Theme::BuiltIn => self.add_built_in(),
            Theme::Recipes => {
                self.add_variables(1, 4);
                self.add_sub_make();
                self.add_rules(2, 5);
            }
            Theme::Mixed | Theme::Broken => {
                self.add_variables(2, 6);
                self.add_reports(0, 3);
                if self.random.chance(20) {
                    self.add_includes();
                }
                if self.random.chance(15) {
                    self.add_sub_make();
                }
                self.add_rules(3, 8);
                if self.random.chance(25) {
                    self.add_search();
                }
            }
        }
        if self.theme == Theme::Broken {
            self.break_something();
        }
        self.finish()
    }

    fn finish(mut self) -> Case {
        let runs = self.runs();
        let text = std::mem::take(&mut self.lines);
        let time = self.some_time();
        let name = match self.random.below(20) {
            0 => "makefile",
            1 => "GNUmakefile",
            _ => "Makefile",
        };
        self.files.push(File {
            path: name.to_owned(),
            lines: text,
            is_unfinished: self.random.chance(2),
            time,
        });
        Case {
            files: self.files,
            runs,
            is_merged: self.random.chance(50),
            is_any_order: self.is_parallel,
            is_bare_name: self.random.chance(80),
        }
    }

    /// Returns an mtime: few values, so that some are equal, some a nanosecond apart.
    fn some_time(&mut self) -> u64 {
        let tick = u64::try_from(self.random.below(6)).expect("it is small") * TICK;
        match self.random.below(12) {
            0 => tick + 1,
            1 => tick + 500_000_000,
            _ => tick,
        }
    }

    fn add_file(&mut self, path: &str, text: &str) {
        let time = self.some_time();
        if !self.files.iter().any(|file| file.path == path) {
            self.files.push(File::new(path, text, time));
        }
    }

    /// Makes some of the source files, names one more that is missing now and then.
    fn add_sources(&mut self) {
        const POOL: &[&str] = &[
            "a.in", "b.in", "c.in", "d/e.in", "d/f.in", "x.ia", "y.ia", "z.ib", "d/x.ia",
            "src/s.in", "src/x.ia", "foo.c", "bar.c", "d/baz.c", "n.txt",
        ];
        let mut pool: Vec<String> = POOL.iter().map(|&word| word.to_owned()).collect();
        self.random.shuffle(&mut pool);
        let count = self.random.range(3, 7);
        for (index, name) in pool.into_iter().take(count).enumerate() {
            if index == 0 || !self.random.chance(1) {
                let text = format!("{name}\n");
                self.add_file(&name, &text);
            }
            self.sources.push(name);
        }
        if self.random.chance(85) {
            self.add_file("a.in", "a\n");
        }
        for directory in ["d/", "src/"] {
            if !self.random.chance(2) {
                self.files.insert(0, File::new(directory, "", 0));
            }
        }
    }

    /// Adds the special targets that change how the rest is read.
    fn add_special_targets_first(&mut self) {
        if self.random.chance(12) {
            self.is_second_expansion = true;
            self.push(".SECONDEXPANSION:");
        }
        if self.random.chance(4) {
            self.is_one_shell = true;
            self.push(".ONESHELL:");
        }
        if self.random.chance(3) {
            self.push(".POSIX:");
        }
        if self.random.chance(4) {
            self.prefix = if self.random.chance(50) { '>' } else { '+' };
            if self.prefix == '+' {
                self.prefix = '!';
            }
            let line = format!(".RECIPEPREFIX = {}", self.prefix);
            self.push(&line);
        }
        for (percent, line) in [
            (3, ".DELETE_ON_ERROR:"),
            (2, ".NOTPARALLEL:"),
            (2, ".SILENT:"),
            (2, ".IGNORE:"),
            (3, ".EXPORT_ALL_VARIABLES:"),
            (2, "export"),
            (2, ".SUFFIXES:"),
            (1, "MAKEFLAGS += -r"),
            (1, "MAKEFLAGS += --no-builtin-rules -k"),
            (1, ".LOW_RESOLUTION_TIME: a.in"),
            (1, ".SHELLFLAGS = -ec"),
            (1, "SHELL = /bin/bash"),
            (1, "SHELL := ./nothere"),
            (1, "MAKEFLAGS += -s --no-print-directory"),
            (1, "MAKEFLAGS += -w V=3"),
            (1, ".SUFFIXES: .ia .ib"),
            (
                1,
                "ifneq (,$(findstring n,$(firstword -$(MAKEFLAGS))))\n$(info dry)\nendif",
            ),
            (1, "# a comment \\\nthat goes on"),
        ] {
            if self.random.chance(percent) {
                self.push(line);
            }
        }
    }

    fn push(&mut self, text: &str) {
        self.lines.extend(text.split('\n').map(str::to_owned));
    }

    fn add_one_target(&mut self) {
        let line = match self.random.below(5) {
            0 => "all: ; @echo done",
            1 => "all:\n\t@echo '$(A)'",
            2 => "all:: ; @:",
            3 => "all: ; $(info at last $(B) $(LIST))",
            _ => "all:;@:",
        };
        let line = line.replace('\t', &self.prefix.to_string());
        self.push(&line);
        self.targets.push("all".to_owned());
    }
}
