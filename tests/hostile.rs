//! Builds with a worker that lies: this program itself is found in the place of `rmake-worker` and says what no worker says.
//! Whatever it does, the build ends soon, with the tree of a build here or a clear error, and nothing else is touched.
//! It does not know what a good worker does: `tests/worker` and `tests/it/mirror.rs` do.
//!
//! ```text
//! cargo test --test hostile           every lie, and 30 conversations spoiled at random, by a fresh seed that is printed
//! RMAKE_SEED=N RMAKE_CASES=N          this seed, so many spoiled conversations
//! cargo test --test hostile NAME      the lies whose names contain this
//! ```

#![expect(clippy::unwrap_used, reason = "a test: what is not there fails it")]

#[path = "hostile/lies.rs"]
mod lies;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::ExitCode;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;
use tempfile::TempDir;

/// A silent worker costs five seconds; the rest is for a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

const MAKEFILE: &str = "\
all: out other
out: in; @cat in > $@
other: out; @echo other > $@
";

fn main() -> ExitCode {
    let mut words = std::env::args();
    let name = words.next().unwrap_or_default();
    if name.ends_with("rmake-worker") {
        lies::tell(&std::env::var("HOSTILE").unwrap());
        return ExitCode::SUCCESS;
    }
    let wanted: Vec<String> = words.filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.iter().all(|word| name.contains(word.as_str()));
    let place = Place::new();
    let mut failures = 0;
    let mut check = |name: &str, result: Result<(), String>| {
        if let Err(why) = result {
            println!("{name}: {why}");
            failures += 1;
        }
    };
    let mut count = 0;
    for (name, _) in lies::LIES.iter().filter(|(name, _)| is_wanted(name)) {
        count += 1;
        check(name, place.lie(name));
    }
    check("--dist=always", place.strict());
    let number = |name: &str, otherwise| {
        let value = std::env::var(name).ok();
        value.map_or(otherwise, |value| value.parse().unwrap())
    };
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let seed: u64 = number("RMAKE_SEED", u64::from(now.subsec_nanos()));
    let cases = if is_wanted("spoiled") {
        number("RMAKE_CASES", 30)
    } else {
        0
    };
    for case in 0..cases {
        let name = format!("spoiled {}", seed.wrapping_mul(1000).wrapping_add(case));
        check(&name, place.spoiled(&name));
    }
    let passed = count + cases + 1 - failures;
    println!(
        "hostile: {passed} passed, {failures} failed: {count} lies, {cases} conversations spoiled by seed {seed}"
    );
    match failures {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Where builds run: `bin` with the programs, `w`, and `outside`, which nobody is to touch.
struct Place {
    root: PathBuf,
    _temporary: TempDir,
}

/// How a build went.
struct Run {
    status: Option<i32>,
    err: String,
    time: Duration,
}

impl Place {
    fn new() -> Place {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().canonicalize().unwrap();
        let bin = root.join("bin");
        fs::create_dir(&bin).unwrap();
        for (name, program) in [
            ("make", env!("CARGO_BIN_EXE_rmake")),
            ("rmake-session", env!("CARGO_BIN_EXE_rmake-session")),
        ] {
            // A link would be seen through, and the real worker found.
            if fs::hard_link(program, bin.join(name)).is_err() {
                fs::copy(program, bin.join(name)).unwrap();
            }
        }
        symlink(std::env::current_exe().unwrap(), bin.join("rmake-worker")).unwrap();
        Place {
            root,
            _temporary: temporary,
        }
    }

    /// Makes the tree anew.
    fn prepare(&self) {
        for name in ["w", "outside"] {
            let _ = fs::remove_dir_all(self.root.join(name));
            fs::create_dir(self.root.join(name)).unwrap();
        }
        let _ = fs::remove_dir_all(self.root.join("tmp"));
        fs::create_dir(self.root.join("tmp")).unwrap();
        let _ = fs::remove_dir_all(self.root.join("cache"));
        fs::write(self.root.join("outside/kept"), "kept").unwrap();
        symlink("../outside", self.root.join("w/link")).unwrap();
        fs::write(self.root.join("w/Makefile"), MAKEFILE).unwrap();
        fs::write(self.root.join("w/in"), "in\n").unwrap();
    }

    fn run(&self, lie: &str, dist: &str) -> Run {
        self.prepare();
        let err = fs::File::create(self.root.join("err")).unwrap();
        let begun = Instant::now();
        let mut child = Command::new(self.root.join("bin/make"))
            .args(["-j2", "--hosts=+local 2", dist])
            .current_dir(self.root.join("w"))
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.root.join("w"))
            .env("XDG_CACHE_HOME", self.root.join("cache"))
            .env("TMPDIR", self.root.join("tmp"))
            .env("HOSTILE", lie)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(err)
            .spawn()
            .unwrap();
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break status.code(),
                None if begun.elapsed() > PATIENCE => {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    break None;
                }
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        };
        Run {
            status,
            err: fs::read_to_string(self.root.join("err")).unwrap(),
            time: begun.elapsed(),
        }
    }

    /// Checks what holds whatever a worker says.
    fn check(&self, run: &Run) -> Result<(), String> {
        let told = |what: &str| Err(format!("{what} after {:?}\n{}", run.time, run.err));
        if run.status.is_none() {
            return told("it hangs, or was killed");
        }
        if run.err.contains("panicked") || run.err.contains("rmake-session has ended") {
            return told("a program broke down");
        }
        let kept = fs::read(self.root.join("outside/kept")).unwrap_or_default();
        if kept != b"kept" || names(&self.root.join("outside")) != ["kept"] {
            return told("something outside was touched");
        }
        if Path::new(lies::ELSEWHERE).exists() {
            fs::remove_file(lies::ELSEWHERE).unwrap();
            return told("something elsewhere was made");
        }
        match names(&self.root.join("tmp")).is_empty() {
            true => Ok(()),
            false => told("something is left in TMPDIR"),
        }
    }

    /// Has a worker lie, which is found out; the good one is believed.
    fn lie(&self, name: &str) -> Result<(), String> {
        let run = self.run(name, "--dist=auto");
        self.check(&run)?;
        let read =
            |name: &str| fs::read_to_string(self.root.join("w").join(name)).unwrap_or_default();
        // What says too much but nothing wrong is believed.
        let out = match name {
            "truth" | "too many lines" => "worker\n",
            _ => "in\n",
        };
        let expected = ["Makefile", "in", "link", "other", "out"];
        let found = names(&self.root.join("w"));
        let is_right = run.status == Some(0) && read("out") == out && found == expected;
        match is_right
            && fs::symlink_metadata(self.root.join("w/link")).is_ok_and(|data| data.is_symlink())
        {
            true => Ok(()),
            false => Err(format!(
                "{:?} {found:?} {:?}\n{}",
                run.status,
                read("out"),
                run.err
            )),
        }
    }

    /// Where nothing may run but on a host, a host that lies ends the build.
    fn strict(&self) -> Result<(), String> {
        let run = self.run("another content", "--dist=always");
        self.check(&run)?;
        match run.status == Some(2) && !self.root.join("w/out").exists() {
            true => Ok(()),
            false => Err(format!("{:?}\n{}", run.status, run.err)),
        }
    }

    /// Has a worker say the truth with something in it spoiled: it may be believed.
    fn spoiled(&self, name: &str) -> Result<(), String> {
        let run = self.run(name, "--dist=auto");
        self.check(&run)?;
        match run.status {
            Some(0 | 2) => Ok(()),
            status => Err(format!("{status:?}\n{}", run.err)),
        }
    }
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap().flatten();
    let mut names: Vec<_> = entries
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
