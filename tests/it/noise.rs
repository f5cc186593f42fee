//! Makefiles, MAKEFLAGS and command lines spoiled at random: no panic, no hang, no unbounded memory.
//! What they mean is not looked at. Nothing in them can run a program: PATH is empty, SHELL is false, root gives up its rights.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use bstr::ByteSlice;

use crate::space::Call;
use crate::space::Ended;
use crate::space::Run;
use crate::space::Space;
use crate::spoil::disarmed;
use crate::spoil::some_words;
use crate::spoil::spoil;
use crate::spoil::starts;
use crate::tools;
use crate::tools::Chance;

/// A run in which no recipe and no `$(shell)` can do anything.
fn harmless(space: &Space) -> Call<'_> {
    let limits =
        "ulimit -v 4000000; ulimit -t 20; ulimit -f 2000; ulimit -n 200; PATH=/nonexistent";
    let make = space.root().join("bin/make");
    let call = if tools::is_root() {
        let setpriv = tools::find("setpriv").expect("root needs setpriv");
        space
            .call(&["--reuid=65534", "--regid=65534", "--clear-groups"])
            .program(setpriv)
            .word(make)
    } else {
        space.call(&[]).program(make)
    };
    call.before(limits).patience(30)
}

fn harmless_space(program: &Path) -> Space {
    use std::os::unix::fs::PermissionsExt;
    let space = Space::with(program);
    let make = space.root().join("bin/make");
    fs::remove_file(&make).unwrap();
    tools::copy_program(program, &make);
    for dir in [space.root().to_owned(), space.root().join("bin"), make] {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
    }
    for dir in [space.path(""), space.root().join("tmp")] {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o777)).unwrap();
    }
    space
}

/// What one case gives the program.
#[derive(Clone, Default)]
struct Input {
    makefile: Option<Vec<u8>>,
    stdin: Vec<u8>,
    words: Vec<Vec<u8>>,
    env: Option<(&'static str, Vec<u8>)>,
}

impl Input {
    fn run(&self, space: &Space) -> Run {
        if let Some(text) = &self.makefile {
            space.write("Makefile", text);
        }
        let mut call = harmless(space).stdin(&self.stdin);
        for word in &self.words {
            call = call.word(OsString::from_vec(word.clone()));
        }
        if let Some((name, value)) = &self.env {
            call = call.env(name, OsString::from_vec(value.clone()));
        }
        call.word("SHELL=/bin/false").run()
    }

    /// The text that is spoiled.
    fn text(&self) -> &[u8] {
        match (&self.env, &self.makefile) {
            (Some((_, value)), _) => value,
            (None, Some(text)) => text,
            (None, None) => &self.stdin,
        }
    }

    fn with_text(&self, text: Vec<u8>) -> Input {
        let mut input = self.clone();
        match (&mut input.env, &mut input.makefile) {
            (Some((_, value)), _) => *value = text,
            (None, Some(makefile)) => *makefile = text,
            (None, None) => input.stdin = text,
        }
        input
    }

