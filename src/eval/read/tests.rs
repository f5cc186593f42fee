//! Makefile texts and what reading them says, as GNU make 4.4.1 says it.
//! It does not know recipes being run.

use crate::error::Diagnostic;
use crate::error::Fatal;
use crate::error::Severity;
use crate::eval::make::Ctx;
use crate::eval::make::Make;
use crate::eval::make::MakeflagsCodec;
use crate::eval::make::ShellRequest;
use crate::eval::make::ShellResult;
use crate::eval::start::Start;
use crate::event::Event;
use crate::files::View;
use crate::files::WriteMode;
use crate::files::memory::Memory;
use crate::graph::target::Flags;
use crate::graph::target::PrereqFlags;
use crate::options::Options;
use bstr::BString;
use std::sync::Arc;
use std::sync::Mutex;

/// A session that runs nothing and keeps what it is told.
struct Listener(Arc<Mutex<Vec<u8>>>);

impl Ctx for Listener {
    fn shell(&mut self, _: &ShellRequest) -> ShellResult {
        ShellResult::default()
    }

    fn emit(&mut self, event: Event) {
        let mut heard = self.0.lock().unwrap();
        match event {
            Event::Text { bytes, .. } => heard.extend_from_slice(&bytes),
            Event::Diagnostic { diagnostic, .. } => heard.extend(line_of(&diagnostic)),
            _ => {}
        }
    }

    fn temporary_file(&mut self, _text: &[u8]) -> Option<BString> {
        None
    }

    fn now(&mut self) -> i64 {
        0
    }
}

fn line_of(diagnostic: &Diagnostic) -> Vec<u8> {
    let place = match &diagnostic.place {
        Some(place) => format!("{place}: "),
        None => "make: ".to_owned(),
    };
    let (stars, stop) = match diagnostic.severity {
        Severity::Fatal => ("*** ", ".  Stop."),
        Severity::Error => ("*** ", ""),
        Severity::Notice | Severity::Info => ("", ""),
    };
    format!("{place}{stars}{}{stop}\n", diagnostic.text).into_bytes()
}

fn fatal_line(fatal: &Fatal) -> Vec<u8> {
    line_of(&fatal.diagnostic())
}

/// A make over files in memory, and what it says.
struct Reader {
    make: Make,
    heard: Arc<Mutex<Vec<u8>>>,
}

fn start(files: &[(&str, &str)], options: Options, environment: &[(&str, &str)]) -> Reader {
    let mut view = View::new(Box::new(Memory::new(b"/w")));
    for (name, text) in files {
        view.write(name.as_bytes(), text.as_bytes(), WriteMode::Truncate)
            .unwrap();
    }
    let heard = Arc::new(Mutex::new(Vec::new()));
    let environment = environment.iter();
    let make = Make::new(Start {
        command: BString::from("make"),
        program: BString::from("make"),
        level: 0,
        restarts: 0,
        directory: Some("/w".into()),
        environment: environment
            .map(|(n, v)| ((*n).into(), (*v).into()))
            .collect(),
        options,
        codec: MakeflagsCodec {
            decode: |_, _, _| Vec::new(),
            encode: |_| Vec::new(),
        },
        view,
        ctx: Box::new(Listener(heard.clone())),
    });
    Reader {
        make: make.unwrap(),
        heard,
    }
}

impl Reader {
    /// Reads all and returns what was said, the fatal error last.
    fn read(&mut self) -> String {
        let result = self
            .make
            .read_makefiles()
            .and_then(|()| self.make.finish_reading())
            .and_then(|()| self.make.complete_rules());
        let mut heard = self.heard.lock().unwrap().clone();
        if let Err(fatal) = result {
            heard.extend(fatal_line(&fatal));
        }
        String::from_utf8_lossy(&heard).into_owned()
    }

