//! Assignments of a generated makefile, in all flavors, and lines that show the values.
//! It does not know rules.

use crate::differential::generate::Maker;
use crate::differential::generate::Theme;
use crate::differential::generate::expression::VARIABLES;

impl Maker {
    /// Adds what expressions count on, then so many assignments, some within conditionals.
    pub fn add_variables(&mut self, least: usize, most: usize) {
        self.push("NUM := 3\nNA = A\nN1 = A\nN2 = LIST");
        if self.theme == Theme::Text || self.random.chance(40) {
            self.push("rest = $(if $(word 2,$1),$(call rest,$(wordlist 2,9,$1))-)$(firstword $1)");
            self.add_functions();
        }
        let count = self.random.range(least, most);
        for _ in 0..count {
            self.add_variable_statement(0);
        }
    }

    fn add_functions(&mut self) {
        let count = self.random.below(3);
        for number in 1..=count {
            self.level = 0;
            self.locals = vec![
                "$(1)",
                "$1",
                "$2",
                "$(2)",
                "$(0)",
                "$(words $1)",
                "$(firstword $1)",
            ];
            self.is_pure = true;
            let body = self.text(2);
            self.is_pure = false;
            self.locals.clear();
            self.functions = number;
            match self.random.below(4) {
                0 => self.push(&format!("define f{number}\n{body}\nendef")),
                1 => self.push(&format!("define f{number} =\n{body}\n  second $(1)\nendef")),
                _ => self.push(&format!("f{number} = {body}")),
            }
        }
    }

    /// Adds an assignment, a conditional with some in it, or something else that may stand between rules.
    pub fn add_variable_statement(&mut self, depth: usize) {
        match self.random.below(20) {
            0 | 1 if depth < 2 => self.add_conditional(depth),
            2 => self.add_define(),
            3 => {
                let line = self.random.pick(&[
                    "undefine A",
                    "undefine foo",
                    "override undefine B",
                    "undefine $(NA)",
                    "undefine nothere",
                ]);
                self.push(line);
            }
            4 => {
                let line = self.random.pick(&[
                    "export A",
                    "export",
                    "unexport A",
                    "export A B foo",
                    "export foo := exported",
                    "unexport",
                    "export $(NA)",
                    "export foo.bar",
                    "export x=1",
                    "export V",
                    "unexport ENV1",
                    "private P = 1",
                    "override export A += more",
                    "export LIST",
                ]);
                self.push(line);
            }
            5 if self.theme != Theme::Search => self.add_report(),
            _ => self.add_assignment(),
        }
    }

    fn add_assignment(&mut self) {
        let index = self.random.below(VARIABLES.len());
        let name = VARIABLES[index];
        self.level = index;
        let operator = match self.random.below(20) {
            0..6 => "=",
            6..11 => ":=",
            11 => "::=",
            12 => ":::=",
            13..15 => "?=",
            15..19 => "+=",
            _ => "!=",
        };
        self.is_pure = !operator.contains(':');
        let mut value = if operator == "!=" {
            self.random
                .pick(&[
                    "echo a b",
                    "printf 'a\\nb\\n'",
                    "exit 2",
                    "echo $(A)",
                    "echo '$$x'",
                ])
                .to_owned()
        } else {
            self.text(if self.theme == Theme::Text { 3 } else { 2 })
        };
        match self.random.below(30) {
            0 => value.push_str("  # comment"),
            1 => value = value.replacen(' ', " \\\n   ", 1),
            2 => value.push_str(" \\# h"),
            3 => value = format!("$(empty) {value} "),
            4 => value.push_str(" $$(A) $$x"),
            5 => value.push_str("\\\\"),
            _ => {}
        }
        self.is_pure = false;
        if index == 0 {
            value = value.replace("$(A)", "a");
        }
        let prefix = match self.random.below(30) {
            0 | 1 => "override ",
            2 | 3 => "export ",
            4 => "private ",
            5 => "override export ",
            6 => "  ",
            7 => "unexport ",
            _ => "",
        };
        let operator = match self.random.below(12) {
            0 => operator.to_owned(),
            1 => format!("  {operator}  "),
            2 => format!(" {operator}"),
            _ => format!(" {operator} "),
        };
        self.level = VARIABLES.len();
        self.push(&format!("{prefix}{name}{operator}{value}"));
    }

