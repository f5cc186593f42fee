//! Signals at set and at random moments: what is deleted, what is said, how the program ends, what it leaves.
//! It does not know how the program hears of a signal.

use std::fs;
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::space::Ended;
use crate::space::Run;
use crate::space::Space;
use crate::tools;
use crate::tools::Chance;

/// Two jobs that hold their targets open, and one that waits for them.
const TWO: &str = "\
all: a b .WAIT c
a b c: ; @{ echo begin; : >in-$@; sleep 2; echo end; } >$@
";

/// Whom a signal reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// The program alone, as `kill` does.
    Make,
    /// Its whole process group, as a terminal does.
    Group,
}

/// Starts `TWO`, sends the signal once both jobs are under way, and returns the end.
fn interrupt_two(signal: Signal, reach: Reach, text: &str) -> Run {
    interrupted(signal, reach, &["in-a", "in-b"], |space| {
        space.write("Makefile", text);
    })
    .0
}

/// Starts `make -j3` in a new space, sends the signal once the marker files exist, and returns the end, stderr sorted.
fn interrupted(
    signal: Signal,
    reach: Reach,
    markers: &[&str],
    fill: impl Fn(&Space),
) -> (Run, Space) {
    for _ in 0..20 {
        let space = Space::new();
        fill(&space);
        let mut running = space.call(&["-j3"]).start();
        for marker in markers {
            running.wait_for(marker);
        }
        match reach {
            Reach::Make => running.signal(signal),
            Reach::Group => running.signal_group(signal),
        }
        let run = running.finish();
        if !is_lost_race(&run) {
            return (
                Run {
                    err: sorted(&run.err),
                    ..run
                },
                space,
            );
        }
    }
    panic!("GNU make loses its race every time");
}

fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    lines.sort_unstable();
    lines.concat()
}

/// How the program ends on a signal: it dies by it, but for QUIT, which would dump its core.
fn expected_end(signal: Signal) -> Ended {
    match signal {
        Signal::SIGQUIT => Ended::Exit(1),
        other => Ended::Signal(other as i32),
    }
}

const DELETING: &str = "make: *** Deleting file 'a'\nmake: *** Deleting file 'b'\n";

fn told(word: &str) -> String {
    format!("{DELETING}make: *** [Makefile:2: a] {word}\nmake: *** [Makefile:2: b] {word}\n")
}

#[test]
fn a_terminal_s_signals_end_everything() {
    let words = [
        (Signal::SIGINT, "Interrupt"),
        (Signal::SIGTERM, "Terminated"),
        (Signal::SIGHUP, "Hangup"),
        (Signal::SIGQUIT, "Quit"),
    ];
    for (signal, word) in words {
        let run = interrupt_two(signal, Reach::Group, TWO);
        run.is_ended(expected_end(signal), "", &told(word));
    }
}

/// The others are for the terminal's group: the jobs are waited for, and their unlinked files vanish.
#[test]
fn only_term_is_handed_on() {
    for signal in [Signal::SIGINT, Signal::SIGHUP, Signal::SIGQUIT] {
        let run = interrupt_two(signal, Reach::Make, TWO);
        run.is_ended(expected_end(signal), "", DELETING);
    }
    let run = interrupt_two(
        Signal::SIGTERM,
        Reach::Make,
        &TWO.replace("sleep", "exec sleep"),
    );
    run.is_ended(Ended::Signal(15), "", &told("Terminated"));
}

#[test]
fn precious_phony_and_untouched_targets_are_not_deleted() {
    let (run, space) = interrupted(
        Signal::SIGINT,
        Reach::Group,
        &["in-p", "in-m", "in-old"],
        |space| {
            space.write(
                "Makefile",
                ".PRECIOUS: p\n.PHONY: m\n.SILENT:\nall: p m old\n\
             p: ; { echo begin; : >in-$@; sleep 5; } >$@\n\
             m: ; { echo begin; : >in-$@; sleep 5; } >$@\n\
             old: new ; : >in-$@; sleep 5\n",
            );
            space.touch("new", 20).touch("old", 10);
        },
    );
    let text = "make: *** [Makefile:5: p] Interrupt\nmake: *** [Makefile:6: m] Interrupt\n\
                make: *** [Makefile:7: old] Interrupt\n";
    run.is_ended(Ended::Signal(2), "", text);
    assert!(space.has("p") && space.has("m") && space.has("old"));
}

