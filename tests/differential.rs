//! Runs generated makefiles with rmake and with GNU make 4.4.1 and compares all that a user would see of them.
//! It knows nothing of makefiles: `differential/generate` makes them, from a seed and a number.
//!
//! A case is a directory and one to three runs in it, the same for both makes, at the same path, each called `make`.
//! Compared are stdout, stderr (in half of the cases merged, so that their order counts), the exit status, the files with
//! their content, and which of them were remade. What GNU make leaves to a hash table or a process id is not.
//!
//! ```text
//! cargo test --test differential                400 cases of a fresh seed, which is printed
//! RMAKE_SEED=N RMAKE_CASES=N RMAKE_FIRST=N      this seed, so many cases, from this one on
//! RMAKE_SHOW=1                                  prints the cases as shell scripts, runs nothing
//! RMAKE_ORACLE=PATH    the oracle, GNU make 4.4.1; else what tests/tools/oracle.sh prints
//! RMAKE_UNDER_TEST=PATH  compares this make with the oracle, not rmake: the oracle itself must pass
//! RMAKE_JOBS=N         cases at a time, default 2
//! RMAKE_MINIMISE=N     so many differing cases are cut down, each kind at most twice; default 12
//! RMAKE_BORNE=N        so many differing cases in a thousand are shown and counted as todo instead of failing:
//!                      what is still open; default 0
//! RMAKE_STATS=1        what the cases were like; 2: and every message they provoked
//! ```
//!
//! A case that differs is saved in `target/differential/SEED-NUMBER/`: `case.sh` (run it as `sh case.sh MAKE`), what both
//! makes showed, and the case before it was cut down.

#[path = "corpus/oracle.rs"]
mod oracle;

#[path = "differential/mod.rs"]
mod differential;

use std::collections::HashMap;
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use differential::case::Case;
use differential::compare;
use differential::compare::Difference;
use differential::generate::generate;
use differential::minimise::minimise;
use differential::report;
use differential::report::Detail;
use differential::report::Statistics;
use differential::run::Bench;
use differential::run::Outcome;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted = words
        .iter()
        .filter(|word| !word.starts_with('-'))
        .all(|word| "differential".contains(word.as_str()));
    if !is_wanted || words.iter().any(|word| word == "--list") {
        return ExitCode::SUCCESS;
    }
    let settings = match Settings::from_environment() {
        Ok(settings) => settings,
        Err(problem) => {
            eprintln!("differential: {problem}");
            return ExitCode::from(2);
        }
    };
    if std::env::var_os("RMAKE_SHOW").is_some() {
        for number in settings.numbers() {
            println!(
                "{}",
                generate(settings.seed, number).script(&settings.title(number))
            );
        }
        return ExitCode::SUCCESS;
    }
    println!(
        "differential: seed {}, cases {:?}, {} against {}",
        settings.seed,
        settings.numbers(),
        settings.tested.display(),
        settings.oracle.display()
    );
    settings.run()
}

/// What the environment asks for.
struct Settings {
    seed: u64,
    first: u64,
    count: u64,
    /// How many differing cases in a thousand are todo, not failures.
    borne: u64,
    jobs: usize,
    /// How many differing cases are cut down.
    minimise: usize,
    oracle: PathBuf,
    tested: PathBuf,
}

/// What the workers share.
struct Shared {
    settings: Settings,
    next: AtomicU64,
    is_over: AtomicBool,
    tally: Mutex<Tally>,
}

/// How the cases went.
#[derive(Default)]
struct Tally {
    passed: u64,
    failed: u64,
    /// Cases in which the makes differed, but GNU make from itself too.
    unstable: Vec<String>,
    /// Cases on which the oracle crashes or hangs.
    crashed: Vec<String>,
    minimised: usize,
    signatures: HashMap<String, (usize, u64)>,
    statistics: Statistics,
}

