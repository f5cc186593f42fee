//! Rules of a generated makefile: targets on top of each other, each made by a rule of one of the kinds.
//! It does not search for implicit rules; `search` makes names that need one.

use crate::differential::generate::Maker;
use crate::differential::generate::expression::VARIABLES;

const TARGETS: &[&str] = &[
    "t1", "t2", "t3", "p.o", "q.o", "d/r.o", "u.x", "v.x", "lib.z", "d/w", "out", "prog",
];

impl Maker {
    /// Adds so many targets, from the goal down, and what the special targets say of them.
    pub fn add_rules(&mut self, least: usize, most: usize) {
        self.level = VARIABLES.len();
        let mut names: Vec<String> = TARGETS.iter().map(|&name| name.to_owned()).collect();
        self.random.shuffle(&mut names);
        let count = self.random.range(least, most).min(names.len());
        names.truncate(count);
        let outer = std::mem::take(&mut self.lines);
        let mut blocks = Vec::new();
        let mut rest = names.as_slice();
        while !rest.is_empty() {
            let many = if rest.len() > 1 && self.random.chance(25) {
                self.random.range(2, rest.len().min(3))
            } else {
                1
            };
            let (group, tail) = rest.split_at(many);
            self.add_rule(group);
            self.add_around_rule(group);
            self.targets.extend_from_slice(group);
            for name in group {
                if self.random.chance(33) {
                    let text = format!("old {name}\n");
                    self.add_file(name, &text);
                }
            }
            blocks.push(std::mem::take(&mut self.lines));
            rest = tail;
        }
        if self.random.chance(85) {
            self.add_goal();
            blocks.push(std::mem::take(&mut self.lines));
        }
        if self.random.chance(90) {
            blocks.reverse();
        } else {
            self.random.shuffle(&mut blocks);
        }
        self.lines = outer;
        self.lines.extend(blocks.concat());
        self.add_special_targets();
    }

    fn add_goal(&mut self) {
        let targets = self.targets.clone();
        let mut some = self.random.some_of(&targets, 5);
        for _ in 0..2 {
            some.push(self.random.pick_of(&targets));
        }
        if self.random.chance(40) {
            some = targets.clone();
        } else {
            some.push(targets[targets.len() - 1].clone());
        }
        if self.random.chance(5) {
            some.insert(1, ".WAIT".to_owned());
        }
        let name = if self.random.chance(80) { "all" } else { "it" };
        if self.targets.iter().any(|target| target == name) {
            return;
        }
        self.targets.push(name.to_owned());
        let list = some.join(" ");
        match self.random.below(8) {
            0 => self.push(&format!("{name}: {list} ; @echo $@ done: $?")),
            1 => {
                self.push(&format!("{name}: {list}"));
                self.add_recipe();
            }
            2 => self.push(&format!("ALL = {list}\n{name}: $(ALL)")),
            3 => self.push(&format!("{name}:: {list}")),
            _ => self.push(&format!("{name}: {list}")),
        }
        if self.random.chance(60) {
            self.push(&format!(".PHONY: {name}"));
        }
    }

