//! Recipes in sandboxes of this machine's own worker (`+local`): they see the user's tree, and all they change comes back.
//! It does not know how that is done.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use nix::sys::signal::Signal;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use crate::space::Call;
use crate::space::Ended;
use crate::space::Space;
use crate::tools;
use crate::workers::with_worker;

/// Returns a space where recipes can run in sandboxes; None, a counted skip of the test, where they cannot.
pub fn space(test: &str) -> Option<Space> {
    let space = Space::new();
    if tools::is_gnu() {
        tools::skip(test, "the program under test is GNU make");
        return None;
    }
    space.write("Makefile", "x:; @echo made > $@\n");
    let run = call(&space, &["x"]).run();
    if run.ended != Ended::Exit(0) {
        tools::skip(test, run.err.lines().next().unwrap_or("no sandboxes"));
        return None;
    }
    fs::remove_file(space.path("x")).unwrap();
    Some(space)
}

/// Returns a run with a worker, in which nothing asks for it yet.
pub fn by_worker<'s>(space: &'s Space, words: &[&str]) -> Call<'s> {
    let call = space.call(&["-j2", "--hosts=+local 2"]);
    call.words(words).env("HOME", space.root())
}

/// Returns a run all of whose recipes go to the worker.
fn call<'s>(space: &'s Space, words: &[&str]) -> Call<'s> {
    by_worker(space, &["--dist=always"]).words(words)
}

/// Returns the worker's processes among those of a space.
fn workers(space: &Space) -> Vec<i32> {
    let is_one = |pid: &i32| {
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        name == "rmake-worker\n"
    };
    space.processes().into_iter().filter(is_one).collect()
}

#[test]
fn nothing_has_to_be_declared() {
    let Some(space) = space("mirror::nothing_has_to_be_declared") else {
        return;
    };
    let makefile = "\
all: a.o out
a.o: a.c
\tgcc -c $< -o $@
tool: tool.c
\tgcc $< -o $@
out: a.o tool
\t./tool > $@ && sh ./script >> $@ && cat \"$$HOME/outside\" >> $@
";
    space
        .write("Makefile", makefile)
        .write("a.c", "#include \"a.h\"\nint a = A;\n")
        .write("a.h", "#define A 7\n")
        .write(
            "tool.c",
            "#include <stdio.h>\nint main(void) { return puts(\"tool\") < 0; }\n",
        )
        .write("script", "echo script; cat data/deep\n")
        .write("data/deep", "data\n");
    fs::write(space.root().join("outside"), "outside\n").unwrap();
    let run = call(&space, &["--explain=out"]).run();
    assert_eq!(run.ended, Ended::Exit(0), "{}", run.shown());
    assert_eq!(
        space.read("out").as_deref(),
        Some("tool\nscript\ndata\noutside\n")
    );
    assert!(
        run.out.contains("'out' runs on +local\n"),
        "{}",
        run.shown()
    );
    let away = fs::read(space.path("a.o")).unwrap();
    call(&space, &[])
        .run()
        .is(0, "make: Nothing to be done for 'all'.\n", "");
    let here = space.call(&["-B", "-s"]).env("HOME", space.root());
    here.run().is(0, "", "");
    assert_eq!(fs::read(space.path("a.o")).unwrap(), away);
}