impl Settings {
    fn from_environment() -> Result<Settings, String> {
        let clock = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_err(|error| error.to_string())?;
        let fresh = u64::from(clock.subsec_micros()) + clock.as_secs() % 1_000_000 * 1_000_000;
        let is_show = std::env::var_os("RMAKE_SHOW").is_some();
        let tested = match std::env::var_os("RMAKE_UNDER_TEST") {
            Some(path) => PathBuf::from(path),
            None => PathBuf::from(env!("CARGO_BIN_EXE_rmake")),
        };
        let tested = std::fs::canonicalize(&tested)
            .map_err(|error| format!("{}: {error}", tested.display()))?;
        Ok(Settings {
            seed: number("RMAKE_SEED", fresh)?,
            first: number("RMAKE_FIRST", 0)?,
            count: number("RMAKE_CASES", 400)?,
            borne: number("RMAKE_BORNE", 0)?,
            jobs: usize::try_from(number("RMAKE_JOBS", 2)?).map_err(|error| error.to_string())?,
            minimise: usize::try_from(number("RMAKE_MINIMISE", 12)?)
                .map_err(|error| error.to_string())?,
            oracle: if is_show {
                PathBuf::new()
            } else {
                oracle::path()?
            },
            tested,
        })
    }

    fn numbers(&self) -> std::ops::Range<u64> {
        self.first..self.first + self.count
    }

    fn title(&self, number: u64) -> String {
        format!(
            "RMAKE_SEED={} RMAKE_FIRST={number} RMAKE_CASES=1",
            self.seed
        )
    }

    fn run(self) -> ExitCode {
        let start = Instant::now();
        let shared = Shared {
            next: AtomicU64::new(self.first),
            is_over: AtomicBool::new(false),
            tally: Mutex::default(),
            settings: self,
        };
        let mut benches = Vec::new();
        for _ in 0..shared.settings.jobs.max(1) {
            match Bench::new() {
                Ok(bench) => benches.push(bench),
                Err(error) => {
                    eprintln!("differential: temporary directory: {error}");
                    return ExitCode::from(2);
                }
            }
        }
        let watches: Vec<_> = benches.iter().map(Bench::watch).collect();
        std::thread::scope(|scope| {
            let workers: Vec<_> = benches
                .iter()
                .map(|bench| scope.spawn(|| shared.work(bench)))
                .collect();
            scope.spawn(|| {
                while !shared.is_over.load(Ordering::Relaxed) {
                    watches.iter().for_each(|watch| Arc::as_ref(watch).check());
                    std::thread::sleep(Duration::from_millis(100));
                }
            });
            for worker in workers {
                worker.join().expect("a worker panicked");
            }
            shared.is_over.store(true, Ordering::Relaxed);
        });
        shared.finish(start.elapsed())
    }
}

fn number(name: &str, default: u64) -> Result<u64, String> {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .map_err(|error| format!("{name}={text}: {error}")),
        Err(_) => Ok(default),
    }
}

