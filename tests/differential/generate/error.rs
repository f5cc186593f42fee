//! Lines that are wrong, or nearly, for a generated makefile.
//! It does not know which text GNU make has for them.

use crate::differential::generate::Maker;

const WRONG_LINES: &[&str] = &[
    "foo bar",
    "endif",
    "else",
    "ifeq (a,b)",
    "ifeq a b",
    "ifeq (a b)",
    "ifeq (a,b) c\nendif",
    "ifdef\nendif",
    "ifdef a b\nendif",
    "ifeq\nendif",
    "ifeq 'a' 'b' 'c'\nendif",
    "ifeq (a,b)\nelse x\nendif",
    "ifeq (a,b)\nelse\nelse\nendif",
    "endif x",
    "ifeq (a,b)\nendif extra",
    "$(word x,a b)",
    "$(word 0,a b)",
    "$(word -1,a)",
    "$(word ,a)",
    "$(word 99999999999999999999,a)",
    "$(wordlist 0,1,a)",
    "$(wordlist 1,x,a b)",
    "$(wordlist a,1,b)",
    "$(word 1)",
    "$(subst a,b)",
    "$(patsubst a)",
    "$(filter a)",
    "$(foreach a,b)",
    "$(let a,b)",
    "$(intcmp a,1)",
    "$(intcmp 1,)",
    "$(intcmp 1)",
    "$(if a)",
    "$(join a)",
    "X := $(subst a,b)",
    "$(foo",
    "${foo",
    "X = $(foo\nall: ; @echo $(X)",
    "X := $(call f,a",
    "$(call f,(a)",
    "\ttouch nothing",
    "a b: c: d",
    "a: b: c: d",
    "%.x: a: b",
    "t%: %.c: %.d: e",
    "x y: z: w.%",
    "a.o b.c: %.o: %.c",
    "a %.b: c",
    ": foo",
    "foo bar: %.o : x",
    "both: ; @:\nboth:: ; @:",
    "dup: ; @echo 1\ndup: ; @echo 2",
    "dup: ; @echo 1\ndup: a.in ; @echo 2",
    " = x",
    "= x",
    "+= x",
    "$(UNSET) = x",
    ":= x",
    "define\nendef",
    "define X\nfoo",
    "endef",
    "define X =\ndefine Y\nendef",
    "define X x y\nendef",
    "define X :=\nendef extra",
    "define = x\nendef",
    "include",
    "-include",
    "include nothere.mk",
    "include d",
    "undefine",
    "undefine $(UNSET)",
    "override",
    "override a",
    "override define",
    "export $(UNSET)",
    "private",
    "unexport a b=c",
    "a &: b",
    "grp1 grp2 &: a.in",
    "a &:: b",
    "$(error stopped here)",
    "$(error )",
    "all: ; $(error in recipe)",
    "$(warning careful)",
    "        echo spaces",
    "        touch $@",
    "a : b ; ; c",
    "%: %",
    "%.a %.b",
    "$(file x,y)",
    "$(file ?x)",
    "$(file)",
    "$(file >nodir/x,y)",
    "$(file <nodir/x)",
    "$(file >>)",
    "X = $(X) a\n$(info $(X))",
    "X = $(Y)\nY = $(X)\nall: $(X)",
    "vpath %.c",
    "vpath a b c",
    "vpath %",
    ".RECIPEPREFIX = xy\nq: ; @echo $(.RECIPEPREFIX)",
    "all: | | a.in",
    "a: | b | c",
    "a: b | ",
    "foo: bar=baz",
    "foo: bar: = baz",
    "foo : export",
    "$(call)",
    "$(call ,a)",
    "$(eval a b c)",
    "$(eval ifdef X)",
    "$(eval endif)",
    "evil: ; $(eval evil2: x)@echo hi",
    "evil: ; $(eval evil2: ; x)",
    "X = \\",
    "all: \\",
    "X = a\\\\",
    "# comment \\",
    "a\\ b: ; @echo '$@'",
    "a\\:b: ; @echo '$@'",
    "a\\#b: ; @echo '$@'",
    "X = a#b",
    "X = a\\#b",
    "$$x: ; @echo '$@'",
    "a$$b: ; @echo '$@'",
    "x: a.in;@echo semi;echo colon",
    "nul\0nul = x",
    "\0",
    "X = a\0b",
    "ifeq (\"a\",'a')\nX = yes\nendif",
    "ifneq 'a\" 'b'\nendif",
    "ifeq (a,b))\nendif",
    "ifeq (a,(b)\nendif",
    "export define X\nendef",
    "override X",
    ".PHONY",
    ".SUFFIXES x",
    "load",
    "-load nothere.so",
    "include a.in",
    "all:\n",
    "X ?",
    "X ?= ?",
    "X != ",
    "X !!= y",
    "X :=: y",
    "X ::: y",
    "X ::::= y",
    ".WAIT: a.in",
    ".WAIT:\n\t@:",
    "a.in: a.in",
    "circ1: circ2\ncirc2: circ1 ; touch $@\nall: circ1",
    "all: nosuchprereq",
    "all: d/nosuch.o",
    "%.zz: ; @echo zz $*\nall: q.zz",
    "all: lib.a(m.o)",
    "-include nothere.mk nothere2.mk",
    "all:: ; @echo a\nall: ; @echo b",
    "$(info $(info nested) x)",
    "$(or)",
    "$(and)",
    "$(or ,,)",
    "$(strip)",
    "$(wildcard)",
    "$(dir)",
    "$(let ,a,b)",
    "$(let a,,[$a])",
    "$(foreach ,a b,c)",
    "$(origin)",
    "$(flavor)",
    "$(value)",
    "$(origin a b)",
    "$(sort)",
    "X := $(shell exit 2)$(.SHELLSTATUS)\n$(info $(X))",
    "ifdef X Y\nendif",
    "ifndef\nendif",
    "else ifdef X",
    "$(if ,,)",
    "$(unknown a,b)",
    "$(word  2 , a b )",
    "$(info a,b,c)",
    "$(info   lead)",
    "$( info x)",
    "$(info\tx)",
    "${info x)",
    "$(info ${x)",
    "$(subst a,b,c",
    "$(addsuffix x)",
    "$(notdir",
    "$",
    "$$",
    "X = $",
    "X = $ y\n$(info [$(X)])",
];

