//! Input no one should give: endless recursion, huge lines, odd bytes, unreadable and unwritable files.
//! Where GNU make itself crashes, an error in its manner is asked for instead.

use std::os::unix::ffi::OsStringExt;

use crate::space::Call;
use crate::space::Ended;
use crate::space::Run;
use crate::space::Space;
use crate::tools;

/// Address space of a run, in KiB, and seconds of processor time: far more than any needs.
const LIMITS: &str = "ulimit -v 4000000; ulimit -t 50";

fn makefile(text: impl AsRef<[u8]>) -> Space {
    let space = Space::new();
    space.write("Makefile", text);
    space
}

/// Runs a makefile within `LIMITS`.
fn run(text: impl AsRef<[u8]>) -> Run {
    makefile(text).call(&[]).before(LIMITS).run()
}

/// For what crashes GNU make: from rmake an error that names the file, and status 2.
#[track_caller]
fn is_clear_error(run: &Run) {
    let is_crash = run.ended == Ended::Signal(11) || run.out.contains("virtual memory exhausted");
    if tools::is_gnu() && is_crash {
        return;
    }
    assert_eq!(run.ended, Ended::Exit(2), "{}", run.shown());
    let is_told = run.err.contains("*** ") && run.err.ends_with(".  Stop.\n")
        || run.err == "make: *** virtual memory exhausted\n";
    assert!(is_told && run.err.len() < 2000, "{}", run.shown());
}

#[test]
fn variables_that_refer_to_themselves() {
    let text = "Makefile:1: *** Recursive variable 'X' references itself (eventually).  Stop.\n";
    run("X = $(X)\nY = $(X)\nall: ; @echo $(Y)\n").is(2, "", text);
    run("X = $(Y)\nY = $(X)\n$(info $(X))\nall: ; @:\n").is(2, "", text);
    run("X = $($(Y))\nY = X\n$(info $(X))\nall: ; @:\n").is(2, "", text);
    run("X = a$(X:a=b)\nall: ; @echo $(X)\n").is(2, "", text);
    run("all: X = $(X)\nall: ; @echo $(X)\n").is(2, "", text);
}

#[test]
fn functions_that_call_themselves_forever() {
    for text in [
        "f = $(call f)\n$(info $(call f))\nall: ; @:\n",
        "f = $(call f,x$(1))\n$(info $(call f,a))\nall: ; @:\n",
        "f = $(call g,$(1))\ng = $(call f,$(1)$(1))\n$(info $(call f,a))\nall: ; @:\n",
        // Whatever stands on the way is looked up on each of the levels.
        "f = $(a)$(b)$(c)$(d)$(e)$(call f,f,$)\nall: ; @echo $(call f)\n",
        "f = $(foreach i,1,$(call f))\nall: ; @echo $(f)$(call f)\n",
        "define f\n$(eval $(call f))\nendef\n$(call f)\nall: ; @:\n",
        "f = $(eval $(value f))\n$(eval $(value f))\nall: ; @:\n",
    ] {
        let run = run(text);
        let is_recursive_variable = run.err.contains("references itself (eventually).  Stop.");
        if !(run.ended == Ended::Exit(2) && is_recursive_variable) {
            is_clear_error(&run);
        }
    }
}

/// GNU make gets about this deep, too.
#[test]
fn deep_recursion_works() {
    let text = "x := x x x x x x x x x x\nx := $(x) $(x) $(x) $(x) $(x)\nx := $(foreach i,$(x),$(x))\n\
                f = $(if $1,$(call f,$(wordlist 2,100000,$1)),done)\n$(info $(words $(x)) $(call f,$(x)))\nall: ;\n";
    run(text).is(0, "2500 done\nmake: 'all' is up to date.\n", "");
}

