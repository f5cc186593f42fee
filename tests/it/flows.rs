//! Several runs on one tree: rebuilds, restarts, loaded objects, recursion, the program's own name.
//! Single runs with one corner each belong to the corpus instead.

use std::os::unix::fs::symlink;

use crate::space::Ended;
use crate::space::Space;
use crate::tools;

fn makefile(text: &str) -> Space {
    let space = Space::new();
    space.write("Makefile", text);
    space
}

const UP_TO_DATE: &str = "make: 'all' is up to date.\n";

#[test]
fn a_second_run_has_nothing_to_do() {
    let space = makefile("all: b\n\ttouch $@\nb: a\n\tcp $< $@\n");
    space.touch("a", 1);
    space.run(&[]).is(0, "cp a b\ntouch all\n", "");
    space.run(&[]).is(0, UP_TO_DATE, "");
    space.run(&["-q"]).is(0, "", "");
    space.touch("a", 30).touch("b", 20).touch("all", 40);
    space.run(&["-q"]).is(1, "", "");
    space.run(&["-n"]).is(0, "cp a b\ntouch all\n", "");
    space.run(&["-t"]).is(0, "touch b\ntouch all\n", "");
    space.run(&[]).is(0, UP_TO_DATE, "");
}

#[test]
fn equal_times_are_up_to_date() {
    let space = makefile("all: a\n\ttouch $@\n");
    space.touch("a", 10).touch("all", 10);
    space.run(&[]).is(0, UP_TO_DATE, "");
    space.touch("a", 11);
    space.run(&[]).is(0, "touch all\n", "");
}

/// A recipe that leaves its target as it was does not make others out of date.
#[test]
fn an_unchanged_target_stops_the_rebuild() {
    let space = makefile("all: config\n\ttouch $@\nconfig: FORCE\n\t@echo checked\nFORCE:\n");
    space.touch("config", 1).touch("all", 2);
    space.run(&[]).is(0, "checked\n", "");
    space.touch("config", 3);
    space.run(&[]).is(0, "checked\ntouch all\n", "");
}

/// GNU make 4.4.1 runs 1956 commands for each of the two environments, since every command's environment asks for the
/// other variables. What a command names is what it is in GNU make's run nevertheless.
#[test]
fn exported_variables_run_their_commands_once_for_an_environment() {
    let space = makefile(
        "$(foreach v,A B C D E F,$(eval export $v ?= $$(shell echo $v >>log; echo $v)))\n\
         all:; @sort log | tr '\\n' ' '; echo $$A$$B$$C$$D$$E$$F\n",
    );
    space.run(&[]).is(0, "A B C D E F ABCDEF\n", "");
    let space = makefile(
        "export A ?= $(shell echo a)\nexport B ?= $(shell echo b$$A)\n\
         export C ?= $(shell echo $$B$$D)\nexport D ?= $(shell echo d$$C)\nall:; @echo $$A $$B $$C $$D\n",
    );
    space.run(&[]).is(0, "a ba bad dba\n", "");
}

#[test]
fn keep_going_builds_all_it_can() {
    let space =
        makefile("all: a b c\na: ; @exit 1\nb: ; @echo b >$@\nc: a ; @echo c\nd: missing\n");
    let failed = "make: *** [Makefile:2: a] Error 1\n";
    space.run(&[]).is(2, "", failed);
    let goal = "make: Target 'all' not remade because of errors.\n";
    space.run(&["-k"]).is(2, "", &format!("{failed}{goal}"));
    assert!(space.has("b"));
    let none = "make: *** No rule to make target 'missing', needed by 'd'.\n";
    let d = "make: Target 'd' not remade because of errors.\n";
    space
        .run(&["-k", "d", "b"])
        .is(2, "make: 'b' is up to date.\n", &format!("{none}{d}"));
}

#[test]
fn a_failure_waits_for_running_jobs() {
    let space = makefile(
        "all: a b c\n\
         a: ; @while [ ! -e begun ]; do sleep 0.01; done; exit 7\n\
         b: ; @touch begun; sleep 0.2; echo b\n\
         c: ; @echo never\n",
    );
    let text = "make: *** [Makefile:2: a] Error 7\nmake: *** Waiting for unfinished jobs....\n";
    space.run(&["-j2"]).is(2, "b\n", text);
}

