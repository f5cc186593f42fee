//! Recipes that do odd things: on a host they print, fail and make what they do here.
//! It does not know how hosts fail: `faults` does.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use bstr::BString;

use crate::ground::Ground;
use crate::space::Run;
use crate::space::Space;

/// Returns what is below a directory: names, modes and contents.
pub fn tree(place: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut places = vec![place.to_owned()];
    while let Some(one) = places.pop() {
        for entry in fs::read_dir(&one).unwrap().flatten() {
            let path = entry.path();
            let data = fs::symlink_metadata(&path).unwrap();
            let mode = data.permissions().mode();
            let name = path.strip_prefix(place).unwrap().display().to_string();
            let content = match data.is_file() {
                true => BString::from(fs::read(&path).unwrap()),
                false => BString::default(),
            };
            found.insert(name, format!("{mode:o} {content}"));
            if data.is_dir() {
                places.push(path);
            }
        }
    }
    found
}

/// A makefile, what is there before, and how rmake is called.
#[derive(Default)]
struct Case {
    makefile: &'static str,
    files: &'static [(&'static str, &'static str)],
    words: &'static [&'static str],
    /// How many hints a host adds to what a local run says.
    hints: usize,
    /// What else is to be there before.
    before: Option<fn(&Space)>,
}

fn space(case: &Case) -> Space {
    let space = Space::new();
    let makefile = format!("unexport RMAKE_SPACE\n.DIST: %\n{}", case.makefile);
    space.write("Makefile", makefile);
    for (number, (name, text)) in (1..).zip(case.files) {
        space.write(name, text).touch(name, number);
    }
    if let Some(before) = case.before {
        before(&space);
    }
    space
}

