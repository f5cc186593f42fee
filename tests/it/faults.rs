//! Seeded combinations of what can go wrong with hosts, links and recipes: each build ends as a local one, or says why not.
//! It does not know how the hosts are made: `ground` does.
//!
//! `RMAKE_FAULTS=N` runs so many combinations, `RMAKE_SEED=N` begins with that one; each failure names its own.
//! Odd seeds use workers, even ones none: with `RMAKE_STEP=2` all are of one kind.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::alike::tree;
use crate::ground::Ground;
use crate::space::Ended;
use crate::space::Run;
use crate::space::Space;
use crate::tools;
use crate::tools::Chance;

const HOSTS: [&str; 3] = ["h1", "h2", "h3"];
/// How many combinations are tried where nothing is said.
const CASES: u64 = 25;
/// Combinations that are tried at the same time, each on a ground of its own: they mostly wait.
const LANES: usize = 3;
/// How long a build may take, in seconds, if nothing else is known.
const PATIENCE: u64 = 30;
/// So long after the last thing has gone wrong, or right again, a build knows of it; then it takes at most as long as if
/// nothing had been done, and so long again where the machine is busy.
const HANG: Duration = Duration::from_secs(5);
/// What a slow link may cost it above that.
const SLOW: Duration = Duration::from_secs(6);
/// How long hosts may take to find out that nobody needs them any more.
const CLEANING: Duration = Duration::from_secs(45);

/// What goes wrong on a host.
#[derive(Clone, Copy, Debug)]
enum What {
    Refused,
    KeyRefused,
    KeyChanged,
    SshdKilled,
    ShellsKilled,
    Cut,
    SlowThenCut,
    Slow,
    Frozen,
    DiskFull,
    ReadOnly,
    NoExec,
    WorkerKilled,
    WorkerStopped,
    ZygoteKilled,
    SandboxesKilled,
    StoreFull,
    StoreSpoiled,
    WorkerSpoiled,
    OtherVersion,
    Edited,
}

/// What goes wrong where jobs run staged.
const STAGED: [What; 12] = [
    What::Refused,
    What::KeyRefused,
    What::KeyChanged,
    What::SshdKilled,
    What::ShellsKilled,
    What::Cut,
    What::SlowThenCut,
    What::Slow,
    What::Frozen,
    What::DiskFull,
    What::ReadOnly,
    What::NoExec,
];

/// What goes wrong where workers run them.
const MIRRORED: [What; 17] = [
    What::Refused,
    What::KeyRefused,
    What::KeyChanged,
    What::SshdKilled,
    What::Cut,
    What::SlowThenCut,
    What::Slow,
    What::Frozen,
    What::WorkerKilled,
    What::WorkerStopped,
    What::ZygoteKilled,
    What::SandboxesKilled,
    What::StoreFull,
    What::StoreSpoiled,
    What::WorkerSpoiled,
    What::OtherVersion,
    What::Edited,
];

/// Sends a signal to the processes of workers whose command lines match; the pattern does not match itself.
fn signal(name: &str, pattern: &str) -> String {
    format!("pkill -{name} -u builder -f '{pattern}'; :")
}
const WORKER: &str = "/[w]orker-[0-9a-f]*( --passing)?$";
const ZYGOTE: &str = "[z]ygote$";
const STORE: &str = "/home/builder/.cache/rmake";

/// Something that goes wrong, and perhaps is set right while the build runs.
#[derive(Clone, Copy, Debug)]
struct Fault {
    host: &'static str,
    what: What,
    /// Milliseconds from the beginning of the build; 0: before it.
    at: u64,
    until: Option<u64>,
}