#[test]
fn deep_nesting_is_an_error_or_works() {
    let deep = format!(
        "X = {}{}\n$(info x$(X)x)\nall: ; @echo ok\n",
        "$(if a,".repeat(20_000),
        ")".repeat(20_000)
    );
    let result = run(deep);
    if result.ended != Ended::Exit(0) {
        is_clear_error(&result);
    }
    run(format!(
        "X = {}{}\n$(info x$(X)x)\nall: ; @echo ok\n",
        "$(if a,".repeat(500),
        ")".repeat(500)
    ))
    .is(0, "xx\nok\n", "");
    run(format!(
        "X = {}\n$(info x$(X)x)\nall: ; @echo ok\n",
        "$(".repeat(100_000)
    ))
    .is(
        2,
        "",
        "Makefile:1: *** unterminated variable reference.  Stop.\n",
    );
    let conditionals = format!(
        "{}{}all: ; @echo ok\n",
        "ifdef X\n".repeat(20_000),
        "endif\n".repeat(20_000)
    );
    run(conditionals).is(0, "ok\n", "");
}

#[test]
fn lines_of_a_megabyte() {
    let long = "a".repeat(1_000_000);
    run(format!(
        "X = {long}\n$(info $(words $(subst a,a ,$(X))))\nall: ; @echo $(words $(X))\n"
    ))
    .is(0, "1000000\n1\n", "");
    run(format!(
        "all: {}\n\t@echo $(words $+) $^\nb: ;\n",
        "b ".repeat(500_000)
    ))
    .is(0, "500000 b\n", "");
    run(&long).is(2, "", "Makefile:1: *** missing separator.  Stop.\n");
    run(format!(
        "{}\nall: ; @echo ok\n",
        format!("# {long}\\\n").repeat(20)
    ))
    .is(0, "ok\n", "");
    run(format!(
        "X = {}\nall: ; @echo $(words $(X))\n",
        "a \\\n  ".repeat(200_000)
    ))
    .is(0, "200000\n", "");
    run(format!(
        "define X\n{long}\nendef\nall: ; @echo $(words $(X))\n"
    ))
    .is(0, "1\n", "");
}

#[test]
fn names_too_long_for_the_system() {
    let name = "x".repeat(300);
    let too_long = format!("make: stat: {name}: File name too long\n").repeat(2);
    let run_of = run(format!("all: {name} ; @echo ok\n{name}: ; @echo made\n"));
    run_of.is(0, "made\nok\n", &too_long);
    let name = "c".repeat(1_000_000);
    let run_of = run(format!("all: {name}\n"));
    let text = format!("make: stat: {name}: File name too long\n");
    let none = format!("make: *** No rule to make target '{name}', needed by 'all'.  Stop.\n");
    assert_eq!(run_of.ended, Ended::Exit(2));
    assert!(
        run_of.err.starts_with(&text) && run_of.err.ends_with(&none),
        "{}",
        run_of.shown()
    );
}

/// One argument may have 128 KiB; GNU make gives up there, a make that finds a way is as good.
#[test]
fn arguments_too_long_for_the_system() {
    let result = run(format!("all: ; @echo {}\n", "a".repeat(1_000_000)));
    if result.ended != Ended::Exit(0) {
        let text = "make: echo: Argument list too long\nmake: *** [Makefile:1: all] Error 127\n";
        result.is(2, "", text);
    }
    let result = run(format!("all: ; @: '{}' ; echo ok\n", "a".repeat(1_000_000)));
    if result.ended != Ended::Exit(0) {
        let text = "make: /bin/sh: Argument list too long\nmake: *** [Makefile:1: all] Error 127\n";
        result.is(2, "", text);
    }
    let text = "make: /bin/sh: Argument list too long\nmake: *** [Makefile:2: all] Error 127\n";
    run(format!(
        "export X = {}\nall: ; @echo $${{#X}}\n",
        "a".repeat(200_000)
    ))
    .is(2, "", text);
}

#[test]
fn command_lines_of_many_words() {
    let space = makefile("%: ; @:\n");
    let mut call = space.call(&["-s"]);
    for number in 0..20_000 {
        call = call.word(format!("goal{number}"));
    }
    call.run().is(0, "", "");
    let space = makefile("all: ; @echo $(words $(MAKEOVERRIDES)) $(V1999)\n");
    let mut call = space.call(&[]);
    for number in 0..2000 {
        call = call.word(format!("V{number}=x"));
    }
    call.run().is(0, "2000 x\n", "");
}