impl Maker {
    /// Puts a wrong line somewhere, or takes something away that belongs there.
    pub fn break_something(&mut self) {
        let count = if self.random.chance(80) { 1 } else { 2 };
        for _ in 0..count {
            let place = match self.random.below(4) {
                0 => 0,
                1 => self.lines.len(),
                _ => self.random.below(self.lines.len() + 1),
            };
            match self.random.below(12) {
                0 if !self.lines.is_empty() => {
                    let place = self.random.below(self.lines.len());
                    self.lines.remove(place);
                }
                1 if !self.lines.is_empty() => self.cut_a_line(),
                _ => {
                    let text = self.random.pick(WRONG_LINES);
                    let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
                    self.lines.splice(place..place, lines);
                }
            }
        }
    }

    /// Takes a character out of a line, or the rest of it away.
    fn cut_a_line(&mut self) {
        let place = self.random.below(self.lines.len());
        let line = self.lines[place].clone();
        // A cut redirection or a lone name could write outside of the case: only what cannot run is cut.
        let is_recipe = line.starts_with(self.prefix)
            || line.contains(';')
            || line.contains("shell")
            || line.contains("!=");
        if line.is_empty() || is_recipe || !line.is_ascii() {
            return;
        }
        let at = self.random.below(line.len());
        let mut cut = line[..at].to_owned();
        if self.random.chance(60) {
            cut.push_str(&line[at + 1..]);
        }
        // A directory cut away must not leave a name in the root directory.
        if cut
            .split([' ', ':', '=', ',', '('])
            .any(|word| word.starts_with('/'))
        {
            return;
        }
        self.lines[place] = cut;
    }
}
