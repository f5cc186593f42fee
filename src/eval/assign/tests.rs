//! What assignments do, as GNU make 4.4.1 does it.

use crate::eval::testing::Tried;
use crate::eval::testing::check;
use crate::options::Definition;
use crate::options::Options;
use crate::options::Source;

#[test]
fn operators() {
    check(
        "v = 1\na = $v\nb := $v\nc :::= $v$$\nv = 2\n$(info $a $b $c $(value c) $(flavor a)$(flavor b)$(flavor c))",
        "2 1 1$ 1$$ recursivesimplerecursive",
    );
    check("a ?= 1\na ?= 2\nb =\nb ?= 3\n$(info $a[$b])", "1[]");
    check(
        "a != echo x y\nb != false\n$(info [$a] $(flavor a) $(.SHELLSTATUS))",
        "[x y ] recursive 3",
    );
}

#[test]
fn append_keeps_the_flavor() {
    check(
        "v = 1\na = x\na += $v\nb := x\nb += $v\nc += $v\nv = 2\n$(info $a,$b,$c)",
        "x 2,x 1,2",
    );
    check(
        "e =\ne += q\nf := \nf +=\ng = 1\ng += $(none)\n$(info [$e][$f][$g])",
        "[q][][1 ]",
    );
    check(
        "define d\na\nendef\ndefine d +=\nb\nendef\n$(info $d)",
        "a b",
    );
}

#[test]
fn origins_have_a_precedence() {
    check(
        "override x = 1\nx = 2\nx += 3\noverride x += 4\n$(info $x $(origin x))",
        "1 4 override",
    );
    check(
        "$(info $(origin EV) $(EV) $(value EV))\nEV = 1\n$(info $(origin EV) $(EV))",
        "environment a a$b\nfile 1",
    );
    check(
        "$(info $(origin CC)$(origin @D)$(origin none))\nundefine CC\n$(info $(origin CC))",
        "defaultautomaticundefined\nundefined",
    );
    let options = || Options {
        environment_overrides: true,
        definitions: vec![Definition {
            text: "c=1".into(),
            source: Source::CommandLine,
            warn_undefined: false,
        }],
        ..Options::default()
    };
    let text = "EV = 1\nc = 2\nc += 3\nundefine c\n$(info $(value EV)$(origin EV),$c)\noverride undefine c\n$(info $(origin c))";
    let said = Tried::read(text, options()).said();
    assert_eq!(said, "a$benvironment override,1\nundefined");
    let text = "t: c = 2\nt: override c += 3\nu: c += 4\nv: EV = 5\n$(EV)EV = 1";
    let mut tried = Tried::read(text, options());
    assert_eq!(tried.expand_for("t", &[], "$c"), "1 3");
    assert_eq!(
        tried.expand_for("u", &[], "$c $(origin c)"),
        "1 command line"
    );
}

#[test]
fn names_are_expanded_and_not_empty() {
    check("n = a b\n$(n)c = 1\n$(info $(a bc))", "1");
    check("\n$(none) = 1", "Makefile:2: *** empty variable name");
}

#[test]
fn makeflags_are_taken_at_once() {
    check(
        "$(info [$(MAKEFLAGS)])\nMAKEFLAGS = -k\n$(info [$(MAKEFLAGS)] $(MFLAGS) $(flavor MAKEFLAGS))\nMAKEFLAGS =\n$(info [$(MAKEFLAGS)])",
        "[]\n[k] -k recursive\n[k]",
    );
    check(
        "override MAKEFLAGS = -k x\nMAKEFLAGS = y\n$(info [$(MAKEFLAGS)])",
        "[-k x]",
    );
}

#[test]
fn a_long_list_grows_in_linear_time() {
    let mut text = String::from("x := 1\ny = 1\n");
    for n in 0..20_000 {
        text += &format!("x += word{n}\ny += word{n}\n");
    }
    text += "$(info $(words $x) $(words $y))";
    check(&text, "20001 20001");
}
