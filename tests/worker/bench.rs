//! A bench for single sandboxes: this machine's own tree is served to them, so that all its programs are there.
//! It does not know any one test.

use bstr::BString;
use rmake::sandbox::order::Command;
use rmake::sandbox::order::End;
use rmake::sandbox::order::Start;
use rmake::sandbox::order::Told;
use rmake::sandbox::order::User;
use rmake::sandbox::plan::Manner;
use rmake::sandbox::plan::Shape;
use rmake::sandbox::reap;
use rmake::sandbox::reap::What;
use rmake::sandbox::zygote::Standard;
use rmake::sandbox::zygote::Started;
use rmake::sandbox::zygote::Zygote;
use rmake::store::digest::Digest;
use rmake::sys::fd;
use rmake::sys::tree;
use rmake::wire::directory::Directory;
use rmake::wire::message::Entry;
use rmake::wire::message::Kind;
use rmake::wire::message::Node;
use rmake::wire::path::Name;
use rmake::wire::path::RelPath;
use rmake::worker::mirror::Epoch;
use rmake::worker::mirror::Refusal;
use rmake::worker::mirror::Source;
use rmake::worker::mirror::Wanted;
use rmake::worker::mirror::server::Mirror;
use rmake::worker::mirror::server::Seen;
use std::fs;
use std::fs::File;
use std::io::ErrorKind;
use std::io::Read;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use tempfile::TempDir;

/// The user of sandboxes that root does not make.
pub const USER: u32 = 1000;

/// Says that a test cannot run here; the runner of the steps counts these lines.
pub fn skip(test: &str, reason: &str) {
    static SKIPPED: AtomicUsize = AtomicUsize::new(0);
    let number = SKIPPED.fetch_add(1, Ordering::Relaxed) + 1;
    // Not by the macro: the harness would keep it to itself.
    let _ = writeln!(std::io::stderr(), "skip {number}: {test}: {reason}");
    assert!(
        std::env::var_os("RMAKE_NO_SKIPS").is_none(),
        "{test}: {reason}"
    );
}

/// This machine's tree, read anew for each question.
pub struct Here {
    pub watched: RelPath,
}

impl Source for Here {
    fn directory(&self, path: &RelPath, _at: Epoch) -> Result<Arc<Directory>, Refusal> {
        let path = path.to_absolute();
        let found = fs::read_dir(fd::path(&path)).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Refusal::Absent,
            _ => Refusal::Denied,
        })?;
        let entries = found.flatten().filter_map(|entry| {
            let name = Name::new(entry.file_name().as_bytes())?;
            let node = node(&entry.path())?;
            Some(Entry { name, node })
        });
        Ok(Arc::new(Directory::new(entries.collect())))
    }

    fn content(&self, wanted: &Wanted<'_>) -> Result<File, Refusal> {
        let path = wanted.path.to_absolute();
        let path = fd::path(&path);
        match node(path) {
            Some(node) if node.version == wanted.version => {
                File::open(path).map_err(|_| Refusal::Denied)
            }
            _ => Err(Refusal::Changed),
        }
    }

    fn is_watched(&self, path: &RelPath) -> bool {
        path.is_at_or_below(&self.watched)
    }
}

/// Returns what lies at a path.
pub fn node(path: &Path) -> Option<Node> {
    let meta = fs::symlink_metadata(path).ok()?;
    let kind = if meta.is_dir() {
        Kind::Directory
    } else if meta.is_symlink() {
        Kind::Link(fs::read_link(path).ok()?.as_os_str().as_bytes().into())
    } else if meta.is_file() {
        let (size, digest) = (meta.len(), None);
        Kind::File { size, digest }
    } else {
        Kind::Withheld
    };
    let numbers = [
        meta.dev().to_le_bytes(),
        meta.ino().to_le_bytes(),
        meta.ctime().to_le_bytes(),
        meta.ctime_nsec().to_le_bytes(),
    ];
    let version = Digest::of(&numbers.concat()).0;
    Some(Node {
        kind,
        mode: u16::try_from(meta.permissions().mode() & 0o7777).unwrap(),
        uid: meta.uid(),
        gid: meta.gid(),
        links: u32::try_from(meta.nlink()).unwrap(),
        mtime: meta.mtime() * 1_000_000_000 + meta.mtime_nsec(),
        version: u64::from_le_bytes(*version.first_chunk().unwrap()),
    })
}

/// A process for jobs with its mirrors, and a directory that jobs see and that is watched.
pub struct Bench {
    pub zygote: Zygote,
    pub mirrors: Vec<Mirror>,
    pub rooms: OwnedFd,
    shape: Shape,
    last: AtomicU32,
    /// The directory.
    pub dir: PathBuf,
    _temporary: TempDir,
}

/// How a job went.
#[derive(Debug)]
pub struct Ran {
    pub ends: Vec<End>,
    pub failure: Option<String>,
    /// What it locks first.
    pub locked: Option<String>,
    pub output: String,
    /// What it wrote below the directory: path and what it is, in words.
    pub written: Vec<String>,
    pub seen: Seen,
}

