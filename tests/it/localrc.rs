//! Rules about recipe lines (`.rmake-localrc`, `.termite-localrc`) with this machine's own worker: what runs here, what in
//! a sandbox, and what is said when the rules are wrong.
//! It does not know how rules are read: the units do.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::mirror::by_worker as call;
use crate::mirror::space;
use crate::space::Ended;
use crate::space::Run;
use crate::space::Space;

/// Returns where `--explain` says that targets run: `on`, or why not.
fn place<'r>(run: &'r Run, target: &str) -> Vec<&'r str> {
    let mark = format!("'{target}' runs ");
    let lines = run.out.lines();
    lines
        .filter_map(|line| line.split_once(&mark).map(|(_, place)| place))
        .collect()
}

/// Writes a script that can be run.
fn script(space: &Space, name: &str, text: &str) {
    space.write(name, format!("#!/bin/sh\n{text}"));
    fs::set_permissions(space.path(name), PermissionsExt::from_mode(0o755)).unwrap();
}

const THERE: &str = "on +local";
const KEPT: &str = "here: the localrc keeps it";

#[test]
fn rules_decide_and_need_no_dist() {
    let Some(space) = space("localrc::rules_decide") else {
        return;
    };
    let makefile = "\
all: Config.h objects/a.o x.list quick remote prog
Config.h: configure; @sh ./configure --prefix=/usr > $@
objects:; @mkdir -p $@
objects/a.o: a.c Config.h | objects; @gcc -I. -c $< -o $@
x.list:; @cmake_find . > $@
quick:; @echo quick
\t@rm -f $@
remote:; @uname -n > $@
prog: objects/a.o
\t@gcc $< -o $@
\t@./config.status $@
";
    let rules = "\
# Things that ask about this machine.
[
{ \"Regexp\": \"^sh ./configure |config\\\\.status\", \"Local\": true },
{ \"Regexp\": \"\\\\bcmake_\", \"Local\": true, \"SkipRefresh\": true }
]
";
    space
        .write("Makefile", makefile)
        .write("configure", "echo \"#define VALUE 7\"\n")
        .write(
            "a.c",
            "#include \"Config.h\"\nint main(void) { return VALUE - 7; }\n",
        )
        .write(".termite-localrc", rules);
    space.tool("cmake_find", "#!/bin/sh\nls $1\n");
    script(&space, "config.status", "test -x \"$1\"\n");
    let run = call(&space, &["--explain"]).run();
    assert_eq!(run.ended, Ended::Exit(0), "{}", run.shown());
    for (target, expected) in [
        ("Config.h", KEPT),
        ("objects", "here: echo, mkdir and rm are not worth sending"),
        ("objects/a.o", THERE),
        ("x.list", KEPT),
        ("quick", "here: echo, mkdir and rm are not worth sending"),
        ("remote", THERE),
        ("prog", KEPT),
    ] {
        assert_eq!(place(&run, target), [expected], "{target}\n{}", run.shown());
    }
}

#[test]
fn nobody_looks_at_rules_without_need() {
    let Some(space) = space("localrc::nobody_looks") else {
        return;
    };
    space
        .write("Makefile", "all:; @echo quick\n")
        .write(".termite-localrc", "no rules");
    // Without -j, or with --dist=never; nor where there is no list of hosts.
    for words in [["-j1", "--dist=never"], ["-s", "--hosts=+local 2"]] {
        let run = space
            .call(&words)
            .words(&["-B"])
            .env("HOME", space.root())
            .run();
        run.is(0, "quick\n", "");
    }
    let run = space.call(&["-j2", "-B"]).env("HOME", space.root()).run();
    assert_eq!(
        (run.ended, &*run.err),
        (Ended::Exit(0), ""),
        "{}",
        run.shown()
    );
}

#[test]
fn what_is_done_here_is_seen_there() {
    let Some(space) = space("localrc::what_is_done_here") else {
        return;
    };
    let makefile = "\
all: last
first: source; @cat source gen/* > $@; cat late >> $@ 2>/dev/null || echo none >> $@
config: first; @./configure
last: config; @cat source gen/* late > $@
";
    let configure =
        "echo two > source\nmkdir -p gen\necho made > gen/a\necho late > late\ntouch config\n";
    space
        .write("Makefile", makefile)
        .write("source", "one\n")
        .write("gen/old", "old\n")
        .write(
            ".rmake-localrc",
            "[{\"Regexp\": \"configure\", \"Local\": true, \"SkipRefresh\": true}]",
        );
    script(&space, "configure", configure);
    let run = call(&space, &["--explain"]).run();
    assert_eq!(run.ended, Ended::Exit(0), "{}", run.shown());
    assert_eq!(
        (place(&run, "first"), place(&run, "config")),
        (vec![THERE], vec![KEPT])
    );
    assert_eq!(space.read("first").as_deref(), Some("one\nold\nnone\n"));
    assert_eq!(
        space.read("last").as_deref(),
        Some("two\nmade\nold\nlate\n")
    );
    // An edited source is seen by the next build.
    space.write("source", "three\n");
    let run = call(&space, &["--explain"]).run();
    assert_eq!(place(&run, "last"), [THERE], "{}", run.shown());
    let first = space.read("first");
    assert_eq!(first.as_deref(), Some("three\nmade\nold\nlate\n"));
    assert_eq!(
        space.read("last").as_deref(),
        Some("two\nmade\nold\nlate\n")
    );
}

#[test]
fn nested_makes_have_the_outermost_rules_and_stay_where_one_says_so() {
    let Some(space) = space("localrc::nested_makes") else {
        return;
    };
    let top = "\
all: a b c d
a b:; @$(MAKE) -s -C $@
c:; @./enter c
d:; @./enter d
.PHONY: a b c d
";
    let rules = "\
[
{ \"Regexp\": \"(?s)termite-make.* b$\", \"Local\": true },
{ \"Regexp\": \"enter c\", \"Local\": true, \"Recurse\": true },
{ \"Regexp\": \"enter d\", \"Local\": true },
{ \"Regexp\": \"never\", \"Local\": true }
]
";
    space.write("Makefile", top).write(".rmake-localrc", rules);
    for name in ["a", "b", "c", "d"] {
        // The rules of a directory below are not the outermost ones.
        let below = format!("{name}/.rmake-localrc");
        space
            .write(format!("{name}/Makefile"), "out:; @touch $@\n")
            .write(below, "[{\"Local\": true}]");
    }
    script(&space, "enter", "exec make -s -C \"$1\"\n");
    let run = call(&space, &["--explain=out"]).run();
    assert_eq!(run.ended, Ended::Exit(0), "{}", run.shown());
    // Those of a and c; the others know nothing of places.
    assert_eq!(place(&run, "out"), [THERE, THERE], "{}", run.shown());
    assert!(
        ["a", "b", "c", "d"]
            .iter()
            .all(|name| space.has(format!("{name}/out")))
    );
}

#[test]
fn wrong_rules_are_told_once_and_nothing_is_distributed() {
    let Some(space) = space("localrc::wrong_rules") else {
        return;
    };
    space
        .write("Makefile", "all: x y; @$(MAKE) -s -C sub\nx y:; @echo $@\n")
        .write("sub/Makefile", ".DIST: z\nz:; @echo $@ $$RMAKEFLAGS\n");
    let out = "x\ny\nz --hosts=+local\\ 2 --dist=never\n";
    for (name, rules, told) in [
        (
            ".rmake-localrc",
            "[\n{ \"Regexp\": \"a(\" }\n]\n",
            "2:13: Regexp: unclosed group",
        ),
        (
            ".termite-localrc",
            "[\n{ \"Regexp\": \"a\" }\n",
            "3:1: EOF while parsing a list",
        ),
    ] {
        space.write(name, rules);
        let said = format!("make: DIR/{name}:{told}\n");
        let run = space
            .call(&["-j1", "-Otarget", "--hosts=+local 2"])
            .env("HOME", space.root())
            .run();
        run.is(0, out, &said);
        let stop = format!("make: *** DIR/{name}:{told}.  Stop.\n");
        call(&space, &["--dist=always"]).run().is(2, "", &stop);
        fs::remove_file(space.path(name)).unwrap();
    }
}

#[test]
fn debug_says_what_is_sent_where() {
    let Some(space) = space("localrc::debug") else {
        return;
    };
    space
        .write("Makefile", "all: x y\nx y:; @touch $@ .\n")
        .write(
            ".rmake-localrc",
            "[{\"Regexp\": \"^touch x\", \"Debug\": true}]",
        );
    call(&space, &[])
        .run()
        .is(0, "Using build host +local (2 jobs).\n", "");
}
