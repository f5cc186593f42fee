//! What expansion gives, as GNU make 4.4.1 gives it.

use crate::eval::testing::Tried;
use crate::eval::testing::check;
use crate::options::Options;

#[test]
fn references() {
    check(
        "x = a.c b.c\n$(info $x $(x:.c=.o) ${x:%.c=<%>} $(x:a%=z%))",
        "a.c b.c a.o b.o <a> <b> z.c b.c",
    );
    check(
        "n = x\nx = a.c\np = .c\n$(info $($n) $($(n):$p=.o) $($n:%=<%>))",
        "a.c a.o <a.c>",
    );
    check("x.c = 1\nx = y\n$(info $(x.c) $($(x).c)|$(x:.c))", "1 |");
    check("$(info $$x $$$$ [$ ] $(foo(bar)))", "$x $$ [] )");
    check("a = $(b)$\n$(info [$(a)])", "[$]");
}

#[test]
fn recursion_is_told_at_the_variable() {
    check(
        "\na = $(b)\nb = $(a)\n\n$(info $(a))",
        "Makefile:2: *** Recursive variable 'a' references itself (eventually)",
    );
    check(
        "a = 1\na += $(a)\n$(info $a)",
        "Makefile:2: *** Recursive variable 'a' references itself (eventually)",
    );
    check("a := 1\na := $(a)$(a)\n$(info $a)", "11");
}

#[test]
fn mistakes_are_told_when_met() {
    check(
        "a = $(info first)$(subst x\n\n$(info second)\n$(a)",
        "second\nfirst\nMakefile:1: *** unterminated call to function 'subst': missing ')'",
    );
    check(
        "a = $(word x,y)\n\n$(a)",
        "Makefile:1: *** invalid first argument to 'word' function: 'x'",
    );
    check("a = $(error x,y)\n\n$(a)", "Makefile:3: *** x,y");
    check(
        "\n$(info $(x)",
        "Makefile:2: *** unterminated call to function 'info': missing ')'",
    );
}

#[test]
fn endless_expansion_ends_with_an_error() {
    check(
        "f = $(call f,x)\n$(info $(call f,a))",
        "Makefile:1: *** expansion is nested too deeply",
    );
}

#[test]
fn undefined_variables_are_warned_about_on_request() {
    let options = Options {
        warn_undefined: true,
        ..Options::default()
    };
    let text = "a = $(nosuch)\nb := $(a)$(MAKECMDGOALS)$($(e)q:x=y)\ne =\n$(call zz)$(e)";
    let said = Tried::read(text, options).said();
    let expected = "Makefile:2: warning: undefined variable 'nosuch'\n\
                    Makefile:2: warning: undefined variable 'e'\n\
                    Makefile:2: warning: undefined variable 'q'\n\
                    Makefile:4: warning: undefined variable 'zz'";
    assert_eq!(said, expected);
}