    fn add_define(&mut self) {
        let index = self.random.below(VARIABLES.len());
        self.level = index;
        let operator = self
            .random
            .pick(&["", " =", " :=", " +=", " ?=", " ::=", " :::="]);
        let mut lines = Vec::new();
        for _ in 0..self.random.range(0, 3) {
            self.is_pure = true;
            let mut text = self.text(1);
            self.is_pure = false;
            if index == 0 {
                text = text.replace("$(A)", "a");
            }
            lines.push(text);
        }
        if self.random.chance(10) {
            lines.push("define inner\nx\nendef".to_owned());
        }
        if self.random.chance(10) {
            lines.push("a \\\n  b # c".to_owned());
        }
        self.level = VARIABLES.len();
        let prefix = self.random.pick(&["", "", "", "override ", "export "]);
        let end = self
            .random
            .pick(&["endef", "endef", "endef # end", "  endef"]);
        let mut text = format!("{prefix}define {}{operator}\n", VARIABLES[index]);
        for line in lines {
            text.push_str(&line);
            text.push('\n');
        }
        text.push_str(end);
        self.push(&text);
    }

    /// Adds a conditional with statements in its branches.
    pub fn add_conditional(&mut self, depth: usize) {
        let condition = self.condition();
        self.push(&condition);
        self.add_branch(depth);
        if self.random.chance(25) {
            let condition = self.condition();
            self.push(&format!("else {condition}"));
            self.add_branch(depth);
        }
        if self.random.chance(50) {
            self.push("else");
            self.add_branch(depth);
        }
        let end = self
            .random
            .pick(&["endif", "endif", "endif # of it", "  endif"]);
        self.push(end);
    }

    /// Returns the first line of a conditional.
    pub fn condition(&mut self) -> String {
        match self.random.below(8) {
            0..3 => format!("ifeq {}", self.comparison()),
            3 | 4 => format!("ifneq {}", self.comparison()),
            5 => format!(
                "ifdef {}",
                self.random
                    .pick(&["A", "UNSET", "foo", "$(NA)", "V", "ENV1", "foo.bar", "x "])
            ),
            6 => format!("ifndef {}", self.random.pick(&["B", "UNSET", "LIST", "V"])),
            _ => "ifeq ($(MODE),)".to_owned(),
        }
    }

    fn add_branch(&mut self, depth: usize) {
        for _ in 0..self.random.range(0, 2) {
            self.add_variable_statement(depth + 1);
        }
    }

    /// Adds so many lines that show values.
    pub fn add_reports(&mut self, least: usize, most: usize) {
        for _ in 0..self.random.range(least, most) {
            self.add_report();
        }
    }

    fn add_report(&mut self) {
        self.level = VARIABLES.len();
        let depth = if self.theme == Theme::Text { 3 } else { 1 };
        let line = match self.random.below(12) {
            0..7 => format!("$(info [{}])", self.text(depth)),
            7 => {
                let name = self.variable();
                format!(
                    "$(info {name}: $(origin {name}) $(flavor {name}) [$(value {name})] [$({name})])"
                )
            }
            8 => format!("$(warning {})", self.text(depth)),
            9 => {
                let text = self.text(depth);
                format!("$(eval R := {text})\n$(info $(R))")
            }
            10 => {
                let text = self.text(depth);
                format!("$(foreach v,{text},$(eval R_$$(words $$v) := $$v))\n$(info $(R_1) $(R_0))")
            }
            _ => "$(info $(sort $(filter A B LIST foo f1 UNSET,$(.VARIABLES))))".to_owned(),
        };
        self.push(&line);
    }
}