#[test]
fn nul_bytes() {
    run(b"a\0b = c\n$(info x)\nall: ; @echo ok\n").is(
        2,
        "x\n",
        "Makefile:1: *** missing separator.  Stop.\n",
    );
    run(b"\0a\nx = 1\0 2\nall: ; @echo $(x)\n").is(
        2,
        "",
        "Makefile:1: warning: NUL character seen; rest of line ignored\nmake: *** No targets.  Stop.\n",
    );
    run(b"all: a\0b\n\nall: ; @echo $^\0 3\n").is(
        2,
        "",
        "make: *** No rule to make target 'a', needed by 'all'.  Stop.\n",
    );
    run(b"all:\n\t@echo a\0b\n\t@echo c\n").is(0, "a @echo c\n", "");
}

#[test]
fn bytes_that_are_no_text() {
    let space = makefile(b"X = \xff\xfe\nall: b\xe9\nb\xe9: ; @echo $@ $(X) >out\n");
    space.run(&[]).is(0, "", "");
    assert_eq!(
        std::fs::read(space.path("out")).unwrap(),
        b"b\xe9 \xff\xfe\n"
    );
    let word = std::ffi::OsString::from_vec(b"g\xe9\xff".to_vec());
    let run = space.call(&[]).word(word).run();
    run.is(
        2,
        "",
        "make: *** No rule to make target 'g\u{fffd}\u{fffd}'.  Stop.\n",
    );
    let all: Vec<u8> = (1..=255).filter(|byte| !b"\n#$\\".contains(byte)).collect();
    let space = makefile(
        [
            b"define X\n".as_slice(),
            &all,
            b"\nendef\n$(file >out,$(X))\nall: ;\n",
        ]
        .concat(),
    );
    space.run(&[]).is(0, "make: 'all' is up to date.\n", "");
    assert_eq!(
        std::fs::read(space.path("out")).unwrap(),
        [all.as_slice(), b"\n"].concat()
    );
}

#[test]
fn a_directory_as_makefile() {
    let space = makefile("include d\nall: ; @echo ok\n");
    std::fs::create_dir(space.path("d")).unwrap();
    let text = "make: *** d: Is a directory.  Stop.\n";
    space.run(&[]).is(2, "", text);
    space.run(&["-f", "d"]).is(2, "", text);
    space.write("Makefile", "-include d\nall: ; @echo ok\n");
    space.run(&[]).is(2, "", text);
}

/// Permissions do not hold for root, so root tries as another user.
fn unprivileged<'s>(space: &'s Space, words: &[&str]) -> Option<Call<'s>> {
    if !tools::is_root() {
        return Some(space.call(words));
    }
    if tools::find("setpriv").is_none() {
        tools::skip("bad_input (permissions)", "root without setpriv");
        return None;
    }
    std::process::Command::new("chmod")
        .args(["-R", "a+rX"])
        .arg(space.root())
        .status()
        .unwrap();
    std::process::Command::new("chmod")
        .args(["a+rwx"])
        .arg(space.path(""))
        .status()
        .unwrap();
    std::process::Command::new("chmod")
        .args(["a+rwx"])
        .arg(space.root().join("tmp"))
        .status()
        .unwrap();
    Some(
        space
            .call(&["--reuid=65534", "--regid=65534", "--clear-groups", "make"])
            .program("setpriv")
            .words(words),
    )
}

