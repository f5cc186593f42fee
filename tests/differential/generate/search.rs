//! Implicit rules of a generated makefile: pattern and suffix rules, chains, directories, and the built-in rules.
//! It does not know recipes.

use crate::differential::generate::Maker;
use crate::differential::generate::expression::VARIABLES;

/// Instead of a step of the ladder of suffixes: a rule of any kind.
const ANY: usize = usize::MAX;

impl Maker {
    /// Adds pattern rules and targets that need them.
    pub fn add_search(&mut self) {
        self.level = VARIABLES.len();
        let outer = std::mem::take(&mut self.lines);
        let mut blocks = Vec::new();
        let first = self.random.below(3);
        let last = self.random.range(first, 3);
        let mut places: Vec<usize> = if self.random.chance(85) {
            (first..=last).collect()
        } else {
            Vec::new()
        };
        let others = self.random.range(1, 4);
        places.extend(std::iter::repeat_n(ANY, others));
        self.random.shuffle(&mut places);
        for place in places {
            self.add_implicit_rule(place);
            blocks.push(std::mem::take(&mut self.lines));
        }
        let mut wanted = Vec::new();
        for _ in 0..self.random.range(1, 4) {
            wanted.push(self.wanted_name(first, last + 1));
        }
        let goal = if self.targets.iter().any(|name| name == "all") {
            "all2"
        } else {
            "all"
        };
        let mut text = format!("{goal}: {}", wanted.join(" "));
        if self.random.chance(20) {
            text.push_str(" ; @echo $@ $^");
        }
        self.push(&text);
        if self.random.chance(20) {
            let name = self.random.pick_of(&wanted);
            let prerequisites = self.prerequisites();
            self.push(&format!("{name}: {prerequisites}"));
        }
        if self.random.chance(50) {
            self.push(&format!(".PHONY: {goal}"));
        }
        let goals = std::mem::take(&mut self.lines);
        self.lines = outer;
        if self.random.chance(70) {
            self.lines.extend(goals);
            self.lines.extend(blocks.concat());
        } else {
            self.lines.extend(blocks.concat());
            self.lines.extend(goals);
        }
        self.targets.extend(wanted);
        self.targets.push(goal.to_owned());
        self.add_special_targets();
    }

    /// Returns a name an implicit rule may make, and mostly makes a file at the start of a chain for it.
    fn wanted_name(&mut self, first: usize, last: usize) -> String {
        const STEPS: &[&str] = &["ia", "ib", "ic", "id", "ie"];
        let stem = self
            .random
            .pick(&["x", "y", "z", "d/x", "src/x", "d/y", "foo", "w.v"]);
        let is_known = self.random.chance(90);
        let end = if is_known {
            STEPS[self.random.range(first + 1, last)]
        } else {
            self.random.pick(STEPS)
        };
        if is_known || self.random.chance(50) {
            let path = format!("{stem}.{}", STEPS[first]);
            let text = format!("{path}\n");
            self.add_file(&path, &text);
        }
        for old in ["ib", "ic", "id"] {
            if self.random.chance(12) {
                let path = format!("{stem}.{old}");
                let text = format!("old {path}\n");
                self.add_file(&path, &text);
            }
        }
        match self.random.below(24) {
            0 => stem.to_owned(),
            1 => format!("./{stem}.{end}"),
            2 => format!("lib{stem}.{end}").replace("libd/", "d/lib"),
            _ => format!("{stem}.{end}"),
        }
    }

