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
use crate::tools;
use crate::tools::Chance;

/// Pieces that mean something to the reader of makefiles or of command lines.
const PIECES: &[&str] = &[
    "$(",
    "${",
    ")",
    "}",
    "$$",
    "$",
    ":",
    "::",
    "&:",
    ":=",
    "::=",
    ":::=",
    "+=",
    "?=",
    "!=",
    "=",
    "\n",
    "\n\t",
    "\\\n",
    "\\",
    "#",
    "%",
    ";",
    "|",
    ",",
    "define X\n",
    "endef\n",
    "ifeq (a,b)\n",
    "else\n",
    "endif\n",
    "ifdef X\n",
    "include ",
    "-include ",
    "override ",
    "private ",
    "export ",
    "unexport ",
    "undefine X\n",
    "vpath % a\n",
    ".SECONDEXPANSION:\n",
    ".POSIX:\n",
    ".ONESHELL:\n",
    ".RECIPEPREFIX = >\n",
    ".SUFFIXES:\n",
    ".WAIT",
    "$@",
    "$<",
    "$^",
    "$*",
    "$(call X,",
    "$(foreach i,a b,",
    "$(if ",
    "$(eval ",
    "$(let a b,",
    "$(subst ",
    "$(patsubst %,",
    "$(wordlist 1,",
    "$(word 99999999999999999999,",
    "$(intcmp ",
    "$(sort ",
    "$(filter %",
    "$(wildcard *",
    "$(value ",
    "$(origin ",
    "a(b c)",
    "lib(",
    "-l",
    "~",
    "*",
    "[",
    "\0",
    "\u{feff}",
    "\t",
    "  ",
    "\r\n",
    "'",
    "\"",
    "999999999999",
    "-1",
];

const FLAGS: &[&str] = &[
    "-j",
    "-j4",
    "-j0",
    "-jx",
    "-l",
    "-l2.5",
    "-lx",
    "-O",
    "-Oline",
    "-Ojunk",
    "-k",
    "-S",
    "-i",
    "-s",
    "-w",
    "-n",
    "-q",
    "-t",
    "-B",
    "-e",
    "-r",
    "-R",
    "-d",
    "-p",
    "-L",
    "-v",
    "-h",
    "-C",
    "-C.",
    "-I",
    "-Ia",
    "-I-",
    "-f",
    "-f-",
    "-E",
    "-EX=1",
    "--eval=$(",
    "-o",
    "-oa",
    "-W",
    "-Wb",
    "--",
    "-",
    "",
    "--debug=x",
    "--debug=a,b",
    "--shuffle=",
    "--shuffle=reverse",
    "--shuffle=7",
    "--jobserver-auth=3,4",
    "--jobserver-auth=fifo:none",
    "--jobserver-fds=9,9",
    "--jobserver-style=fifo",
    "--sync-mutex=fnm:none",
    "--no-silent",
    "--s",
    "--no",
    "--warn-undefined-variables",
    "--temp-stdin=none",
    "X=1",
    "X:=$(",
    "X+=",
    "=",
    "X::=",
    "X!=",
    ":=",
    "a",
    "%",
    "a=b c",
    "--max-load",
    "kswnB",
    "ks -- X=1",
    " -- X=\\ \\\\$$",
    "-\u{e9}",
    "--version=1",
    "--print-data-base",
];

/// Where the bounded run takes its makefiles from, beside the ones built in here.
const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/makefiles");

const STARTS: &[&str] = &[
    "X = $(Y)\nY := a b c\nall: $(X) | dir\n\t@echo $@ $^ $(words $(Y))\n%.o: %.c ; cc -c $<\ndir a b c:;\n",
    "define F\n$(1): $(2)\n\t$$(info $$@)\nendef\n$(foreach t,a b,$(eval $(call F,$(t),x)))\nx:;\n",
    "ifeq ($(origin X),undefined)\nX ?= 1\nelse ifdef Y\nX += 2\nendif\n.PHONY: all\nall: X = 3\nall: ; @:\n",
    ".SECONDEXPANSION:\na b: $$(addsuffix .x,$$@) $$(wildcard *)\na.x b.x: ;\nlib.a(m1 m2): a\n",
    "override CFLAGS := $(patsubst %,-I%,$(sort c b a))\nexport CFLAGS\nvpath %.c src\ninclude $(wildcard *.none)\n.c.o: ; x\nt &: a ; y\na::;\n",
];

/// Reads all cases of the corpus that could not do harm or wait for something.
fn starts() -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = STARTS.iter().map(|text| text.as_bytes().to_vec()).collect();
    collect(Path::new(CORPUS), &mut found);
    found
}

fn collect(dir: &Path, found: &mut Vec<Vec<u8>>) {
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "mk") {
            found.push(fs::read(&path).unwrap());
        }
    }
}

/// Spoils a text a little: pieces put in, cut out, doubled, bytes changed, another text joined.
fn spoil(chance: &mut Chance, starts: &[Vec<u8>]) -> Vec<u8> {
    let mut text = starts[chance.below(starts.len())].clone();
    for _ in 0..=chance.below(8) {
        let at = chance.below(text.len() + 1);
        let end = (at + chance.below(40)).min(text.len());
        match chance.below(6) {
            0 | 1 => insert(&mut text, at, chance.pick(PIECES).as_bytes()),
            2 => drop(text.drain(at..end)),
            3 => {
                let part = text[at..end].to_vec();
                insert(&mut text, at, &part.repeat(1 + chance.below(3)));
            }
            4 if at < text.len() => text[at] = u8::try_from(chance.below(256)).unwrap(),
            _ => {
                let other = &starts[chance.below(starts.len())];
                let from = chance.below(other.len() + 1);
                let part = other[from..].to_vec();
                insert(&mut text, at, &part);
            }
        }
    }
    text.truncate(100_000);
    disarmed(text)
}

fn insert(text: &mut Vec<u8>, at: usize, part: &[u8]) {
    text.splice(at..at, part.iter().copied());
}

/// Takes out what could write files, load code or use a shell in spite of all.
fn disarmed(mut text: Vec<u8>) -> Vec<u8> {
    for (word, instead) in [("file", "fill"), ("load", "lode"), ("SHELL", "SHALL")] {
        let (word, instead) = (word.as_bytes(), instead.as_bytes());
        while let Some(at) = text.windows(word.len()).position(|window| window == word) {
            text[at..at + word.len()].copy_from_slice(instead);
        }
    }
    text
}

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
    fs::copy(program, &make).unwrap();
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

/// What GNU make does otherwise with the input, unless it crashes; asked with `RMAKE_NOISE_COMPARE` only.
fn difference(input: &Input, run: &Run, gnu: Option<&Space>) -> Option<String> {
    let theirs = input.run(gnu?);
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
        let run = input.run(&space);
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

/// Words from `FLAGS`, now and then with a byte changed.
fn some_words(chance: &mut Chance) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    for _ in 0..1 + chance.below(5) {
        let mut word = chance.pick(FLAGS).as_bytes().to_vec();
        if chance.below(4) == 0 && !word.is_empty() {
            let at = chance.below(word.len());
            word[at] = u8::try_from(1 + chance.below(255)).unwrap();
        }
        words.push(word);
    }
    words
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
