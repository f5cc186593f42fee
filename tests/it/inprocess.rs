//! Sub-makes that are copies of the make above them: to recipes, users and other makes the same as a program that is started.
//! With another program under test these are skipped, and counted.

use std::fs;

use crate::space::Space;
use crate::tools;

/// A make in another directory with variables, output and an error of its own; its recipe tells how its make stands. One
/// comes after the other: which descriptors are free depends on what else runs.
const TOP: &str = "\
export GIVEN = value
unexport GONE
all: first second
second: first
first second: ; -$(MAKE) -C sub --no-print-directory NAME=$@ FLAGS='$(MAKEFLAGS)'
";
const SUB: &str = "\
$(info $(NAME) $(MAKELEVEL) $(CURDIR) $(MAKE) $(origin GIVEN) $(flavor GONE) [$(MAKEFLAGS)])
$(info $(shell env | grep -v -e ^_= -e RMAKEFLAGS | sort))
all: ; @env | grep -v -e ^_= -e RMAKEFLAGS | sort; pwd; umask; ulimit -s; \\
\tgrep -e ^Sig[IC] /proc/$$PPID/status; grep -e ^Sig[BIC] /proc/self/status; \\
\tfor fd in /proc/$$PPID/fd/*; do echo $${fd##*/} $$(readlink $$fd); done; ls /proc/self/fd; \\
\tls /proc/$$PPID/task | wc -l; readlink /proc/$$PPID/exe; exit 3
";

fn is_other(test: &str) -> bool {
    if tools::is_gnu() {
        tools::skip(test, "the program under test is GNU make");
    }
    tools::is_gnu()
}

/// Numbers of processes, pipes and temporary files are another run's.
fn without_numbers(text: &str) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    for letter in text.chars().chain(['\n']) {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        match digits.len() {
            0..=3 => out.push_str(&digits),
            _ => out.push('N'),
        }
        digits.clear();
        out.push(letter);
    }
    out.split_inclusive('\n')
        .map(|line| match line.find("/Gm") {
            Some(at) => format!("{}/Gm…\n", &line[..at]),
            None => line.to_owned(),
        })
        .collect()
}

fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = without_numbers(text).lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn a_copy_is_what_a_program_would_be() {
    if is_other("inprocess::a_copy_is_what_a_program_would_be") {
        return;
    }
    let space = Space::new();
    space.write("Makefile", TOP).write("sub/Makefile", SUB);
    let table: [&[&str]; 9] = [
        &[],
        &["-k"],
        &["-n"],
        &["-s"],
        &["-j3", "-k"],
        &["-j3", "--jobserver-style=pipe"],
        &["-j3", "-k", "-Oline"],
        &["-j3", "-k", "-Otarget", "--jobserver-style=pipe"],
        &["-j3", "-k", "-Orecurse"],
    ];
    for words in table {
        let run = |more: &[&str]| {
            let words = [words, more].concat();
            space.call(&words).env("GONE", "1").env("A", "b c").run()
        };
        let (copied, started) = (run(&[]), run(&["--no-inprocess"]));
        assert_eq!(copied.ended, started.ended, "{words:?}");
        assert_eq!(sorted(&copied.out), sorted(&started.out), "{words:?}");
        assert_eq!(sorted(&copied.err), sorted(&started.err), "{words:?}");
        assert_eq!(copied.temporary_files, started.temporary_files, "{words:?}");
        assert!(copied.out.contains("GIVEN=value"), "{}", copied.shown());
    }
}

const WHO: &str =
    "all: ; @$(MAKE) --no-print-directory below\nbelow: ; @tr '\\0' ' ' </proc/$$PPID/cmdline\n";

#[test]
fn it_is_a_copy_where_nothing_speaks_against_it() {
    if is_other("inprocess::it_is_a_copy_where_nothing_speaks_against_it") {
        return;
    }
    let space = Space::new();
    let who = |text: &str, words: &[&str]| {
        space.write("Makefile", format!("{text}{WHO}"));
        let run = space.run(words);
        assert_eq!(run.err, "", "{}", run.shown());
        run.out
    };
    let copied = "make X=1 ";
    let started = "make --no-print-directory below ";
    assert_eq!(who("", &["X=1"]), copied);
    assert_eq!(who("", &["X=1", "--no-inprocess"]), started);
    // The loader would look at it.
    let library = "export LD_LIBRARY_PATH = /nonexistent\n";
    assert_eq!(who(library, &["X=1"]), started);
    // A shell is in between.
    assert_eq!(who("MAKE := : & $(MAKE)\n", &["X=1"]), started);
    // Another file.
    space.write("bin/make", "#!/bin/sh\necho other \"$@\"\n");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(space.path("bin/make"), executable).unwrap();
    let path = "export PATH := $(CURDIR)/bin:$(PATH)\n";
    assert_eq!(who(path, &["X=1"]), "other --no-print-directory below\n");
}