    /// Adds a rule from one step of the ladder of suffixes to the next, or of any kind.
    #[expect(clippy::too_many_lines, reason = "a flat list of alternatives")]
    fn add_implicit_rule(&mut self, step: usize) {
        let steps = ["ia", "ib", "ic", "id", "ie"];
        let is_step = step != ANY;
        let place = if is_step { step } else { self.random.below(4) };
        let (from, to) = (steps[place], steps[place + 1]);
        let (far, last) = (steps[self.random.below(place + 1)], steps[4]);
        let more = match self.random.below(12) {
            0 => " a.in",
            1 if !is_step => " %.h",
            2 => " | d",
            3 if self.is_second_expansion => " $$(wildcard $$*.h)",
            4 if self.is_second_expansion => " $$(dir $$@)../a.in",
            5 if self.is_second_expansion => " $$(@D)/e.in",
            6 => " | a.in",
            _ => "",
        };
        let kind = if is_step { 0 } else { self.random.below(24) };
        let head = match kind {
            0..8 => format!("%.{to}: %.{from}{more}"),
            8 | 9 => format!("%.{to}: %.{far}{more}"),
            10 => format!("%.{to}:: %.{from}{more}"),
            11 => format!("d/%.{to}: src/%.{from}{more}"),
            12 => format!("x.{to}: %.{from}")
                .replacen("x.", "x%.", 1)
                .replace("x%.", "%."),
            13 => {
                self.push(&format!(".SUFFIXES: .{from} .{to}"));
                format!(
                    ".{from}.{to}:{}",
                    if self.random.chance(10) { " a.in" } else { "" }
                )
            }
            14 => {
                self.push(&format!(".SUFFIXES: .{from}"));
                format!(".{from}:")
            }
            15 => format!("%.{to} %.{last}x: %.{from}{more}"),
            16 => format!("%: %.{far}{more}"),
            17 => format!("%:: %.{far}{more}"),
            18 => format!("lib%.{to}: %.{from}{more}"),
            19 => format!("%.{to}:"),
            20 => format!("%x.{to}: %y.{from} {more}"),
            21 => format!("%.{to}: d/%.{from}"),
            22 => format!("%.{to} &: %.{from}").replace(" &:", ":"),
            _ => format!(
                "%.{last}: %.{from} {}",
                self.random.pick(&["", "%.ic", "x.ia"])
            ),
        };
        let is_multiple = head.contains(&format!("%.{last}x:"));
        self.push(&head);
        if self.random.chance(6) {
            // Without a recipe it cancels an equal rule.
            return;
        }
        if is_multiple && self.random.chance(70) {
            let line = format!("{}touch $*.{to} $*.{last}x", self.prefix);
            self.push(&line);
        } else if self.random.chance(60) {
            let line = self.random.pick(&[
                "@echo '$*: $< $^ -> $@'; touch $@",
                "touch $@",
                "@echo '$(*F) $(*D) $(<F) $+' > $@",
                "echo $< > $@",
                "cat $< > $@",
                "@touch $@",
            ]);
            let line = format!("{}{line}", self.prefix);
            self.push(&line);
        } else {
            self.add_recipe();
        }
        if self.random.chance(5) {
            let value = self.random.pick(&["pattern", "$*", "$(A)"]);
            self.push(&format!("%.{to}: T = {value}"));
        }
    }

    /// Adds targets for the built-in rules, with compilers that only speak or write.
    #[expect(clippy::too_many_lines, reason = "a flat list of alternatives")]
    pub fn add_built_in(&mut self) {
        self.level = VARIABLES.len();
        for line in [
            "CC = echo cc",
            "CXX = echo c++",
            "FC = echo fc",
            "AS = echo as",
            "AR = echo ar",
            "LEX = echo lex",
            "YACC = echo yacc",
            "LD = echo ld",
            "CPP = echo cpp",
            "PC = echo pc",
        ] {
            self.push(line);
        }
        if self.random.chance(50) {
            self.push("OUTPUT_OPTION = > $@");
        }
        for (percent, line) in [
            (30, "CFLAGS = -O2"),
            (20, "CPPFLAGS += -DX"),
            (20, "LDLIBS = -lz"),
            (10, "LDFLAGS := -s"),
            (5, ".SUFFIXES:"),
            (5, ".SUFFIXES: .c .o"),
            (5, "%.o: %.c"),
            (5, "%: %.o"),
            (5, "TARGET_ARCH = -m64"),
            (5, "LOADLIBES = x.a"),
            (5, "MAKEFLAGS += -r"),
            (3, ".POSIX:"),
            (5, "CXXFLAGS = -g"),
        ] {
            if self.random.chance(percent) {
                self.push(line);
            }
        }
        let mut wanted = Vec::new();
        for _ in 0..self.random.range(1, 4) {
            let stem = self.random.pick(&["m", "n", "d/m", "k"]);
            let source = self.random.pick(&[
                "c", "cc", "C", "cpp", "s", "S", "f", "F", "p", "o", "sh", "l", "c", "c",
            ]);
            self.add_file(&format!("{stem}.{source}"), "source\n");
            let end = self
                .random
                .pick(&[".o", ".o", ".o", "", "", ".o", "", ".out", ".s"]);
            wanted.push(format!("{stem}{end}"));
        }
        wanted.dedup();
        self.push(&format!("all: {}", wanted.join(" ")));
        if self.random.chance(40) {
            self.push("m: n.o k.o");
        }
        if self.random.chance(30) {
            self.push("m.o n.o: m.h");
            self.add_file("m.h", "");
        }
        if self.random.chance(20) {
            self.push("d/m.o: CFLAGS += -Wall");
        }
        self.targets.extend(wanted);
        self.targets.push("all".to_owned());
    }
}
