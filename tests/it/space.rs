//! A throw-away directory in which the program runs: files with set times, one run at a time, both streams.
//! It does not know what the runs are about; it makes sure that nothing survives them.

use std::ffi::OsStr;
use std::ffi::OsString;
use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::ExitStatus;
use std::process::Stdio;
use std::thread;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use nix::sys::signal::Signal;
use nix::sys::signal::kill;
use nix::sys::signal::killpg;
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::tools;

/// The environment variable by which every process of a space is found again.
const MARK: &str = "RMAKE_SPACE";

/// How long one run may take; far more than any needs on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A directory with `bin/make` (the program), `w` (where it runs) and `tmp` (its TMPDIR).
pub struct Space {
    dir: Option<TempDir>,
    root: PathBuf,
}

impl Space {
    /// Returns a space in which `make` is the program under test.
    pub fn new() -> Space {
        Space::with(&tools::under_test())
    }

    /// Returns a space in which `make` is the given program.
    pub fn with(program: &Path) -> Space {
        let dir = tempfile::Builder::new()
            .prefix("rmake-it-")
            .tempdir()
            .unwrap();
        let root = dir.path().canonicalize().unwrap();
        for name in ["bin", "w", "tmp"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        symlink(program, root.join("bin/make")).unwrap();
        let space = Space {
            dir: Some(dir),
            root,
        };
        if std::env::var_os("RMAKE_KEEP").is_some() {
            return space.keep();
        }
        space
    }

    /// Leaves the directory in place and says where it is; for looking at a failure.
    pub fn keep(mut self) -> Space {
        if let Some(dir) = self.dir.take() {
            tools::say(&format!("kept: {}", dir.keep().display()));
        }
        self
    }

    /// Returns the absolute path of a file of the working directory.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.join("w").join(name)
    }

    /// Returns the directory that holds `bin`, `w` and `tmp`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Writes a file, with its directories.
    pub fn write(&self, name: impl AsRef<Path>, text: impl AsRef<[u8]>) -> &Space {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Writes a program into `bin`, which is first in PATH.
    pub fn tool(&self, name: &str, text: &str) -> &Space {
        let path = self.root.join("bin").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// Sets a file's modification time, in seconds after a fixed moment long ago; makes the file if it is missing.
    pub fn touch(&self, name: impl AsRef<Path>, second: u64) -> &Space {
        let path = self.path(name);
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .unwrap();
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_500_000_000 + second);
        file.set_modified(long_ago).unwrap();
        self
    }

    /// Returns a file's text, None where there is no such file.
    pub fn read(&self, name: impl AsRef<Path>) -> Option<String> {
        let bytes = fs::read(self.path(name)).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// True if the file exists.
    pub fn has(&self, name: impl AsRef<Path>) -> bool {
        fs::symlink_metadata(self.path(name)).is_ok()
    }

    /// Runs the program with these words and waits for it.
    pub fn run(&self, words: &[&str]) -> Run {
        self.call(words).run()
    }

    /// Returns a run to be described further.
    pub fn call(&self, words: &[&str]) -> Call<'_> {
        Call {
            space: self,
            program: "make".into(),
            words: words.iter().map(OsString::from).collect(),
            env: Vec::new(),
            stdin: Vec::new(),
            before: String::new(),
            merged: false,
            patience: PATIENCE,
        }
    }

    /// Returns the live processes that were started by runs of this space.
    pub fn processes(&self) -> Vec<i32> {
        let mark = [
            MARK.as_bytes(),
            b"=",
            self.root.as_os_str().as_bytes(),
            b"\0",
        ]
        .concat();
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let Some(pid) = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok())
            else {
                continue;
            };
            let env = fs::read(entry.path().join("environ")).unwrap_or_default();
            if env.windows(mark.len()).any(|window| window == mark) {
                found.push(pid);
            }
        }
        found
    }

    /// Returns the names in TMPDIR.
    pub fn temporary_files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.root.join("tmp")).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    /// Kills what is left of this space's processes and tells how each was called.
    fn kill_survivors(&self) -> Vec<String> {
        let mut told = Vec::new();
        for pid in self.processes() {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            told.push(format!(
                "{pid}: {}",
                String::from_utf8_lossy(&line).replace('\0', " ")
            ));
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        told
    }

    /// Replaces the paths of this space by `DIR` (working directory) and `SPACE`.
    fn plain(&self, bytes: &[u8]) -> String {
        let root = self.root.to_str().unwrap();
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.replace(&format!("{root}/w"), "DIR")
            .replace(root, "SPACE")
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        self.kill_survivors();
    }
}