impl Fault {
    fn begin(&self, ground: &Ground, space: &Space) {
        let host = self.host;
        let sh = |text: &str| drop(ground.exec(host, &["sh", "-c", text]));
        match self.what {
            What::Refused => ground.refuse(host),
            What::KeyRefused => sh("cd /etc/ssh && mv authorized_keys nobody"),
            What::KeyChanged => ground.rekey(host),
            What::SshdKilled => ground.kill_sshd(host),
            // Neither what it runs for itself nor what a recipe runs: only who watches over it.
            What::ShellsKilled => {
                sh("for p in $(pgrep -u builder sshd); do pkill -KILL -P $p; done; :")
            }
            What::Cut => ground.cut(host),
            What::SlowThenCut => {
                ground.slow(host, "2mbit");
                thread::sleep(Duration::from_millis(300));
                ground.cut(host);
            }
            What::Slow => ground.slow(host, "8mbit"),
            What::Frozen => ground.freeze(host),
            What::DiskFull => ground.tmp(host, "full"),
            What::ReadOnly => ground.tmp(host, "readonly"),
            What::NoExec => ground.tmp(host, "noexec"),
            What::WorkerKilled => sh(&signal("KILL", WORKER)),
            What::WorkerStopped => sh(&signal("STOP", WORKER)),
            What::ZygoteKilled => sh(&signal("KILL", ZYGOTE)),
            // The first process of each job is a child of the zygote, which is a grandchild of the worker.
            What::SandboxesKilled => sh(&format!(
                "for w in $(pgrep -u builder -f '{WORKER}'); do for p in $(pgrep -P $w); do \
                 for z in $(pgrep -P $p); do pkill -KILL -P $z; done; done; done; :"
            )),
            What::StoreFull => sh(&format!(
                "mkdir -p {STORE}/store && chown -R builder {STORE} && \
                 mount -t tmpfs -o size=64k,mode=777 full {STORE}/store"
            )),
            What::StoreSpoiled => sh(&format!(
                "[ -d {STORE}/store ] || exit 0; find {STORE}/store -type f | while read -r f; do \
                 printf spoiled | dd of=$f conv=notrunc status=none; done"
            )),
            What::WorkerSpoiled => sh(&format!(
                "cd {STORE} || exit 0; for f in worker-*; do [ -f $f ] || continue; cp -p $f x; printf spoiled | \
                 dd of=x bs=1 seek=5000 conv=notrunc status=none; mv -f x $f; done"
            )),
            What::OtherVersion => sh(&format!("cd {STORE} || exit 0; {OTHER_VERSION}")),
            What::Edited => edit(space, "in the middle"),
        }
    }

    fn end(&self, ground: &Ground) {
        let host = self.host;
        match self.what {
            What::Refused | What::SshdKilled => ground.start_sshd(host),
            What::KeyRefused => {
                let text = "cd /etc/ssh; [ ! -e nobody ] || mv nobody authorized_keys";
                drop(ground.exec(host, &["sh", "-c", text]));
            }
            What::KeyChanged => ground.trust(),
            What::ShellsKilled
            | What::WorkerKilled
            | What::ZygoteKilled
            | What::SandboxesKilled
            | What::StoreSpoiled
            | What::WorkerSpoiled
            | What::Edited => {}
            What::WorkerStopped => drop(ground.exec(host, &["sh", "-c", &signal("CONT", WORKER)])),
            What::StoreFull => {
                let text = format!("umount -l {STORE}/store 2>/dev/null; :");
                drop(ground.exec(host, &["sh", "-c", &text]));
            }
            What::OtherVersion => {
                let text = format!("rm -f {STORE}/worker-*");
                drop(ground.exec(host, &["sh", "-c", &text]));
            }
            What::Cut => ground.join(host),
            What::SlowThenCut => {
                ground.join(host);
                ground.fast(host);
            }
            What::Slow => ground.fast(host),
            What::Frozen => ground.thaw(host),
            What::DiskFull | What::ReadOnly | What::NoExec => ground.tmp(host, "normal"),
        }
    }
}

/// Puts programs in the place of workers that are what they say, but speak another version.
const OTHER_VERSION: &str = r#"for f in worker-*; do
    [ -f "$f" ] || continue
    printf '#!/bin/sh\n[ "$1" != --digest ] || { echo %s; exit; }\nprintf "\\010\\0\\0\\0rmake\\n\\167\\001"\ncat >/dev/null\nexit\n' \
        "${f#worker-}" >x
    truncate -s "$(wc -c <"$f")" x && chmod 700 x && chown builder x && mv -f x "$f"
done"#;

/// Changes a file that recipes read, but nothing that they make of it.
fn edit(space: &Space, how: &str) {
    space.write("new", format!("first\n{how}\n"));
    std::fs::rename(space.path("new"), space.path("edited")).unwrap();
}

/// A build and what happens to it.
struct Case {
    seed: u64,
    faults: Vec<Fault>,
    makefile: String,
    input: usize,
    words: Vec<&'static str>,
    hosts: String,
    /// Recipes fail, and not all of the others are tried.
    stops: bool,
}

