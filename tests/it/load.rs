//! `load`: a C object that registers functions in every way, right and wrong, used from makefiles.
//! One-line uses of it stand in `flows`.

use std::path::Path;
use std::process::Command;

use crate::space::Space;
use crate::tools;

const OBJECT: &str = r#"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "gnumake.h"
int plugin_is_GPL_compatible;
static char *show(const char *name, unsigned argc, char **argv)
{
    char *text = gmk_alloc(1000);
    sprintf(text, "%s:%u", name, argc);
    for (unsigned i = 0; i < argc; i++)
        strcat(strcat(strcat(text, "["), argv[i]), "]");
    if (argv[argc])
        strcat(text, "!");
    return text;
}
static char *nothing(const char *name, unsigned argc, char **argv) { return NULL; }
int second(const gmk_floc *place)
{
    printf("second %s:%lu\n", place->filenm, place->lineno);
    return 1;
}
int zero(const gmk_floc *place) { return 0; }
int minus(const gmk_floc *place) { return -1; }
int plug_gmk_setup(const gmk_floc *place)
{
    const char *way = getenv("WAY");
    gmk_floc other = {"other.mk", 77};
    char name[300];
    memset(name, 'a', sizeof name);
    name[256] = 0;
    printf("setup %s:%lu\n", place->filenm, place->lineno);
    gmk_add_function("any", show, 0, 0, GMK_FUNC_DEFAULT);
    gmk_add_function("two", show, 1, 2, GMK_FUNC_DEFAULT);
    gmk_add_function("both", show, 2, 2, GMK_FUNC_DEFAULT);
    gmk_add_function("raw", show, 0, 2, GMK_FUNC_NOEXPAND);
    gmk_add_function("nothing", nothing, 0, 0, GMK_FUNC_DEFAULT);
    switch (way ? *way : 0) {
    case '1': gmk_add_function("", show, 0, 0, 0); break;
    case '2': gmk_add_function("a b", show, 0, 0, 0); break;
    case '3': gmk_add_function(".x", show, 0, 0, 0); break;
    case '4': gmk_add_function("x", show, 2, 1, 0); break;
    case '5': gmk_add_function("x", show, 0, 256, 0); break;
    case '6': gmk_add_function("x", show, 300, 0, 0); break;
    case '7': gmk_add_function(name, show, 0, 0, 0); break;
    case '8': gmk_eval("$(info said)$(warning warned)\nno rule", &other); break;
    case '9': gmk_eval("no rule", NULL); break;
    case 'a': gmk_free(gmk_expand("$(error boom)")); break;
    case 'b': gmk_eval("$(warning one)\n$(warning two)\nSEEN := yes", NULL); break;
    }
    return 1;
}
"#;

/// Returns a space with `plug.so`, None (and says so) where nothing can compile it.
fn space(test: &str) -> Option<Space> {
    if tools::find("cc").is_none() {
        tools::skip(test, "no cc in PATH");
        return None;
    }
    let space = Space::new();
    space.write("plug.c", OBJECT);
    compile(&space, "plug.c", "plug.so");
    Some(space)
}

fn compile(space: &Space, source: &str, object: &str) {
    let headers = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-I"])
        .arg(headers)
        .arg("-o")
        .arg(space.path(object))
        .arg(space.path(source))
        .status()
        .unwrap();
    assert!(status.success());
}

const UP_TO_DATE: &str = "make: 'all' is up to date.\n";

#[test]
fn functions_get_their_arguments() {
    let Some(space) = space("load::functions_get_their_arguments") else {
        return;
    };
    for (text, expected) in [
        (
            "[$(any)] [$(any x,y)] [$(any )]",
            "[] [any:2[x][y]] [any:1[]]",
        ),
        (
            "$(two a,b,c) $(two  s p , t )",
            "two:2[a][b,c] two:2[s p ][ t ]",
        ),
        (
            "$(raw $(A),b) $(raw  $(x) , {b,c})",
            "raw:2[$(A)][b] raw:2[$(x) ][ {b,c}]",
        ),
        ("[$(nothing x)]", "[]"),
        ("$(any $(any a,b),(x,y))", "any:2[any:2[a][b]][(x,y)]"),
        (
            "$(call two,q,r) $(call raw,$$(X),b)",
            "two:2[q][r] raw:2[$(X)][b]",
        ),
        ("${any x}$(any\tx)", "any:1[x]any:1[x]"),
    ] {
        let makefile = format!("load plug.so\n$(info {text})\nall:;\n");
        space.write("Makefile", makefile);
        let output = format!("setup Makefile:1\n{expected}\n{UP_TO_DATE}");
        space.run(&[]).is(0, &output, "");
    }
    space.write("Makefile", "load plug.so\n$(info $(both a))\nall:;\n");
    let few = "Makefile:2: *** insufficient number of arguments (1) to function 'both'.  Stop.\n";
    space.run(&[]).is(2, "setup Makefile:1\n", few);
    space.write(
        "Makefile",
        "X = $(any a)\n$(info 1$(X))\nload plug.so\n$(info 2$(X))\nall:;\n",
    );
    let output = format!("1\nsetup Makefile:3\n2any:1[a]\n{UP_TO_DATE}");
    space.run(&[]).is(0, &output, "");
}