/// One run that is being described.
#[derive(Clone)]
pub struct Call<'s> {
    space: &'s Space,
    program: OsString,
    words: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    stdin: Vec<u8>,
    before: String,
    merged: bool,
    patience: Duration,
}

impl<'s> Call<'s> {
    /// Calls the program by another name or path (argv[0] is the same text).
    pub fn program(mut self, program: impl AsRef<OsStr>) -> Self {
        self.program = program.as_ref().to_owned();
        self
    }

    /// Adds one word, of any bytes.
    pub fn word(mut self, word: impl AsRef<OsStr>) -> Self {
        self.words.push(word.as_ref().to_owned());
        self
    }

    /// Adds words.
    pub fn words(mut self, words: &[&str]) -> Self {
        self.words.extend(words.iter().map(OsString::from));
        self
    }

    /// Sets an environment variable; else there are only PATH, LC_ALL, TMPDIR and the mark.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env
            .push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// What the program reads on its standard input; else nothing.
    pub fn stdin(mut self, text: impl AsRef<[u8]>) -> Self {
        self.stdin = text.as_ref().to_owned();
        self
    }

    /// Shell text to run in the process that becomes the program: limits, redirections.
    pub fn before(mut self, text: &str) -> Self {
        self.before.push_str(text);
        self.before.push_str("; ");
        self
    }

    /// Collects both streams as one, in the order a user sees them, as stdout.
    pub fn merged(mut self) -> Self {
        self.merged = true;
        self
    }

    /// How long the run may take.
    pub fn patience(mut self, seconds: u64) -> Self {
        self.patience = Duration::from_secs(seconds);
        self
    }

    /// Runs and waits.
    pub fn run(self) -> Run {
        self.start().finish()
    }

    /// Starts the run in a process group of its own.
    pub fn start(self) -> Running<'s> {
        let root = &self.space.root;
        let stdin = root.join("stdin");
        fs::write(&stdin, &self.stdin).unwrap();
        let out = create(&root.join("out"));
        let err = if self.merged {
            out.try_clone().unwrap()
        } else {
            create(&root.join("err"))
        };
        let mut command = Command::new("/bin/sh");
        command
            .arg("-c")
            .arg(format!("{}exec \"$0\" \"$@\"", self.before));
        command.arg(&self.program).args(&self.words);
        command.current_dir(root.join("w")).env_clear();
        let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
        let mut first = root.join("bin").into_os_string();
        first.push(":");
        first.push(path);
        command
            .env("PATH", first)
            .env("LC_ALL", "C")
            .env("TMPDIR", root.join("tmp"));
        command
            .env(MARK, root)
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        command
            .stdin(File::open(&stdin).unwrap())
            .stdout(Stdio::from(out))
            .stderr(Stdio::from(err));
        let child = command.process_group(0).spawn().unwrap();
        Running {
            started: Instant::now(),
            call: self,
            child,
        }
    }
}

/// A run under way.
pub struct Running<'s> {
    call: Call<'s>,
    child: Child,
    started: Instant,
}