#[test]
fn remade_makefiles_are_read_again() {
    let space = makefile(
        "include one.mk two.mk\n$(info read $(MAKE_RESTARTS) $(ONE) $(TWO))\nall: ; @echo $(ONE) $(TWO)\n\
         one.mk: ; echo 'ONE = 1' >$@\ntwo.mk: one.mk ; echo 'TWO = 2' >$@\n",
    );
    space.run(&[]).is(
        0,
        "read   \necho 'ONE = 1' >one.mk\necho 'TWO = 2' >two.mk\nread 1 1 2\n1 2\n",
        "",
    );
    space.run(&[]).is(0, "read  1 2\n1 2\n", "");
    space.touch("two.mk", 1);
    space.run(&["-n"]).is(
        0,
        "read  1 2\necho 'TWO = 2' >two.mk\nread 1 1 2\necho 1 2\n",
        "",
    );
}

#[test]
fn a_chain_of_restarts() {
    let space = makefile(
        "-include $(wildcard *.mk) a.mk\n$(info restarts $(MAKE_RESTARTS))\nall: ; @echo $(X)\n\
         a.mk: ; @echo '-include b.mk' >$@\nb.mk: ; @echo 'X = deep' >$@\n",
    );
    space
        .run(&["-j2"])
        .is(0, "restarts \nrestarts 1\nrestarts 2\ndeep\n", "");
    space.run(&["-j2"]).is(0, "restarts \ndeep\n", "");
}

#[test]
fn a_makefile_that_fails_to_be_remade() {
    let space = makefile("include x.mk\nall: ; @echo all\nx.mk: ; exit 1\n");
    let text =
        "Makefile:1: x.mk: No such file or directory\nmake: *** [Makefile:3: x.mk] Error 1\n";
    space.run(&[]).is(2, "exit 1\n", text);
    space.write(
        "Makefile",
        "-include x.mk\nall: ; @echo all\nx.mk: ; exit 1\n",
    );
    space.run(&[]).is(0, "exit 1\nall\n", "");
    space.write("Makefile", "include x.mk\nall: ; @echo all\n");
    let text = "Makefile:1: x.mk: No such file or directory\nmake: *** No rule to make target 'x.mk'.  Stop.\n";
    space.run(&[]).is(2, "", text);
}

#[test]
fn a_makefile_on_stdin_survives_the_restart() {
    let space = Space::new();
    let text = "include x.mk\nall: ; @echo $(X) $(MAKE_RESTARTS) $(MAKEFILE_LIST)\nx.mk: ; @echo X = 1 >$@\n";
    let run = space.call(&["-f", "-"]).stdin(text).run();
    assert_eq!(
        (run.ended, run.err.as_str()),
        (Ended::Exit(0), ""),
        "{}",
        run.shown()
    );
    assert!(
        run.out.starts_with("1 1 SPACE/tmp/Gm") && run.out.ends_with(" x.mk\n"),
        "{}",
        run.shown()
    );
    assert!(run.temporary_files.is_empty(), "{}", run.shown());
    space.call(&["--file=-", "-f-"]).stdin(text).run().is(
        2,
        "",
        "make: *** Makefile from standard input specified twice.  Stop.\n",
    );
    space
        .call(&["-f-", "-j3"])
        .stdin("all: ; @cat\n")
        .run()
        .is(0, "", "");
}

#[test]
fn the_jobserver_survives_the_restart() {
    let space = makefile(
        "include x.mk\nall: a b c\na b c: ; +@$(MAKE) -s -f sub.mk NAME=$@\n\
         x.mk: ; @echo X = 1 >$@\n",
    );
    space.write("sub.mk", "all: ; @echo ok\n");
    space
        .run(&["-j2", "--no-print-directory"])
        .is(0, "ok\nok\nok\n", "");
}

#[test]
fn messages_begin_with_the_name_it_is_called_by() {
    let space = makefile("all: ; @echo '$(MAKE) $(MAKE_COMMAND)'; exit 1\n");
    for name in ["gmake", "rmake", "x-make"] {
        symlink(
            space.root().join("bin/make"),
            space.root().join("bin").join(name),
        )
        .unwrap();
        let failed = format!("{name}: *** [Makefile:1: all] Error 1\n");
        space
            .call(&[])
            .program(name)
            .run()
            .is(2, &format!("{name} {name}\n"), &failed);
        let path = space.root().join("bin").join(name);
        let out = format!("SPACE/bin/{name} SPACE/bin/{name}\n");
        space.call(&[]).program(path).run().is(2, &out, &failed);
        let relative = format!("../bin/./{name}");
        let out = format!("DIR/{relative} DIR/{relative}\n");
        space
            .call(&[])
            .program(&relative)
            .run()
            .is(2, &out, &failed);
    }
}