fn set_mode(space: &Space, name: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(space.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
}

/// The program must be reachable for the other user, so a copy is used.
fn copied_program(space: &Space) {
    let path = space.root().join("bin/make");
    std::fs::remove_file(&path).unwrap();
    tools::copy_program(&tools::under_test(), &path);
}

#[test]
fn unreadable_files() {
    let space = makefile("include secret.mk\nall: ; @echo ok\n");
    copied_program(&space);
    space.write("optional.mk", "-include secret.mk\nall: ; @echo ok\n");
    space.write("closed.mk", "include closed/s.mk\nall: ; @echo ok\n");
    space
        .write("secret.mk", "X = 1\n")
        .write("closed/s.mk", "X = 1\n");
    let Some(first) = unprivileged(&space, &[]) else {
        return;
    };
    set_mode(&space, "secret.mk", 0);
    set_mode(&space, "closed", 0);
    first.run().is(
        2,
        "",
        "Makefile:1: secret.mk: Permission denied\nmake: *** No rule to make target 'secret.mk'.  Stop.\n",
    );
    let again = |words: &[&str]| {
        let call = space.call(&["--reuid=65534", "--regid=65534", "--clear-groups", "make"]);
        if tools::is_root() {
            call.program("setpriv").words(words).run()
        } else {
            space.run(words)
        }
    };
    again(&["-f", "optional.mk"]).is(0, "ok\n", "");
    again(&["-f", "secret.mk"]).is(
        2,
        "",
        "make: secret.mk: Permission denied\nmake: *** No rule to make target 'secret.mk'.  Stop.\n",
    );
    again(&["-f", "closed.mk"]).is(
        2,
        "",
        "closed.mk:1: closed/s.mk: Permission denied\nmake: *** No rule to make target 'closed/s.mk'.  Stop.\n",
    );
    set_mode(&space, "closed", 0o700);
}

#[test]
fn unwritable_places() {
    let space = makefile("$(file >closed/out,x)\nall: ; @echo ok\n");
    copied_program(&space);
    space.write("recipe.mk", "all: closed/out\nclosed/out: ; @echo x >$@\n");
    std::fs::create_dir(space.path("closed")).unwrap();
    let Some(first) = unprivileged(&space, &[]) else {
        return;
    };
    set_mode(&space, "closed", 0o555);
    first.run().is(
        2,
        "",
        "Makefile:1: *** open: closed/out: Permission denied.  Stop.\n",
    );
    let recipe = unprivileged(&space, &["-f", "recipe.mk"]).unwrap().run();
    let text = "/bin/sh: 1: cannot create closed/out: Permission denied\nmake: *** [recipe.mk:2: closed/out] Error 2\n";
    recipe.is(2, "", text);
    let touch = unprivileged(&space, &["-t", "-f", "recipe.mk"])
        .unwrap()
        .run();
    touch.is(
        2,
        "touch closed/out\n",
        "make: touch: open: closed/out: Permission denied\n",
    );
}

#[test]
fn a_makefile_that_includes_itself() {
    let space = makefile("include Makefile\n");
    let run = space.call(&[]).before("ulimit -n 100").run();
    run.is(2, "", "Makefile:1: *** Too many open files.  Stop.\n");
    let run = space.call(&[]).before("ulimit -n 256").run();
    run.is(2, "", "Makefile:1: *** Too many open files.  Stop.\n");
    is_clear_error(&space.call(&[]).before(LIMITS).run());
}

#[test]
fn five_hundred_nested_includes() {
    let space = Space::new();
    for number in 1..=500 {
        space.write(
            format!("n{number}.mk"),
            format!("include n{}.mk\n", number + 1),
        );
    }
    space.write("n501.mk", "all: ; @echo $(words $(MAKEFILE_LIST))\n");
    space
        .call(&["-f", "n1.mk"])
        .before("ulimit -n 1000")
        .run()
        .is(0, "501\n", "");
}

#[test]
fn standard_streams_that_are_closed_or_full() {
    let space = makefile("all: ; @echo ok\n");
    let to = |space: &Space, words: &[&str], redirection: &str| {
        space
            .call(words)
            .before(&format!("exec {redirection}"))
            .run()
    };
    let failed = "make: *** [Makefile:1: all] Error 1\n";
    to(&space, &[], ">&-").is(
        2,
        "",
        &format!("echo: write error: Bad file descriptor\n{failed}"),
    );
    to(&space, &[], ">/dev/full").is(
        2,
        "",
        &format!("echo: write error: No space left on device\n{failed}"),
    );
    to(&space, &[], "2>&-").is(0, "ok\n", "");
    to(&space, &[], "<&-").is(0, "ok\n", "");
    to(&space, &["-n"], ">/dev/full").is(1, "", "make: write error: stdout\n");
    to(&space, &["--version"], ">/dev/full").is(
        1,
        "",
        "make: write error: stdout: No space left on device\n",
    );
    to(&space, &["-h"], ">/dev/full").is(
        1,
        "",
        "make: write error: stdout: No space left on device\n",
    );
    space.write("Makefile", "$(info hi)\nall: ; @echo ok >a\n");
    to(&space, &[], ">/dev/full").is(1, "", "make: write error: stdout\n");
    to(&space, &[], ">&-").is(0, "", "");
    space.write("Makefile", "all: ; @exit 3\n");
    to(&space, &[], "2>/dev/full").is(2, "", "");
    to(&space, &[], "2>&-").is(2, "", "");
}

/// A disk of its own, 64 KiB large, that vanishes with the run.
fn on_small_disk<'s>(space: &'s Space, words: &[&str]) -> Option<Call<'s>> {
    let namespaces = if tools::is_root() { "-m" } else { "-rm" };
    let mut probe = std::process::Command::new("unshare");
    probe.args([
        namespaces,
        "sh",
        "-c",
        "mount -t tmpfs -o size=64k none /mnt",
    ]);
    let output = probe.output();
    if !output.is_ok_and(|output| output.status.success()) {
        tools::skip(
            "bad_input::a_disk_that_fills_up",
            "no mount namespaces here",
        );
        return None;
    }
    std::fs::create_dir_all(space.path("disk")).unwrap();
    let mount = "mount -t tmpfs -o size=64k none disk && \"$@\"; status=$?; ls disk; exit $status";
    Some(
        space
            .call(&[namespaces, "sh", "-c", mount, "sh", "make"])
            .program("unshare")
            .words(words),
    )
}