    /// Returns the prerequisites of a rule as written.
    pub fn prerequisites(&mut self) -> String {
        let mut known = self.sources.clone();
        known.extend(self.targets.iter().cloned());
        let mut names = Vec::new();
        for _ in 0..self.random.below(4) {
            let is_target = !self.targets.is_empty() && self.random.chance(50);
            names.push(if is_target {
                let targets = self.targets.clone();
                self.random.pick_of(&targets)
            } else {
                let sources = self.sources.clone();
                self.random.pick_of(&sources)
            });
        }
        for name in &mut names {
            match self.random.below(40) {
                0 => *name = format!("./{name}"),
                1 => *name = format!("$(patsubst %,%,{name})"),
                2 => *name = "*.in".to_owned(),
                3 => *name = "$(UNSET)".to_owned(),
                4 if self.is_second_expansion => *name = format!("$$(firstword {name} x)"),
                5 | 6 if self.is_second_expansion => *name = "$$(addsuffix .in,a)".to_owned(),
                7 if self.is_second_expansion => {
                    *name = "$$(if $$(filter d/%,$$@),d/e.in,a.in)".to_owned()
                }
                8 if self.is_second_expansion => *name = "$$(SE)".to_owned(),
                9 if self.random.chance(15) => *name = "missing.in".to_owned(),
                10 if self.random.chance(30) => *name = ".WAIT".to_owned(),
                11 => *name = format!("{name} {name}"),
                _ => {}
            }
        }
        let mut text = names.join(" ");
        match self.random.below(40) {
            0 => text = text.replacen(' ', " \\\n   ", 1),
            1 => {
                self.add_file("libfoo.a", "library\n");
                text.push_str(" -lfoo");
            }
            _ => {}
        }
        if self.random.chance(12) {
            let order = match self.random.below(4) {
                0 => "d".to_owned(),
                1 => self.random.pick_of(&self.sources.clone()),
                _ => self.random.some_of(&known, 2).join(" "),
            };
            text = format!("{text} | {order}");
        }
        text
    }

    #[expect(clippy::too_many_lines, reason = "a flat list of alternatives")]
    fn add_rule(&mut self, group: &[String]) {
        let prerequisites = self.prerequisites();
        let names = group.join(" ");
        match self.random.below(if group.len() > 1 { 8 } else { 12 }) {
            0 if group.len() > 1 => {
                self.push(&format!("{names} &: {prerequisites}"));
                let line = self.grouped_line(&names);
                self.push(&line);
            }
            1 | 2 => self.add_static_pattern(&names),
            3 if group.len() == 1 => self.add_template(&names, &prerequisites),
            4 => {
                for _ in 0..self.random.range(1, 3) {
                    let prerequisites = self.prerequisites();
                    self.push(&format!("{names}:: {prerequisites}"));
                    self.add_recipe();
                }
            }
            5 => {
                let recipe = self.recipe_on_the_line();
                self.push(&format!("{names}: {prerequisites} ; {recipe}"));
                if self.random.chance(30) {
                    self.add_recipe();
                }
            }
            6 => {
                self.push(&format!("{names}: {prerequisites}"));
                self.add_recipe();
                let more = self.prerequisites();
                self.push(&format!("{names}: {more}"));
            }
            7 if self.random.chance(40) => self.push(&format!("{names}: {prerequisites}")),
            8 => {
                self.push(&format!(
                    "NAMES_{} = {names}\n$(NAMES_{}): {prerequisites}",
                    group[0].replace('/', "_"),
                    group[0].replace('/', "_")
                ));
                self.add_recipe();
            }
            9 => {
                self.push(&format!("{names}: {prerequisites}"));
                let condition = self.condition();
                self.push(&condition);
                self.add_recipe();
                self.push("else");
                self.add_recipe();
                self.push("endif");
            }
            10 => {
                self.push(&format!(
                    "define RUN_{}\n@echo canned $@\ntouch $@\nendef",
                    group[0].replace('/', "_")
                ));
                self.push(&format!(
                    "{names}: {prerequisites}\n{}$(RUN_{})",
                    self.prefix,
                    group[0].replace('/', "_")
                ));
            }
            11 if self.random.chance(25) && !self.is_parallel => {
                let name = &group[0];
                for member in ["a.in", "b.in", "n.txt"] {
                    self.add_file(member, "member\n");
                }
                self.push(&format!("{name}: lib.a(a.in n.txt) lib.a(b.in)"));
                self.add_recipe();
                if self.random.chance(50) {
                    self.push(&format!("(%): %\n{}ar -rv $@ $<", self.prefix));
                }
            }
            _ => {
                let comment = if self.random.chance(5) {
                    " # comment"
                } else {
                    ""
                };
                self.push(&format!("{names}: {prerequisites}{comment}"));
                self.add_recipe();
            }
        }
    }

    fn grouped_line(&mut self, names: &str) -> String {
        let first = names.split(' ').next().unwrap_or(names);
        let line = match self.random.below(4) {
            0 => format!("touch {first}"),
            1 => "touch $@".to_owned(),
            _ => format!("touch {names}"),
        };
        format!("{}{line}", self.prefix)
    }