impl fmt::Display for Case {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Case { seed, faults, .. } = self;
        writeln!(
            out,
            "RMAKE_SEED={seed} RMAKE_FAULTS=1: {:?}, {}",
            self.words, self.hosts
        )?;
        for fault in faults {
            writeln!(out, "  {fault:?}")?;
        }
        write!(out, "{} bytes in `in`\n{}", self.input, self.makefile)
    }
}

impl Case {
    fn new(seed: u64) -> Case {
        let mut chance = Chance::from(seed);
        // The first numbers of neighbours are alike.
        (0..8).for_each(|_| {
            chance.below(2);
        });
        let mut faults: Vec<Fault> = Vec::new();
        // Every other build is staged.
        let is_mirrored = seed % 2 == 1;
        let way = ["staged", "mirror"][usize::from(is_mirrored)];
        let all = if is_mirrored { &MIRRORED[..] } else { &STAGED };
        for host in HOSTS {
            if chance.below(3) < 2 {
                faults.push(fault(&mut chance, host, all));
            }
        }
        let mut hosts = format!("h1 2 executor={way}, h2 2 executor={way}, h3 3 executor={way}");
        if chance.below(4) == 0 {
            hosts.push_str(", no-such-host.invalid 2");
        }
        let mut words = vec!["-j7", "--explain"];
        let keeps_going = chance.below(2) == 0;
        words.extend(keeps_going.then_some("-k"));
        words.extend((chance.below(4) == 0).then_some("-Otarget"));
        words.extend((chance.below(4) == 0).then_some("--dist=always"));
        let (makefile, fails) = makefile(&mut chance);
        Case {
            seed,
            faults,
            makefile,
            input: [100, 100_000, 1_500_000][chance.below(3)],
            words,
            hosts,
            stops: fails && !keeps_going,
        }
    }

    /// Returns when nothing goes wrong any more that has not been so for a while.
    fn last_moment(&self) -> Duration {
        let moments = self.faults.iter().map(|fault| {
            let moment = Duration::from_millis(fault.until.unwrap_or(fault.at));
            match fault.what {
                What::Slow | What::SlowThenCut => moment + SLOW,
                _ => moment,
            }
        });
        moments.max().unwrap_or_default()
    }

    fn is_strict(&self) -> bool {
        self.words.contains(&"--dist=always")
    }
}

fn fault(chance: &mut Chance, host: &'static str, all: &[What]) -> Fault {
    let what = all[chance.below(all.len())];
    let at = match (chance.below(3), what) {
        (0, _) => 0,
        // The kernel refuses it where files are open for writing.
        (_, What::ReadOnly) => 0,
        _ => 200 + chance.below(1200) as u64,
    };
    let until = (chance.below(3) == 0).then(|| at + 300 + chance.below(2500) as u64);
    // A key that has changed is nothing that goes over by itself.
    let until = until.filter(|_| !matches!(what, What::KeyChanged));
    Fault {
        host,
        what,
        at,
        until,
    }
}

/// Returns a makefile, and whether a recipe of it fails.
fn makefile(chance: &mut Chance) -> (String, bool) {
    let count = 6 + chance.below(6);
    let names = |letter: &str| {
        let names: Vec<String> = (0..count)
            .map(|number| format!("d/{letter}{number}"))
            .collect();
        names.join(" ")
    };
    let mut text = format!(
        "unexport RMAKE_SPACE\n.DIST: %\nall: {} {}\nd:; mkdir d\n",
        names("t"),
        names("u")
    );
    let mut fails = false;
    let odd = chance.below(count * 2);
    for number in 0..count {
        let (first, second) = (chance.below(5), chance.below(3));
        let recipe = format!(
            "@sleep 0.{first}; tr a b <in >$@; sleep 0.{second}; echo made $@ $$(wc -c <$@)"
        );
        let (recipe, is_bad) = match (number == odd, chance.below(6)) {
            (false, _) => (recipe, false),
            (_, 0) => ("@: there is nothing".to_owned(), false),
            (_, 1) => ("@mkdir $@ && echo below >$@/file".to_owned(), false),
            (_, 2) => (
                "@echo part >$@; sleep 0.2; kill -KILL $$$$".to_owned(),
                true,
            ),
            (_, 3) => ("@sleep 0.2; kill -TERM $$$$".to_owned(), true),
            (_, 4) => ("@echo part >$@; sleep 0.1; exit 3".to_owned(), true),
            (_, _) => ("-@echo part >$@; exit 3".to_owned(), false),
        };
        fails |= is_bad;
        text += &format!("d/t{number}: in | d\n\t{recipe}\n");
        text += &format!(
            "d/u{number}: d/t{number} edited\n\t@head -n 1 edited >$@; ls -ld $< | cut -c 1-10 >>$@; sleep 0.1\n"
        );
    }
    (text, fails)
}

