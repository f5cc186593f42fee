//! A worker as a child, and the other end of its conversation: this machine's tree is served to it.
//! It does not know any one test.

use crate::bench;
use crate::bench::Here;
use crate::bench::USER;
use bstr::BString;
use rmake::store::digest::Digest;
use rmake::store::digest::Hasher;
use rmake::wire::frame;
use rmake::wire::frame::Decoder;
use rmake::wire::hello::Hello;
use rmake::wire::message;
use rmake::wire::message::Answer;
use rmake::wire::message::Change;
use rmake::wire::message::Effect;
use rmake::wire::message::Ended;
use rmake::wire::message::Flow;
use rmake::wire::message::Job;
use rmake::wire::message::JobNumber;
use rmake::wire::message::Kind;
use rmake::wire::message::Line;
use rmake::wire::message::LineEnd;
use rmake::wire::message::Listing;
use rmake::wire::message::Made;
use rmake::wire::message::Piece;
use rmake::wire::message::Setup;
use rmake::wire::message::ToRmake;
use rmake::wire::message::ToWorker;
use rmake::wire::message::Transfer;
use rmake::wire::path::Name;
use rmake::wire::path::RelPath;
use rmake::worker::mirror::Epoch;
use rmake::worker::mirror::Refusal;
use rmake::worker::mirror::Source;
use rmake::worker::mirror::Wanted;
use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::ChildStdin;
use std::process::ChildStdout;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// How long one message may take to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A worker, and what it says about jobs.
pub struct Client {
    pub child: Child,
    input: Arc<Mutex<ChildStdin>>,
    said: mpsc::Receiver<ToRmake>,
    asked: Arc<Mutex<Asked>>,
    /// The directory in which jobs run and which is watched.
    pub dir: PathBuf,
    last: u32,
    _temporary: TempDir,
}

/// What the worker asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub lists: Vec<String>,
    pub fetches: Vec<String>,
}

/// How a job went.
#[derive(Debug)]
pub struct Ran {
    pub output: String,
    pub errors: String,
    pub ends: Vec<LineEnd>,
    pub effects: Vec<Effect>,
    pub contents: HashMap<Transfer, Vec<u8>>,
    pub ended: Ended,
}

/// Credit is given for so many bytes at once.
const CREDIT: u32 = 64 * 1024;

impl Client {
    /// Returns a worker that can make sandboxes; None, a counted skip, where it cannot.
    pub fn start(test: &str, as_user: bool) -> Option<Client> {
        let client = Client::spawn(as_user)?;
        client.say_hello();
        client.say(&ToWorker::Setup(client.setup()));
        match client.next() {
            ToRmake::Ready => Some(client),
            ToRmake::Unable { missing, .. } => {
                bench::skip(test, &missing.to_string());
                None
            }
            other => panic!("{other:?}"),
        }
    }

    /// Runs a test with a worker of root's and one of an ordinary user's.
    pub fn both(test: &str, body: impl Fn(&mut Client)) {
        for as_user in [false, true] {
            if let Some(mut client) = Client::start(test, as_user) {
                body(&mut client);
                client.end();
            }
        }
    }

    /// Returns a worker to which nothing has been said.
    pub fn spawn(as_user: bool) -> Option<Client> {
        Client::spawn_with(as_user, "true")
    }

    /// Returns a worker to which nothing has been said; before it starts as an ordinary user this is done to its `/dev`.
    pub fn spawn_with(as_user: bool, first: &str) -> Option<Client> {
        let temporary = tempfile::Builder::new()
            .prefix("rmake-served-")
            .tempdir()
            .unwrap();
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(temporary.path(), open).unwrap();
        let root = temporary.path().canonicalize().unwrap();
        for name in ["w", "store"] {
            fs::create_dir(root.join(name)).unwrap();
            bench::give_to_user(&root.join(name));
        }
        let is_root = nix::unistd::geteuid().is_root();
        let program = match as_user && is_root {
            true => bench::as_ordinary_user(&root, first)?,
            false => bench::worker(),
        };
        let mut child = Command::new(program)
            .arg(format!("--store={}", root.join("store").display()))
            .arg("--room=268435456")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = Arc::new(Mutex::new(child.stdin.take().unwrap()));
        let output = child.stdout.take().unwrap();
        let (sender, said) = mpsc::channel();
        let asked = Arc::new(Mutex::new(Asked::default()));
        let dir = root.join("w");
        let server = Server {
            here: Here {
                watched: relative(&dir),
            },
            input: input.clone(),
            asked: asked.clone(),
            said: sender,
            credits: Arc::default(),
        };
        thread::spawn(move || server.serve(output));
        Some(Client {
            child,
            input,
            said,
            asked,
            dir,
            last: 0,
            _temporary: temporary,
        })
    }