    fn add_static_pattern(&mut self, names: &str) {
        let pattern = self.random.pick(&["%", "%.o", "d/%", "t%", "%.x", "%"]);
        let from = self
            .random
            .pick(&["%.in", "a.in", "%", "d/%.in", "b.in", "%.in a.in"]);
        let from = if from == "%" { "a.in" } else { from };
        // The sources it asks for are there, mostly.
        if self.random.chance(75) {
            for name in names.split(' ') {
                if let Some(stem) = stem_of(name, pattern) {
                    for word in from.split(' ') {
                        let path = word.replacen('%', stem, 1);
                        if !path.contains("//") && path.matches('/').count() < 2 {
                            self.add_file(&path, "static\n");
                        }
                    }
                }
            }
        }
        let extra = if self.is_second_expansion && self.random.chance(40) {
            " $$(wildcard $$*.in)"
        } else {
            ""
        };
        let (matching, others): (Vec<&str>, Vec<&str>) = names
            .split(' ')
            .partition(|name| stem_of(name, pattern).is_some());
        for name in others {
            if self.random.chance(90) {
                let recipe = self.recipe_on_the_line();
                self.push(&format!("{name}: a.in ; {recipe}"));
            }
        }
        let targets = match self.random.below(10) {
            0 => names.to_owned(),
            1 | 2 => format!("$(filter {pattern},{names})"),
            _ if matching.is_empty() => return,
            _ => matching.join(" "),
        };
        self.push(&format!("{targets}: {pattern}: {from}{extra}"));
        self.add_recipe();
    }

    /// Adds a rule that `$(eval)` and `$(call)` make from a template.
    fn add_template(&mut self, name: &str, prerequisites: &str) {
        let id = name.replace('/', "_");
        if self.prefix != '\t' {
            self.push(&format!("{name}: {prerequisites} ; touch $@"));
            return;
        }
        let body = self.random.pick(&[
            "$(1): $(2)\n\t@echo template $$@ $$^\n\ttouch $$@",
            "$(1): $$(wildcard $(2)) ; touch $$@ # $(1)",
            "$1: T := $(words $2)\n$1: $2\n\techo $$(T) > $$@",
            "ifneq ($(2),)\n$(1): $(2)\nendif\n$(1): ; touch $$@",
        ]);
        let is_plain = !prerequisites.contains(['|', '$', '\\', '\n']);
        let prerequisites = if is_plain {
            prerequisites.replace(".WAIT", "")
        } else {
            "a.in".to_owned()
        };
        self.push(&format!("define template_{id}\n{body}\nendef"));
        let use_of_it = match self.random.below(4) {
            0 => format!("$(foreach n,{name},$(eval $(call template_{id},$n,{prerequisites})))"),
            1 => format!("$(eval $(call template_{id},{name},$(strip {prerequisites})))"),
            2 => {
                format!("$(call template_{id},{name},{prerequisites})")
                    .replace("$(call", "$(eval $(call")
                    + ")"
            }
            _ => format!("$(eval $(call template_{id},{name},{prerequisites}))"),
        };
        self.push(&use_of_it);
    }

    /// Adds target-specific variables and more.
    fn add_around_rule(&mut self, group: &[String]) {
        let name = self.random.pick_of(group);
        if self.random.chance(25) {
            let operator = self.random.pick(&["=", ":=", "+=", "?=", "::="]);
            let variable = self.random.pick(&["T", "T", "A", "LIST", "U", "foo"]);
            let modifier = self.random.pick(&[
                "",
                "",
                "",
                "",
                "export ",
                "override ",
                "private ",
                "unexport ",
            ]);
            let value = self.random.pick(&[
                "one",
                "two $@",
                "$(A) x",
                "",
                "$(B)",
                "a.in",
                "$(words $(LIST))",
            ]);
            let value = if variable == "A" {
                value.replace("$(A)", "aa").replace("$(B)", "bb")
            } else {
                value.replace("$(B)", "b b")
            };
            self.push(&format!("{name}: {modifier}{variable} {operator} {value}"));
        }
        if self.random.chance(8) {
            let pattern = self.random.pick(&["%", "%.o", "t%", "d/%", "%.x"]);
            let operator = self.random.pick(&["=", ":=", "+="]);
            self.push(&format!("{pattern}: T {operator} from {pattern}"));
        }
        if self.is_second_expansion && self.random.chance(40) {
            self.push("SE = a.in");
        }
        if self.random.chance(6) && !self.is_parallel {
            self.add_variable_statement(1);
        }
    }