/// Runs a test in both manners.
pub fn in_both_manners(test: &str, body: impl Fn(&Bench)) {
    for manner in [Manner::Privileged, Manner::Unprivileged] {
        if let Some(bench) = Bench::new(test, manner, 2) {
            body(&bench);
        }
    }
}

impl Bench {
    /// Returns a bench, None, a counted skip, where there can be none.
    pub fn new(test: &str, manner: Manner, slots: u16) -> Option<Bench> {
        Bench::with(test, manner, slots, &[])
    }

    /// Returns a bench whose jobs see these trees of this machine as they are.
    pub fn with(test: &str, manner: Manner, slots: u16, bound: &[&str]) -> Option<Bench> {
        let is_root = nix::unistd::geteuid().is_root();
        if manner == Manner::Privileged && !is_root {
            skip(&format!("{test} (root)"), "not root");
            return None;
        }
        let temporary = tempfile::Builder::new()
            .prefix("rmake-worker-")
            .tempdir()
            .unwrap();
        fs::set_permissions(temporary.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let dir = temporary.path().canonicalize().unwrap().join("w");
        fs::create_dir(&dir).unwrap();
        give_to_user(&dir);
        let program = match (manner, is_root) {
            (Manner::Unprivileged, true) => as_ordinary_user(temporary.path(), "true")?,
            _ => worker(),
        };
        let shape = Shape {
            manner,
            uid: USER,
            gid: USER,
            host_name: b"home".to_vec(),
            slots,
            bound: bound.iter().map(|path| (*path).to_owned()).collect(),
            room: Some(64 << 20),
        };
        let (zygote, common) = match Zygote::start(&program, &shape, || {}) {
            Ok(started) => started,
            Err(failure) => {
                skip(&format!("{test} ({manner:?})"), &failure.to_string());
                return None;
            }
        };
        let source = Arc::new(Here {
            watched: RelPath::of_absolute(dir.as_os_str().as_bytes()).unwrap(),
        });
        let owner = (manner == Manner::Unprivileged).then_some((USER, USER));
        let serve = |device| Mirror::serve(device, source.clone(), owner).unwrap();
        Some(Bench {
            zygote,
            mirrors: common.mirrors.into_iter().map(serve).collect(),
            rooms: common.rooms,
            shape,
            last: AtomicU32::new(0),
            dir,
            _temporary: temporary,
        })
    }

    /// Writes a file in the directory, with the directories it needs; all belongs to the user.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        let missing = path.ancestors().take_while(|dir| !dir.exists());
        let made: Vec<_> = missing.map(Path::to_owned).collect();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        made.iter().for_each(|path| give_to_user(path));
    }

    /// Returns the path of a name in the directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Runs a shell script in the directory, in slot 0.
    pub fn run(&self, script: &str) -> Ran {
        self.run_in(0, script)
    }

    /// Runs a shell script in the directory, in a slot.
    pub fn run_in(&self, slot: u16, script: &str) -> Ran {
        let job = self.start(slot, script);
        self.finish(job)
    }

    /// Runs a shell script with the privileges that sandboxes are made with.
    pub fn run_privileged(&self, script: &str) -> Ran {
        let job = self.start_as(None, 0, script);
        self.finish(job)
    }

    /// Starts a shell script in the directory, in a slot.
    pub fn start(&self, slot: u16, script: &str) -> Job {
        let user = User {
            uid: USER,
            gid: USER,
            groups: vec![USER],
        };
        let is_root = self.shape.manner == Manner::Privileged;
        self.start_as(is_root.then_some(user), slot, script)
    }

    fn start_as(&self, user: Option<User>, slot: u16, script: &str) -> Job {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let words = ["/bin/sh", "-c", script];
        let start = Start {
            job: number,
            ops: self.shape.job(slot, number, &self.shape.bound, Vec::new()),
            lines: vec![Command {
                words: words.map(BString::from).to_vec(),
                ignore_errors: false,
            }],
            environment: vec!["PATH=/usr/bin:/bin".into(), "HOME=/".into()],
            directory: self.dir.as_os_str().as_bytes().into(),
            umask: 0o022,
            user,
            first_pid: i32::try_from(1000 + number).unwrap(),
        };
        let (read, write) = fd::pipe().unwrap();
        let standard = Standard {
            input: File::open("/dev/null").unwrap().into(),
            output: write.try_clone().unwrap(),
            error: write,
        };
        self.mirrors[usize::from(slot)].begin(Epoch(0));
        let started = self.zygote.job(&start, &standard).unwrap();
        Job {
            slot,
            number,
            started,
            output: File::from(read),
        }
    }