    fn shown(&self) -> String {
        let text = |bytes: &[u8]| format!("{:?}", bytes.as_bstr());
        let words: Vec<String> = self.words.iter().map(|word| text(word)).collect();
        let env = self
            .env
            .as_ref()
            .map(|(name, value)| format!("{name}={}", text(value)));
        let makefile = self.makefile.as_deref().map(text);
        format!(
            "{} {} stdin {}\n{}",
            env.unwrap_or_default(),
            words.join(" "),
            text(&self.stdin),
            makefile.unwrap_or_default()
        )
    }
}

/// What is wrong with a run, if anything: a crash of ours. GNU make is only held to ending at all.
fn crash(run: &Run) -> Option<String> {
    let is_panic =
        run.ended == Ended::Exit(101) || run.err.contains("panicked at") || run.err.contains("BUG");
    let is_odd = !matches!(run.ended, Ended::Exit(0..=2));
    ((is_panic || is_odd) && !tools::is_gnu()).then(|| run.shown())
}

/// Marks of output that two runs never share: times, process ids, temporary names, chance.
const OPEN: &[&str] = &[
    "# Make data base",
    "PID ",
    "/tmp/Gm",
    "shuffle=",
    "Copyright (C)",
    "recent load",
    "Considering target",
];

/// The list of options is told in words of our own.
fn without_usage(run: Run) -> Run {
    let cut = |text: String| match text.split_once("Usage: ") {
        Some((before, _)) => format!("{before}Usage…"),
        None => text,
    };
    Run {
        out: cut(run.out),
        err: cut(run.err),
        ..run
    }
}

/// What GNU make does otherwise with the input, unless it crashes; asked with `RMAKE_NOISE_COMPARE` only.
fn difference(input: &Input, run: &Run, gnu: Option<&Space>) -> Option<String> {
    let theirs = without_usage(input.run(gnu?));
    let is_crash =
        matches!(theirs.ended, Ended::Signal(_)) || theirs.out.contains("memory exhausted");
    let is_open = OPEN
        .iter()
        .any(|part| theirs.out.contains(part) || theirs.err.contains(part));
    (!is_crash && !is_open && theirs != *run)
        .then(|| format!("=== GNU make\n{}\n=== got\n{}", theirs.shown(), run.shown()))
}

/// Takes parts out of an input as long as it still fails: halves, quarters, … of its lines, then of its bytes.
fn shrunk(mut input: Input, fails: impl Fn(&Input) -> bool) -> Input {
    let mut tries = 300;
    for by_line in [true, false] {
        let mut parts = 2;
        loop {
            let pieces = pieces(input.text(), by_line);
            let step = (pieces.len() / parts).max(1);
            let mut at = 0;
            let mut is_smaller = false;
            while at < pieces.len() && tries > 0 && !is_smaller {
                let kept = [&pieces[..at], &pieces[(at + step).min(pieces.len())..]]
                    .concat()
                    .concat();
                let smaller = input.with_text(kept);
                is_smaller = fails(&smaller);
                if is_smaller {
                    input = smaller;
                }
                at += step;
                tries -= 1;
            }
            if !is_smaller && (step == 1 || tries == 0) {
                break;
            }
            if !is_smaller {
                parts *= 2;
            }
        }
    }
    input
}

fn pieces(text: &[u8], by_line: bool) -> Vec<Vec<u8>> {
    if by_line {
        text.split_inclusive(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect()
    } else {
        text.iter().map(|byte| vec![*byte]).collect()
    }
}

/// Runs many cases and tells all that failed.
fn cases(what: &str, otherwise: u64, mut draw: impl FnMut(&mut Chance) -> Input) {
    let cases = tools::number("RMAKE_NOISE_CASES", otherwise);
    let mut chance = Chance::new();
    let seed = chance.seed;
    let space = harmless_space(&tools::under_test());
    let gnu = std::env::var_os("RMAKE_NOISE_COMPARE").map(|_| harmless_space(tools::oracle()));
    // A program that does nothing would stand any noise.
    space.write("Makefile", "$(info read $(X))\n");
    let sound = harmless(&space).word("X=1").run();
    sound.is(2, "read 1\n", "make: *** No targets.  Stop.\n");
    let problem = |input: &Input| {
        let run = without_usage(input.run(&space));
        crash(&run).or_else(|| difference(input, &run, gnu.as_ref()))
    };
    let mut failures = Vec::new();
    for number in 1..=cases {
        let input = draw(&mut chance);
        if problem(&input).is_some() {
            let input = if failures.len() < 5 {
                shrunk(input, |input| problem(input).is_some())
            } else {
                input
            };
            let told = problem(&input).unwrap_or_default();
            failures.push(format!("case {number}: {}\n{told}", input.shown()));
        }
    }
    let failed = failures.len();
    tools::say(&format!(
        "{what}: {cases} cases, seed {seed}, {failed} failures"
    ));
    let shown = failures
        .iter()
        .take(5)
        .cloned()
        .collect::<Vec<_>>()
        .join("\n");
    assert!(
        failed == 0,
        "{failed} of {cases} cases, RMAKE_SEED={seed}\n{shown}"
    );
}

fn words(words: &[&str]) -> Vec<Vec<u8>> {
    words.iter().map(|word| word.as_bytes().to_vec()).collect()
}

#[test]
fn spoiled_makefiles() {
    let starts = starts();
    cases("spoiled makefiles", 400, |chance| Input {
        makefile: Some(spoil(chance, &starts)),
        words: words(&["-n", "-k"]),
        ..Input::default()
    });
}

#[test]
fn spoiled_makefiles_on_stdin() {
    let starts = starts();
    cases("spoiled makefiles on stdin", 100, |chance| Input {
        stdin: spoil(chance, &starts),
        words: words(&["-n", "-f", "-"]),
        ..Input::default()
    });
}

#[test]
fn spoiled_command_lines() {
    cases("spoiled command lines", 200, |chance| Input {
        makefile: Some(b"all: a\n\t@:\na b: ; @:\n".to_vec()),
        words: some_words(chance),
        ..Input::default()
    });
}

#[test]
fn spoiled_makeflags() {
    cases("spoiled MAKEFLAGS", 200, |chance| {
        let value = some_words(chance).join(b" ".as_slice());
        let names = ["MAKEFLAGS", "GNUMAKEFLAGS"];
        Input {
            makefile: Some(b"$(info $(MAKEFLAGS))\nall: ; @: $(MAKEFLAGS)\n".to_vec()),
            env: Some((names[chance.below(2)], value)),
            ..Input::default()
        }
    });
}

/// The assignment in a makefile is read by other code than the environment's.
#[test]
fn spoiled_makeflags_in_a_makefile() {
    cases("spoiled MAKEFLAGS in a makefile", 100, |chance| {
        let flags = some_words(chance).join(b" ".as_slice());
        let text = [
            b"MAKEFLAGS += ".as_slice(),
            &flags,
            b"\n$(info $(MAKEFLAGS))\nall: ; @:\n",
        ]
        .concat();
        Input {
            makefile: Some(disarmed(text)),
            ..Input::default()
        }
    });
}
