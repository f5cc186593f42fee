//! A directory of its own for one case, and the runs of a program in it.
//! It does not know what output is right.

use std::collections::BTreeMap;
use std::fs;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
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
use std::time::Duration;
use std::time::Instant;

use nix::sys::signal::Signal;
use nix::sys::signal::killpg;
use nix::sys::stat::UtimensatFlags;
use nix::sys::stat::utimensat;
use nix::sys::time::TimeSpec;
use nix::unistd::Pid;

use crate::corpus::case;
use crate::corpus::case::Case;
use crate::corpus::case::Entry;
use crate::corpus::case::Run;
use crate::corpus::case::Step;

/// The mtime of the makefile, 2020-01-01; each file of the head is `STEP` seconds newer than the one before it.
const BASE: i64 = 1_577_836_800;
const STEP: i64 = 10;
/// How long one run may take.
const LIMIT: Duration = Duration::from_secs(20);

/// What came of one run: exit code or signal, and the text for `.out`.
pub struct Outcome {
    pub status: String,
    pub text: Vec<u8>,
}

/// The temporary directories of one case: `dir` to run in, `bin` with the program, `tmp` as TMPDIR.
pub struct Space {
    _root: tempfile::TempDir,
    dir: PathBuf,
    bin: PathBuf,
    tmp: PathBuf,
}

/// What stands at a path: changed if not equal.
#[derive(PartialEq)]
enum Thing {
    Directory,
    Link(PathBuf),
    File { mtime: (i64, i64), content: Vec<u8> },
    Other,
}

impl Space {
    /// Makes the directory of a case, with its makefile, files, times and a link to the program.
    pub fn new(case: &Case, program: &Path) -> Result<Space, String> {
        let root = tempfile::Builder::new()
            .prefix("rmake-case.")
            .tempdir()
            .map_err(|error| format!("temporary directory: {error}"))?;
        let path = fs::canonicalize(root.path()).map_err(|error| error.to_string())?;
        let space = Space {
            _root: root,
            dir: path.join("dir"),
            bin: path.join("bin"),
            tmp: path.join("tmp"),
        };
        space
            .fill(case, program)
            .map_err(|error| format!("set-up: {error}"))?;
        Ok(space)
    }

    fn fill(&self, case: &Case, program: &Path) -> std::io::Result<()> {
        for directory in [&self.dir, &self.bin, &self.tmp] {
            fs::create_dir(directory)?;
        }
        let link = if case.argv0.contains('/') {
            self.dir.join(&case.argv0)
        } else {
            self.bin.join(&case.argv0)
        };
        fs::create_dir_all(link.parent().unwrap_or(&self.bin))?;
        symlink(program, link)?;
        let mut times = Vec::new();
        if let Some(name) = &case.makefile {
            let path = self.dir.join(name);
            fs::create_dir_all(path.parent().unwrap_or(&self.dir))?;
            fs::write(&path, &case.text)?;
            times.push((path, BASE, 0));
        }
        for (index, entry) in (1..).zip(&case.files) {
            times.push((self.make(entry)?, BASE + index * STEP, 0));
        }
        for (name, mode) in &case.modes {
            fs::set_permissions(self.dir.join(name), fs::Permissions::from_mode(*mode))?;
        }
        for (name, seconds, nanos) in &case.mtimes {
            times.push((self.dir.join(name), BASE + seconds, *nanos));
        }
        for (path, seconds, nanos) in times {
            set_mtime(&path, seconds, nanos)?;
        }
        Ok(())
    }