    /// Returns a target's prerequisites as a rule would name them.
    fn rule(&self, name: &str) -> String {
        let make = &self.make;
        let targets = &make.graph.targets;
        let target = make.names.get(name.as_bytes());
        let Some(target) = target.and_then(|name| targets.lookup(name)) else {
            return format!("no {name}");
        };
        let mut out = name.to_owned();
        out.push_str(if targets.flags[target].has(Flags::DOUBLE_COLON) {
            "::"
        } else {
            ":"
        });
        for prereq in targets.prereqs(target) {
            if prereq.flags.has(PrereqFlags::PENDING) {
                let pending = &make.graph.pending[prereq.target.0 as usize];
                out.push_str(&format!(" <{}>", String::from_utf8_lossy(&pending.text)));
                continue;
            }
            if prereq.flags.has(PrereqFlags::ORDER_ONLY) {
                out.push_str(" |");
            }
            if prereq.flags.has(PrereqFlags::WAIT_HERE) {
                out.push_str(" .WAIT");
            }
            let name = targets.name[prereq.target];
            out.push_str(&format!(" {}", make.names.show(name)));
        }
        if let Some(recipe) = targets.recipe[target] {
            let recipe = &make.graph.recipes[recipe];
            let text = String::from_utf8_lossy(&recipe.text).replace('\n', "/");
            out.push_str(&format!(" ;{text}@{}", recipe.loc.line));
        }
        out
    }
}

