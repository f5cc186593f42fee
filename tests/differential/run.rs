//! Runs a case with one make in a directory of its own and says all that could be seen of it.
//! It does not know which make is right.

use std::collections::BTreeMap;
use std::fs;
use std::fs::File;
use std::fs::FileTimes;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::ExitStatus;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use crate::differential::case::BASE;
use crate::differential::case::Case;
use crate::differential::case::Change;
use crate::differential::case::Run;
use crate::differential::case::TICK;

/// How long one run may take.
pub const LIMIT: Duration = Duration::from_secs(10);
/// Ticks from the times of one run to those of the next.
pub const RUN_TICKS: u64 = 1000;

/// What one run showed.
#[derive(Clone, PartialEq)]
pub struct Outcome {
    /// `0`, `2`, `signal 9`, or `timeout`.
    pub status: String,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// By path, what stands there.
    pub tree: BTreeMap<String, Thing>,
}

impl Outcome {
    /// Returns whether the make died of a fault of its own or did not come to an end.
    pub fn is_broken(&self) -> bool {
        matches!(
            self.status.as_str(),
            "signal 6" | "signal 7" | "signal 8" | "signal 11" | "timeout"
        )
    }
}

/// What stands at a path after a run.
#[derive(Clone, PartialEq)]
pub struct Thing {
    /// None for a directory.
    pub content: Option<Vec<u8>>,
    /// Whether the run left it as it was, wrote it, or gave it an old time.
    pub mark: Mark,
}

/// What a run did to the time of a file.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Mark {
    Kept,
    Remade,
    /// Nanoseconds since 1970.
    Dated(u128),
}

/// A directory in which cases run one after the other, all at the same path.
pub struct Bench {
    _root: tempfile::TempDir,
    dir: PathBuf,
    bin: PathBuf,
    out: PathBuf,
    err: PathBuf,
    input: PathBuf,
    watch: Arc<Watch>,
}

/// The process group that runs now, and when it is to be killed.
#[derive(Default)]
pub struct Watch {
    running: Mutex<Option<(u32, Instant)>>,
}

impl Watch {
    /// Kills the process group if its time is over.
    pub fn check(&self) {
        let mut running = self.running.lock().expect("nobody panics with it");
        if let Some((group, deadline)) = *running
            && Instant::now() > deadline
        {
            let _ = Command::new("/bin/kill")
                .args(["-KILL", "--", &format!("-{group}")])
                .stderr(Stdio::null())
                .status();
            *running = None;
        }
    }
}

