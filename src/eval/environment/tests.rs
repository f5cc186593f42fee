//! What children get, as from GNU make 4.4.1.

use crate::eval::testing::Tried;
use crate::eval::testing::check;
use crate::options::Options;

fn expect(text: &str, target: &str, parents: &[&str], name: &str, expected: Option<&str>) {
    let mut tried = Tried::read(text, Options::default());
    let found = tried.environment_of(target, parents, name);
    assert_eq!(found.as_deref(), expected, "{name} for {target} in\n{text}");
}

#[test]
fn what_is_exported() {
    let text = "x = 1\nexport y = $x\nz = 3\nexport\nA-B = 1\n1a = 1\nunexport z\nexport C-D = 1\nexport none\n";
    for (name, expected) in [
        ("x", Some("1")),
        ("y", Some("1")),
        ("z", None),
        ("A-B", None),
        ("1a", None),
        ("C-D", Some("1")),
        ("none", Some("")),
        ("CC", None),
        ("EV", Some("a$b")),
        ("MAKELEVEL", Some("1")),
    ] {
        expect(text, "t", &[], name, expected);
    }
    expect("x = 1\n", "t", &[], "x", None);
    expect("EV = new\n", "t", &[], "EV", Some("new"));
    expect("unexport EV\n", "t", &[], "EV", None);
    expect("MAKELEVEL = 7\n", "t", &[], "MAKELEVEL", Some("1"));
}

#[test]
fn the_shell_of_the_user_is_handed_on() {
    expect("SHELL = /bin/bash\n", "t", &[], "SHELL", Some("/env/sh"));
    expect(
        "SHELL = /bin/bash\nexport\n",
        "t",
        &[],
        "SHELL",
        Some("/env/sh"),
    );
    expect(
        "export SHELL = /bin/bash\n",
        "t",
        &[],
        "SHELL",
        Some("/bin/bash"),
    );
    expect(
        "t: export SHELL = /bin/dash\n",
        "t",
        &[],
        "SHELL",
        Some("/bin/dash"),
    );
}

#[test]
fn a_target_exports_as_its_outer_scopes_say() {
    let text = "export P Q\nunexport R\nR = 1\na: P = 1\na: unexport Q = 2\na: R = 3\na: export S = 4\nb: S = 5\nc: private P = 6\n";
    expect(text, "a", &[], "P", Some("1"));
    expect(text, "a", &[], "Q", None);
    expect(text, "a", &[], "R", None);
    expect(text, "a", &[], "S", Some("4"));
    expect(text, "b", &["a"], "S", Some("5"));
    expect(text, "b", &["a"], "Q", None);
    expect(text, "b", &["c"], "P", Some(""));
    expect(text, "c", &[], "P", Some("6"));
}

#[test]
fn the_shell_function_sees_exported_variables() {
    check("export x = 1\n$(info $(shell env x))", "x=1");
    check(
        "export LOOP = $(shell env LOOP)\n$(info $(LOOP))",
        "LOOP=outside",
    );
    check("export loop = $(shell env loop)\n$(info $(loop))", "loop=");
}
