//! Expressions of a generated makefile: words, references, functions within functions, conditions.
//! It does not know where they are put, only what may be named there.

use crate::differential::generate::Maker;

/// The variables in order: the value of one names only those before it.
pub const VARIABLES: &[&str] = &[
    "A", "B", "LIST", "C", "foo", "x", "OBJS", "D", "foo.bar", "bar_A", "E", "Z-1", "MODE", "SRCS",
];
const WORDS: &[&str] = &[
    "a", "b", "c", "foo", "bar", "x.c", "y.c", "y.o", "d/e.c", "d/", "/r/s.t.u", "lib.a", "a.b.c",
    "1", "2", "10", "-3", "007", "a,b", "%", "%.c", "a%b", "A", "B", "foo.bar", ".", "x=y", "a:b",
    "tar.gz", "./x.c", "ab", "abc", "+", "=",
];

impl Maker {
    /// Returns a text of some words, functions and references.
    pub fn text(&mut self, depth: usize) -> String {
        let count = match self.random.below(10) {
            0 => 0,
            1..6 => 1,
            6..8 => 2,
            _ => 3,
        };
        let joint = if self.random.chance(85) { " " } else { "" };
        let parts: Vec<String> = (0..count).map(|_| self.part(depth)).collect();
        parts.join(joint)
    }

    /// Returns a text that is not empty as written.
    pub fn part(&mut self, depth: usize) -> String {
        if depth == 0 || self.random.chance(30) {
            return self.atom();
        }
        match self.random.below(10) {
            0..5 => self.text_function(depth - 1),
            5..7 => self.file_function(depth - 1),
            _ => self.control_function(depth - 1),
        }
    }

    fn atom(&mut self) -> String {
        if !self.locals.is_empty() && self.random.chance(45) {
            let place = self.random.below(self.locals.len());
            return self.locals[place].to_owned();
        }
        match self.random.below(12) {
            0..5 => self.random.pick(WORDS).to_owned(),
            5..9 => self.reference(),
            9 => self.names(),
            10 if self.is_recipe => self.automatic(),
            _ => format!("{} {}", self.random.pick(WORDS), self.random.pick(WORDS)),
        }
    }

    /// Returns a reference to a variable in one of its forms.
    pub fn reference(&mut self) -> String {
        let name = self.variable();
        match self.random.below(16) {
            0..7 => format!("$({name})"),
            7 => format!("${{{name}}}"),
            8 if name.len() == 1 => format!("${name}"),
            9 => {
                let (from, to) = (
                    self.random.pick(&[".c", "a", "o", "%.c", "%", "%o", "x%"]),
                    self.random.pick(&[".o", "%.o", "q%", "", "%"]),
                );
                format!("$({name}:{from}={to})")
            }
            10 => format!("$(value {name})"),
            11 => format!("$(origin {name})"),
            12 => format!("$(flavor {name})"),
            13 if self.level > 3 => format!("$($(N{}))", self.random.range(1, 2)),
            14 if self.level > 10 => {
                format!("$(bar_{})", self.random.pick(&["A", "$(NA)", "$(UNSET)"]))
            }
            _ => self
                .random
                .pick(&[
                    "$(UNSET)",
                    "$$x",
                    "$(MAKELEVEL)",
                    "$(.DEFAULT_GOAL)",
                    "$(MAKECMDGOALS)",
                    "$(ENV1)",
                    "$(V)",
                    "$(notdir $(CURDIR))",
                    "$(.SHELLFLAGS)",
                    "$(MAKE_RESTARTS)",
                    "$(.RECIPEPREFIX)",
                    "$(MAKE_VERSION)",
                    "$(MAKEFILE_LIST)",
                ])
                .to_owned(),
        }
    }

