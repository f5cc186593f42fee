//! What a user sees of parallel jobs: `-O` in all modes, and the order of echo, output and messages in one stream.
//! It does not test which job runs when, only what is shown together.

use crate::space::Ended;
use crate::space::Space;

/// Two jobs whose lines would mix: `b` writes between the two lines of `a`.
const MIXED: &str = "\
all: a b
a: ; @echo a 1; : >a1; while [ ! -e b1 ]; do sleep 0.01; done
\t@echo a 2
b: ; @while [ ! -e a1 ]; do sleep 0.01; done; echo b 1; : >b1; sleep 0.3
\t@echo b 2
";

fn mixed(words: &[&str]) -> Space {
    let space = Space::new();
    space
        .write("Makefile", MIXED)
        .write("words", words.join(" "));
    space
}

#[track_caller]
fn shows(words: &[&str], out: &str) {
    let space = mixed(words);
    let run = space.call(&["-j2"]).words(words).merged().run();
    run.is(0, out, "");
}

#[test]
fn without_sync_lines_come_as_they_are_written() {
    shows(&[], "a 1\nb 1\na 2\nb 2\n");
    shows(&["-Onone"], "a 1\nb 1\na 2\nb 2\n");
}

#[test]
fn sync_by_line_shows_each_recipe_line_when_it_ends() {
    shows(&["-Oline"], "a 1\na 2\nb 1\nb 2\n");
}

#[test]
fn sync_by_target_shows_each_recipe_when_it_ends() {
    shows(&["-O"], "a 1\na 2\nb 1\nb 2\n");
    shows(&["-Otarget"], "a 1\na 2\nb 1\nb 2\n");
    shows(&["--output-sync"], "a 1\na 2\nb 1\nb 2\n");
}

/// Two sub-makes whose lines would mix.
const BELOW: &str = "\
all: one two
one two: ; +@$(MAKE) -f $@.mk
";

fn below(words: &[&str]) -> Space {
    let space = Space::new();
    space
        .write("Makefile", BELOW)
        .write("words", words.join(" "));
    space.write("one.mk", "all: x y\nx: ; @echo one x; : >x1\ny: x ; @while [ ! -e z1 ]; do sleep 0.01; done; echo one y\n");
    space.write("two.mk", "all: z\nz: ; @while [ ! -e x1 ]; do sleep 0.01; done; sleep 0.1; echo two z; : >z1; sleep 0.2\n");
    space
}

#[test]
fn sync_by_make_keeps_a_sub_make_together() {
    let words = ["-j4", "-Orecurse", "--no-print-directory"];
    below(&words)
        .call(&words)
        .merged()
        .run()
        .is(0, "one x\none y\ntwo z\n", "");
    let words = ["-j4", "-Otarget", "--no-print-directory"];
    below(&words)
        .call(&words)
        .merged()
        .run()
        .is(0, "one x\none y\ntwo z\n", "");
}

#[test]
fn sync_by_target_frames_every_block_with_its_directory() {
    let words = ["-j4", "-Otarget"];
    let block = |text: &str| {
        format!("make[1]: Entering directory 'DIR'\n{text}make[1]: Leaving directory 'DIR'\n")
    };
    let out = [block("one x\n"), block("one y\n"), block("two z\n")].concat();
    below(&words).call(&words).merged().run().is(0, &out, "");
}

#[test]
fn errors_come_with_the_output_of_their_target() {
    let space = Space::new();
    space.write(
        "Makefile",
        "all: a b\na: ; @echo a; : >a1; echo a err >&2; while [ ! -e b1 ]; do sleep 0.01; done; exit 4\n\
         b: ; @while [ ! -e a1 ]; do sleep 0.01; done; echo b; : >b1; sleep 0.2\n",
    );
    let run = space.call(&["-j2", "-O"]).merged().run();
    let text = "a\na err\nmake: *** [Makefile:2: a] Error 4\nmake: *** Waiting for unfinished jobs....\nb\n";
    run.is(2, text, "");
}

#[test]
fn one_stream_keeps_the_order_of_events() {
    let space = Space::new();
    space.write(
        "Makefile",
        "$(info parse)\n$(warning careful)\nall: a b\n\techo all\na:\n\techo a\n\techo err >&2\nb: ; -exit 3\n",
    );
    let run = space.call(&[]).merged().run();
    run.is(
        0,
        "parse\nMakefile:2: careful\necho a\na\necho err >&2\nerr\nexit 3\nmake: [Makefile:8: b] Error 3 (ignored)\n\
         echo all\nall\n",
        "",
    );
}

#[test]
fn jobs_start_depth_first_in_order() {
    let space = Space::new();
    space.write(
        "Makefile",
        "all: a b c\na: a1 a2\nb: b1\na a1 a2 b b1 c: ; @echo $@; sleep 0.1\n",
    );
    space.run(&[]).is(0, "a1\na2\na\nb1\nb\nc\n", "");
    let run = space.run(&["-j2"]);
    assert_eq!(run.ended, Ended::Exit(0), "{}", run.shown());
    assert!(
        run.out.starts_with("a1\na2\n") || run.out.starts_with("a2\na1\n"),
        "{}",
        run.shown()
    );
    let place = |name: &str| run.out.lines().position(|line| line == name).unwrap();
    assert!(
        place("a") > 1 && place("b") > place("b1"),
        "{}",
        run.shown()
    );
}

#[test]
fn only_one_job_has_the_standard_input() {
    let space = Space::new();
    space.write("Makefile", "all: a b\na b: ; @sleep 0.1; cat >$@\n");
    space.call(&["-j2"]).stdin("text\n").run().is(0, "", "");
    let mut got = [space.read("a").unwrap(), space.read("b").unwrap()];
    got.sort();
    assert_eq!(got, ["", "text\n"]);
}

#[test]
fn enter_and_leave_lines() {
    let space = Space::new();
    space
        .write("Makefile", "all: ; @echo all\n")
        .write("sub/Makefile", "all: ; @echo sub\n");
    let framed = |text: &str, dir: &str| {
        format!("make: Entering directory '{dir}'\n{text}make: Leaving directory '{dir}'\n")
    };
    space.run(&["-w"]).is(0, &framed("all\n", "DIR"), "");
    space
        .run(&["-C", "sub"])
        .is(0, &framed("sub\n", "DIR/sub"), "");
    space.run(&["-C", "sub", "-s"]).is(0, "sub\n", "");
    space
        .run(&["-C", "sub", "--no-print-directory"])
        .is(0, "sub\n", "");
    space.run(&["-C", "sub", "none"]).is(
        2,
        &framed("", "DIR/sub"),
        "make: *** No rule to make target 'none'.  Stop.\n",
    );
}

/// A job may end while the pass that waits for it has already gone by: what needs it must start all the same.
#[test]
fn a_job_that_ends_at_any_moment_lets_others_go_on() {
    let space = Space::new();
    space.write(
        "Makefile",
        "\
all: bar baz
bar: bar-base ; @touch ready
bar-base: ; @echo bar 1
\t@echo bar 2
baz: baz-base
baz-base: ; @i=0; until test -f ready; do sleep 0.02; i=$$((i+1)); test $$i -lt 200 || exit 9; done
\t@rm ready
",
    );
    for _ in 0..20 {
        space.run(&["-j"]).is(0, "bar 1\nbar 2\n", "");
    }
}