    /// Waits for a job and collects what it did.
    pub fn finish(&self, mut job: Job) -> Ran {
        let (mut ends, mut failure, mut locked) = (Vec::new(), None, None);
        while let Some(told) = job.started.hear() {
            match told {
                Told::Ended(end) => ends.push(end),
                Told::Failed(step) => failure = Some(step.to_string()),
                Told::Locks(path) => locked = Some(path.to_string()),
                Told::Began | Told::Left | Told::Done { .. } => {}
            }
        }
        let mut output = Vec::new();
        let mut reader = &job.output;
        reader.read_to_end(&mut output).unwrap();
        self.zygote.finish(job.started);
        let room = self.room(job.number);
        let mut written = Vec::new();
        if failure.is_none() {
            let mut found = |one: reap::Written| {
                let path = one.path.to_string();
                let here = self.dir.strip_prefix("/").unwrap().to_str().unwrap();
                if let Some(name) = path
                    .strip_prefix(here)
                    .and_then(|rest| rest.strip_prefix('/'))
                {
                    written.push(format!("{name}: {}", words_for(one.what)));
                }
                Ok(())
            };
            reap::walk(room.as_fd(), &mut found).unwrap();
        }
        let seen = self.mirrors[usize::from(job.slot)].end();
        tree::remove(self.rooms.as_fd(), job.number.to_string().as_bytes()).unwrap();
        let output = String::from_utf8_lossy(&output).into_owned();
        Ran {
            ends,
            failure,
            locked,
            output,
            written,
            seen,
        }
    }

    fn room(&self, number: u32) -> OwnedFd {
        tree::open_directory(self.rooms.as_fd(), number.to_string().as_bytes()).unwrap()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.zygote.end();
    }
}

/// A job that runs.
pub struct Job {
    slot: u16,
    pub number: u32,
    started: Started,
    output: File,
}

impl Job {
    /// Waits until the job has written a line, which is not part of its output then.
    pub fn wait_for_line(&self) {
        let mut byte = [0];
        while byte != [b'\n'] {
            let mut reader = &self.output;
            reader.read_exact(&mut byte).unwrap();
        }
    }
}

impl Ran {
    /// Fails unless the script ended with status 0. Returns what it wrote to its output.
    #[track_caller]
    pub fn ok(&self) -> &str {
        assert_eq!(self.failure, None, "{self:?}");
        assert_eq!(self.ends, [End::Exited(0)], "{}", self.output);
        &self.output
    }
}

fn words_for(what: What) -> String {
    match what {
        What::File {
            mut file,
            size,
            mode,
            ..
        } => {
            let mut content = Vec::new();
            if size < 100 {
                file.read_to_end(&mut content).unwrap();
            }
            let text = String::from_utf8_lossy(&content);
            format!("file {mode:o} {size} {:?}", text.trim_end())
        }
        What::HardLink(first) => {
            let name = first.to_string();
            format!("name of {}", name.rsplit('/').next().unwrap())
        }
        What::Link { target, .. } => format!("link to {target}"),
        What::Directory {
            mode, is_opaque, ..
        } => format!(
            "directory {mode:o}{}",
            if is_opaque { " opaque" } else { "" }
        ),
        What::Whiteout => "gone".to_owned(),
        What::Special => "special".to_owned(),
    }
}

/// Returns the worker under test: `RMAKE_WORKER`, else as cargo built it.
pub fn worker() -> PathBuf {
    let given = std::env::var_os("RMAKE_WORKER");
    given.map_or_else(|| env!("CARGO_BIN_EXE_rmake-worker").into(), PathBuf::from)
}

/// Gives a file to the user of the sandboxes.
pub fn give_to_user(path: &Path) {
    if nix::unistd::geteuid().is_root() {
        std::os::unix::fs::lchown(path, Some(USER), Some(USER)).unwrap();
    }
}

/// Returns a program that is the worker as an ordinary user, for whom `/dev/fuse` is open as on usual hosts.
pub fn as_ordinary_user(dir: &Path, first: &str) -> Option<PathBuf> {
    let program = dir.join("rmake-worker");
    // Not by this process: its open file would be another test's child's, too, and the copy "busy".
    let copied = std::process::Command::new("cp")
        .arg(worker())
        .arg(&program)
        .status();
    assert!(copied.is_ok_and(|status| status.success()));
    let script = dir.join("as-user");
    let text = format!(
        "#!/bin/sh\nexec unshare -m --propagation private sh -c '\n\
         d={dir}/dev; mkdir -p $d && mount -t tmpfs none $d && mkdir $d/pts $d/shm && cd /dev &&\n\
         cp -a null zero full random urandom tty ptmx fd stdin stdout stderr $d/ &&\n\
         mknod -m 666 $d/fuse c 10 229 && mount --bind pts $d/pts && mount --bind shm $d/shm &&\n\
         mount --rbind $d /dev && cd / && {first} &&\n\
         exec setpriv --reuid {USER} --regid {USER} --clear-groups {program} \"$@\"' sh \"$@\"\n",
        dir = dir.display(),
        program = program.display(),
    );
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    Some(script)
}