#[test]
fn recursion_tells_levels_and_directories() {
    let space = makefile("all: ; @echo $(MAKELEVEL); $(MAKE) -C sub V=1\n");
    space.write(
        "sub/Makefile",
        "all: ; @echo $(MAKELEVEL) $(V) $(MAKEFLAGS); $(MAKE) -f two.mk\n",
    );
    space.write("sub/two.mk", "all: ; @echo $(MAKELEVEL) $(V); exit 3\n");
    space.run(&[]).is(
        2,
        "0\nmake[1]: Entering directory 'DIR/sub'\n1 1 -- V=1\nmake[2]: Entering directory 'DIR/sub'\n2 1\n\
         make[2]: Leaving directory 'DIR/sub'\nmake[1]: Leaving directory 'DIR/sub'\n",
        "make[2]: *** [two.mk:1: all] Error 3\nmake[1]: *** [Makefile:1: all] Error 2\nmake: *** [Makefile:1: all] Error 2\n",
    );
}

#[test]
fn recursive_lines_run_although_nothing_else_does() {
    let space = makefile("all: ; @echo all; $(MAKE) -f sub.mk\n\t+@echo plus\n\t@echo none\n");
    space.write("sub.mk", "all: out\nout: ; touch $@\n");
    space.run(&["-n", "--no-print-directory"]).is(
        0,
        "echo all; make -f sub.mk\nall\ntouch out\necho plus\nplus\necho none\n",
        "",
    );
    assert!(!space.has("out"));
}