/// Runs a case here and on a host, compares what was said and made, and returns the run there.
#[track_caller]
fn check(ground: &Ground, case: &Case) -> Run {
    let words = [&["-j2"], case.words].concat();
    let spaces = [space(case), space(case)];
    let here = spaces[0].call(&words).merged().run();
    let there = spaces[1].call(&words).env("HOME", ground.home());
    let there = there.merged().run();
    let is_hint = |line: &&str| line.starts_with("make: hint: ");
    let shown = there.shown();
    assert_eq!(
        there.out.lines().filter(is_hint).count(),
        case.hints,
        "{shown}"
    );
    let said = |run: &Run| {
        let lines = run.out.lines().filter(|line| !is_hint(line));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(said(&there), said(&here));
    assert_eq!(there.ended, here.ended, "{shown}");
    let trees = spaces.each_ref().map(|space| tree(&space.path("")));
    assert!(
        trees[0] == trees[1],
        "{:?}\n{:?}\n{shown}",
        trees[0].keys(),
        trees[1].keys()
    );
    there
}

fn ground(test: &str) -> Option<Ground> {
    let ground = Ground::up(test, 1)?;
    ground.hosts_file(&[("h1", 4)]);
    Some(ground)
}

#[test]
fn what_becomes_of_targets() {
    let Some(ground) = ground("alike::what_becomes_of_targets") else {
        return;
    };
    let check = |makefile, files, hints| {
        let case = Case {
            makefile,
            files,
            hints,
            ..Case::default()
        };
        check(&ground, &case);
    };
    // Not produced; produced by the next line only; produced as a directory.
    check("b: a; echo then\na:; echo nothing >/dev/null\n", &[], 0);
    check("a:; @:\n\techo $@ >$@; chmod 751 $@\n", &[], 0);
    check(
        "a:; mkdir -p $@/b/c; echo x >$@/b/f; echo y >$@/g; ln -s g $@/l\n",
        &[],
        0,
    );
    check(
        "a:; mkdir $@; echo x >\"$@/$$(printf 'new\\nline')\"; touch $@/' \"q\" '\n",
        &[],
        0,
    );
    // Too large to stay in memory.
    check("a:; @yes $@ | head -c 3000000 >$@\n", &[], 0);
    // There before, and something else afterwards.
    let old = &[("a", "old\n"), ("b", "")];
    check("a: b; rm $@; mkdir $@; echo x >$@/f\n", old, 0);
    check("a: b; rm $@\n", old, 0);
    check("a: b; rm $@; exit 1\n", old, 1);
    check("a: b; echo more >>$@; chmod 600 $@\n", old, 0);
    check("a: b; @test -s $@ && echo left alone\n", old, 0);
    check("a: b; rm $@; ln -s b $@\n", old, 0);
    // Killed: it is deleted if it was changed.
    check("a: b; echo part >$@; kill -TERM $$$$\n", old, 0);
    check("a: b; kill -KILL $$$$\n", old, 0);
    check("a: b; echo part >$@; exit 2\n", old, 1);
    check(".DELETE_ON_ERROR:\na: b; echo part >$@; exit 2\n", old, 1);
    check(
        ".PRECIOUS: a\na: b; echo part >$@; kill -KILL $$$$\n",
        old,
        0,
    );
    check("a c &: b; echo both | tee a >c; exit 3\n", old, 1);
    // Several targets of one recipe, one of which it does not make.
    check("all: x.1 x.2\n%.1 %.2: b; @echo $@ >x.1\n", old, 0);
}

/// An interrupt and a broken pipe are not among the signals: shells are silent about them.
#[test]
fn how_lines_end() {
    let Some(ground) = ground("alike::how_lines_end") else {
        return;
    };
    let makefile = "\
E := 1 2 100 125 126 127 128 129 130 137 141 143 192 254 255
S := HUP ALRM TERM USR1 KILL QUIT SEGV
all: $(E:%=e%) $(S:%=s%) missing directory script
$(E:%=e%):; @exit $(@:e%=%)
$(S:%=s%):; @ulimit -c 0; kill -$(@:s%=%) $$$$
missing:; @no-such-program here
directory:; @/etc
script:; @echo :>$@; ls $@
\t@./$@
";
    let words = &["-k", "-j1"];
    let case = Case {
        makefile,
        words,
        hints: 1,
        ..Case::default()
    };
    check(&ground, &case);
    let words = &["-i", "-j1"];
    check(
        &ground,
        &Case {
            words,
            hints: 0,
            ..case
        },
    );
}

#[test]
fn what_recipes_do_with_their_streams() {
    let Some(ground) = ground("alike::what_recipes_do_with_their_streams") else {
        return;
    };
    let check = |makefile, words| {
        let case = Case {
            makefile,
            words,
            ..Case::default()
        };
        check(&ground, &case)
    };
    check("a:; @exec >&-; echo x >$@\n", &[]);
    check("a:; @exec >&- 2>&-; echo x >$@\n\t@echo next\n", &[]);
    check(
        "a:; @exec <&-; cat; printf 'no end'\n\t@printf 'of line\\n'\n",
        &[],
    );
    check("a:; @cat; wc -c </dev/stdin\n", &[]);
    check(
        "a:; @printf '\\000\\036\\377\\r\\n' | od -c; printf '\\036x\\n.\\n'\n",
        &[],
    );
    let both = "a:; @awk 'BEGIN { for (i = 0; i < 120000; i++) { print \"out\", i; fflush(); \
                print \"error\", i >\"/dev/stderr\" } }'\n";
    assert!(check(both, &[]).out.len() > 2_000_000);
    assert!(check(both, &["-Otarget"]).out.len() > 2_000_000);
    // Who stays behind holds nobody up, and does not outlive the build there.
    let case = "a:; @sleep 7979 & echo x >$@\n";
    let case = Case {
        makefile: case,
        ..Case::default()
    };
    let space = space(&case);
    let run = space.call(&["-j2"]).env("HOME", ground.home()).run();
    run.is(0, "", "");
    let count =
        "for i in $(seq 50); do pgrep -x sleep >/dev/null || exit 0; sleep 0.1; done; ps -ef";
    assert_eq!(ground.exec("h1", &["sh", "-c", count]), "");
}

#[test]
fn what_travels() {
    let Some(ground) = ground("alike::what_travels") else {
        return;
    };
    let odd = "all: a\\ b 'q\"$$x* ./-n\na\\ b: in\\ put $$y* ./-i; @cat 'in put' '$$y*' ./-i >'$@'\n\
               'q\"$$x*: in\\ put; @cp 'in put' \"'q\\\"\\$$x*\"\n./-n:; @echo n >./$@\n";
    let files = &[("in put", "1\n"), ("$y*", "2\n"), ("-i", "3\n")];
    check(
        &ground,
        &Case {
            makefile: odd,
            files,
            ..Case::default()
        },
    );

    let many =
        "F := $(shell seq 10000)\nall: $(F:%=d/f%); @ls d | wc -l; echo $(words $^ $?) >$@\n";
    let before = Some(
        (|space: &Space| {
            fs::create_dir(space.path("d")).unwrap();
            (1..=10_000).for_each(|number| {
                space.write(format!("d/f{number}"), "");
            });
        }) as fn(&Space),
    );
    check(
        &ground,
        &Case {
            makefile: many,
            before,
            ..Case::default()
        },
    );
}

#[test]
fn what_does_not_travel() {
    let Some(ground) = ground("alike::what_does_not_travel") else {
        return;
    };
    // What is not declared is not there, and what is not a target does not come back.
    let space = Space::new();
    let makefile = ".DIST: %\nall: a b c\na b:; @cat hidden\nc: shown; @echo more >>shown; cp shown $@; touch d\n";
    space
        .write("Makefile", makefile)
        .write("hidden", "")
        .write("shown", "shown\n");
    let run = space.call(&["-k", "-j2"]).env("HOME", ground.home()).run();
    let hint = "make: hint: only declared prerequisites were sent to h1\n";
    assert_eq!(run.err.matches(hint).count(), 1, "{}", run.shown());
    // What two recipes say at a time may mix wherever a program writes in pieces, as cat does behind its name.
    let errors = run
        .err
        .matches("hidden: No such file or directory\n")
        .count();
    assert_eq!(errors, 2, "{}", run.shown());
    let read = |name| space.read(name);
    assert_eq!(read("c").as_deref(), Some("shown\nmore\n"));
    assert_eq!(
        (read("shown").as_deref(), space.has("d")),
        (Some("shown\n"), false)
    );

    // What a link stands for cannot be told: it stays here.
    let space = Space::new();
    space.write(
        "Makefile",
        ".DIST: %\na: b; @test -e Makefile && echo here >$@\n",
    );
    space.write("other", "").touch("other", 1).touch("b", 2);
    std::os::unix::fs::symlink("other", space.path("a")).unwrap();
    let run = space.call(&["-j2"]).env("HOME", ground.home()).run();
    run.is(0, "", "");
    assert_eq!(space.read("other").as_deref(), Some("here\n"));
}
