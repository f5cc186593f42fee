//! What makefiles and environments say of where recipes run: `.DIST`, `.LOCAL`, a distcc setup, the file of hosts.
//! It does not know how recipes get there: `dist` does.

use std::fs;

use crate::ground::Ground;
use crate::space::Call;
use crate::space::Run;
use crate::space::Space;
use crate::tools;

/// Says where it runs.
const WHERE: &str = "@if test -e Makefile; then echo $@ here; else echo $@ there; fi";

fn call<'s>(space: &'s Space, ground: &Ground, words: &[&str]) -> Call<'s> {
    space.call(words).env("HOME", ground.home())
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn lists_add_up_wherever_they_stand() {
    let Some(ground) = Ground::up("lists::lists_add_up", 1) else {
        return;
    };
    ground.hosts_file(&[("h1", 4)]);
    let goals = "a b c d e f x.1 y.1";
    let lists = "OBJS := a b\n.DIST: $(OBJS)\n.DIST: c\ninclude inc.mk\n.LOCAL: y.1 $(L)\nL = d\n";
    let inc = ".DIST: d %.1 e\n.LOCAL: e\n";
    let there = ["a", "b", "c", "d", "x.1"];
    let table = [
        (lists.to_owned(), inc.to_owned(), &there[..]),
        // What is expanded a second time knows what is defined behind it.
        (
            format!(".SECONDEXPANSION:\n{lists}").replace("$(", "$$("),
            inc.replace('e', "$$(E)") + "E = e\n",
            &["a", "b", "c", "x.1"][..],
        ),
        (
            ".DIST:\n.LOCAL: %.1 e\n".to_owned(),
            String::new(),
            &["a", "b", "c", "d", "f"][..],
        ),
        // A default goal, even as the first target of all, they are not.
        (
            "include inc.mk\n.LOCAL: nobody\n".to_owned(),
            ".DIST: f\n".to_owned(),
            &["f"][..],
        ),
    ];
    for (lists, inc, there) in table {
        let space = Space::new();
        let makefile = format!("{lists}all: {goals}\n{goals}:; {WHERE}\n");
        space.write("Makefile", &makefile).write("inc.mk", inc);
        let run = call(&space, &ground, &["-j4"]).run();
        let place = |name| {
            if there.contains(&name) {
                "there"
            } else {
                "here"
            }
        };
        let told: Vec<String> = goals
            .split(' ')
            .map(|name| format!("{name} {}", place(name)))
            .collect();
        assert_eq!(sorted(&run.out), told, "{makefile}{}", run.shown());
        // GNU make takes them for targets that nobody asks for.
        let gnu = Space::with(tools::oracle());
        gnu.write("Makefile", &makefile).write("inc.mk", "");
        let lines: String = goals
            .split(' ')
            .map(|name| format!("{name} here\n"))
            .collect();
        gnu.run(&[]).is(0, &lines, "");
    }
}

/// Six recipes on the hosts of a distcc setup.
fn with_distcc(space: &Space, ground: &Ground, words: &[&str], env: &[(&str, &str)]) -> Run {
    space.write(
        "Makefile",
        format!(".DIST: %\nall: a b c d e f\na b c d e f:; {WHERE}\n"),
    );
    let words = [&["-j6"], words].concat();
    let mut call = call(space, ground, &words);
    for (name, value) in env {
        call = call.env(name, value);
    }
    call.run()
}