#[test]
fn intermediate_files_go_too() {
    let (run, space) = interrupted(
        Signal::SIGTERM,
        Reach::Group,
        &["in-a.z", "in-b.z"],
        |space| {
            space.write(
                "Makefile",
                "all: a.z b.z\n%.z: %.y ; @: >in-$@; sleep 5; cp $< $@\n%.y: %.x ; @cp $< $@\n",
            );
            space.touch("a.x", 1).touch("b.x", 1);
        },
    );
    let text = "make: *** Deleting intermediate file 'a.y'\nmake: *** Deleting intermediate file 'b.y'\n\
                make: *** [Makefile:2: a.z] Terminated\nmake: *** [Makefile:2: b.z] Terminated\n";
    run.is_ended(Ended::Signal(15), "", text);
    assert!(!space.has("a.y") && !space.has("b.y"));
}

#[test]
fn a_sub_make_cleans_up_for_itself() {
    for (signal, reach, word) in [
        (Signal::SIGINT, Reach::Group, "Interrupt"),
        (Signal::SIGTERM, Reach::Make, "Terminated"),
        (Signal::SIGTERM, Reach::Group, "Terminated"),
    ] {
        let (run, space) = interrupted(signal, reach, &["in-a", "in-b"], |space| {
            space.write(
                "Makefile",
                "all: sub sub2\nsub sub2: ; @$(MAKE) --no-print-directory -f $@.mk\n",
            );
            space.write(
                "sub.mk",
                "a: ; @{ echo begin; : >in-$@; exec sleep 5; } >$@\n",
            );
            space.write(
                "sub2.mk",
                "b: ; @{ echo begin; : >in-$@; exec sleep 5; } >$@\n",
            );
        });
        assert!(!space.has("a") && !space.has("b"), "{}", run.shown());
        let text = format!(
            "make: *** [Makefile:2: sub2] {word}\nmake: *** [Makefile:2: sub] {word}\n\
             make[1]: *** Deleting file 'a'\nmake[1]: *** Deleting file 'b'\n\
             make[1]: *** [sub.mk:1: a] {word}\nmake[1]: *** [sub2.mk:1: b] {word}\n"
        );
        run.is_ended(expected_end(signal), "", &text);
    }
}

#[test]
fn a_command_while_reading_makefiles_is_interrupted() {
    let space = Space::new();
    space.write(
        "Makefile",
        "X := $(shell : >in; exec sleep 5)\nall: ; @echo not reached\n",
    );
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let _ = fs::remove_file(space.path("in"));
        let mut running = space.call(&[]).start();
        running.wait_for("in");
        running.signal_group(signal);
        running.finish().is_ended(expected_end(signal), "", "");
    }
}

/// A recipe killed by a signal that spares make is a failed recipe, and loses its target.
#[test]
fn a_killed_recipe_fails_and_loses_its_target() {
    let space = Space::new();
    space.write(
        "Makefile",
        "all: a b\na: ; @echo begin >$@; kill -$(SIG) $$$$\nb: ; @echo b\n",
    );
    let deleting = "make: *** Deleting file 'a'\n";
    for (name, word) in [
        ("KILL", "Killed"),
        ("TERM", "Terminated"),
        ("INT", "Interrupt"),
        ("PIPE", "Broken pipe"),
    ] {
        let sig = format!("SIG={name}");
        let text = format!("make: *** [Makefile:2: a] {word}\n{deleting}");
        space.run(&[&sig]).is(2, "", &text);
        assert!(!space.has("a"));
    }
    let text = format!(
        "make: *** [Makefile:2: a] Killed\n{deleting}make: Target 'all' not remade because of errors.\n"
    );
    space.run(&["-k", "SIG=KILL"]).is(2, "b\n", &text);
}