#[test]
fn a_disk_that_fills_up() {
    let space = makefile("all: disk/big\ndisk/big: ; @head -c 1000000 /dev/zero >$@\n");
    space.write("delete.mk", ".DELETE_ON_ERROR:\ninclude Makefile\n");
    space.write(
        "file.mk",
        "X := $(shell head -c 100000 /dev/zero | tr '\\0' a)\n$(file >disk/big,$(X))\nall: ;\n",
    );
    let Some(call) = on_small_disk(&space, &[]) else {
        return;
    };
    let head = "head: error writing 'standard output': No space left on device\n";
    let failed = "make: *** [Makefile:2: disk/big] Error 1\n";
    call.run().is(2, "big\n", &format!("{head}{failed}"));
    let delete = on_small_disk(&space, &["-f", "delete.mk"]).unwrap().run();
    delete.is(
        2,
        "",
        &format!("{head}{failed}make: *** Deleting file 'disk/big'\n"),
    );
    let file = on_small_disk(&space, &["-f", "file.mk"]).unwrap().run();
    file.is(
        2,
        "big\n",
        "file.mk:2: *** write: disk/big: No space left on device.  Stop.\n",
    );
    let full = run("$(file >/dev/full,x)\nall: ;\n");
    full.is(
        2,
        "",
        "Makefile:1: *** close: /dev/full: No space left on device.  Stop.\n",
    );
}

#[test]
fn no_place_for_temporary_files() {
    let space = makefile(
        "all: a b\na b: ; @echo $(patsubst fifo:%/,%,$(dir $(lastword $(subst auth=, ,$(MAKEFLAGS)))))\n",
    );
    let none = "make: TMPDIR value DIR/none: No such file or directory\n\
                make: using default temporary directory '/tmp'\n";
    space
        .call(&["-j2"])
        .env("TMPDIR", space.path("none"))
        .run()
        .is(0, "/tmp\n/tmp\n", none);
    let call = space.call(&["-f-"]).env("TMPDIR", space.path("none"));
    call.stdin("all: ; @echo ok\n").run().is(0, "ok\n", none);
}