    fn make(&self, entry: &Entry) -> std::io::Result<PathBuf> {
        let (Entry::File(name, _) | Entry::Directory(name) | Entry::Link(name, _)) = entry;
        let path = self.dir.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&self.dir))?;
        match entry {
            Entry::File(_, content) => fs::write(&path, content)?,
            Entry::Directory(_) => fs::create_dir_all(&path)?,
            Entry::Link(_, target) => symlink(target, &path)?,
        }
        Ok(path)
    }

    /// Does the steps of the case in order; returns an outcome for each run.
    pub fn steps(&self, case: &Case) -> Result<Vec<Outcome>, String> {
        let mut outcomes = Vec::new();
        for step in &case.steps {
            match step {
                Step::Do(line) => self.shell(line)?,
                Step::Run(run) => outcomes.push(self.run(case, run)?),
            }
        }
        for name in &case.tree {
            let (name, is_wanted) = match name.strip_prefix('-') {
                Some(name) => (name, false),
                None => (name.as_str(), true),
            };
            if self.dir.join(name).symlink_metadata().is_ok() != is_wanted {
                let what = if is_wanted {
                    "is missing"
                } else {
                    "must not exist"
                };
                return Err(format!("tree: {name} {what}\n"));
            }
        }
        Ok(outcomes)
    }

    fn shell(&self, line: &str) -> Result<(), String> {
        let output = Command::new("/bin/sh")
            .args(["-ec", &self.place(line)])
            .current_dir(&self.dir)
            .output()
            .map_err(|error| format!("do: {line}: {error}"))?;
        let status = output.status;
        if status.success() {
            Ok(())
        } else {
            Err(format!("do: {line}: {status}\n"))
        }
    }

    fn run(&self, case: &Case, run: &Run) -> Result<Outcome, String> {
        let before = self.tree();
        let out = self.bin.join("stdout");
        let err = self.bin.join("stderr");
        let (status, is_late) = self
            .spawn(case, run, &out, &err)
            .map_err(|error| format!("run: {error}"))?;
        if is_late {
            return Err(format!("killed: not done after {} s\n", LIMIT.as_secs()));
        }
        let mut text = Vec::new();
        if case.is_flow {
            text.extend(format!("=== make {}", run.line).trim_end().bytes());
            text.push(b'\n');
        }
        self.section(&mut text, "", &read(&out), case.is_any_order);
        if !case.is_merged {
            self.section(&mut text, "--- stderr\n", &read(&err), case.is_any_order);
        }
        self.section(
            &mut text,
            "--- tree\n",
            changes(&before, &self.tree()).as_bytes(),
            false,
        );
        let left = names_in(&self.tmp);
        self.section(&mut text, "--- left in TMPDIR\n", left.as_bytes(), false);
        let status = match (status.code(), status.signal()) {
            (Some(code), _) => code.to_string(),
            (None, signal) => format!("signal {}", signal.unwrap_or_default()),
        };
        Ok(Outcome { status, text })
    }

    fn spawn(
        &self,
        case: &Case,
        run: &Run,
        out: &Path,
        err: &Path,
    ) -> std::io::Result<(ExitStatus, bool)> {
        let words = case::words(&self.place(&run.line)).map_err(std::io::Error::other)?;
        let stdout = File::create(out)?;
        let stderr = if case.is_merged {
            stdout.try_clone()?
        } else {
            File::create(err)?
        };
        let input = if case.stdin.is_empty() {
            Stdio::null()
        } else {
            Stdio::piped()
        };
        let program = match &case.argv0 {
            name if name.contains('/') => self.dir.join(name),
            name => self.bin.join(name),
        };
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.bin.display());
        let mut child = Command::new(program)
            .arg0(self.place(&case.argv0))
            .args(words)
            .env_clear()
            .env("PATH", path)
            .env("LC_ALL", "C")
            .env("TMPDIR", &self.tmp)
            .envs(
                case.env
                    .iter()
                    .map(|(name, value)| (name, self.place(value))),
            )
            .current_dir(&self.dir)
            .process_group(0)
            .stdin(input)
            .stdout(stdout)
            .stderr(stderr)
            .spawn()?;
        if let Some(mut pipe) = child.stdin.take() {
            // Short texts fit into the pipe; a make that reads none of it closes it first.
            let _ = pipe.write_all(&case.stdin);
        }
        wait(child)
    }

    /// Returns the text with `<dir>`, `<bin>` and `<tmp>` replaced by the real paths.
    fn place(&self, text: &str) -> String {
        text.replace("<dir>", &self.dir.to_string_lossy())
            .replace("<bin>", &self.bin.to_string_lossy())
            .replace("<tmp>", &self.tmp.to_string_lossy())
    }

    fn section(&self, text: &mut Vec<u8>, head: &str, content: &[u8], is_sorted: bool) {
        if content.is_empty() {
            return;
        }
        text.extend(head.bytes());
        let mut content = content.to_vec();
        for (path, word) in [
            (&self.dir, "<dir>"),
            (&self.bin, "<bin>"),
            (&self.tmp, "<tmp>"),
        ] {
            content =
                bstr::ByteSlice::replace(&content[..], path.to_string_lossy().as_bytes(), word);
        }
        content = without_pids(&content);
        if is_sorted {
            let mut lines: Vec<&[u8]> = content.split_inclusive(|byte| *byte == b'\n').collect();
            lines.sort_unstable();
            content = lines.concat();
        }
        text.extend(&content);
        if !content.ends_with(b"\n") {
            text.extend(b"\n\\ no newline at the end\n");
        }
    }

    fn tree(&self) -> BTreeMap<PathBuf, Thing> {
        let mut things = BTreeMap::new();
        look(&self.dir, &self.dir, &mut things);
        things
    }
}