/// Returns what a build has said, without what it says of hosts, in no order. What a host had passed on before it lost a
/// job counts for nothing: a run here says it again, a run on a host only what is different.
fn said(run: &Run) -> Vec<String> {
    let is_repeated = |at: usize, line: &str| {
        let rest = line.strip_prefix("made ").unwrap_or_default();
        let target = rest.split(' ').next().unwrap_or_default();
        let ran = |how| run.out.contains(&format!("'{target}' runs {how}: "));
        let begin = format!("made {target} ");
        let later: Vec<&str> = run.out.lines().skip(at + 1).collect();
        let last = later.iter().rfind(|line| line.starts_with(&begin));
        let is_other = |last: &&str| ran("here") || *last != line;
        !target.is_empty() && ran("again") && last.is_some_and(is_other)
    };
    let is_explained = |line: &&str| {
        line.starts_with("Makefile:") && line.contains(": '") || line.contains(": update target '")
    };
    let of_hosts = [
        "make: h1: ",
        "make: h2: ",
        "make: h3: ",
        "make: no-such-host.invalid: ",
        "make: hint: ",
    ];
    let is_own = |line: &String| !of_hosts.iter().any(|begin| line.starts_with(begin));
    // Programs write a complaint piece by piece; rmake knows too late what it will be.
    let pieces = ["tr: ", "cut: ", "write error"];
    let without = |line: &str| {
        pieces
            .iter()
            .fold(line.to_owned(), |line, piece| line.replace(piece, ""))
    };
    let err = run.err.lines().map(without).filter(|line| !line.is_empty());
    let mut lines: Vec<String> = run
        .out
        .lines()
        .enumerate()
        .filter(|(at, line)| !is_explained(line) && !is_repeated(*at, line))
        .map(|(_, line)| line.to_owned())
        .chain(err.filter(is_own))
        .collect();
    lines.sort();
    lines
}

/// What is left of jobs on a host: processes of the user, and directories.
fn left_over(ground: &Ground, host: &str) -> String {
    let text = "ps -u builder -o pid= -o args=; ls -d /tmp/make-* 2>/dev/null; :";
    ground.exec(host, &["sh", "-c", text])
}

fn build(case: &Case, space: &Space, ground: &Ground) -> Run {
    let words = [&case.words[..], &["--hosts", &case.hosts]].concat();
    let call = space
        .call(&words)
        .env("HOME", ground.home())
        .patience(PATIENCE);
    let mut moments: Vec<(u64, Fault, bool)> = Vec::new();
    for fault in &case.faults {
        match fault.at {
            0 => fault.begin(ground, space),
            at => moments.push((at, *fault, true)),
        }
        moments.extend(fault.until.map(|until| (until, *fault, false)));
    }
    moments.sort_by_key(|(moment, ..)| *moment);
    let begun = Instant::now();
    let mut running = call.start();
    for (moment, fault, begins) in moments {
        let moment = Duration::from_millis(moment);
        while begun.elapsed() < moment && !running.has_ended() {
            thread::sleep(Duration::from_millis(5));
        }
        if running.has_ended() && begins {
            continue;
        }
        match begins {
            true => fault.begin(ground, space),
            false => fault.end(ground),
        }
    }
    running.finish()
}

fn prepared(case: &Case) -> Space {
    let space = Space::new();
    space
        .write("Makefile", &case.makefile)
        .write("in", "a".repeat(case.input))
        .write("edited", "first\n");
    space
}