#[test]
fn a_distcc_setup_is_understood() {
    let Some(ground) = Ground::up("lists::a_distcc_setup", 3) else {
        return;
    };
    let space = Space::new();
    let run = |words: &[&str], env: &[(&str, &str)]| with_distcc(&space, &ground, words, env);
    let hosts = "@h1/2,lzo @h2/2 @h3/2 other localhost/1";
    let env = [
        ("DISTCC_HOSTS", hosts),
        ("DISTCC_VERBOSE", "1"),
        ("DISTCC_IO_TIMEOUT", "7"),
    ];
    let told = run(&[], &env);
    let shown = told.shown();
    assert_eq!(told.out.matches(" there\n").count(), 6, "{shown}");
    let begin = "Enabling distributed build.\n";
    assert!(told.out.starts_with(begin), "{shown}");
    let meaningless = "No meaning here: DISTCC_IO_TIMEOUT.\n";
    assert!(told.out.contains(meaningless), "{shown}");
    let complaint = "make: other: distcc's protocol is not spoken here; for ssh write @host; going on without it\n";
    assert_eq!(told.err, complaint);

    let hosts = ("DISTCC_HOSTS", "@h1/2 @h2/2 @h3/2");
    let log = space.path("log").display().to_string();
    for _ in 0..2 {
        let env = [hosts, ("DISTCC_VERBOSE", "1"), ("DISTCC_LOG", &log)];
        let run = run(&[], &env);
        let lines = run.out.lines().count();
        assert_eq!((run.err.as_str(), lines), ("", 6), "{}", run.shown());
        // -dD is told where it always is.
        let own = with_distcc(&space, &ground, &["-dD"], &env);
        assert!(own.out.starts_with(begin), "{}", own.shown());
    }
    let logged = fs::read_to_string(&log).unwrap();
    assert_eq!(logged.matches(begin).count(), 2, "{logged}");
    assert_eq!(logged.matches("Using build host").count(), 12, "{logged}");
    let bad = run(
        &[],
        &[
            hosts,
            ("DISTCC_VERBOSE", "1"),
            ("DISTCC_LOG", "/no/such/log"),
        ],
    );
    let complaint = "make: DISTCC_LOG: /no/such/log: No such file or directory\n";
    assert_eq!(bad.err, complaint);
    assert!(bad.out.starts_with(begin), "{}", bad.shown());

    for host in ["h1", "h2", "h3"] {
        ground.refuse(host);
    }
    let strict = run(&["-k"], &[hosts, ("DISTCC_FALLBACK", "0")]);
    let left = strict.err.matches("no host is left to make").count();
    assert_eq!(left, 6, "{}", strict.shown());
}

#[test]
fn distcc_s_hosts_are_mixed_on_request() {
    let Some(ground) = Ground::up("lists::distcc_s_hosts_are_mixed", 3) else {
        return;
    };
    let space = Space::new();
    let env = [("DISTCC_HOSTS", "--randomize @h1/2 @h2/2 @h3/2")];
    let first = || {
        let run = with_distcc(&space, &ground, &["-dD"], &env);
        let mut using = run
            .out
            .lines()
            .filter(|line| line.starts_with("Using build host "));
        using
            .next()
            .unwrap_or_else(|| panic!("{}", run.shown()))
            .to_owned()
    };
    let one = first();
    let is_mixed = (0..20).any(|_| first() != one);
    assert!(is_mixed, "always {one}");
}

#[test]
fn a_file_of_hosts_is_found_from_every_directory() {
    let Some(ground) = Ground::up("lists::a_file_of_hosts", 1) else {
        return;
    };
    let space = Space::new();
    let sub = format!(".DIST: %\nall:; {WHERE}\n");
    space.write("list", "h1 2\n").write("sub/Makefile", &sub);
    let top =
        "all:; +@echo \"$$RMAKEFLAGS\"; unset RMAKE_SESSION; $(MAKE) --no-print-directory -C sub\n";
    space.write("Makefile", top);
    let expected = "--hosts-file=DIR/list\nall there\n";
    let run = |words: &[&str]| call(&space, &ground, words).run();
    run(&["-j2", "--hosts-file=list"]).is(0, expected, "");
    run(&[
        "-j2",
        "--hosts-file=../list",
        "-C",
        "sub",
        "--no-print-directory",
    ])
    .is(0, "all there\n", "");
}