#[test]
fn all_that_a_recipe_changes_comes_back() {
    let Some(space) = space("mirror::all_that_a_recipe_changes_comes_back") else {
        return;
    };
    let makefile = "\
all: first second
first:
\t@mkdir -p new/deep empty && echo x > new/deep/x && ln new/deep/x new/hard && ln -s deep/x new/soft
\t@echo more >> grows && rm goes && rm -r tree && mv old renamed && chmod 711 mode
\t@truncate -s 3000000 sparse && printf end >> sparse && echo 1 > $@
second: first
\t@cat new/soft new/hard grows renamed && test ! -e goes && test ! -e tree && test ! -e old && wc -c < sparse
\t@rm -r new && mkdir new && echo other > new/x && echo 2 > $@
";
    space
        .write("Makefile", makefile)
        .write("grows", "some\n")
        .write("goes", "x")
        .write("tree/deep/x", "x")
        .write("old", "old\n")
        .write("mode", "x");
    let run = call(&space, &["first"]).run();
    run.is(0, "", "");
    let data = |name: &str| fs::symlink_metadata(space.path(name)).unwrap();
    assert_eq!(data("new/deep/x").ino(), data("new/hard").ino());
    assert!(data("new/soft").is_symlink() && data("empty").is_dir());
    assert_eq!(data("mode").permissions().mode() & 0o777, 0o711);
    assert_eq!(data("sparse").len(), 3_000_003);
    assert_eq!(space.read("grows").as_deref(), Some("some\nmore\n"));
    assert!(!space.has("goes") && !space.has("tree") && !space.has("old"));
    call(&space, &[])
        .run()
        .is(0, "x\nx\nsome\nmore\nold\n3000003\n", "");
    let names: Vec<_> = fs::read_dir(space.path("new")).unwrap().collect();
    assert_eq!(
        (names.len(), space.read("new/x").as_deref()),
        (1, Some("other\n"))
    );
}

#[test]
fn output_statuses_and_surroundings_are_those_of_home() {
    let Some(space) = space("mirror::output_statuses_and_surroundings") else {
        return;
    };
    let makefile = "\
export V = x y
a:; echo out; echo err >&2; (exit 3)
b:; -@(exit 4)
\t@echo after
c:; kill -TERM $$$$
d:; no-such-program here
e:; @id -u; id -g; pwd; umask; uname -n; echo \"$$V $$MAKELEVEL $(MAKEFLAGS)\" | tr -d 'j0-9'; ulimit -n
f:; @test -t 0 || echo no terminal; cat
.DELETE_ON_ERROR:
g:; @echo half > $@; exit 1
";
    space.write("Makefile", makefile);
    for target in ["a", "b", "c", "d", "e", "f", "g"] {
        let words = ["-j2", target];
        let here = space.call(&words).env("HOME", space.root()).merged().run();
        let there = call(&space, &[target]).merged().run();
        let plain = |text: String| text.replace(" --dist=always --hosts=+local\\ ", "");
        assert_eq!(plain(there.shown()), plain(here.shown()), "{target}");
        assert!(!space.has("g"));
    }
}

#[test]
fn what_has_no_place_in_a_sandbox_runs_at_home() {
    let Some(space) = space("mirror::what_has_no_place_in_a_sandbox") else {
        return;
    };
    let makefile = "\
all: fifo private scrap
fifo:; @mkfifo $@
private:; @cat secret > $@
scrap:; @echo gone > /tmp/rmake-mirror-test-scrap && echo kept > $@
";
    space
        .write("Makefile", makefile)
        .write("secret", "secret\n");
    fs::set_permissions(space.path("secret"), PermissionsExt::from_mode(0o600)).unwrap();
    let run = call(&space, &["--explain"]).run();
    assert_eq!(run.ended, Ended::Exit(0), "{}", run.shown());
    assert!(space.has("fifo"));
    assert_eq!(space.read("private").as_deref(), Some("secret\n"));
    assert_eq!(space.read("scrap").as_deref(), Some("kept\n"));
    assert!(!std::path::Path::new("/tmp/rmake-mirror-test-scrap").exists());
    for target in ["fifo", "private"] {
        let again = format!("'{target}' runs again: +local: it ");
        assert!(run.out.contains(&again), "{}", run.shown());
    }
}