fn set_mtime(path: &Path, seconds: i64, nanos: i64) -> std::io::Result<()> {
    let time = TimeSpec::new(seconds, nanos);
    utimensat(
        nix::fcntl::AT_FDCWD,
        path,
        &time,
        &time,
        UtimensatFlags::NoFollowSymlink,
    )?;
    Ok(())
}

/// Waits for the child, at most `LIMIT`, then ends what is left of its process group. Returns also whether it was late.
fn wait(mut child: Child) -> std::io::Result<(ExitStatus, bool)> {
    let group = Pid::from_raw(i32::try_from(child.id()).map_err(std::io::Error::other)?);
    let start = Instant::now();
    let mut is_late = false;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > LIMIT {
            is_late = true;
            killpg(group, Signal::SIGKILL)?;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    // Nothing left of the group is the usual answer.
    let _ = killpg(group, Signal::SIGKILL);
    Ok((status, is_late))
}

fn look(root: &Path, directory: &Path, things: &mut BTreeMap<PathBuf, Thing>) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        let Ok(meta) = path.symlink_metadata() else {
            continue;
        };
        let thing = if meta.is_dir() {
            look(root, &path, things);
            Thing::Directory
        } else if meta.is_symlink() {
            Thing::Link(fs::read_link(&path).unwrap_or_default())
        } else if meta.is_file() {
            let mtime = (meta.mtime(), meta.mtime_nsec());
            Thing::File {
                mtime,
                content: read(&path),
            }
        } else {
            Thing::Other
        };
        things.insert(path.strip_prefix(root).unwrap_or(&path).to_owned(), thing);
    }
}

fn changes(before: &BTreeMap<PathBuf, Thing>, after: &BTreeMap<PathBuf, Thing>) -> String {
    let mut lines = Vec::new();
    for (path, thing) in before {
        match after.get(path) {
            None => lines.push((path, '-')),
            Some(now) if now != thing => lines.push((path, '~')),
            Some(_) => {}
        }
    }
    lines.extend(
        after
            .keys()
            .filter(|path| !before.contains_key(*path))
            .map(|path| (path, '+')),
    );
    lines.sort();
    lines
        .iter()
        .map(|(path, mark)| format!("{mark} {}\n", path.display()))
        .collect()
}

fn names_in(directory: &Path) -> String {
    let mut things = BTreeMap::new();
    look(directory, directory, &mut things);
    things
        .keys()
        .map(|path| format!("{}\n", path.display()))
        .collect()
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_default()
}

/// Replaces the process id in `GMfifo123` and the random letters in `<tmp>/GmAb12Cd`.
fn without_pids(text: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.first() {
        let fifo = rest.strip_prefix(b"GMfifo");
        let mutex = rest
            .strip_prefix(b"<tmp>/Gm")
            .filter(|tail| tail.len() >= 6 && tail[..6].iter().all(u8::is_ascii_alphanumeric));
        if let Some(tail) = fifo {
            result.extend(b"GMfifo<pid>");
            let digits = tail.iter().take_while(|byte| byte.is_ascii_digit()).count();
            rest = &tail[digits..];
        } else if let Some(tail) = mutex {
            result.extend(b"<tmp>/Gm<random>");
            rest = &tail[6..];
        } else {
            result.push(*first);
            rest = &rest[1..];
        }
    }
    result
}