#[test]
fn what_cannot_be_loaded() {
    let Some(space) = space("load::what_cannot_be_loaded") else {
        return;
    };
    space.write("junk.so", "junk");
    space.write("free.c", "int x;");
    compile(&space, "free.c", "free.so");
    let missing = "cannot open shared object file: No such file or directory";
    for (line, error) in [
        (
            "load none.so",
            format!("none.so: {missing}\nMakefile:1: *** none.so: failed to load."),
        ),
        (
            "load ./junk.so",
            format!("junk.so: {missing}\nMakefile:1: *** junk.so: failed to load."),
        ),
        (
            "load free.so",
            "*** Loaded object free.so is not declared to be GPL compatible.".to_owned(),
        ),
        (
            "-load plug.so(no)",
            "*** Failed to load symbol no from plug.so: ./plug.so: undefined symbol: no."
                .to_owned(),
        ),
        (
            "load plug.so(zero)",
            "*** plug.so(zero): failed to load.".to_owned(),
        ),
        (
            "-load plug.so()",
            "*** Empty symbol name for load: plug.so().".to_owned(),
        ),
    ] {
        space.write("Makefile", format!("{line}\nall:;\n"));
        let error = format!("Makefile:1: {error}  Stop.\n");
        space.run(&[]).is(2, "", &error);
    }
    for line in ["-load junk.so", "-load plug.so(zero)", "load"] {
        space.write("Makefile", format!("{line}\n$(info [$(.LOADED)])\nall:;\n"));
        space.run(&[]).is(0, &format!("[]\n{UP_TO_DATE}"), "");
    }
}

#[test]
fn each_object_is_loaded_once() {
    let Some(space) = space("load::each_object_is_loaded_once") else {
        return;
    };
    space.write(
        "Makefile",
        "load ./plug.so\nload plug.so(second) plug.so\n$(info $(.LOADED))\nall:;\n",
    );
    let output = format!("setup Makefile:1\nplug.so\n{UP_TO_DATE}");
    space.run(&[]).is(0, &output, "");
    std::fs::copy(space.path("plug.so"), space.path("other.so")).unwrap();
    space.write("Makefile", "define L\nload plug.so(second)\nload other.so(second)\nendef\n$(eval $(L))\n$(info $(.LOADED))\nall:;\n");
    let output = format!("second Makefile:5\nsecond Makefile:5\nplug.so other.so\n{UP_TO_DATE}");
    space.run(&[]).is(0, &output, "");
    space.write(
        "Makefile",
        "load plug.so(minus)\n$(info $(.LOADED))\nall:;\nplug.so: F;@echo never\nF:;\n.PHONY: F\n",
    );
    space.run(&[]).is(0, &format!("plug.so\n{UP_TO_DATE}"), "");
}

#[test]
fn what_setup_does_wrong_ends_make() {
    let Some(space) = space("load::what_setup_does_wrong_ends_make") else {
        return;
    };
    space.write("Makefile", "\nload plug.so\nall:;\n");
    let long = "a".repeat(256);
    for (way, output, error) in [
        ("1", "", "Makefile:2: *** Empty function name.  Stop.\n"),
        (
            "2",
            "",
            "Makefile:2: *** Invalid function name: a b.  Stop.\n",
        ),
        (
            "3",
            "",
            "Makefile:2: *** Invalid function name: .x.  Stop.\n",
        ),
        (
            "4",
            "",
            "Makefile:2: *** Invalid maximum argument count (1) for function x.  Stop.\n",
        ),
        (
            "5",
            "",
            "Makefile:2: *** Invalid maximum argument count (256) for function x.  Stop.\n",
        ),
        (
            "6",
            "",
            "Makefile:2: *** Invalid minimum argument count (300) for function x.  Stop.\n",
        ),
        (
            "7",
            "",
            &format!("Makefile:2: *** Function name too long: {long}.  Stop.\n"),
        ),
        (
            "8",
            "said\n",
            "other.mk:77: warned\nother.mk:77: *** missing separator.  Stop.\n",
        ),
        ("9", "", "Makefile:2: *** missing separator.  Stop.\n"),
        ("a", "", "Makefile:2: *** boom.  Stop.\n"),
    ] {
        let call = space.call(&[]).env("WAY", way);
        call.run()
            .is(2, &format!("setup Makefile:2\n{output}"), error);
    }
    space.write("Makefile", "load plug.so\n$(info $(SEEN))\nall:;\n");
    let warned = "Makefile:1: one\nMakefile:1: two\n";
    let output = format!("setup Makefile:1\nyes\n{UP_TO_DATE}");
    space.call(&[]).env("WAY", "b").run().is(0, &output, warned);
}

#[test]
fn a_remade_object_is_loaded_again() {
    let Some(space) = space("load::a_remade_object_is_loaded_again") else {
        return;
    };
    let compiled = std::fs::copy(space.path("plug.so"), space.path("new.so"));
    compiled.unwrap();
    space.touch("new.so", 5).touch("plug.so", 1);
    space.write(
        "Makefile",
        "load plug.so\nall:; @echo $(any x) $(MAKE_RESTARTS)\nplug.so: new.so; @cp new.so plug.so; echo remade\n",
    );
    let output = "setup Makefile:1\nremade\nsetup Makefile:1\nany:1[x] 1\n";
    space.run(&[]).is(0, output, "");
    space.run(&[]).is(0, "setup Makefile:1\nany:1[x]\n", "");
    // Its recipe leaves it as it was: no restart, but it was closed and must be opened again.
    space.write(
        "Makefile",
        "load plug.so\nall:; @echo $(any x) $(.LOADED)\nplug.so: F; @echo looked\nF:;\n.PHONY: F\n",
    );
    let output = "setup Makefile:1\nlooked\nsetup Makefile:1\nany:1[x] plug.so plug.so\n";
    space.run(&[]).is(0, output, "");
}