#[test]
fn later_jobs_see_what_happened_before_them() {
    let Some(space) = space("mirror::later_jobs_see_what_happened") else {
        return;
    };
    // `.LOCAL` recipes change the tree behind the worker's back; each name was looked at in vain, or otherwise, before.
    let makefile = "\
all: seen4
.LOCAL: here%
seen0:; @cat file; ls dir; test ! -e later; echo > $@
here1: seen0; @echo two > file; echo x > dir/new; echo now > later; touch $@
seen2: here1; @cat file later; ls dir; echo > $@
here3: seen2; @rm later; mv dir moved; mkdir dir; echo six > file; touch $@
seen4: here3; @cat file; ls dir moved; test ! -e later; echo > $@
";
    space
        .write("Makefile", makefile)
        .write("file", "one\n")
        .write("dir/old", "");
    let out = "one\nold\ntwo\nnow\nnew\nold\nsix\ndir:\n\nmoved:\nnew\nold\n";
    call(&space, &[]).run().is(0, out, "");
}

#[test]
fn a_worker_that_dies_leaves_nothing_and_its_jobs_run_again() {
    let Some(space) = space("mirror::a_worker_that_dies") else {
        return;
    };
    space.write(
        "Makefile",
        "all: a b\na b:; @echo half > $@; sleep 1; echo whole > $@\n",
    );
    let running = space
        .call(&["-j2", "--hosts=+local 2", "--dist=auto"])
        .env("HOME", space.root())
        .start();
    let begun = Instant::now();
    let is_running = || {
        let sleeps = |pid: &i32| {
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            name == "sleep\n"
        };
        space.processes().iter().filter(|pid| sleeps(pid)).count() == 2
    };
    while !is_running() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never began");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(
        !space.has("a") && !space.has("b"),
        "nothing is seen before the end"
    );
    for pid in workers(&space) {
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
    let run = running.finish();
    assert_eq!(run.ended, Ended::Exit(0), "{}", run.shown());
    assert!(run.err.starts_with("make: +local: "), "{}", run.shown());
    for name in ["a", "b"] {
        assert_eq!(space.read(name).as_deref(), Some("whole\n"));
    }
}

#[test]
fn a_recipe_may_take_its_time() {
    let Some(space) = space("mirror::a_recipe_may_take_its_time") else {
        return;
    };
    // Longer than a worker that says nothing of it would be believed.
    space.write("Makefile", "all: ; @sleep 7; cat < in > out\n");
    space.write("in", "in\n");
    let run = call(&space, &["--explain"]).run();
    assert!(!run.out.contains("again"), "{}", run.shown());
    assert_eq!(
        space.read("out").as_deref(),
        Some("in\n"),
        "{}",
        run.shown()
    );
}

#[test]
fn a_file_may_get_further_names_while_others_use_it() {
    let Some(space) = space("mirror::a_file_may_get_further_names") else {
        return;
    };
    let makefile = "\
names = 1 2 3 4 5 6 7 8 9
all: $(names:%=link-%)
first: ; @sleep 0.1; head -c 300000 /dev/urandom > $@; chmod 755 $@
$(names:%=link-%): first ; @ln first $@ && cmp first $@
";
    space.write("Makefile", makefile);
    let run = call(&space, &["--explain"]).run();
    assert_eq!(run.ended, Ended::Exit(0), "{}", run.shown());
    assert!(!run.out.contains("again"), "{}", run.shown());
    let data = |name: &str| fs::metadata(space.path(name)).unwrap();
    assert_eq!(data("first").nlink(), 10, "{}", run.shown());
    assert_eq!(data("first").ino(), data("link-9").ino());
}

