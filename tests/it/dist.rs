//! Recipes that run on other hosts, over real ssh: placement, what travels, what users see, what fails.
//! It does not know how the hosts are made: `ground` does.

use std::fs;
use std::time::Duration;
use std::time::Instant;

use nix::sys::signal::Signal;

use crate::ground::Ground;
use crate::space::Call;
use crate::space::Ended;
use crate::space::Run;
use crate::space::Space;

/// Returns a run that knows the ground's hosts.
fn call<'s>(space: &'s Space, ground: &Ground, words: &[&str]) -> Call<'s> {
    space.call(words).env("HOME", ground.home())
}

/// Returns what is left of jobs on a host: directories and files of theirs.
fn staging(ground: &Ground, host: &str) -> String {
    ground.exec(host, &["sh", "-c", "ls -d /tmp/make-* 2>/dev/null || true"])
}

/// Waits until nothing is left of jobs on a host.
fn is_clean(ground: &Ground, host: &str) {
    let begun = Instant::now();
    loop {
        let left = staging(ground, host);
        if left.is_empty() {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "{host}: {left}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Four targets from one file, as bsddistmake's manual shows it.
const FACTOR: &str = "\
all: bar1 bar2 bar3 bar4
.DIST: bar1 bar2 bar3 bar4
bar1 bar2 bar3 bar4: number
\tfactor $$(cat number) > $@
";

#[test]
fn jobs_are_spread_evenly_and_told_in_bsddistmake_s_words() {
    let Some(ground) = Ground::up("dist::jobs_are_spread", 2) else {
        return;
    };
    ground.hosts_file(&[("h1", 2), ("h2", 2)]);
    let space = Space::new();
    space
        .write("Makefile", FACTOR)
        .write("number", "1234567890\n");
    let hosts_of = |run: &Run| {
        let using = |line: &str| Some(line.strip_prefix("Using build host ")?.to_owned());
        run.out.lines().filter_map(using).collect::<Vec<_>>()
    };
    let even = [
        "h1 (2 jobs).",
        "h2 (2 jobs).",
        "h1 (2 jobs).",
        "h2 (2 jobs).",
    ];
    let again = || {
        for bar in ["bar1", "bar2", "bar3", "bar4"] {
            let _ = fs::remove_file(space.path(bar));
        }
        call(&space, &ground, &["-j4", "-dD"]).run()
    };
    // A host that takes twice as long to come up as the other is not waited for: the machine may be busy.
    let runs = std::iter::repeat_with(again).take(5);
    let run = runs.into_iter().find(|run| hosts_of(run) == even);
    let run = run.expect("five times not spread 1-1-1-1");
    let shown = run.shown();
    let out = &run.out;
    assert!(out.starts_with("Enabling distributed build.\n"), "{shown}");
    for host in ["h1", "h2"] {
        let line = format!(" on {host}\n");
        assert_eq!(out.matches(&line).count(), 2, "{shown}");
    }
    for bar in ["bar1", "bar2", "bar3", "bar4"] {
        // The directory is told right before the command, and again when the target is fetched from there.
        let echo = format!("factor $(cat number) > {bar}");
        let lines: Vec<&str> = out.lines().collect();
        let at = lines.iter().position(|line| *line == echo);
        let at = at.unwrap_or_else(|| panic!("{bar}: {shown}"));
        let made = lines[at - 1].strip_prefix("Creating staging directory ");
        let (place, host) = made.and_then(|made| made.split_once(" on ")).unwrap();
        let fetched = format!("Retrieving target {bar} from {host}:{place}");
        assert!(lines[at..].contains(&fetched.as_str()), "{shown}");
        assert_eq!(out.matches(&echo).count(), 1, "{shown}");
        let made = space.read(bar);
        assert_eq!(
            made.as_deref(),
            Some("1234567890: 2 3 3 5 3607 3803\n"),
            "{shown}"
        );
    }
    run.is(0, &run.out, "");
    space
        .run(&["-j4"])
        .is(0, "make: Nothing to be done for 'all'.\n", "");
    is_clean(&ground, "h1");
    is_clean(&ground, "h2");
}

#[test]
fn output_statuses_and_signals_are_those_of_a_local_run() {
    let Some(ground) = Ground::up("dist::output", 1) else {
        return;
    };
    ground.hosts_file(&[("h1", 4)]);
    let makefile = "\
.DIST: %
all: a b c d e
a:; echo out; echo err >&2; (exit 3)
b:; -@(exit 4)
\t@echo after
c:; kill -TERM $$$$
d:; no-such-program here
e:; @printf unfinished; echo $(V) $$V > $@
";
    let space = Space::new();
    space.write("Makefile", makefile);
    for target in ["a", "b", "c", "d", "e"] {
        let words = ["-j2", "V=x y", target];
        let here = space.call(&words).env("V", "z").merged().run();
        let _ = fs::remove_file(space.path("e"));
        let there = call(&space, &ground, &words).env("V", "z").merged().run();
        let is_hint = |line: &&str| line.starts_with("make: hint: ");
        let hints = there.shown().lines().filter(is_hint).count();
        assert_eq!(
            hints,
            usize::from(matches!(target, "a" | "d")),
            "{}",
            there.shown()
        );
        let shown = there.shown();
        let rest: Vec<&str> = shown.lines().filter(|line| !is_hint(line)).collect();
        assert_eq!(rest, here.shown().lines().collect::<Vec<_>>(), "{target}");
        assert_eq!(space.has("e"), target == "e");
    }
    is_clean(&ground, "h1");
}

#[test]
fn files_travel_with_their_paths_modes_and_directories() {
    let Some(ground) = Ground::up("dist::files", 1) else {
        return;
    };
    ground.hosts_file(&[("h1", 1)]);
    let makefile = "\
.DIST: obj/% sub/dir
all: obj/x sub/dir obj/grown
obj/x: src/in.txt tool.sh | obj
\t./tool.sh src/in.txt > $@ && ls -R . | grep -v '^$$' >> $@
sub/dir: src/in.txt
\tmkdir -p $@/deep && cp src/in.txt $@/deep/copy && ln -s copy $@/deep/link
obj/grown: src/in.txt
\tcat src/in.txt >> $@
";
    let space = Space::new();
    space
        .write("Makefile", makefile)
        .write("src/in.txt", "text\n")
        .write("src/undeclared", "")
        .write("obj/other", "")
        .write("obj/grown", "before\n")
        .touch("obj/grown", 1)
        .tool("unused", "");
    space.write("tool.sh", "#!/bin/sh\ntr a-z A-Z <\"$1\"\n");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(space.path("tool.sh"), mode).unwrap();
    let run = call(&space, &ground, &["-j1"]).run();
    assert_eq!(run.err, "", "{}", run.shown());
    let listing = "TEXT\n.:\nobj\nsrc\ntool.sh\n./obj:\nx\n./src:\nin.txt\n";
    assert_eq!(space.read("obj/x").as_deref(), Some(listing));
    assert_eq!(space.read("sub/dir/deep/link").as_deref(), Some("text\n"));
    assert_eq!(space.read("obj/grown").as_deref(), Some("before\ntext\n"));
    is_clean(&ground, "h1");
}

#[test]
fn what_cannot_travel_stays_and_says_why() {
    let Some(ground) = Ground::up("dist::stays", 1) else {
        return;
    };
    ground.hosts_file(&[("h1", 1)]);
    let makefile = "\
.DIST: %
.LOCAL: local
all: away local recursive ../w/up $(CURDIR)/abs native
away local ../w/up $(CURDIR)/abs:; @test -e Makefile && echo here || echo there
recursive:; @+test -e Makefile && echo here
native:; @: -march=native; test -e Makefile && echo here
";
    let space = Space::new();
    space.write("Makefile", makefile);
    let run = call(&space, &ground, &["-j1", "--explain"]).run();
    let out = &run.out;
    let place = |target: &str, text: &str| {
        let line = format!("'{target}' runs {text}\n");
        assert!(out.contains(&line), "{line}{}", run.shown());
    };
    place("away", "on h1");
    place("local", "here: .LOCAL names it");
    place("recursive", "here: a line has $(MAKE) or +");
    place(
        "../w/up",
        "here: a target or prerequisite lies above the directory",
    );
    place("native", "here: it is compiled for this very processor");
    assert_eq!(out.matches("\nthere\n").count(), 1, "{}", run.shown());
    assert_eq!(out.matches("\nhere\n").count(), 5, "{}", run.shown());
}

#[test]
fn without_a_host_everything_is_made_here() {
    let Some(ground) = Ground::up("dist::without", 1) else {
        return;
    };
    let space = Space::new();
    let recipe = "@if test -e Makefile; then echo here; else echo there; fi";
    space.write("Makefile", format!(".DIST: %\nall:; {recipe}\n"));
    let run = |hosts: &str, words: &[&str]| {
        let words = [&["-j2", "--hosts", hosts], words].concat();
        call(&space, &ground, &words).run()
    };
    run("", &[]).is(0, "here\n", "");
    run("h1 2", &["--dist=never"]).is(0, "here\n", "");
    run("h1 2", &[]).is(0, "there\n", "");
    ground.refuse("h1");
    let refused = run("h1 2", &[]);
    assert_eq!(refused.out, "here\n");
    assert!(
        refused.err.contains("make: h1: connection refused"),
        "{}",
        refused.err
    );
    let strict = run("h1 2", &["--dist=always"]);
    assert_eq!(strict.out, "", "{}", strict.shown());
    assert!(
        strict.err.contains("no host is left to make 'all'"),
        "{}",
        strict.err
    );
    let bad = run("h1 x", &[]);
    assert_eq!(bad.out, "here\n");
    assert!(bad.err.contains("--hosts:1:4: expected"), "{}", bad.err);
}

#[test]
fn an_interrupt_ends_what_runs_there_within_a_second() {
    let Some(ground) = Ground::up("dist::interrupt", 1) else {
        return;
    };
    ground.hosts_file(&[("h1", 2)]);
    let space = Space::new();
    space.write(
        "Makefile",
        ".DIST: %\nall: a b\na b:; @echo begun; sleep 7777\n",
    );
    let running = call(&space, &ground, &["-j2"]).start();
    let begun = Instant::now();
    let count = "ps -eo args | grep -c '^sleep 7777' || true";
    let sleeps = || ground.exec("h1", &["sh", "-c", count]);
    while !sleeps().starts_with('2') {
        assert!(begun.elapsed() < Duration::from_secs(10), "it never began");
    }
    let sent = Instant::now();
    running.signal(Signal::SIGINT);
    let run = running.finish();
    assert!(
        sent.elapsed() < Duration::from_millis(1500),
        "{:?}",
        sent.elapsed()
    );
    assert!(run.err.contains("] Interrupt"), "{}", run.shown());
    assert!(sleeps().starts_with('0'), "something runs on");
    is_clean(&ground, "h1");
}

#[test]
fn a_frozen_host_costs_five_seconds_at_most_once() {
    let Some(ground) = Ground::up("dist::frozen", 2) else {
        return;
    };
    ground.hosts_file(&[("h1", 2), ("h2", 2)]);
    let names: Vec<String> = (0..40).map(|number| format!("t{number}")).collect();
    let all = names.join(" ");
    let makefile =
        format!("unexport RMAKE_SPACE\n.DIST: %\nall: {all}\n{all}:; @sleep 0.4; echo $@ > $@\n");
    let made_in = |meanwhile: &dyn Fn()| {
        let space = Space::new();
        space.write("Makefile", &makefile);
        let begun = Instant::now();
        // No slot here helps out: what is lost is lost on hosts.
        let running = call(&space, &ground, &["-j4", "--dist=always"]).start();
        std::thread::sleep(Duration::from_millis(1200));
        meanwhile();
        let run = running.finish();
        let took = begun.elapsed();
        for name in &names {
            let made = space.read(name);
            assert_eq!(made, Some(format!("{name}\n")), "{}", run.shown());
        }
        (run, took)
    };
    ground.hosts_file(&[("h2", 2)]);
    let (_, alone) = made_in(&|| ());
    ground.hosts_file(&[("h1", 2), ("h2", 2)]);
    let (run, took) = made_in(&|| ground.freeze("h1"));
    let said = run.err.matches("make: h1: no sign of life").count();
    assert_eq!(said, 1, "{}", run.shown());
    // Without it the other host would have made everything, but for what was made before.
    assert!(took < alone + Duration::from_secs(5), "{alone:?} {took:?}");
    crate::tools::say(&format!(
        "40 jobs on one host: {alone:?}; with another that freezes: {took:?}"
    ));
    ground.thaw("h1");
    is_clean(&ground, "h1");
    is_clean(&ground, "h2");
}

/// Makes files of 300 kB from another one on two hosts, does something to `h1`, and finds them all right.
fn survives(ground: &Ground, what: &str, before: impl FnOnce(), meanwhile: impl FnOnce()) -> Run {
    ground.hosts_file(&[("h1", 2), ("h2", 2)]);
    let space = Space::new();
    let names: Vec<String> = (0..8).map(|number| format!("d/t{number}")).collect();
    let all = names.join(" ");
    let recipe = "@sleep 0.3; tr a b <in >$@; sleep 0.2";
    space.write(
        "Makefile",
        format!(".DIST: %\nall: {all}\n{all}: in | d\n\t{recipe}\nd:; mkdir d\n"),
    );
    space.write("in", "a".repeat(300_000));
    before();
    let running = call(&space, ground, &["-j4"])
        .env("RMAKE_SPACE", "")
        .start();
    std::thread::sleep(Duration::from_millis(700));
    meanwhile();
    let run = running.finish();
    let shown = run.shown();
    assert_eq!(run.ended, Ended::Exit(0), "{what}: {shown}");
    for name in &names {
        let made = space.read(name).unwrap_or_default();
        assert!(
            made == "b".repeat(300_000),
            "{what}: {name}: {} bytes {shown}",
            made.len()
        );
    }
    let listed = fs::read_dir(space.path("d")).unwrap().count();
    assert_eq!(listed, names.len(), "{what}: something else was left in d");
    run
}

#[test]
fn whatever_a_host_is_like_the_build_is_right() {
    let Some(ground) = Ground::up("dist::faults_before", 2) else {
        return;
    };
    for shell in ["csh", "fish", "/bin/sh"] {
        let run = survives(&ground, shell, || ground.shell("h1", shell), || ());
        assert_eq!(run.err, "", "{shell}: {}", run.shown());
    }
    for (how, text) in [
        ("full", "h1: "),
        ("readonly", "Read-only file system"),
        ("noexec", "/tmp does not let programs run"),
    ] {
        let run = survives(&ground, how, || ground.tmp("h1", how), || ());
        assert!(run.err.contains(text), "{how}: {}", run.shown());
        ground.tmp("h1", "normal");
    }
    let run = survives(&ground, "rekey", || ground.rekey("h1"), || ());
    assert!(
        run.err.contains("h1: its key has changed"),
        "{}",
        run.shown()
    );
    ground.trust();
    survives(&ground, "again", || (), || ()).is(0, "mkdir d\n", "");
}

#[test]
fn whatever_happens_to_a_host_the_build_is_right() {
    let Some(ground) = Ground::up("dist::faults_meanwhile", 2) else {
        return;
    };
    let run = survives(&ground, "kill-sshd", || (), || ground.kill_sshd("h1"));
    assert!(run.err.contains("make: h1: "), "{}", run.shown());
    ground.start_sshd("h1");
    let run = survives(&ground, "cut", || (), || ground.cut("h1"));
    assert!(
        run.err.contains("make: h1: no sign of life"),
        "{}",
        run.shown()
    );
    ground.join("h1");
    survives(&ground, "slow", || ground.slow("h1", "4mbit"), || ());
    ground.fast("h1");
    is_clean(&ground, "h2");
}

/// Returns how long a run takes.
fn timed(call: Call<'_>) -> (Run, Duration) {
    let begun = Instant::now();
    let run = call.run();
    let took = begun.elapsed();
    run.is(0, &run.out, "");
    (run, took)
}

#[test]
fn many_short_jobs_fill_all_slots() {
    let Some(ground) = Ground::up("dist::spread", 3) else {
        return;
    };
    ground.hosts_file(&[("h1", 8), ("h2", 8), ("h3", 8)]);
    let space = Space::new();
    for (name, count, time) in [("some", 24, 0.05), ("many", 300, 0.3)] {
        let names: Vec<String> = (0..count).map(|number| format!("t{number}")).collect();
        let all = names.join(" ");
        let makefile = format!(".DIST: %\n.PHONY: {all}\nall: {all}\n{all}:; @sleep {time}\n");
        space.write(name, makefile);
    }
    // What connecting costs is told apart, and what the machine is busy with slows both ways to run the same.
    let there = |name: &str| timed(call(&space, &ground, &["-j24", "--explain", "-f", name]));
    let here = || timed(space.call(&["-j24", "-f", "many"])).1;
    let mut told = Vec::new();
    for _ in 0..3 {
        let (connecting, local) = (there("some").1, here());
        let (run, took) = there("many");
        for host in ["h1", "h2", "h3"] {
            let count = run.out.matches(&format!("runs on {host}\n")).count();
            assert!((80..=120).contains(&count), "{host}: {count}");
        }
        let ratio = (took - connecting).as_secs_f64() / local.as_secs_f64();
        let line = format!(
            "300 jobs of 0.3 s on 24 slots: {took:.2?}, of which {connecting:.2?} to connect; here {local:.2?}; {ratio:.2} x"
        );
        crate::tools::say(&line);
        told.push(line);
        if ratio <= 1.10 {
            return;
        }
    }
    panic!("three times above 1.10 x: {told:#?}");
}

#[test]
fn a_slow_host_gets_less() {
    let Some(ground) = Ground::up("dist::slow_host", 3) else {
        return;
    };
    ground.hosts_file(&[("h1", 8), ("h2", 8), ("h3", 8)]);
    for (host, pace) in [("h1", "0.2"), ("h2", "0.2"), ("h3", "0.4")] {
        let write = format!("echo {pace} >/etc/ssh/pace");
        ground.exec(host, &["sh", "-c", &write]);
    }
    let names: Vec<String> = (0..150).map(|number| format!("t{number}")).collect();
    let all = names.join(" ");
    let space = Space::new();
    let recipe = "@sleep $$(cat /etc/ssh/pace)";
    space.write(
        "Makefile",
        format!(".DIST: %\n.PHONY: {all}\nall: {all}\n{all}:; {recipe}\n"),
    );
    let counts = |words: &[&str]| {
        let words = [words, &["--explain"]].concat();
        let (run, _) = timed(call(&space, &ground, &words));
        ["h1", "h2", "h3"].map(|host| run.out.matches(&format!("runs on {host}\n")).count())
    };
    // Twice as fast, twice as many: 60, 60 and 30. Where slots are left over, they are the slow host's.
    let full = counts(&["-j24"]);
    assert!(
        (20..=40).contains(&full[2]) && full[0].min(full[1]) > 45,
        "{full:?}"
    );
    let spare = counts(&["-j12"]);
    assert!(spare[2] <= 30 && spare[0].min(spare[1]) > 50, "{spare:?}");
    crate::tools::say(&format!(
        "150 jobs, the third host half as fast: {full:?}, with slots to spare {spare:?}"
    ));
}