impl Bench {
    /// Makes the directories, in memory where the system has such a place.
    pub fn new() -> io::Result<Bench> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("rmake-differential.");
        let memory = Path::new("/dev/shm");
        let root = if std::env::var_os("TMPDIR").is_none() && memory.is_dir() {
            builder.tempdir_in(memory)?
        } else {
            builder.tempdir()?
        };
        let path = fs::canonicalize(root.path())?;
        fs::create_dir(path.join("bin"))?;
        fs::create_dir(path.join("tmp"))?;
        Ok(Bench {
            dir: path.join("dir"),
            bin: path.join("bin"),
            out: path.join("out"),
            err: path.join("err"),
            input: path.join("in"),
            watch: Arc::default(),
            _root: root,
        })
    }

    /// Returns what the watchdog is to look at.
    pub fn watch(&self) -> Arc<Watch> {
        Arc::clone(&self.watch)
    }

    /// Returns the path that outputs may name and reports should not.
    pub fn path(&self) -> &Path {
        self.dir.parent().expect("it was joined")
    }

    /// Runs the case and returns what each of its runs showed; stops after one that took too long.
    pub fn play(&self, case: &Case, program: &Path) -> io::Result<Vec<Outcome>> {
        self.fill(case)?;
        let make = self.bin.join("make");
        let _ = fs::remove_file(&make);
        symlink(program, &make)?;
        let mut outcomes = Vec::new();
        let mut before = BTreeMap::new();
        scan(&self.dir, "", &mut before)?;
        for (number, run) in case.runs.iter().enumerate() {
            for change in &run.changes {
                self.change(change)?;
                before.clear();
                scan(&self.dir, "", &mut before)?;
            }
            let (status, stdout, stderr) = self.run(case, run)?;
            let mut after = BTreeMap::new();
            scan(&self.dir, "", &mut after)?;
            let tree = marked(&before, &after);
            let is_over = status == "timeout";
            outcomes.push(Outcome {
                status,
                stdout,
                stderr,
                tree,
            });
            if is_over {
                break;
            }
            if number + 1 < case.runs.len() {
                let ticks = u64::try_from(number + 1).expect("few runs") * RUN_TICKS;
                before = self.settle(after, ticks)?;
            }
        }
        Ok(outcomes)
    }

    fn fill(&self, case: &Case) -> io::Result<()> {
        if self.dir.exists() {
            fs::remove_dir_all(&self.dir)?;
        }
        fs::create_dir(&self.dir)?;
        for file in &case.files {
            let path = self.dir.join(&file.path);
            if file.path.ends_with('/') {
                fs::create_dir_all(&path)?;
                continue;
            }
            if let Some(directory) = path.parent() {
                fs::create_dir_all(directory)?;
            }
            fs::write(&path, file.text())?;
            set_time(&path, file.time)?;
        }
        Ok(())
    }

    fn change(&self, change: &Change) -> io::Result<()> {
        match change {
            Change::Touch(name, time) => {
                let path = self.dir.join(name);
                if !path.exists() && path.parent().is_some_and(Path::is_dir) {
                    fs::write(&path, "")?;
                }
                if path.is_file() {
                    set_time(&path, *time)?;
                }
            }
            Change::SameTime(name, other) => {
                let (path, other) = (self.dir.join(name), self.dir.join(other));
                if path.is_file() && other.is_file() {
                    let time = fs::metadata(other)?.modified()?;
                    let times = FileTimes::new().set_modified(time);
                    File::open(path)?.set_times(times)?;
                }
            }
            Change::Write(name, content, time) => {
                let path = self.dir.join(name);
                if path.parent().is_some_and(Path::is_dir) && !path.is_dir() {
                    fs::write(&path, content)?;
                    set_time(&path, *time)?;
                }
            }
            Change::Remove(name) => {
                let path = self.dir.join(name);
                if path.is_file() {
                    fs::remove_file(path)?;
                }
            }
        }
        Ok(())
    }

    fn run(&self, case: &Case, run: &Run) -> io::Result<(String, Vec<u8>, Vec<u8>)> {
        let open = |path: &Path| {
            let _ = fs::remove_file(path);
            File::options().create(true).append(true).open(path)
        };
        let out = open(&self.out)?;
        let err = if case.is_merged {
            out.try_clone()?
        } else {
            open(&self.err)?
        };
        let mut command = Command::new(self.bin.join("make"));
        if case.is_bare_name {
            command.arg0("make");
        }
        command
            .args(&run.args)
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", self.bin.display()))
            .env("LC_ALL", "C")
            .env("TMPDIR", self.path().join("tmp"))
            .envs(run.env.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.dir)
            .stdout(out)
            .stderr(err)
            .process_group(0);
        match &run.stdin {
            Some(text) => {
                fs::write(&self.input, text)?;
                command.stdin(File::open(&self.input)?);
            }
            None => {
                command.stdin(Stdio::null());
            }
        }
        let mut child = command.spawn()?;
        let deadline = Instant::now() + LIMIT;
        let set = |value| *self.watch.running.lock().expect("nobody panics with it") = value;
        set(Some((child.id(), deadline)));
        let status = child.wait()?;
        set(None);
        let status = if Instant::now() > deadline {
            "timeout".to_owned()
        } else {
            status_text(status)
        };
        let stderr = if case.is_merged {
            Vec::new()
        } else {
            fs::read(&self.err)?
        };
        Ok((status, fs::read(&self.out)?, stderr))
    }

    /// Gives the files that were written now old times again, so that what the next run compares does not depend on the
    /// clock: whether two files written one after the other have the same time does. Their names decide which is older.
    fn settle(
        &self,
        mut found: BTreeMap<String, Found>,
        ticks: u64,
    ) -> io::Result<BTreeMap<String, Found>> {
        let young = u128::from(BASE + 400_000_000) * 1_000_000_000;
        for (name, thing) in &mut found {
            if thing.content.is_none() || thing.time <= young {
                continue;
            }
            let rank = name.bytes().map(u64::from).sum::<u64>() % 3;
            let time = (ticks + rank) * TICK;
            set_time(&self.dir.join(name), time)?;
            thing.time = u128::from(BASE) * 1_000_000_000 + u128::from(time);
        }
        Ok(found)
    }
}

struct Found {
    content: Option<Vec<u8>>,
    time: u128,
}

fn scan(directory: &Path, prefix: &str, found: &mut BTreeMap<String, Found>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let data = entry.metadata()?;
        if data.is_dir() {
            found.insert(
                name.clone(),
                Found {
                    content: None,
                    time: 0,
                },
            );
            scan(&entry.path(), &format!("{name}/"), found)?;
        } else {
            let seconds = u128::try_from(data.mtime()).unwrap_or_default();
            let time = seconds * 1_000_000_000 + u128::from(data.mtime_nsec().unsigned_abs());
            let content = if data.is_file() {
                without_new_dates(fs::read(entry.path())?)
            } else {
                b"(special)".to_vec()
            };
            found.insert(
                name,
                Found {
                    content: Some(content),
                    time,
                },
            );
        }
    }
    Ok(())
}

/// Returns the content of an archive without the dates of members written just now; other files as they are.
fn without_new_dates(mut content: Vec<u8>) -> Vec<u8> {
    if !content.starts_with(b"!<arch>\n") {
        return content;
    }
    let young = BASE + 400_000_000;
    for start in 0..content.len().saturating_sub(10) {
        let date = str::from_utf8(&content[start..start + 10]).unwrap_or_default();
        if date.parse().is_ok_and(|date: u64| date > young) {
            content[start..start + 10].copy_from_slice(b"now       ");
        }
    }
    content
}

fn marked(
    before: &BTreeMap<String, Found>,
    after: &BTreeMap<String, Found>,
) -> BTreeMap<String, Thing> {
    let old = u128::from(BASE + 400_000_000) * 1_000_000_000;
    after
        .iter()
        .map(|(name, thing)| {
            let mark = if before.get(name).is_some_and(|was| was.time == thing.time) {
                Mark::Kept
            } else if thing.time < old {
                Mark::Dated(thing.time)
            } else {
                Mark::Remade
            };
            let content = thing.content.clone();
            (name.clone(), Thing { content, mark })
        })
        .collect()
}

fn set_time(path: &Path, time: u64) -> io::Result<()> {
    let time: SystemTime = UNIX_EPOCH + Duration::from_secs(BASE) + Duration::from_nanos(time);
    File::open(path)?.set_times(FileTimes::new().set_modified(time))
}

fn status_text(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => code.to_string(),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "unknown".to_owned(),
    }
}