impl Running<'_> {
    /// The program's process id, also its process group.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }

    /// Sends a signal to the program alone.
    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// Sends a signal to the program and all it started, as a terminal does.
    pub fn signal_group(&self, signal: Signal) {
        killpg(self.pid(), signal).unwrap();
    }

    /// True once the program has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until a file of the working directory exists.
    pub fn wait_for(&mut self, name: &str) {
        while !self.call.space.has(name) {
            let has_ended = self.child.try_wait().unwrap().is_some();
            if has_ended || self.started.elapsed() > self.call.patience {
                let seen = self.streams();
                self.call.space.kill_survivors();
                panic!(
                    "no file {name} (has ended: {has_ended})\n{}\n--- stderr\n{}",
                    seen.0, seen.1
                );
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits for the end, with a deadline, and looks for what was left behind.
    pub fn finish(mut self) -> Run {
        let space = self.call.space;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if self.started.elapsed() > self.call.patience {
                let survivors = space.kill_survivors();
                let _ = self.child.wait();
                let (out, err) = self.streams();
                panic!(
                    "no end after {:?}: {survivors:#?}\n{out}\n--- stderr\n{err}",
                    self.call.patience
                );
            }
            thread::sleep(Duration::from_millis(1));
        };
        let survivors = self.survivors();
        let (out, err) = self.streams();
        assert!(
            survivors.is_empty(),
            "still running after the end: {survivors:#?}\n{out}\n--- stderr\n{err}"
        );
        Run {
            ended: Ended::of(status),
            out,
            err,
            temporary_files: space.temporary_files(),
        }
    }

    /// What is still running a moment after the program's end; killed.
    fn survivors(&self) -> Vec<String> {
        let space = self.call.space;
        for _ in 0..50 {
            if space.processes().is_empty() {
                return Vec::new();
            }
            thread::sleep(Duration::from_millis(10));
        }
        space.kill_survivors()
    }

    fn streams(&self) -> (String, String) {
        let root = &self.call.space.root;
        let text = |name| {
            self.call
                .space
                .plain(&fs::read(root.join(name)).unwrap_or_default())
        };
        (
            text("out"),
            if self.call.merged {
                String::new()
            } else {
                text("err")
            },
        )
    }
}

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this status.
    Exit(i32),
    /// By this signal.
    Signal(i32),
}

impl Ended {
    fn of(status: ExitStatus) -> Ended {
        match status.code() {
            Some(code) => Ended::Exit(code),
            None => Ended::Signal(status.signal().unwrap_or_default()),
        }
    }
}

/// What a run gave, with the space's paths replaced by `DIR` and `SPACE`.
#[derive(Debug, PartialEq, Eq)]
pub struct Run {
    /// How it ended.
    pub ended: Ended,
    /// All of stdout.
    pub out: String,
    /// All of stderr.
    pub err: String,
    /// What is left in TMPDIR.
    pub temporary_files: Vec<String>,
}

impl Run {
    /// Compares status and both streams in full, and finds TMPDIR empty.
    #[track_caller]
    pub fn is(&self, status: i32, out: &str, err: &str) -> &Run {
        self.is_ended(Ended::Exit(status), out, err)
    }

    /// As `is`, for any way to end.
    #[track_caller]
    pub fn is_ended(&self, ended: Ended, out: &str, err: &str) -> &Run {
        let expected = Run {
            ended,
            out: out.into(),
            err: err.into(),
            temporary_files: Vec::new(),
        };
        assert!(
            *self == expected,
            "\n=== expected\n{}\n=== got\n{}",
            expected.shown(),
            self.shown()
        );
        self
    }

    /// The whole run as a text for failure messages.
    pub fn shown(&self) -> String {
        let left = self.temporary_files.join(" ");
        let parts = [self.out.as_str(), self.err.as_str()].map(shortened);
        format!(
            "{:?}, in TMPDIR: {left:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.ended, parts[0], parts[1]
        )
    }
}

/// Long streams are cut in failure messages only.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(4000) {
        Some((at, _)) => format!("{} … ({} bytes)", &text[..at], text.len()),
        None => text.to_owned(),
    }
}

fn create(path: &Path) -> File {
    let _ = fs::remove_file(path);
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    file.flush().unwrap();
    file
}