impl Shared {
    fn work(&self, bench: &Bench) {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.settings.numbers().end {
                return;
            }
            let case = generate(self.settings.seed, number);
            self.judge(bench, number, &case);
        }
    }

    fn play(&self, bench: &Bench, case: &Case, program: &Path) -> Vec<Outcome> {
        bench
            .play(case, program)
            .unwrap_or_else(|error| panic!("cannot run {}: {error}", program.display()))
    }

    fn judge(&self, bench: &Bench, number: u64, case: &Case) {
        let expected = self.play(bench, case, &self.settings.oracle);
        if expected.iter().any(Outcome::is_broken) {
            let mut tally = self.tally.lock().expect("no worker panics with it");
            tally.crashed.push(self.settings.title(number));
            return;
        }
        let actual = self.play(bench, case, &self.settings.tested);
        let difference = compare::difference(case, bench.path(), &expected, &actual);
        let mut tally = self.tally.lock().expect("no worker panics with it");
        tally.statistics.add(&expected);
        let Some(difference) = difference else {
            tally.passed += 1;
            return;
        };
        drop(tally);
        let is_open = self.is_open(bench, case, expected, actual);
        let mut tally = self.tally.lock().expect("no worker panics with it");
        if is_open {
            let title = self.settings.title(number);
            let lines = &difference.lines;
            tally.unstable.push(format!("{title}: {lines:?}"));
            return;
        }
        tally.failed += 1;
        let signature = report::signature(&difference);
        let seen = tally.signatures.entry(signature).or_insert((0, number));
        seen.0 += 1;
        let is_new = seen.0 <= 2;
        if !is_new || tally.minimised >= self.settings.minimise {
            return;
        }
        tally.minimised += 1;
        drop(tally);
        self.show(bench, number, case, &difference);
    }

    /// Runs the case again and returns whether GNU make itself leaves open what happens: what depends on two files being
    /// written in one tick of the clock. Then it does now and then what the tested make does, or never the same twice (makefiles
    /// that restart until such a tick comes).
    fn is_open(&self, bench: &Bench, case: &Case, one: Vec<Outcome>, two: Vec<Outcome>) -> bool {
        let (mut expected, mut actual) = (vec![one], vec![two]);
        for _ in 0..3 {
            expected.push(self.play(bench, case, &self.settings.oracle));
            actual.push(self.play(bench, case, &self.settings.tested));
        }
        let differ = |one: &Vec<Outcome>, two: &Vec<Outcome>| {
            compare::difference(case, bench.path(), one, two).is_some()
        };
        let is_met = |one: &Vec<Outcome>| actual.iter().any(|two| !differ(one, two));
        let pairs = || {
            (1..expected.len())
                .flat_map(|at| expected[..at].iter().zip(std::iter::repeat(&expected[at])))
        };
        let is_varying = pairs().any(|(one, two)| differ(one, two));
        let is_never_twice = pairs().all(|(one, two)| differ(one, two));
        is_varying && (is_never_twice || expected.iter().any(is_met))
    }

    /// Cuts a differing case down, saves it and prints it.
    fn show(&self, bench: &Bench, number: u64, case: &Case, difference: &Difference) {
        let differs = &mut |smaller: &Case| {
            let expected = self.play(bench, smaller, &self.settings.oracle);
            let actual = self.play(bench, smaller, &self.settings.tested);
            compare::difference(smaller, bench.path(), &expected, &actual)
                .is_some_and(|found| report::kind(&found) == report::kind(difference))
        };
        let small = minimise(case.clone(), 1500, Duration::from_secs(20), differs);
        let lines = |program: &Path| {
            let outcomes = self.play(bench, &small, program);
            report::transcript(&small, bench.path(), &outcomes)
        };
        let (expected, actual) = (lines(&self.settings.oracle), lines(&self.settings.tested));
        let title = self.settings.title(number);
        let target = option_env!("CARGO_TARGET_TMPDIR")
            .map_or("target", |path| path.trim_end_matches("/tmp"));
        let directory = Path::new(target)
            .join("differential")
            .join(format!("{}-{number}", self.settings.seed));
        let text = report::short_text(&small, &expected, &actual);
        let shown = [("oracle", expected), ("tested", actual)];
        let saved = report::save(&directory, &title, case, &small, &shown);
        let place = match saved {
            Ok(()) => directory.display().to_string(),
            Err(error) => format!("not saved: {}: {error}", directory.display()),
        };
        println!("DIFFERENT {title}\n{text}  {place}\n");
    }

    fn finish(&self, time: Duration) -> ExitCode {
        let tally = self.tally.lock().expect("no worker panics with it");
        let detail = match std::env::var("RMAKE_STATS").as_deref() {
            Ok("2") => Some(Detail::Messages),
            Ok("1") => Some(Detail::Counts),
            _ => None,
        };
        if let Some(detail) = detail {
            print!("{}", tally.statistics.text(detail));
        }
        let mut kinds: Vec<_> = tally.signatures.iter().collect();
        kinds.sort_by(|one, two| two.1.0.cmp(&one.1.0).then_with(|| one.0.cmp(two.0)));
        for (signature, (count, number)) in kinds.iter().take(60) {
            println!("{count:5} like case {number}: {signature}");
        }
        for title in &tally.crashed {
            println!("skipped, GNU make crashes or hangs: {title}");
        }
        for title in &tally.unstable {
            println!("GNU make does not do the same each time: {title}");
        }
        let failed = match tally.failed * 1000 > self.settings.borne * self.settings.count {
            true => tally.failed,
            false => 0,
        };
        let todo = tally.failed - failed;
        println!(
            "differential: seed {}, {:.0} s: {} passed, {failed} failed, {todo} todo, {} unstable, {} skipped because GNU make crashes or hangs",
            self.settings.seed,
            time.as_secs_f64(),
            tally.passed,
            tally.unstable.len(),
            tally.crashed.len()
        );
        let others = u64::try_from(tally.unstable.len() + tally.crashed.len());
        let total = tally.passed + tally.failed + others.unwrap_or_default();
        let is_steady =
            tally.unstable.len() * 500 <= usize::try_from(total).unwrap_or_default() + 500;
        if failed == 0 && is_steady && total == self.settings.count && total > 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}