    /// Adds the special targets that name some of what the rules make.
    #[expect(clippy::too_many_lines, reason = "a flat list of alternatives")]
    pub fn add_special_targets(&mut self) {
        const SPECIAL: &[(usize, &str)] = &[
            (16, ".PHONY"),
            (6, ".INTERMEDIATE"),
            (6, ".SECONDARY"),
            (5, ".PRECIOUS"),
            (3, ".NOTINTERMEDIATE"),
            (4, ".SILENT"),
            (4, ".IGNORE"),
            (2, ".NOTPARALLEL"),
            (3, ".DELETE_ON_ERROR"),
        ];
        let mut known = self.targets.clone();
        known.extend(self.sources.iter().take(1).cloned());
        known.extend(["x.ib".to_owned(), "%.ib".to_owned()]);
        for (percent, special) in SPECIAL {
            if self.random.chance(*percent) {
                let mut names = self.random.some_of(&known, 2);
                if *special == ".PHONY" {
                    // A makefile that depends on a phony file is remade for ever.
                    names.retain(|name| self.targets.contains(name));
                }
                let names = names.join(" ");
                // Global .INTERMEDIATE and .PHONY say nothing; a phony pattern neither.
                self.push(&format!("{special}: {names}"));
            }
        }
        if self.random.chance(4) {
            self.push(".DEFAULT:");
            let line = format!(
                "{}{}",
                self.prefix,
                self.random.pick(&[
                    "@echo default $@ $<",
                    "touch $@",
                    "@echo no way to make $@; exit 1"
                ])
            );
            self.push(&line);
        }
        if self.random.chance(5) {
            let targets = self.targets.clone();
            let name = self.random.pick_of(&targets);
            self.push(&format!(".DEFAULT_GOAL := {name}"));
        }
        if self.random.chance(4) {
            let source = self.random.pick_of(&self.sources.clone());
            let target = self.random.pick_of(&self.targets.clone());
            let line = if self.random.chance(50) {
                format!(".EXTRA_PREREQS = {source}")
            } else {
                format!("{target}: .EXTRA_PREREQS = {source}")
            };
            self.push(&line);
        }
        if self.random.chance(7) {
            let line = self.random.pick(&[
                "VPATH = src",
                "VPATH = src:d",
                "vpath %.in src",
                "vpath %.in src:d",
                "vpath %.c d\nvpath %.c",
                "vpath",
                "GPATH = src\nVPATH = src",
                "vpath s% src",
                "VPATH = nothere src",
            ]);
            self.push(line);
            self.add_file("src/a.in", "far\n");
            let target = self.random.pick_of(&self.targets.clone());
            let far = self.random.pick(&["s.in", "s.in", "a.in"]);
            self.push(&format!("{target}: {far}"));
            self.add_file("src/s.in", "far\n");
        }
        if self.random.chance(2) {
            let (one, two) = (
                self.random.pick_of(&self.targets.clone()),
                self.random.pick_of(&self.targets.clone()),
            );
            self.push(&format!("{one}: {two}"));
        }
    }
}

/// Returns what `%` stands for, or None if the pattern does not match.
fn stem_of<'a>(name: &'a str, pattern: &str) -> Option<&'a str> {
    let (head, tail) = pattern.split_once('%')?;
    let stem = name.strip_prefix(head)?.strip_suffix(tail)?;
    (!stem.is_empty()).then_some(stem)
}