/// Runs a case; panics where it does not end as it has to.
fn check(case: &Case, ground: &Ground) {
    let here = prepared(case);
    let mut words = case.words.clone();
    words.retain(|word| *word != "--dist=always");
    words.push("--dist=never");
    if case.stops {
        words.push("-k");
    }
    let local = here.call(&words).run();
    let there = prepared(case);
    let begun = Instant::now();
    let run = build(case, &there, ground);
    let took = begun.elapsed();
    for space in [&here, &there] {
        edit(space, "at the end");
    }
    let (wanted, made) = (tree(&here.path("")), tree(&there.path("")));
    let shown = run.shown();
    assert_eq!(run.temporary_files, Vec::<String>::new(), "{shown}");
    let gave_up = case.is_strict()
        && run.ended == Ended::Exit(2)
        && run.err.contains("no host is left to make")
        || run.err.contains("--dist=always: ");
    if gave_up || case.stops {
        assert_eq!(run.ended, Ended::Exit(2), "{shown}");
        for (name, content) in &made {
            assert_eq!(Some(content), wanted.get(name), "{name} {shown}");
        }
    } else {
        assert_eq!(run.ended, local.ended, "{shown}");
        assert_eq!(
            made.keys().collect::<Vec<_>>(),
            wanted.keys().collect::<Vec<_>>(),
            "{shown}"
        );
        assert!(made == wanted, "other contents or modes: {shown}");
        assert_eq!(said(&run), said(&local), "{shown}");
    }
    for fault in &case.faults {
        fault.end(ground);
    }
    let calm = match took > HANG {
        true => calm(case, ground),
        false => took,
    };
    let limit = case.last_moment() + HANG + 2 * calm;
    assert!(took <= limit, "{took:.1?}, at most {limit:.1?}: {shown}");
    // What it had to leave is swept by the next connection.
    let sweep = ".DIST: %\nall: 1 2 3\n1 2 3:; @sleep 0.2\n";
    let list = HOSTS.map(|host| format!("{host} 1 executor=staged"));
    let swept = there.call(&["-j3", "--hosts", &list.join(", "), "-f", "-"]);
    swept.stdin(sweep).env("HOME", ground.home()).run();
    let cleaned = clean(ground, &shown);
    if std::env::var_os("RMAKE_FAULTS").is_some() {
        let seed = case.seed;
        let faults = &case.faults;
        tools::say(&format!(
            "seed {seed}: {took:.1?}, {calm:.1?} where nothing goes wrong, clean after {cleaned:.1?} {faults:?}"
        ));
    }
}

/// Has the worker brought to all hosts, which takes its time.
fn bring_workers(ground: &Ground) {
    let list = HOSTS.map(|host| format!("{host} 1 executor=mirror"));
    let space = Space::new();
    let call = space.call(&["-j3", "--hosts", &list.join(", "), "-f", "-"]);
    let call = call.stdin(".DIST: %\nall: 1 2 3\n1 2 3:; @sleep 0.5\n");
    call.env("HOME", ground.home()).run();
}

/// Returns how long the same build takes where nothing goes wrong.
fn calm(case: &Case, ground: &Ground) -> Duration {
    let space = prepared(case);
    let words = [&case.words[..], &["--hosts", &case.hosts]].concat();
    let call = space.call(&words).env("HOME", ground.home());
    let begun = Instant::now();
    call.patience(PATIENCE).run();
    begun.elapsed()
}

/// Waits until nothing is left on any host, and returns how long that took.
fn clean(ground: &Ground, shown: &str) -> Duration {
    let cleaning = Instant::now();
    for host in HOSTS {
        loop {
            let left = left_over(ground, host);
            if left.is_empty() {
                break;
            }
            assert!(
                cleaning.elapsed() < CLEANING,
                "left on {host}:\n{left}{shown}"
            );
            thread::sleep(Duration::from_millis(100));
        }
    }
    cleaning.elapsed()
}

#[test]
fn whatever_goes_wrong_the_build_is_right_or_says_why() {
    let test = "faults::whatever_goes_wrong";
    let count = tools::number("RMAKE_FAULTS", CASES);
    let first = Chance::new().seed;
    let step = tools::number("RMAKE_STEP", 1);
    let next = AtomicU64::new(0);
    let failures = Mutex::new(Vec::new());
    tools::say(&format!(
        "{test}: {count} combinations from RMAKE_SEED={first}"
    ));
    let lane = || {
        let up = || {
            let ground = Ground::up(test, HOSTS.len())?;
            for host in HOSTS {
                ground.fuse(host, true);
            }
            bring_workers(&ground);
            Some(ground)
        };
        let mut ground = up();
        while let Some(there) = &ground {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return;
            }
            let case = Case::new(first + number * step);
            let result = catch_unwind(AssertUnwindSafe(|| check(&case, there)));
            if let Err(panic) = result {
                let text = panic.downcast_ref::<String>().cloned();
                let text = format!("{case}\n{}", text.unwrap_or_default());
                tools::say(&text);
                failures.lock().unwrap().push(text);
                ground = None;
            }
            if ground.is_none() {
                ground = up();
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..LANES.min(usize::try_from(count).unwrap()) {
            scope.spawn(lane);
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {count} failed", failures.len());
}