#[test]
fn an_interrupt_ends_sandboxes_within_a_second() {
    let Some(space) = space("mirror::an_interrupt_ends_sandboxes") else {
        return;
    };
    space.write(
        "Makefile",
        "all: a b\na b:; @echo half > $@; touch begun.$@; sleep 7777\n",
    );
    let running = call(&space, &[]).start();
    let begun = Instant::now();
    let sleeps = || {
        let is_one = |pid: &i32| {
            let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            words == b"sleep\x007777\x00"
        };
        space.processes().into_iter().filter(is_one).count()
    };
    while sleeps() < 2 {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never began");
        std::thread::sleep(Duration::from_millis(10));
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
    assert!(!space.has("a") && sleeps() == 0);
}

#[test]
fn what_only_home_can_do_is_done_there_and_remembered() {
    let Some(space) = space("mirror::what_only_home_can_do") else {
        return;
    };
    let makefile = "\
all: moved failed ignored
moved:; @perl -e 'rename \"old\", \"new\" or die \"old: $$!\\n\"' && echo > $@
failed:; @echo 'x: Operation not permitted' >&2; exit 3
ignored:; -@perl -e 'rename \"old2\", \"new2\" or die \"old2: $$!\\n\"'
\t@echo > $@
";
    space
        .write("Makefile", makefile)
        .write("old/x", "x")
        .write("old2/x", "x");
    let run = call(&space, &["-k", "--explain"]).run();
    assert_eq!(run.ended, Ended::Exit(2), "{}", run.shown());
    assert!(space.has("new/x") && space.has("moved"), "{}", run.shown());
    assert!(
        space.has("new2/x") && space.has("ignored"),
        "{}",
        run.shown()
    );
    for (target, smell) in [
        ("moved", "Invalid cross-device link"),
        ("failed", "Operation not permitted"),
        ("ignored", "Invalid cross-device link"),
    ] {
        let again = format!("'{target}' runs again: +local: it fails and says '{smell}'\n");
        assert!(run.out.contains(&again), "{}", run.shown());
    }
    // What it says at home is its own, and so is how it ends.
    let end = "make: *** [Makefile:3: failed] Error 3\n";
    assert_eq!(run.err.matches(end).count(), 1, "{}", run.shown());
    assert!(!run.err.contains("ignored)"), "{}", run.shown());
    fs::remove_file(space.path("moved")).unwrap();
    fs::rename(space.path("new"), space.path("old")).unwrap();
    let run = call(&space, &["--explain", "moved"]).run();
    assert_eq!(
        (run.ended, &*run.err),
        (Ended::Exit(0), ""),
        "{}",
        run.shown()
    );
    assert!(
        run.out.contains("link', as it did before\n"),
        "{}",
        run.shown()
    );
    // Another recipe is given a chance.
    space.write("Makefile", "moved:; @echo > $@\n");
    let run = call(&space, &["-B", "--explain"]).run();
    assert!(!run.out.contains("again"), "{}", run.shown());
}

#[test]
fn processes_that_stay_stay_at_home() {
    let Some(space) = space("mirror::processes_that_stay") else {
        return;
    };
    // A process that is there to stay stays here; one that is about to end may.
    let makefile = "\
.LOCAL: wait
wait: stays ends; @until test -e late-stays; do sleep 0.05; done
stays: ; @(sleep 1; echo >late-$@) >/dev/null 2>&1 & echo >$@
ends: ; @(echo >late-$@) >/dev/null 2>&1 & echo >$@
";
    space.write("Makefile", makefile);
    let run = call(&space, &["--explain"]).run();
    assert_eq!(run.ended, Ended::Exit(0), "{}", run.shown());
    let again = "'stays' runs again: +local: it leaves processes running\n";
    assert!(run.out.contains(again), "{}", run.shown());
    assert!(!run.out.contains("'ends' runs again"), "{}", run.shown());
    assert!(space.has("late-ends"), "{}", run.shown());
}

#[test]
fn what_was_seen_is_told() {
    let Some(space) = space("mirror::what_was_seen_is_told") else {
        return;
    };
    space
        .write("Makefile", "a.o: a.c; gcc -c $< -o $@\n")
        .write("a.c", "#include \"a.h\"\nint a = A;\n")
        .write("a.h", "#define A 7\n");
    let run = call(&space, &["-s", "--explain=a.o"]).run();
    let told = "'a.o' reads a.h, which no prerequisite declares\n";
    assert!(run.out.ends_with(told), "{}", run.shown());
    assert!(
        run.out.contains("'a.o' was seen to open 2, "),
        "{}",
        run.shown()
    );
    assert!(!run.out.contains("reads a.c"), "{}", run.shown());
    // Later, too, and without any host.
    let later = space
        .call(&["-s", "--explain=a.o"])
        .env("HOME", space.root())
        .run();
    assert!(later.out.ends_with(told), "{}", later.shown());
    // What is spoiled is not believed, and harms nothing.
    let kept = space.root().join(".cache/rmake/traces");
    let files: Vec<_> = fs::read_dir(kept).unwrap().flatten().collect();
    assert_eq!(files.len(), 1);
    fs::write(files[0].path(), "rmake traces 1\nnonsense").unwrap();
    let later = space
        .call(&["-s", "--explain=a.o"])
        .env("HOME", space.root())
        .run();
    later.is(0, "", "");
    let run = call(&space, &["-s", "-B", "--explain=a.o"]).run();
    assert!(run.out.ends_with(told), "{}", run.shown());
}

/// Recipes that change a file one at a time, under a lock: they run here from then on, where they see each other's.
#[test]
fn recipes_that_lock_a_file_run_here() {
    let Some(space) = space("mirror::locks") else {
        return;
    };
    let makefile = "\
all: a b c
a b: ; @flock lock sh -c 'n=$$(cat count); sleep 0.2; echo $$((n + 1)) > count'; touch $@
c: ; @cat count > /dev/null; touch $@
";
    space.write("Makefile", makefile).write("count", "0\n");
    for (count, more) in [("2\n", ""), ("4\n", ", as it did before")] {
        let run = call(&space, &["-j2", "--explain"]).run();
        assert_eq!(run.ended, Ended::Exit(0), "{}", run.shown());
        let (shown, here) = (run.shown(), format!("it locks DIR/lock{more}\n"));
        assert_eq!(shown.matches(&here).count(), 2, "{shown}");
        assert!(shown.contains("'c' runs on +local"), "{shown}");
        assert_eq!(fs::read_to_string(space.path("count")).unwrap(), count);
        for made in ["a", "b", "c"] {
            fs::remove_file(space.path(made)).unwrap();
        }
    }
}

/// A tree of nine compiles and nine copies, built with one slot, and with a program between rmake and the worker.
struct Turns {
    space: Space,
    program: PathBuf,
}

/// How many compiles of it follow the first one.
const MORE: u32 = 8;

impl Turns {
    fn new(test: &str) -> Option<Turns> {
        let space = space(test)?;
        space.write(
            "Makefile",
            "all: $(patsubst %,o%,0 1 2 3 4 5 6 7 8) copies
o%: s%.c; gcc -Iinc -c $< -o $@
copies: $(patsubst %,p%,0 1 2 3 4 5 6 7 8)
p%: s%.c; cp $< $@
",
        );
        for n in 0..=MORE {
            space
                .write(
                    format!("inc/h{n}.h"),
                    "#pragma once\n#include \"deep/all.h\"\n",
                )
                .write(
                    format!("s{n}.c"),
                    format!("#include <stdio.h>\n#include \"h{n}.h\"\nint v{n} = ALL;\n"),
                );
        }
        space.write("inc/deep/all.h", "#define ALL 1\n");
        let tool = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tools/turns.py");
        let text = format!(
            "#!/bin/sh\nexec python3 {tool} --delay=$(cat {delay}) {turns} {worker}\n",
            delay = space.root().join("delay").display(),
            turns = space.root().join("turns").display(),
            worker = tools::under_test().with_file_name("rmake-worker").display(),
        );
        let program = with_worker(&space, &text);
        Some(Turns { space, program })
    }

    fn compiles() -> Vec<String> {
        (0..=MORE).map(|n| format!("o{n}")).collect()
    }

    /// Makes goals anew, over a link that delays each word by so many milliseconds. Returns how often the two ends can
    /// have had to wait for each other, and how long it took.
    fn count(&self, goals: &[String], delay: u32) -> (u32, Duration) {
        let space = &self.space;
        for n in 0..=MORE {
            for start in ["o", "p"] {
                let _ = fs::remove_file(space.path(format!("{start}{n}")));
            }
        }
        fs::write(space.root().join("delay"), delay.to_string()).unwrap();
        let call = space.call(&["-j1", "--hosts=+local 1", "--dist=always"]);
        let goals: Vec<&str> = goals.iter().map(String::as_str).collect();
        let call = call.words(&goals).env("HOME", space.root());
        let begun = Instant::now();
        let run = call.program(&self.program).run();
        let took = begun.elapsed();
        assert_eq!(run.ended, Ended::Exit(0), "{}", run.shown());
        let turns = fs::read_to_string(space.root().join("turns")).unwrap();
        (turns.trim().parse().unwrap(), took)
    }
}

/// Counted, not timed: `tests/tools/turns.py` says how.
#[test]
fn what_was_built_before_waits_for_few_round_trips() {
    let Some(turns) = Turns::new("mirror::round_trips") else {
        return;
    };
    let goal = |name: &str| vec![name.to_owned()];
    let (cold, _) = turns.count(&goal("all"), 0);
    // Beyond what the first of them pays once. Measured: 1.0 and 1.0.
    for (goals, first, most) in [(Turns::compiles(), "o0", 3.0), (goal("copies"), "p0", 1.5)] {
        turns.count(&goals, 0);
        let (all, one) = (turns.count(&goals, 0).0, turns.count(&goal(first), 0).0);
        let trips = f64::from(all.saturating_sub(one)) / 2.0 / f64::from(MORE);
        assert!(
            trips <= most,
            "{goals:?}: {trips} round trips each, cold {cold} turns"
        );
    }
}

/// A compile over a link whose round trip takes 20 ms: three of them at most, counted and by the clock.
#[test]
fn a_slow_way_to_the_worker_costs_few_round_trips() {
    let Some(turns) = Turns::new("mirror::slow_way") else {
        return;
    };
    let (compiles, first) = (Turns::compiles(), vec!["o0".to_owned()]);
    turns.count(&compiles, 0);
    let each = |goals: &[String], delay| turns.count(goals, delay);
    let more = |delay| {
        let (all, one) = (each(&compiles, delay), each(&first, delay));
        (all.0.saturating_sub(one.0), all.1.saturating_sub(one.1))
    };
    let mut told = Vec::new();
    // The machine may be busy: one of three has to be as fast.
    let is_fast = (0..3).any(|_| {
        let (near, far) = (more(0), more(10));
        let trips = f64::from(far.0) / 2.0 / f64::from(MORE);
        let waited = far.1.saturating_sub(near.1).as_secs_f64() / 0.02 / f64::from(MORE);
        told.push((trips, waited));
        assert!(trips <= 3.0, "{told:?}");
        waited <= 3.0
    });
    tools::say(&format!(
        "mirror::slow_way: round trips per compile, counted and by the clock: {told:.1?}"
    ));
    assert!(is_fast, "{told:?}");
}

#[test]
fn a_timeline_says_when_and_where_jobs_ran() {
    let Some(space) = space("mirror::a_timeline_says") else {
        return;
    };
    space
        .write("Makefile", "all: a b\n.LOCAL: b\na b:; @cat in > $@\n")
        .write("in", "in\n");
    call(&space, &["--trace-events=../events"])
        .run()
        .is(0, "", "");
    let text = fs::read_to_string(space.root().join("events")).unwrap();
    let line = |target: &str| {
        let mark = format!("{{\"name\":\"{target}\",\"cat\":\"job\",\"ph\":\"X\",");
        let line = text.lines().find(|line| line.starts_with(&mark));
        line.unwrap_or_else(|| panic!("{text}"))
            .trim_end_matches(',')
            .to_owned()
    };
    assert!(line("a").contains("\"status\":0,\"found\":"), "{text}");
    assert!(line("a").ends_with("\"wrote\":1}}"), "{text}");
    assert!(line("b").ends_with("\"args\":{\"status\":0}}"), "{text}");
    assert!(
        text.contains("{\"name\":\"+local\"}") && text.contains("{\"name\":\"here\"}"),
        "{text}"
    );
    let refused = space
        .call(&["-s", "--trace-events=none/x", "-j1", "--dist=never"])
        .run();
    refused.is(0, "", "make: none/x: No such file or directory\n");
}