#[test]
fn signals_ignored_at_the_start_stay_ignored() {
    let space = Space::new();
    space.write(
        "Makefile",
        "all: ; @: >in; while [ ! -e go ]; do sleep 0.01; done; echo done\n",
    );
    let mut running = space.call(&[]).before("trap '' INT HUP").start();
    running.wait_for("in");
    running.signal_group(Signal::SIGINT);
    running.signal_group(Signal::SIGHUP);
    thread::sleep(Duration::from_millis(50));
    space.write("go", "");
    running.finish().is(0, "done\n", "");
}

/// USR1 switches the debugging output on; only its presence is asserted.
#[test]
fn usr1_toggles_debugging() {
    let space = Space::new();
    space.write(
        "Makefile",
        "all: a\na: ; @: >in; while [ ! -e go ]; do sleep 0.01; done; echo done\n",
    );
    let mut running = space.call(&[]).start();
    running.wait_for("in");
    running.signal(Signal::SIGUSR1);
    thread::sleep(Duration::from_millis(50));
    space.write("go", "");
    let run = running.finish();
    assert_eq!(run.ended, Ended::Exit(0), "{}", run.shown());
    assert!(
        run.out.starts_with("done\n") && run.out.contains("remade target"),
        "{}",
        run.shown()
    );
}

/// What GNU make says when it loses a race: the signal hits the group while it waits for its only job.
const LOST_RACE: &str = "wait: No child processes";

/// True for the races that GNU make loses; also, rarely, its fifo is made when the signal has come, and stays.
fn is_lost_race(run: &Run) -> bool {
    let is_fifo_left = run
        .temporary_files
        .iter()
        .any(|name| name.starts_with("GMfifo"));
    tools::is_gnu() && (run.err.contains(LOST_RACE) || is_fifo_left)
}

/// A build of everything that is deleted or kept on a signal; about a third of a second long.
const RANDOM: &str = "\
PARTS := $(addprefix part,1 2 3 4 5 6 7 8)
CHAIN := $(addsuffix .end,one two three)
all: $(PARTS) $(CHAIN) sub
$(PARTS): ; @{ echo begin; sleep 0.04; echo end; } >$@
%.end: %.mid ; @{ cat $<; sleep 0.02; echo end; } >$@
%.mid: %.start ; @{ cat $<; sleep 0.02; echo middle; } >$@
sub: ; @$(MAKE) --no-print-directory -f sub.mk
";

const SUB: &str = "\
PARTS := $(addprefix sub,1 2 3 4)
all: $(PARTS)
$(PARTS): ; @{ echo begin; sleep 0.03; echo end; } >$@
";

/// What one round found wrong, if anything.
fn round(chance: &mut Chance, signal: Signal, reach: Reach) -> Result<&'static str, String> {
    let space = Space::new();
    for name in ["one", "two", "three"] {
        space
            .write(format!("{name}.start"), "begin\n")
            .touch(format!("{name}.start"), 1);
    }
    space
        .write("sub.mk", SUB)
        .write("Makefile", format!("$(shell : >started)\n{RANDOM}"));
    let jobs = format!("-j{}", 2 + chance.below(4));
    let mut call = space.call(&[&jobs]);
    if chance.below(3) == 0 {
        call = call.word(chance.pick(&["-Otarget", "-Oline", "-Orecurse"]));
    }
    if chance.below(4) == 0 {
        call = call
            .word("-f-")
            .stdin(format!("$(shell : >started)\n{RANDOM}"));
    }
    if chance.below(4) == 0 {
        call = call.word("--jobserver-style=pipe");
    }
    let mut running = call.start();
    running.wait_for("started");
    thread::sleep(Duration::from_micros(
        u64::try_from(chance.below(260_000)).unwrap(),
    ));
    match reach {
        Reach::Make => running.signal(signal),
        Reach::Group => running.signal_group(signal),
    }
    let run = running.finish();
    if is_lost_race(&run) {
        return Ok("lost race");
    }
    let problems = problems(&space, &run, signal, reach);
    // GNU make looks for what to delete while the job it has just killed may still make it.
    if tools::is_gnu()
        && problems
            .iter()
            .all(|problem| problem.starts_with("half-written"))
        && !problems.is_empty()
    {
        return Ok("lost race");
    }
    if !problems.is_empty() {
        return Err(format!("{}\n{}", problems.join("\n"), run.shown()));
    }
    Ok(if run.ended == Ended::Exit(0) {
        "too late"
    } else {
        "interrupted"
    })
}