fn read(text: &str) -> String {
    start(&[("Makefile", text)], Options::default(), &[]).read()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn what_reading_says() {
    for (text, expected) in [
        ("x.\n", "Makefile:1: *** missing separator.  Stop.\n"),
        (
            "foo:\n        bar\n",
            "Makefile:2: *** missing separator (did you mean TAB instead of 8 spaces?).  Stop.\n",
        ),
        (
            ".RECIPEPREFIX = :\nfoo:\n        bar\n",
            "Makefile:3: *** missing separator.  Stop.\n",
        ),
        (
            "ifeq(foo,bar)\n",
            "Makefile:1: *** missing separator (ifeq/ifneq must be followed by whitespace).  Stop.\n",
        ),
        (
            "ifeq\n",
            "Makefile:1: *** invalid syntax in conditional.  Stop.\n",
        ),
        (
            "ifneq blah\n",
            "Makefile:1: *** invalid syntax in conditional.  Stop.\n",
        ),
        (
            "ifdef A B\nendif\n",
            "Makefile:1: *** invalid syntax in conditional.  Stop.\n",
        ),
        ("ifdef\nendif\n", ""),
        (
            "\tfoo\n",
            "Makefile:1: *** recipe commences before first target.  Stop.\n",
        ),
        (
            "a: x=1\n\tfoo\n",
            "Makefile:2: *** recipe commences before first target.  Stop.\n",
        ),
        (": b :c\n\techo\n", ""),
        (
            "; b :c\n",
            "Makefile:1: *** missing rule before recipe.  Stop.\n",
        ),
        (
            "foo: a: b\n",
            "Makefile:1: *** target pattern contains no '%'.  Stop.\n",
        ),
        (
            "foo: a b: b\n",
            "Makefile:1: *** multiple target patterns.  Stop.\n",
        ),
        (
            "foo: : b\n",
            "Makefile:1: *** missing target pattern.  Stop.\n",
        ),
        (
            "%.o foo: ;\n",
            "Makefile:1: *** mixed implicit and normal rules.  Stop.\n",
        ),
        (
            "foo %.o: ;\n",
            "Makefile:1: *** mixed implicit and normal rules: deprecated syntax\n",
        ),
        (
            "%.o: %: a;\n",
            "Makefile:1: *** mixed implicit and static pattern rules.  Stop.\n",
        ),
        (
            "a&:\n",
            "Makefile:1: *** grouped targets must provide a recipe.  Stop.\n",
        ),
        (
            "a:: ;:\na:;:\n",
            "Makefile:2: *** target file 'a' has both : and :: entries.  Stop.\n",
        ),
        (
            "a: ;:\na::;:\n",
            "Makefile:2: *** target file 'a' has both : and :: entries.  Stop.\n",
        ),
        (
            "a a: ;:\na:;:\n",
            "Makefile:1: target 'a' given more than once in the same rule\n\
             Makefile:2: warning: overriding recipe for target 'a'\n\
             Makefile:1: warning: ignoring old recipe for target 'a'\n",
        ),
        (
            "g3: t%:\n",
            "Makefile:1: target 'g3' doesn't match the target pattern\n",
        ),
        ("endif\n", "Makefile:1: *** extraneous 'endif'.  Stop.\n"),
        ("else\n", "Makefile:1: *** extraneous 'else'.  Stop.\n"),
        ("ifdef x\n\n", "Makefile:3: *** missing 'endif'.  Stop.\n"),
        (
            "ifeq (a,a) z\nelse\nelse\nendif\n",
            "Makefile:1: extraneous text after 'ifeq' directive\nMakefile:3: *** only one 'else' per conditional.  Stop.\n",
        ),
        (
            "ifeq (a,b)\nelse junk\nendif junk\n",
            "Makefile:2: extraneous text after 'else' directive\nMakefile:3: extraneous text after 'endif' directive\n",
        ),
        (
            "define x\n",
            "Makefile:1: *** missing 'endef', unterminated 'define'.  Stop.\n",
        ),
        ("endef\n", "Makefile:1: *** missing separator.  Stop.\n"),
        (
            "define x\nendef foo\n",
            "Makefile:2: extraneous text after 'endef' directive\n",
        ),
        (
            "define x = y\nendef\n",
            "Makefile:1: extraneous text after 'define' directive\n",
        ),
        (
            "define\nendef\n",
            "Makefile:1: *** empty variable name.  Stop.\n",
        ),
        (
            "undefine\n",
            "Makefile:1: *** empty variable name.  Stop.\n",
        ),
        ("= x\n", "Makefile:1: *** empty variable name.  Stop.\n"),
        ("override\n", "Makefile:1: *** missing separator.  Stop.\n"),
        (
            "define x\na=1\nb=2\nfoo bar\nendef\n\n$(eval $(x))\n",
            "Makefile:7: *** missing separator.  Stop.\n",
        ),
        (
            ".WAIT: a ;:\n",
            "Makefile:1: .WAIT should not have prerequisites\nMakefile:1: .WAIT should not have commands\n",
        ),
        (
            ".c.o: foo.h;@echo x\n",
            "Makefile:1: warning: ignoring prerequisites on suffix rule definition\n",
        ),
        (
            "\0abc\nfoo:\n",
            "Makefile:1: warning: NUL character seen; rest of line ignored\n",
        ),
        (
            "define x\na \\\n  b\n\tc \\\n\td\nendef\n$(info [$(value x)])\n",
            "[a b\n\tc d]\n",
        ),
        (
            "ifdef X\ndefine y\nelse\nendef\nfoo\nendif\n$(info ok)\n",
            "ok\n",
        ),
        ("x = a # b\n$(info [$(x)])\n", "[a ]\n"),
        ("$(info $(MAKEFILE_LIST))\n", "Makefile\n"),
        ("all:\nifdef X\nFOO=1\nendif\n\t@echo recipe\n", ""),
        ("x:=\n$(x)\n$(x) ; foo\nall:\n", ""),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn rules_become_targets() {
    for (text, expected) in [
        ("a b: c ./d | e\n", &["a: c d | e", "b: c d | e"][..]),
        ("a: b\na: c;x\na: d\n", &["a: c b d ;x@2"]),
        ("a: b;x\n\ty\n#z\n\n\tw\n", &["a: b ;x/y/w@1"]),
        ("a:\n\n\ty \\\n\tz\n", &["a: ;y \\/\tz@3"]),
        ("a\\:b: c\\ d e\\:f\n", &["a:b: c d e:f"]),
        ("x=b c\na: $(x)\n", &["a: b c"]),
        ("x=a: b\n$(x) c\n", &["a: b c"]),
        ("x=a: b;r\n$(x) c\n", &["a: b ;r c@2"]),
        ("x=;r\na: b $(x)\n", &["a: b ;r@2"]),
        ("a: b\\;c\n", &["a: b ;c@1"]),
        ("a: b # c ; d\n", &["a: b"]),
        ("a: b .WAIT c .WAIT\n", &["a: b .WAIT c"]),
        ("a: l(x y) m(z)\n", &["a: l(x) l(y) m(z)"]),
        ("l(x y): z\n", &["l(x): z", "l(y): z"]),
        (
            "x.o y.o: %.o: %.c %.h | q\n",
            &["x.o: x.c x.h | q", "y.o: y.c y.h | q"],
        ),
        ("a: |b c| d\n", &["a: | b | c| | d"]),
        ("a&b &: c;r\n", &["a&b: c ;r@1"]),
        (
            ".SECONDEXPANSION:\na: b $$(x)\nc: d\n",
            &["a: <b $(x)>", "c: d"],
        ),
        (
            "define r\na: b\n\tcmd\nendef\n$(eval $(r))\n",
            &["a: b ;cmd@5"],
        ),
        ("a:: b;x\na:: c;y\n", &["a:: b ;x@1"]),
        (
            "ifdef X\na: b\nelse ifndef X\na: c\nelse\na: d\nendif\n",
            &["a: c"],
        ),
        (
            "a: ;x\nifdef X\n\tno\nelse\n\tyes\nendif\n",
            &["a: ;x/yes@1"],
        ),
        ("export: ;x\ninclude: y\n", &["export: ;x@1", "include: y"]),
        ("all: a\\\n b\\\n c\n", &["all: a b c"]),
        (".RECIPEPREFIX = >\na:\n>x\n", &["a: ;x@3"]),
        ("a*: b\n", &["a*: b"]),
    ] {
        let mut reader = start(&[("Makefile", text)], Options::default(), &[]);
        assert_eq!(reader.read(), "", "{text}");
        for rule in expected {
            let name = rule.split([':', ';']).next().unwrap_or_default();
            let name = if rule.starts_with("a:b") { "a:b" } else { name };
            assert_eq!(reader.rule(name), *rule, "{text}");
        }
    }
}

#[test]
fn goals_files_and_includes() {
    let files = [
        ("Makefile", ".x: y\n-include d/*.mk none.mk\nall: z\n"),
        ("d/a.mk", "$(info a $(MAKEFILE_LIST))\n%.o: x\ninc: q\n"),
    ];
    let mut reader = start(&files[..1], Options::default(), &[]);
    assert_eq!(reader.read(), "");
    let goal = |reader: &mut Reader| {
        let goal = reader.make.find_default_goal().unwrap();
        goal.map(|goal| reader.make.names.show(goal).to_string())
    };
    assert_eq!(goal(&mut reader).as_deref(), Some("all"));
    let read: Vec<(bool, bool)> = reader
        .make
        .makefiles
        .iter()
        .map(|makefile| (makefile.dont_care, makefile.error.is_some()))
        .collect();
    assert_eq!(read, [(false, false), (true, true), (true, true)]);

    let environment = [("MAKEFILES", "m.mk nosuch.mk")];
    let files = [
        ("GNUmakefile", "b: c\n"),
        ("m.mk", "first: c\n$(info $(MAKEFILE_LIST))\n"),
    ];
    let mut reader = start(&files, Options::default(), &environment);
    assert_eq!(reader.read(), "m.mk\n");
    assert_eq!(goal(&mut reader).as_deref(), Some("b"));

    let options = Options {
        makefiles: vec![BString::from("nosuch")],
        evals: vec![BString::from("x=1\nfoo: ;bar"), BString::from("foo bar")],
        ..Options::default()
    };
    let mut reader = start(&[], options.clone(), &[]);
    assert_eq!(reader.read(), "make: *** missing separator.  Stop.\n");
    let options = Options {
        evals: vec![BString::from("foo: ;bar")],
        ..options
    };
    let mut reader = start(&[], options, &[]);
    assert!(reader.read().starts_with("make: nosuch: "));
    assert_eq!(goal(&mut reader).as_deref(), Some("foo"));
}

#[test]
fn endless_inclusion_ends() {
    let text = "include $(lastword $(MAKEFILE_LIST))\n";
    let mut reader = start(&[("Makefile", text)], Options::default(), &[]);
    assert!(
        reader
            .read()
            .ends_with("makefiles are nested too deeply.  Stop.\n")
    );
}

#[test]
fn the_catalogue_is_as_long_as_it_should_be() {
    let count = |text: &str, options: Options| {
        let mut reader = start(&[("Makefile", text)], options, &[]);
        reader.read();
        reader.make.graph.rule_order.len()
    };
    assert_eq!(count("", Options::default()), 92);
    let bare = Options {
        no_builtin_rules: true,
        ..Options::default()
    };
    assert_eq!(count("", bare.clone()), 0);
    assert_eq!(count(".SUFFIXES:\n", Options::default()), 9);
    assert_eq!(count(".SUFFIXES: .x .y\n.x.y:;a\n.x:;b\n", bare.clone()), 4);
    assert_eq!(
        count(
            "%.o %.d: %.c;a\n%.o %.d: %.c;b\n%.o: %.q;a\n%.o: %.q\n",
            bare
        ),
        3
    );
}