const LOADED: &str = "\
#include <stdlib.h>
#include <string.h>
int plugin_is_GPL_compatible;
typedef char *(*function)(const char *name, unsigned argc, char **argv);
extern void gmk_add_function(const char *name, function f, unsigned least, unsigned most, unsigned flags);
extern char *gmk_alloc(unsigned length);
extern char *gmk_expand(const char *text);
extern void gmk_eval(const char *text, void *place);
static char *twice(const char *name, unsigned argc, char **argv)
{
    char *text = gmk_alloc(2 * strlen(argv[0]) + 1);
    strcpy(text, argv[0]);
    strcat(text, argv[0]);
    gmk_eval(\"SEEN += x\", 0);
    return text;
}
int plug_gmk_setup(void)
{
    gmk_add_function(\"twice\", twice, 1, 1, 0);
    char *value = gmk_expand(\"$(VALUE)\");
    int is_known = !strcmp(value, \"known\");
    return is_known ? 1 : 0;
}
";

#[test]
fn a_loaded_object_is_built_and_used() {
    if tools::find("cc").is_none() {
        return tools::skip("flows::a_loaded_object_is_built_and_used", "no cc in PATH");
    }
    let space = makefile(
        "VALUE = known\n-load plug.so\nall: ; @echo $(twice ab)$(twice c) $(SEEN) $(.LOADED) $(MAKE_RESTARTS)\n\
         plug.so: plug.c ; @echo building; cc -shared -fPIC -o $@ $<\n",
    );
    space.write("plug.c", LOADED).touch("plug.c", 1);
    space.run(&[]).is(0, "building\nababcc x x plug.so 1\n", "");
    space.run(&[]).is(0, "ababcc x x plug.so\n", "");
    space.write("Makefile", "load none.so\nall: ; @echo all\n");
    let run = space.run(&[]);
    assert_eq!(run.ended, Ended::Exit(2), "{}", run.shown());
    assert!(
        run.err.contains("none.so") && run.err.ends_with("Stop.\n"),
        "{}",
        run.shown()
    );
    space.write("Makefile", "-load none.so\nall: ; @echo all\n");
    space.run(&[]).is(
        2,
        "",
        "make: *** No rule to make target 'none.so'.  Stop.\n",
    );
}

#[test]
fn a_library_s_members_are_updated() {
    if tools::find("ar").is_none() {
        return tools::skip("flows::a_library_s_members_are_updated", "no ar in PATH");
    }
    let space =
        makefile("ARFLAGS = -rvU\nlib.a: lib.a(one.txt two.txt)\n(%): % ; ar $(ARFLAGS) $@ $<\n");
    space.touch("one.txt", 1).touch("two.txt", 1);
    let run = space.run(&["-s"]);
    assert_eq!(
        (run.ended, run.out.as_str()),
        (Ended::Exit(0), "a - one.txt\na - two.txt\n"),
        "{}",
        run.shown()
    );
    space
        .run(&[])
        .is(0, "make: Nothing to be done for 'lib.a'.\n", "");
    space.touch("two.txt", 200_000_000);
    space.run(&["-s"]).is(0, "r - two.txt\n", "");
}

#[test]
fn touched_headers_rebuild_through_generated_dependencies() {
    if tools::find("cc").is_none() {
        return tools::skip("flows::touched_headers_rebuild", "no cc in PATH");
    }
    let space = makefile(
        "prog: main.o part.o\n\tcc -o $@ $^\n%.o: %.c\n\tcc -MMD -MP -c -o $@ $<\n-include main.d part.d\n",
    );
    space.write(
        "main.c",
        "#include \"part.h\"\nint main(void) { return part(); }\n",
    );
    space
        .write(
            "part.c",
            "#include \"part.h\"\nint part(void) { return 0; }\n",
        )
        .write("part.h", "int part(void);\n");
    for name in ["main.c", "part.c", "part.h"] {
        space.touch(name, 1);
    }
    let main = "cc -MMD -MP -c -o main.o main.c\n";
    let part = "cc -MMD -MP -c -o part.o part.c\n";
    let link = "cc -o prog main.o part.o\n";
    space.run(&[]).is(0, &format!("{main}{part}{link}"), "");
    space.run(&[]).is(0, "make: 'prog' is up to date.\n", "");
    space
        .touch("main.o", 5)
        .touch("part.o", 5)
        .touch("prog", 6)
        .touch("part.h", 10);
    space.run(&["-n"]).is(0, &format!("{main}{part}{link}"), "");
    std::fs::remove_file(space.path("part.h")).unwrap();
    space
        .write("main.c", "int main(void) { return 0; }\n")
        .write("part.c", "int part(void) { return 0; }\n");
    space.run(&["-n"]).is(0, &format!("{main}{part}{link}"), "");
}

#[test]
fn no_new_job_above_the_load_limit() {
    let space = makefile("all: a b c\na b c: ; @echo $@; sleep 0.05; echo $@ end\n");
    let run = space.run(&["-j3", "-l", "0.0001"]);
    let lines: Vec<&str> = run.out.lines().collect();
    let is_serial = lines
        .chunks(2)
        .all(|pair| pair[1] == format!("{} end", pair[0]));
    assert!(
        run.ended == Ended::Exit(0) && lines.len() == 6 && is_serial,
        "{}",
        run.shown()
    );
}

#[test]
fn version_and_help_go_to_stdout() {
    let space = makefile("all: ; @echo no\n");
    let run = space.run(&["--version", "-f", "missing", "goal"]);
    assert_eq!(
        (run.ended, run.err.as_str()),
        (Ended::Exit(0), ""),
        "{}",
        run.shown()
    );
    assert!(run.out.starts_with("GNU Make 4.4.1\n"), "{}", run.shown());
    let run = space.run(&["--help"]);
    assert_eq!(
        (run.ended, run.err.as_str()),
        (Ended::Exit(0), ""),
        "{}",
        run.shown()
    );
    assert!(
        run.out.starts_with("Usage: make [options] [target] ...\n"),
        "{}",
        run.shown()
    );
    let run = space.run(&["--no-such-option"]);
    assert_eq!(
        (run.ended, run.out.as_str()),
        (Ended::Exit(2), ""),
        "{}",
        run.shown()
    );
    let first =
        "make: unrecognized option '--no-such-option'\nUsage: make [options] [target] ...\n";
    assert!(run.err.starts_with(first), "{}", run.shown());
}

#[test]
fn a_copy_of_the_program_works_alone() {
    let space = makefile("all: ; @echo ok\n");
    tools::copy_program(&tools::under_test(), &space.path("copy"));
    space.call(&[]).program("./copy").run().is(0, "ok\n", "");
    let dir = space.path("else");
    std::fs::create_dir(&dir).unwrap();
    std::fs::rename(space.path("copy"), dir.join("make")).unwrap();
    let run = space
        .call(&["-j2", "-f-"])
        .program(dir.join("make"))
        .stdin("all: ; +@echo $(MAKE)\n")
        .run();
    run.is(0, "DIR/else/make\n", "");
}