fn problems(space: &Space, run: &Run, signal: Signal, reach: Reach) -> Vec<String> {
    let mut problems = Vec::new();
    if !run.temporary_files.is_empty() {
        problems.push(format!("left in TMPDIR: {:?}", run.temporary_files));
    }
    let mut complete = 0;
    for entry in fs::read_dir(space.path("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let text = space.read(&name).unwrap();
        let is_target = name.starts_with("part")
            || name.starts_with("sub") && name != "sub.mk"
            || name.ends_with(".end");
        if is_target && !(text.starts_with("begin\n") && text.ends_with("\nend\n")) {
            problems.push(format!("half-written {name}: {text:?}"));
        }
        // With the signal to make alone a job may still make its file after all has been deleted.
        if name.ends_with(".mid") && (reach == Reach::Group || !text.ends_with("middle\n")) {
            problems.push(format!("intermediate file left: {name}"));
        }
        complete += usize::from(is_target);
    }
    match run.ended {
        Ended::Exit(0) if complete == 15 => {}
        ended if ended == expected_end(signal) => {}
        ended => problems.push(format!("{ended:?} with {complete} of 15 targets")),
    }
    for line in run.err.lines() {
        let (_, text) = line.split_once(": *** ").unwrap_or(("", line));
        let is_deletion =
            text.starts_with("Deleting file '") || text.starts_with("Deleting intermediate file '");
        let is_report = text.starts_with('[')
            && ["Interrupt", "Terminated", "Hangup", "Quit", "Error 1"]
                .iter()
                .any(|end| text.ends_with(end));
        // A job that starts when the signal has come to make alone finds what it needs deleted.
        let is_orphan = reach == Reach::Make
            && ["jobserver", "output sync mutex", "Error ", "cat: "]
                .iter()
                .any(|part| line.contains(part));
        if !is_deletion && !is_report && !is_orphan && text != "Waiting for unfinished jobs...." {
            problems.push(format!("odd message: {line}"));
        }
    }
    problems
}

/// Interrupts a share of the 200 builds (`RMAKE_SIGNAL_ROUNDS` changes it); builds that ended before do not count.
fn rounds(signal: Signal, reach: Reach) {
    let mut chance = Chance::new();
    let wanted = tools::number("RMAKE_SIGNAL_ROUNDS", 25);
    let mut counts = std::collections::BTreeMap::new();
    let mut failures = Vec::new();
    for number in 1..=4 * wanted {
        match round(&mut chance, signal, reach) {
            Ok(how) => *counts.entry(how).or_insert(0) += 1,
            Err(problem) => failures.push(format!("round {number}: {problem}")),
        }
        if counts.get("interrupted") == Some(&wanted) || failures.len() == 5 {
            break;
        }
    }
    let seed = chance.seed;
    tools::say(&format!("{signal} to {reach:?}: seed {seed}: {counts:?}"));
    let failed = failures.len();
    assert!(
        failed == 0,
        "{failed} failures, RMAKE_SEED={seed}\n{}",
        failures.join("\n")
    );
    assert_eq!(
        counts.get("interrupted"),
        Some(&wanted),
        "{counts:?}, RMAKE_SEED={seed}"
    );
}

#[test]
fn at_random_int_to_group() {
    rounds(Signal::SIGINT, Reach::Group);
}

#[test]
fn at_random_int_to_make() {
    rounds(Signal::SIGINT, Reach::Make);
}

#[test]
fn at_random_term_to_group() {
    rounds(Signal::SIGTERM, Reach::Group);
}

#[test]
fn at_random_term_to_make() {
    rounds(Signal::SIGTERM, Reach::Make);
}

#[test]
fn at_random_hup_to_group() {
    rounds(Signal::SIGHUP, Reach::Group);
}

#[test]
fn at_random_hup_to_make() {
    rounds(Signal::SIGHUP, Reach::Make);
}

#[test]
fn at_random_quit_to_group() {
    rounds(Signal::SIGQUIT, Reach::Group);
}

#[test]
fn at_random_quit_to_make() {
    rounds(Signal::SIGQUIT, Reach::Make);
}