/// The shell tells its directory in the environment.
#[test]
fn a_change_of_directory_is_done_as_the_shell_does_it() {
    if is_other("inprocess::a_change_of_directory_is_done_as_the_shell_does_it") {
        return;
    }
    let space = Space::new();
    space
        .write("sub/deep/Makefile", SUB)
        .write("sub/deep/more/x", "");
    std::os::unix::fs::symlink("sub", space.path("link")).unwrap();
    let here = space
        .path("")
        .to_str()
        .unwrap()
        .trim_end_matches('/')
        .to_owned();
    let deep = format!("{here}/sub/deep");
    let places = [
        "sub/deep",
        "link/deep",
        &deep,
        "./sub/deep",
        "sub/../sub/deep",
        "sub/deep/",
        "sub//deep",
        "nowhere",
        "Makefile",
        "'sub/deep'",
    ];
    let pwds = [
        None,
        Some(here.as_str()),
        Some("/"),
        Some("relative"),
        Some("/nowhere"),
    ];
    for place in places {
        let text = format!("all: ; -cd {place} && $(MAKE) --no-print-directory\n");
        space.write("Makefile", text);
        for pwd in pwds {
            let run = |words: &[&str]| {
                let call = space.call(words).env("OLDPWD", "/x");
                let call = match pwd {
                    Some(pwd) => call.env("PWD", pwd),
                    None => call,
                };
                call.run()
            };
            let (copied, started) = (run(&[]), run(&["--no-inprocess"]));
            assert_eq!(sorted(&copied.out), sorted(&started.out), "{place} {pwd:?}");
            assert_eq!(sorted(&copied.err), sorted(&started.err), "{place} {pwd:?}");
            assert_eq!(copied.ended, started.ended, "{place} {pwd:?}");
        }
    }
}

#[test]
fn a_change_of_directory_needs_no_shell_unless_it_is_searched_for() {
    let test = "inprocess::a_change_of_directory_needs_no_shell_unless_it_is_searched_for";
    if is_other(test) {
        return;
    }
    if !fs::canonicalize("/bin/sh").unwrap().ends_with("dash") {
        return tools::skip(test, "/bin/sh is not dash");
    }
    let space = Space::new();
    let who = "all: ; @tr '\\0' ' ' </proc/$$PPID/cmdline\n";
    space.write("sub/deep/Makefile", who);
    space.write(
        "Makefile",
        "all: ; @cd sub/deep && $(MAKE) --no-print-directory\n",
    );
    space.run(&["X=1"]).is(0, "make X=1 ", "");
    let searched = space.call(&["X=1"]).env("CDPATH", "/nowhere").run();
    searched.is(0, "make --no-print-directory ", "");
}

#[test]
fn a_copy_that_is_killed_is_told_as_any_process() {
    if is_other("inprocess::a_copy_that_is_killed_is_told_as_any_process") {
        return;
    }
    let space = Space::new();
    let text =
        "all: ; @$(MAKE) --no-print-directory below\nbelow: ; @kill -KILL $$PPID; sleep 0.1\n";
    space.write("Makefile", text);
    space
        .run(&[])
        .is(2, "", "make: *** [Makefile:1: all] Killed\n");
}

#[test]
fn levels_have_no_end() {
    let space = Space::new();
    let text = "all:\nifeq ($(MAKELEVEL),120)\n\t@echo end\nelse\n\t@$(MAKE) --no-print-directory\nendif\n";
    space.write("Makefile", text);
    space.run(&[]).is(0, "end\n", "");
}

/// What the make above has to remove at its end is none of the copy's business.
#[test]
fn a_copy_that_dies_while_it_reads_removes_nothing_of_others() {
    if is_other("inprocess::a_copy_that_dies_while_it_reads_removes_nothing_of_others") {
        return;
    }
    let space = Space::new();
    let text = "all: first second\n\
                first: ; -@$(MAKE) --no-print-directory -f killed.mk\n\
                second: first ; @$(MAKE) --no-print-directory -f last.mk\n";
    space
        .write("Makefile", text)
        .write(
            "killed.mk",
            "X := $(shell kill -TERM $$PPID)\nall: ; @echo lives\n",
        )
        .write("last.mk", "all: ; @ls $$TMPDIR | grep -c GMfifo\n");
    let told = "make: [Makefile:2: first] Terminated (ignored)\n";
    for words in [&["-j3"][..], &["-j3", "--no-inprocess"]] {
        space.run(words).is(0, "1\n", told);
    }
}