    /// Returns the name of a variable that may be referred to here.
    pub fn variable(&mut self) -> &'static str {
        let limit = self.level.min(VARIABLES.len());
        if limit == 0 {
            return "UNSET";
        }
        VARIABLES[self.random.below(limit)]
    }

    fn automatic(&mut self) -> String {
        self.random
            .pick(&[
                "$@",
                "$<",
                "$^",
                "$+",
                "$?",
                "$*",
                "$|",
                "$(@D)",
                "$(@F)",
                "$(<F)",
                "$(<D)",
                "$(^F)",
                "$(?D)",
                "$(*F)",
                "$(*D)",
                "$%",
                "$(+D)",
                "$(^:.in=.q)",
            ])
            .to_owned()
    }

    /// Returns references and words that expand to names of files of this case.
    pub fn names(&mut self) -> String {
        let files = self.sources.clone();
        let some = self.random.some_of(&files, 3);
        if some.is_empty() {
            "a.in".to_owned()
        } else {
            some.join(" ")
        }
    }

    fn number(&mut self) -> String {
        match self.random.below(8) {
            0 => "$(words a b)".to_owned(),
            1 => "$(NUM)".to_owned(),
            2 => " 2 ".to_owned(),
            _ => self.random.range(1, 5).to_string(),
        }
    }

    fn pattern(&mut self) -> &'static str {
        self.random.pick(&[
            "%", "%.c", "a%", "%o%", "x.c", "d/%", "%.", "\\%", "a\\%b", "%.c %.o", "a b", "%.in",
            "%a",
        ])
    }

    fn text_function(&mut self, depth: usize) -> String {
        let text = self.text(depth);
        let short = self
            .random
            .pick(&["a", "o", "foo", ".", "", "c", " ", "xx", "%"]);
        match self.random.below(17) {
            0 => format!(
                "$(subst {short},{},{text})",
                self.random.pick(&["", "b", "--", "$(A)", " "])
            ),
            1 | 2 => format!(
                "$(patsubst {},{},{text})",
                self.pattern(),
                self.random
                    .pick(&["%", "%.o", "q", "%%", "\\%", "d/%.x", ""])
            ),
            3 => format!("$(strip  {text} )"),
            4 => format!("$(findstring {short},{text})"),
            5 => format!("$(filter {},{text})", self.pattern()),
            6 => format!("$(filter-out {},{text})", self.pattern()),
            7 => format!("$(sort {text} {})", self.text(depth)),
            8 => format!("$(word {},{text} {})", self.number(), self.text(depth)),
            9 => format!("$(words {text})"),
            10 => format!(
                "$(wordlist {},{},{text} {})",
                self.number(),
                self.number(),
                self.text(depth)
            ),
            11 => format!("$(firstword {text})"),
            12 => format!("$(lastword {text})"),
            13 => format!("$(join {text},{})", self.text(depth)),
            // Within another function's arguments its commas split them.
            14 if self.random.chance(15) => format!("${{subst {short},{short}{short},{text}}}"),
            15 => format!("$(sort  {} )", self.text(depth)),
            _ => format!("$(patsubst %{short},{short}%,{text})"),
        }
    }

    fn file_function(&mut self, depth: usize) -> String {
        let text = self.text(depth);
        match self.random.below(14) {
            0 | 1 => format!("$(dir {text})"),
            2 | 3 => format!("$(notdir {text})"),
            4 => format!("$(suffix {text})"),
            5 | 6 => format!("$(basename {text})"),
            7 => format!(
                "$(addsuffix {},{text})",
                self.random.pick(&[".o", "/", "%", "a b", ""])
            ),
            8 => format!(
                "$(addprefix {},{text})",
                self.random.pick(&["d/", "-I", "$(A)", ""])
            ),
            9 | 10 => {
                let pattern = self.random.pick(&[
                    "*.in", "d/*", "?.in", "[a-c].in", "*.zzz", "a.in", "*/*.in", "*.c *.in", "d/",
                    "./*.c", "$(A)", "{a,b}.in",
                ]);
                format!("$(wildcard {pattern})")
            }
            11 => format!(
                "$(realpath {})",
                self.random
                    .pick(&["a.in", "d/../d", "nothere", ".", "d//e.in", "/"])
            ),
            12 => format!(
                "$(abspath {})",
                self.random
                    .pick(&["a", "./b/../c", "d//e", "../x", "/a/./b/", "$(A)"])
            ),
            _ => format!("$(notdir $(abspath {text}))"),
        }
    }

    #[expect(clippy::too_many_lines, reason = "a flat list of alternatives")]
    fn control_function(&mut self, depth: usize) -> String {
        let kind = self.random.below(18);
        if self.is_pure && kind >= 13 {
            return self.atom();
        }
        match kind {
            0 => format!(
                "$(if {},{},{})",
                self.text(depth),
                self.text(depth),
                self.text(depth)
            ),
            1 => format!("$(if {},{})", self.text(depth), self.text(depth)),
            2 => format!(
                "$(or {},{},{})",
                self.text(depth),
                self.text(depth),
                self.text(depth)
            ),
            3 => format!("$(and {},{})", self.text(depth), self.text(depth)),
            4 => {
                let arms = ["", ",{}", ",{},{}", ",{},{},{}"];
                let mut rest = self.random.pick(&arms).to_owned();
                while rest.contains("{}") {
                    let text = self.text(depth).replace("{}", "");
                    rest = rest.replacen("{}", &text, 1);
                }
                let (left, right) = (self.integer(), self.integer());
                format!("$(intcmp {left},{right}{rest})")
            }
            5..8 => {
                let list = self.text(depth);
                let body = self.with_locals(&["$v", "$(v)", "$(v:c=d)"], depth);
                format!("$(foreach v,{list},{body})")
            }
            8 | 9 => {
                let list = self.text(depth);
                let body = self.with_locals(&["$(p)", "$(q)", "$p"], depth);
                // With an empty list and more than one name GNU make 4.4.1 crashes.
                format!("$(let p q,a {list},{body})")
            }
            10..13 => self.call(depth),
            13 => {
                let value = self.text(depth).replace('#', "");
                format!(
                    "$(eval EV {} {value})$(EV)",
                    self.random.pick(&[":=", "+=", "="])
                )
                .replace("EV = ", "EV := ")
            }
            14 => self.shell(),
            15 => self.file(depth),
            16 => format!("$(info {})", self.text(depth)),
            _ => match self.random.below(4) {
                0 => format!("$(warning {})", self.text(depth)),
                1 => "$(foreach v,a b,$(foreach w,1 2,$v$w))".to_owned(),
                2 => format!(
                    "$(call {},{},{})",
                    self.random.pick(&[
                        "subst,a,b",
                        "words",
                        "firstword",
                        "or",
                        "UNSET",
                        "patsubst,%.c,%.o"
                    ]),
                    self.text(depth),
                    self.text(depth)
                ),
                _ => "$(call rest,a b c d)".to_owned(),
            },
        }
    }

    fn integer(&mut self) -> &'static str {
        self.random.pick(&[
            "1",
            "2",
            "10",
            "-1",
            "0",
            "$(NUM)",
            "007",
            "99999999999999999999",
            "$(words a b)",
        ])
    }

    fn with_locals(&mut self, locals: &[&'static str], depth: usize) -> String {
        let count = self.locals.len();
        self.locals.extend_from_slice(locals);
        let text = self.text(depth);
        self.locals.truncate(count);
        text
    }

    fn call(&mut self, depth: usize) -> String {
        if self.functions == 0 {
            return self.atom();
        }
        let name = self.random.range(1, self.functions);
        let count = self.random.below(4);
        let args: String = (0..count)
            .map(|_| format!(",{}", self.text(depth)))
            .collect();
        format!("$(call f{name}{args})")
    }

    fn shell(&mut self) -> String {
        if self.processes == 0 || self.random.chance(50) {
            return self.atom();
        }
        self.processes -= 1;
        self.random
            .pick(&[
                "$(shell echo a b)",
                "$(shell printf 'a\\nb\\n\\n')",
                "$(shell exit 3)$(.SHELLSTATUS)",
                "$(shell echo $(A))",
                "$(shell echo \"$$ENV1\")",
                "$(shell echo err >&2; echo out)",
                "$(shell nosuchcommand1)$(.SHELLSTATUS)",
                "$(shell echo \"[$$A]\")",
                "$(shell true)$(.SHELLSTATUS)",
                "$(shell echo 'a  b'   c)",
            ])
            .to_owned()
    }

    fn file(&mut self, depth: usize) -> String {
        if self.is_parallel {
            return self.atom();
        }
        let name = self.random.pick(&["log1", "log2", "d/log3"]);
        match self.random.below(6) {
            0 | 1 => format!("$(file >{name},{})", self.text(depth)),
            2 => format!("$(file >> {name},{})", self.text(depth)),
            3 => format!("$(file >{name})"),
            4 => format!("$(file <{name})"),
            _ => format!("$(file < nothere)$(file >{name},x)$(file <{name})"),
        }
    }

    /// Returns the arguments of `ifeq` and `ifneq`.
    pub fn comparison(&mut self) -> String {
        let left = self.text(1);
        let right = if self.random.chance(25) {
            left.clone()
        } else {
            self.text(1)
        };
        match self.random.below(6) {
            0 => format!("\"{left}\" \"{right}\""),
            1 => format!("'{left}' \"{right}\""),
            2 => format!("( {left} , {right} )"),
            3 => format!("($(strip {left}),)"),
            _ => format!("({left},{right})"),
        }
    }
}
