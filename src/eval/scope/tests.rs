//! Which variables a target sees, as in GNU make 4.4.1.

use crate::eval::testing::Tried;
use crate::options::Options;

fn check(text: &str, target: &str, parents: &[&str], wanted: &str, expected: &str) {
    let mut tried = Tried::read(text, Options::default());
    let expanded = tried.expand_for(target, parents, wanted);
    assert_eq!(expanded, expected, "for {target} in\n{text}");
}

#[test]
fn targets_inherit_from_who_asks() {
    let text = "x = g\na: x = a\nb: x += b\nb: x += c\nc: y := $x\n";
    check(text, "a", &[], "$x", "a");
    check(text, "b", &[], "$x|$(value x)", "g b c|b c");
    check(text, "b", &["a"], "$x", "a b c");
    check(text, "d", &["a", "b"], "$x", "a b c");
    check(text, "c", &["a"], "$x$y", "ag");
    check(text, "d", &[], "$x", "g");
}

#[test]
fn private_variables_are_not_inherited() {
    let text = "private g = 0\na: private x = 1\na: y = 2\nb: y += [$g$x]\n";
    check(text, "a", &[], "$x$y$g", "12");
    check(text, "b", &["a"], "$x$y", "2 []");
    check(text, "c", &["a"], "$x$y", "2");
}

#[test]
fn shorter_stems_win() {
    let text = "h = g\nab%: h = pab\na%: h = pa\n%c: h += pc\nabc: i = $h own\n";
    check(text, "abc", &[], "$i", "pab own");
    let text = "h := g\na%: h += pa$v\nab%: h += pab\nabc: h += own\n%c: w := $(v)1\nv = 2\n";
    check(
        text,
        "abc",
        &[],
        "$h $w $(flavor w)",
        "g pa2 pab own 1 simple",
    );
    check(text, "a", &[], "$h", "g");
}

#[test]
fn loops_and_calls_are_seen_by_assignments_for_targets() {
    let text =
        "x = g\n$(foreach x,F,$(eval t: y := $$(x)))\nf = $(eval u: z := $$1)\n$(call f,C)\n";
    check(text, "t", &[], "$y", "F");
    check(text, "u", &[], "$z", "C");
}

#[test]
fn automatic_variables_come_from_the_graph() {
    let text = "a: d/b.c e d/b.c | e f g\nt.o: ; x\n";
    check(
        text,
        "a",
        &[],
        "$@ $< $^,$+,$|,$(<F)$(^D)",
        "a d/b.c d/b.c e,d/b.c e d/b.c,f g,b.cd .",
    );
    check(
        text,
        "t.o",
        &[],
        "$* [$^$(origin @)$(flavor @)]",
        "t [automaticsimple]",
    );
    check(
        "l(m.o): n(q)\n",
        "l(m.o)",
        &[],
        "$@ $% $* $^ $<",
        "l m.o m q n(q)",
    );
}

#[test]
fn an_eval_in_a_recipe_assigns_for_everybody() {
    let mut tried = Tried::read("t: x = a\n", Options::default());
    let expanded = tried.expand_for("t", &[], "$x$(eval x += b)$x$(eval z = 1)$z");
    assert_eq!(expanded, "aa1");
    assert_eq!(tried.expand_for("u", &[], "$x"), "a b");
}