    /// Says hello; the worker's own is checked by who listens.
    pub fn say_hello(&self) {
        let hello = frame::encode(&Hello::ours(), 64).unwrap();
        self.input.lock().unwrap().write_all(&hello).unwrap();
    }

    /// Returns the setup of most tests.
    pub fn setup(&self) -> Setup {
        Setup {
            uid: USER,
            gid: USER,
            groups: vec![USER],
            host_name: "home".into(),
            slots: 2,
            watched: vec![relative(&self.dir)],
            bindable: vec![RelPath::new(b"usr").unwrap()],
        }
    }

    /// Says something.
    pub fn say(&self, message: &ToWorker) {
        say(&self.input, message);
    }

    /// Writes bytes that are perhaps no message.
    pub fn write_raw(&self, bytes: &[u8]) {
        let _ = self.input.lock().unwrap().write_all(bytes);
    }

    /// Returns the next message about jobs.
    pub fn next(&self) -> ToRmake {
        self.said
            .recv_timeout(PATIENCE)
            .expect("the worker answers")
    }

    /// Returns what was asked for since the last time.
    pub fn take_asked(&self) -> Asked {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// Writes a file in the directory.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        bench::give_to_user(&path);
        bench::give_to_user(path.parent().unwrap());
    }

    /// Tells the worker anew what the directory holds.
    pub fn tell_again(&self) {
        let path = relative(&self.dir);
        let listing = listing(
            &Here {
                watched: RelPath::ROOT,
            },
            &path,
        );
        self.say(&ToWorker::Directory { path, listing });
    }

    /// Tells the worker what a file in the directory is now, its content too.
    pub fn tell_content(&self, name: &str) {
        let path = self.dir.join(name);
        let mut node = bench::node(&path).unwrap();
        let mut file = fs::File::open(path).unwrap();
        let (digest, size) = Digest::of_file(&mut file).unwrap();
        let digest = Some(digest);
        node.kind = Kind::File { size, digest };
        self.say(&ToWorker::Changed(vec![Change {
            directory: relative(&self.dir),
            name: Name::new(name.as_bytes()).unwrap(),
            node: Some(node),
        }]));
    }

    /// Returns a job of one shell line.
    pub fn job(&mut self, script: &str) -> Job {
        self.last += 1;
        Job {
            number: JobNumber(self.last),
            lines: vec![line(script)],
            environment: vec!["PATH=/usr/bin:/bin".into(), "HOME=/".into()],
            directory: relative(&self.dir),
            is_combined: false,
            umask: 0o022,
            bound: Vec::new(),
        }
    }

    /// Runs a shell line.
    pub fn run(&mut self, script: &str) -> Ran {
        let job = self.job(script);
        self.run_job(job)
    }

    /// Runs a job.
    pub fn run_job(&mut self, job: Job) -> Ran {
        self.say(&ToWorker::Job(Box::new(job)));
        self.hear_job()
    }

