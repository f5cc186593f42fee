//! What GNU make does not have: the options of rmake's own, RMAKEFLAGS, and rmake installed by its own makefile.
//! With another program under test these are skipped, and counted.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::space::Ended;
use crate::space::Space;
use crate::tools;

/// Returns a space with a makefile, None if the program under test is not rmake.
fn makefile(test: &str, text: &str) -> Option<Space> {
    if tools::is_gnu() {
        tools::skip(test, "the program under test is GNU make");
        return None;
    }
    let space = Space::new();
    space.write("Makefile", text);
    Some(space)
}

const RECURSIVE: &str = "all: ; @echo \"[$$MAKEFLAGS] [$$RMAKEFLAGS]\"; $(MAKE) --no-print-directory sub\n\
                         sub: ; @echo \"[$$RMAKEFLAGS]\"\n";

#[test]
fn own_options_travel_apart_from_makeflags() {
    let Some(space) = makefile("own::own_options_travel_apart_from_makeflags", RECURSIVE) else {
        return;
    };
    let out = "Makefile:1: update target 'all' due to: target does not exist\n[k] [--explain]\n\
               Makefile:2: update target 'sub' due to: target does not exist\n[--explain]\n";
    space.run(&["-k", "--explain"]).is(0, out, "");
    space
        .run(&["--explain=a b$"])
        .is(0, "[] [--explain=a\\ b$$]\n[--explain=a\\ b$$]\n", "");
    let given = space.call(&["-k"]).env("RMAKEFLAGS", "--explain").run();
    given.is(0, out, "");
}

#[test]
fn without_own_options_there_is_no_rmakeflags() {
    let text = "all: ; @env | grep RMAKEFLAGS || echo none\n";
    let Some(space) = makefile("own::without_own_options_there_is_no_rmakeflags", text) else {
        return;
    };
    space.run(&["-k"]).is(0, "none\n", "");
}

#[test]
fn a_graph_is_printed_and_nothing_made() {
    let text = "all: a ; @echo made\na: ; @echo made\n";
    let Some(space) = makefile("own::a_graph_is_printed_and_nothing_made", text) else {
        return;
    };
    let run = space.run(&["--graph=dot"]);
    assert_eq!(run.ended, Ended::Exit(0), "{}", run.shown());
    assert!(
        run.out.starts_with("digraph") && !run.out.contains("made"),
        "{}",
        run.shown()
    );
    let wrong = "make: invalid value 'png' for '--graph <FORMAT>' [possible values: dot, json]\n";
    space.run(&["--graph=png"]).is(2, "", wrong);
}

/// The build itself is left out: what is installed is the program under test.
#[test]
fn rmake_installs_itself() {
    let Some(space) = makefile("own::rmake_installs_itself", "") else {
        return;
    };
    let project = env!("CARGO_MANIFEST_DIR");
    let destination = space.root().join("destination");
    let run = space
        .call(&[
            "-s",
            "-C",
            project,
            "install",
            "PREFIX=/opt/rmake",
            "CARGO=:",
        ])
        .word(format!("BINARY={}", tools::under_test().display()))
        .word(format!("WORKER={}-worker", tools::under_test().display()))
        .word(format!("DESTDIR={}", destination.display()))
        .run();
    run.is(0, "", "");
    let installed = destination.join("opt/rmake");
    let share = installed.join("share");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for program in [
        "bin/rmake",
        "libexec/rmake/rmake-session",
        "libexec/rmake/rmake-worker",
    ] {
        assert_eq!(mode(&installed.join(program)), 0o755, "{program}");
    }
    for (path, source) in [
        ("man/man1/rmake.1", "man/rmake.1"),
        (
            "bash-completion/completions/rmake",
            "completions/rmake.bash",
        ),
        ("zsh/site-functions/_rmake", "completions/_rmake"),
        (
            "fish/vendor_completions.d/rmake.fish",
            "completions/rmake.fish",
        ),
    ] {
        let path = share.join(path);
        assert_eq!(mode(&path), 0o644, "{}", path.display());
        let source = fs::read(Path::new(project).join(source)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), source, "{}", path.display());
    }
    assert!(installed.join("include/gnumake.h").is_file());
    let version = space
        .call(&["--version"])
        .program(installed.join("bin/rmake"))
        .run();
    assert!(version.out.contains("rmake"), "{}", version.shown());
}
