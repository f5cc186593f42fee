//! What functions give and complain about, as in GNU make 4.4.1.

use crate::eval::testing::check;

fn gives(call: &str, expected: &str) {
    check(&format!("$(info [{call}])"), &format!("[{expected}]"));
}

fn fails(call: &str, error: &str) {
    check(&format!("$({call})"), &format!("Makefile:1: *** {error}"));
}

#[test]
fn texts_and_words() {
    gives(
        "$(subst a,b,c,a)$(strip  a   b )$(findstring b,abc)$(findstring x,abc)",
        "c,ba bb",
    );
    gives(
        "$(filter %.c a,a.c b a) $(filter-out a,a b) $(sort b a b)",
        "a.c a b a b",
    );
    gives(
        "$(word 2,a b c)$(words a b)$(wordlist 2,3,a b  c d)$(firstword a b)$(lastword a b)",
        "b2b  cab",
    );
    gives(
        "$(dir a/b c)$(notdir a/ b/)$(suffix a.b c)$(basename .x a.b)",
        "a/ ./ .b a",
    );
    gives(
        "$(addsuffix .c,a b)$(addprefix d/,a)$(join a b,c)",
        "a.c b.cd/aac b",
    );
    gives("$(abspath x ../y //z/.)", "/w/x /y /z");
}

#[test]
fn conditions() {
    gives(
        "$(if a,b,c)$(if ,b,c,d)$(if a,b)$(if $(x) ,b,c)$(if $(x) $(x),b, c)",
        "bc,dbcb",
    );
    gives(
        "$(or $(x), a ,$(error no))$(and a,$(x),$(error no))$(and a, b )",
        "ab",
    );
    gives(
        "$(intcmp 1,1)$(intcmp -007,-7)$(intcmp 2,1,l,e)$(intcmp 1,2,l,e,g)$(intcmp 3,2,l,e,g)",
        "1-7elg",
    );
}

#[test]
fn loops_and_calls() {
    gives(
        "$(foreach x,a b,<$x>)$(foreach x,,$x)$(foreach x,a b,)$(origin x)",
        "<a> <b> undefined",
    );
    gives(
        "$(let a b,1  2 3 ,$b-$a)$(let a,,[$a])$(let ,1,x)",
        "2 3 -1[]x",
    );
    check(
        "f = [$0|$1|$2|$3]\ng = $(call f,x)\n$(info $(call f,a, b ,c,d)$(call g,1,2)$(call  f ))",
        "[f|a| b |c][f|x||][f|||]",
    );
    check(
        "r = $(if $1,$(call r,$(wordlist 2,9,$1)))[$1]\n$(info $(call r,a b))",
        "[][b][a b]",
    );
    gives(
        "$(call subst,a,b,aa)$(call foreach,i,1 2,<$$(i)>)$(call if,,a,b)$(call )$(call none,1)",
        "bb<1> <2>b",
    );
    check(
        "$(eval x := 1)$(eval y = $$(x)2)\n$(info $(value y) $y)",
        "$(x)2 12",
    );
}

#[test]
fn variables_are_looked_at() {
    check(
        "a = $b\nc := 1\n$(info $(value a)$(flavor a)$(flavor c)$(flavor d)$(origin a)$(origin  a ))",
        "$brecursivesimpleundefinedfileundefined",
    );
    check(
        "$(info $(filter a .VARIABLES,$(.VARIABLES)))\na = 1\n$(info $(filter a,$(.VARIABLES)))",
        ".VARIABLES\na",
    );
}

#[test]
fn numbers_are_checked() {
    fails(
        "word 0,a",
        "first argument to 'word' function must be greater than 0",
    );
    fails("word x,a", "invalid first argument to 'word' function: 'x'");
    fails(
        "word ,a",
        "invalid first argument to 'word' function: empty value",
    );
    fails(
        "word 99999999999999999999,a",
        "invalid first argument to 'word' function: '99999999999999999999' out of range",
    );
    fails(
        "wordlist 0,1,a",
        "invalid first argument to 'wordlist' function: '0'",
    );
    fails(
        "wordlist 1,-1,a",
        "invalid second argument to 'wordlist' function: '-1'",
    );
    fails(
        "intcmp 1 2,2",
        "non-numeric first argument to 'intcmp' function: '1 2'",
    );
    fails(
        "intcmp 1,",
        "non-numeric second argument to 'intcmp' function: empty value",
    );
}

#[test]
fn arguments_are_counted() {
    fails(
        "word 1",
        "insufficient number of arguments (1) to function 'word'",
    );
    fails(
        "foreach x,a",
        "insufficient number of arguments (2) to function 'foreach'",
    );
    fails(
        "if a",
        "insufficient number of arguments (1) to function 'if'",
    );
    fails(
        "call subst,a",
        "insufficient number of arguments (1) to function 'subst'",
    );
}

#[test]
fn messages_have_their_place() {
    check(
        "\n$(warning a,b)\n$(info c,d)\n$(error e)",
        "Makefile:2: a,b\nc,d\nMakefile:4: *** e",
    );
}

#[test]
fn files_are_written_and_read() {
    check(
        "$(file >f,a#b)$(file >>f,c)\n$(info [$(file <f)][$(file <none)])",
        "[a#b\nc][]",
    );
    check(
        "$(file >f)$(info [$(file < f)][$(wildcard f g M*)][$(realpath ./f g)])",
        "[][f Makefile][/w/f]",
    );
    fails("file x", "file: invalid file operation: x");
    fails("file >,x", "file: missing filename");
    fails("file <f,x", "file: too many arguments");
}

#[test]
fn a_command_gives_one_line() {
    check(
        "$(info [$(shell echo a b)][$(.SHELLSTATUS)$(shell false)$(.SHELLSTATUS)$(shell )])",
        "[a b][03]",
    );
}