    /// Hears of the one job that runs until its end.
    pub fn hear_job(&self) -> Ran {
        let (mut output, mut errors) = (Vec::new(), Vec::new());
        let (mut ends, mut effects, mut contents) = (Vec::new(), Vec::new(), HashMap::new());
        loop {
            match self.next() {
                ToRmake::Began(_) => {}
                ToRmake::Output {
                    is_error, bytes, ..
                } => match is_error {
                    true => errors.extend_from_slice(&bytes),
                    false => output.extend_from_slice(&bytes),
                },
                ToRmake::LineEnded { end, .. } => ends.push(end),
                ToRmake::Effects { effects: more, .. } => effects.extend(more),
                ToRmake::Piece(piece) => {
                    let content: &mut Vec<u8> = contents.entry(piece.transfer).or_default();
                    content.resize(usize::try_from(piece.offset).unwrap(), 0);
                    content.extend_from_slice(&piece.bytes);
                }
                ToRmake::Ended(ended) => {
                    return Ran {
                        output: String::from_utf8_lossy(&output).into_owned(),
                        errors: String::from_utf8_lossy(&errors).into_owned(),
                        ends,
                        effects,
                        contents,
                        ended: *ended,
                    };
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// Ends the conversation; the worker ends of itself.
    pub fn end(mut self) {
        self.say(&ToWorker::Beat);
        drop(std::mem::replace(
            &mut *self.input.lock().unwrap(),
            silent_input(),
        ));
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
    }
}

/// Returns the input of a process that ends at once.
fn silent_input() -> ChildStdin {
    let mut child = Command::new("true").stdin(Stdio::piped()).spawn().unwrap();
    let input = child.stdin.take().unwrap();
    child.wait().unwrap();
    input
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ran {
    /// Fails unless all lines ended with status 0 and nothing went wrong. Returns standard output.
    #[track_caller]
    pub fn ok(&self) -> &str {
        assert_eq!(self.ended.trouble, None, "{}", self.errors);
        let is_good = |end: &LineEnd| *end == LineEnd::Exited(0);
        assert!(
            self.ends.iter().all(is_good),
            "{:?} {}",
            self.ends,
            self.errors
        );
        &self.output
    }

    /// Returns the effects below a directory in words, contents checked.
    pub fn made(&self, dir: &Path) -> Vec<String> {
        let dir = format!("{}/", dir.display());
        let effects = self.effects.iter();
        effects
            .map(|effect| {
                let path = effect.path.to_string();
                let name = path.strip_prefix(&dir).unwrap_or(&path);
                format!("{name}: {}", self.words(&effect.what, &dir))
            })
            .collect()
    }

    /// Returns the content of a file that the job made.
    pub fn content(&self, name: &str) -> &[u8] {
        let found = self.effects.iter().find_map(|effect| match effect.what {
            Made::File { transfer, .. } => {
                let path = effect.path.to_string();
                path.ends_with(&format!("/{name}")).then_some(transfer)
            }
            _ => None,
        });
        &self.contents[&found.unwrap()]
    }

    fn words(&self, what: &Made, dir: &str) -> String {
        match what {
            Made::File {
                transfer,
                size,
                digest,
                mode,
                ..
            } => {
                let content = &self.contents[transfer];
                assert_eq!(content.len() as u64, *size);
                assert_eq!(Digest::of(content), *digest);
                let text = String::from_utf8_lossy(content);
                match *size < 100 {
                    true => format!("file {mode:o} {:?}", text.trim_end()),
                    false => format!("file {mode:o} {size}"),
                }
            }
            Made::HardLink(first) => {
                let path = first.to_string();
                format!("name of {}", path.strip_prefix(dir).unwrap_or(&path))
            }
            Made::Link { target, .. } => format!("link to {target}"),
            Made::Directory {
                mode, is_another, ..
            } => {
                format!(
                    "{}directory {mode:o}",
                    if *is_another { "another " } else { "" }
                )
            }
            Made::Removed => "removed".to_owned(),
            Made::Special => "special".to_owned(),
        }
    }
}

/// Returns a shell line.
pub fn line(script: &str) -> Line {
    Line {
        words: ["/bin/sh", "-c", script].map(BString::from).to_vec(),
        ignore_errors: false,
    }
}

/// Returns an absolute path as the wire has it.
pub fn relative(path: &Path) -> RelPath {
    RelPath::of_absolute(path.as_os_str().as_bytes()).unwrap()
}

fn say(input: &Mutex<ChildStdin>, message: &ToWorker) {
    let frame = frame::encode(message, message::LIMIT).unwrap();
    let _ = input.lock().unwrap().write_all(&frame);
}

fn listing(here: &Here, path: &RelPath) -> Listing {
    match here.directory(path, Epoch(0)) {
        Ok(directory) => Listing::Entries(directory.entries().to_vec()),
        Err(Refusal::Absent) => Listing::Absent,
        Err(_) => Listing::Denied,
    }
}

/// Answers what the worker asks; passes on what it says about jobs.
struct Server {
    here: Here,
    input: Arc<Mutex<ChildStdin>>,
    asked: Arc<Mutex<Asked>>,
    said: mpsc::Sender<ToRmake>,
    credits: Arc<Mutex<HashMap<Transfer, mpsc::Sender<u32>>>>,
}

impl Server {
    fn serve(mut self, mut output: ChildStdout) {
        let mut decoder = Decoder::new(message::LIMIT);
        let mut chunk = vec![0; 64 * 1024];
        let mut is_greeted = false;
        let (mut owed, mut owed_output) = (HashMap::<Transfer, u32>::new(), 0);
        loop {
            match output.read(&mut chunk) {
                Ok(count) if count > 0 => decoder.feed(&chunk[..count]),
                _ => return,
            }
            if !is_greeted {
                let Some(hello) = decoder.take::<Hello>().unwrap() else {
                    continue;
                };
                hello.check().unwrap();
                is_greeted = true;
            }
            while let Some(message) = decoder.take::<ToRmake>().unwrap() {
                let flow = match &message {
                    ToRmake::Piece(piece) => {
                        let owed = owed.entry(piece.transfer).or_default();
                        *owed += u32::try_from(piece.bytes.len()).unwrap();
                        Some((Flow::Transfer(piece.transfer), owed))
                    }
                    ToRmake::Output { job, bytes, .. } => {
                        owed_output += u32::try_from(bytes.len()).unwrap();
                        Some((Flow::Output(*job), &mut owed_output))
                    }
                    _ => None,
                };
                if let Some((flow, owed)) = flow
                    && *owed >= CREDIT
                {
                    let bytes = std::mem::take(owed);
                    say(&self.input, &ToWorker::Credit { flow, bytes });
                }
                if matches!(message, ToRmake::Ended(_)) {
                    owed_output = 0;
                }
                self.heed(message);
            }
        }
    }

    fn heed(&mut self, message: ToRmake) {
        match message {
            ToRmake::Beat { .. } => say(&self.input, &ToWorker::Beat),
            ToRmake::List(path) => {
                self.asked.lock().unwrap().lists.push(path.to_string());
                let listing = listing(&self.here, &path);
                say(&self.input, &ToWorker::Directory { path, listing });
            }
            ToRmake::Fetch {
                transfer,
                path,
                version,
            } => {
                self.asked.lock().unwrap().fetches.push(path.to_string());
                self.answer(transfer, &path, version);
            }
            ToRmake::Credit { transfer, bytes } => {
                if let Some(one) = self.credits.lock().unwrap().get(&transfer) {
                    let _ = one.send(bytes);
                }
            }
            ToRmake::Known(transfer) => drop(self.credits.lock().unwrap().remove(&transfer)),
            other => {
                let _ = self.said.send(other);
            }
        }
    }

    fn answer(&self, transfer: Transfer, path: &RelPath, version: u64) {
        let wanted = Wanted {
            path,
            version,
            digest: None,
        };
        let Ok(mut file) = self.here.content(&wanted) else {
            let answer = Answer::Changed;
            return say(&self.input, &ToWorker::Content { transfer, answer });
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        let mut hasher = Hasher::default();
        hasher.add(&bytes);
        let (digest, size) = hasher.finish();
        let answer = Answer::Comes { size, digest };
        let (sender, credits) = mpsc::channel();
        self.credits.lock().unwrap().insert(transfer, sender);
        say(&self.input, &ToWorker::Content { transfer, answer });
        let input = self.input.clone();
        thread::spawn(move || {
            let mut window = rmake::wire::window::Outgoing::of_content(size);
            let mut offset = 0;
            loop {
                let length = window.next_piece().min(bytes.len() - offset);
                if length == 0 && offset < bytes.len() {
                    match credits.recv_timeout(PATIENCE) {
                        Ok(bytes) => window.credit(bytes).unwrap(),
                        Err(_) => return,
                    }
                    continue;
                }
                window.sent(length);
                let piece = Piece {
                    transfer,
                    offset: offset as u64,
                    bytes: bytes[offset..offset + length].into(),
                    is_last: offset + length == bytes.len(),
                };
                offset += length;
                say(&input, &ToWorker::Piece(piece));
                if offset == bytes.len() {
                    return;
                }
            }
        });
    }
}
