//! A worker while it is spoken with, here or on a host: jobs go in, what becomes of them comes out.
//! It does not know what carries the bytes, nor what jobs do.

use crate::event::Stream;
use crate::exec::End;
use crate::exec::executor;
use crate::exec::executor::LineEnd;
use crate::exec::executor::Message;
use crate::id::JobId;
use crate::remote::host::Errand;
use crate::remote::host::GIVE_UP_AFTER;
use crate::remote::host::KILL_AFTER;
use crate::remote::host::Key;
use crate::remote::host::Order;
use crate::remote::host::SILENCE;
use crate::remote::mirror::kept;
use crate::remote::mirror::kept::Seen;
use crate::remote::mirror::made::Made;
use crate::remote::mirror::made::Trees;
use crate::remote::mirror::pipe::Pipe;
use crate::remote::mirror::proof;
use crate::remote::mirror::proof::Own;
use crate::remote::mirror::proof::Proof;
use crate::remote::mirror::talk;
use crate::remote::mirror::talk::Heard;
use crate::remote::mirror::talk::Talk;
use crate::remote::mirror::talk::TalkError;
use crate::remote::mirror::tree::Tree;
use crate::remote::outbox::Outbox;
use crate::remote::staged::SIGKILL;
use crate::store::digest::Digest;
use crate::sys::process;
use crate::wire::message;
use crate::wire::message::Ended;
use crate::wire::message::JobNumber;
use crate::wire::message::Setup;
use crate::wire::message::Trouble;
use crate::wire::path::Name;
use crate::wire::path::RelPath;
use bstr::BString;
use bstr::ByteSlice;
use std::collections::HashMap;
use std::ffi::OsString;
use std::future::Future;
use std::os::unix::ffi::OsStringExt;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;
use std::time::Instant;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time;
use tokio::time::Interval;

/// How long a worker may take until jobs may come.
const START: Duration = Duration::from_secs(5);
/// So much may lie between two of its beats, where a slow link carries other things before.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// So many bytes at once are a sign of life, though they are no whole message yet.
const MUCH: usize = 1024;
/// Trees of this machine that no job changes.
const SYSTEM: &[&str] = &[
    "usr", "bin", "sbin", "lib", "lib64", "lib32", "libx32", "opt",
];

/// Trees in which what jobs leave is of no interest, unless the build is there.
const SCRAP: &[&str] = &["tmp", "var/tmp", "dev/shm"];

/// There is no such file (errno(3)), and it may not be run.
const ENOENT: i32 = 2;
const EACCES: i32 = 13;
/// It is not permitted.
const EPERM: i32 = 1;
/// So much of what a line says last is looked at when it fails.
const TAIL: usize = 8 * 1024;
/// The status of a line whose program cannot be run for another reason, as shells have it.
const CANNOT_RUN: i32 = 126;

/// Numbers of jobs are below this; the worker keeps some for itself.
const LAST_NUMBER: u32 = 1 << 30;

/// A worker that takes jobs.
pub struct Worker {
    pipe: Rc<Pipe>,
    serving: Serving,
    lates: UnboundedReceiver<Late>,
    /// What is being written.
    writing: Option<Writing>,
    beats: Interval,
    heard: Instant,
    /// How many of its beats were counted, and when the last one was.
    counted: (u64, Instant),
}

type Writing = Pin<Box<dyn Future<Output = Result<(), BString>>>>;

/// Why there is no worker.
#[derive(Debug)]
pub enum NoWorker {
    /// The host cannot have one; nor will it be able to later on.
    Unfit(BString),
    /// The way there is lost.
    Lost(BString),
}

impl NoWorker {
    /// Returns why.
    pub fn into_why(self) -> BString {
        match self {
            NoWorker::Unfit(why) | NoWorker::Lost(why) => why,
        }
    }
}

/// How far the first words have come.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    Talking,
    Ready,
}

/// Why the conversation is over.
enum Over {
    /// No more orders come.
    Released,
    /// No sandbox can be made there.
    Unable(BString),
    Failed(BString),
}

/// What is said, and about which jobs.
struct Serving {
    talk: Talk,
    tree: Tree,
    trees: Trees,
    /// Which trees of the worker's host are the same.
    proof: Proof,
    /// What is known of this machine.
    own: Rc<Own>,
    /// What there is to say of the host.
    notes: Vec<BString>,
    jobs: HashMap<JobNumber, Running>,
    last_number: u32,
    /// Output that a make has not taken yet.
    owed: Vec<(JobNumber, usize)>,
    /// What is to be done when a job does not end by a signal.
    late: UnboundedSender<Late>,
}

/// A job that runs.
struct Running {
    key: Key,
    outbox: Outbox,
    /// The tools that it was given with the trees of home, for the first time.
    tools: Option<BString>,
    /// Whose recipe it is, and which.
    directory: BString,
    target: BString,
    recipe: Digest,
    /// The last of what its line has said.
    tail: Vec<u8>,
    /// How its last line has failed: that is told when it is known that it counts.
    failed: Option<message::LineEnd>,
    /// Why it runs again at home, whatever else it does.
    smell: Option<&'static str>,
}

/// Something that is done with a job if it still runs then.
enum Late {
    Kill(Key),
    GiveUp(Key),
}

impl Worker {
    /// Speaks with a worker until it takes jobs.
    ///
    /// # Errors
    /// It takes none.
    pub async fn begin(pipe: Pipe, slots: u32, own: Rc<Own>) -> Result<Worker, NoWorker> {
        let (late, lates) = unbounded_channel();
        let serving = Serving::new(slots, pipe.is_home(), own, late);
        let mut worker = Worker {
            pipe: Rc::new(pipe),
            serving: serving.map_err(|error| NoWorker::Lost(text(error)))?,
            lates,
            writing: None,
            beats: time::interval(Duration::from_secs(message::BEAT_SECONDS)),
            heard: Instant::now(),
            counted: (0, Instant::now()),
        };
        match time::timeout(START, worker.get_ready()).await {
            Ok(Ok(())) => Ok(worker),
            Ok(Err(Over::Unable(why))) => Err(NoWorker::Unfit(why)),
            Ok(Err(Over::Failed(why))) => Err(NoWorker::Lost(why)),
            Ok(Err(Over::Released)) => unreachable!("the sender is here"),
            Err(_) => Err(NoWorker::Lost("it does not get ready".into())),
        }
    }

    async fn get_ready(&mut self) -> Result<(), Over> {
        let (_none, mut no_orders) = unbounded_channel();
        while self.turn(&mut no_orders, SILENCE).await? != Step::Ready {}
        Ok(())
    }

    /// Runs jobs until the worker fails, and says why; None when no more orders come. `note` is told of the host.
    pub async fn serve(
        mut self,
        orders: &mut UnboundedReceiver<Order>,
        note: impl Fn(BString),
    ) -> Option<BString> {
        loop {
            self.serving.notes.drain(..).for_each(&note);
            match self.turn(orders, SILENCE).await {
                Ok(_) => {}
                Err(Over::Released) => return None,
                Err(Over::Unable(why) | Over::Failed(why)) => {
                    self.serving.lose_all(&why);
                    return Some(why);
                }
            }
        }
    }

    /// Waits for whatever comes next, and deals with it.
    async fn turn(
        &mut self,
        orders: &mut UnboundedReceiver<Order>,
        patience: Duration,
    ) -> Result<Step, Over> {
        if self.writing.is_none() {
            let bytes = self.serving.talk.take_bytes().map_err(failed)?;
            if !bytes.is_empty() {
                let pipe = self.pipe.clone();
                self.writing = Some(Box::pin(async move { pipe.write_all(&bytes).await }));
            }
        }
        let writing = async {
            match &mut self.writing {
                Some(writing) => writing.await,
                None => std::future::pending().await,
            }
        };
        let silence = time::sleep_until((self.heard + patience).into());
        tokio::select! {
            written = writing => {
                self.writing = None;
                written.map_err(Over::Failed)?;
            }
            bytes = self.pipe.read() => {
                let (bytes, before) = (bytes.map_err(Over::Failed)?, self.serving.talk.messages());
                let step = self.serving.hear(&bytes)?;
                if self.serving.talk.messages() > before || bytes.len() >= MUCH {
                    self.heard = Instant::now();
                }
                return Ok(step);
            }
            order = orders.recv() => {
                let order = order.ok_or(Over::Released)?;
                self.serving.take(order).map_err(failed)?;
            }
            Some(late) = self.lates.recv() => self.serving.late(&late).map_err(failed)?,
            _ = self.beats.tick() => {
                self.serving.pass_on().map_err(failed)?;
                self.serving.talk.beat().map_err(failed)?;
                let beats = self.serving.talk.beats();
                if beats != self.counted.0 {
                    self.counted = (beats, Instant::now());
                }
                if self.counted.1.elapsed() > LONGEST_PAUSE {
                    return Err(Over::Failed("it does not say how its jobs are".into()));
                }
            }
            () = silence => {
                let time = self.heard.elapsed().as_secs_f64();
                return Err(Over::Failed(format!("no sign of life for {time:.1} s").into()));
            }
        }
        Ok(Step::Talking)
    }
}

fn failed(error: TalkError) -> Over {
    match error {
        // The same program would be there the next time.
        TalkError::Stranger(stranger) => Over::Unable(stranger.to_string().into()),
        error => Over::Failed(text(error)),
    }
}

fn text(error: TalkError) -> BString {
    error.to_string().into()
}

fn lose(job: JobId, outbox: &Outbox, why: &BString) {
    let why = why.clone();
    outbox.tell(Message::Lost { job, why });
}

impl Serving {
    fn new(
        slots: u32,
        is_home: bool,
        own: Rc<Own>,
        late: UnboundedSender<Late>,
    ) -> Result<Serving, TalkError> {
        let (uid, gid, groups) = process::identity();
        // A link among them, as where all is in /usr, is seen as that.
        let is_tree = |name: &&&str| {
            let data = std::fs::symlink_metadata(format!("/{name}"));
            data.is_ok_and(|data| data.is_dir())
        };
        let paths = |names: &[&str]| -> Vec<RelPath> {
            let paths = names.iter().filter(is_tree);
            paths
                .filter_map(|name| RelPath::new(name.as_bytes()))
                .collect()
        };
        let system = paths(SYSTEM);
        let home = home();
        let roots: Vec<RelPath> = directory().into_iter().chain(home.clone()).collect();
        // What a job puts there is for other runs of it where it ran.
        let cache = home
            .as_ref()
            .and_then(|home| Some(home.join(&Name::new(b".cache")?)));
        let setup = Setup {
            uid,
            gid,
            groups,
            host_name: process::host_name(),
            slots: u16::try_from(slots).unwrap_or(u16::MAX),
            watched: roots.clone(),
            bindable: system.clone(),
        };
        Ok(Serving {
            talk: Talk::new(setup)?,
            tree: Tree::new(roots.clone()),
            trees: Trees {
                roots,
                scrap: paths(SCRAP).into_iter().chain(cache).collect(),
                home,
            },
            proof: match is_home {
                true => Proof::given(system),
                false => Proof::new(system),
            },
            own,
            notes: Vec::new(),
            jobs: HashMap::new(),
            last_number: 0,
            owed: Vec::new(),
            late,
        })
    }

    /// Takes what the worker has said.
    fn hear(&mut self, bytes: &[u8]) -> Result<Step, Over> {
        let mut step = Step::Talking;
        for heard in self.talk.feed(bytes, &mut self.tree).map_err(failed)? {
            match heard {
                Heard::Ready => step = Step::Ready,
                Heard::Unable { missing, hint } if hint.is_empty() => {
                    return Err(Over::Unable(missing));
                }
                Heard::Unable { missing, hint } => {
                    return Err(Over::Unable(format!("{missing} ({hint})").into()));
                }
                Heard::Ended(ended) => {
                    self.ended(*ended);
                    self.ask().map_err(failed)?;
                }
                Heard::Compared(other) => {
                    self.notes.extend(self.proof.answer(other));
                    self.ask().map_err(failed)?;
                }
                Heard::Began(number) => self.tell(number, |job| Message::Began {
                    job,
                    directory: BString::default(),
                }),
                Heard::Output {
                    job: number,
                    is_error,
                    bytes,
                } => {
                    self.owed.push((number, bytes.len()));
                    if let Some(running) = self.jobs.get_mut(&number) {
                        running.says(&bytes);
                    }
                    self.tell(number, |job| Message::Output {
                        job,
                        stream: if is_error { Stream::Err } else { Stream::Out },
                        bytes,
                    });
                }
                Heard::LineEnded {
                    job: number,
                    end,
                    is_fatal,
                } => {
                    if let Some(running) = self.jobs.get_mut(&number) {
                        running.ends_line(end);
                        running.failed = is_fatal.then_some(end);
                    }
                    if !is_fatal {
                        let end = line_end(end);
                        self.tell(number, |job| Message::LineEnded { job, end });
                    }
                }
            }
        }
        self.pass_on().map_err(failed)?;
        Ok(step)
    }

    /// Lets more output come of those jobs whose makes take it.
    fn pass_on(&mut self) -> Result<(), TalkError> {
        for (number, bytes) in std::mem::take(&mut self.owed) {
            match self.jobs.get(&number) {
                Some(running) if running.outbox.is_full() => self.owed.push((number, bytes)),
                _ => self.talk.passed_on(number, bytes)?,
            }
        }
        Ok(())
    }

    fn tell(&self, number: JobNumber, message: impl FnOnce(JobId) -> Message) {
        let running = self.jobs.get(&number);
        if let Some(running) = running.filter(|running| running.smell.is_none()) {
            running.outbox.tell(message(running.key.1));
        }
    }

    fn ended(&mut self, (ended, made): (Ended, Made)) {
        let running = self.jobs.remove(&ended.job);
        let tools = running.as_ref().and_then(|running| running.tools.as_ref());
        self.proof.saw(tools, &ended.trace);
        let Some(running) = running else {
            return;
        };
        let (Running { outbox, .. }, (_, job)) = (&running, running.key);
        if let Some(trouble) = ended.trouble {
            let why = trouble_text(&trouble);
            match trouble {
                Trouble::Changed(_) => outbox.tell(Message::Overtaken { job, why }),
                _ => lose(job, outbox, &why),
            }
            return;
        }
        let withheld = ended.trace.withheld.first();
        let changes = match (&ended.locked, withheld, running.smell) {
            _ if ended.has_left => Err("it leaves processes running".to_owned()),
            (Some(path), ..) => Err(format!("it locks {path}")),
            (_, Some(path), _) => Err(format!("it reads {path}, which is not shown")),
            (_, _, Some(smell)) => Err(format!("it fails and says '{smell}'")),
            (None, None, None) => made
                .changes(&self.trees)
                .map_err(|unwanted| unwanted.to_string()),
        };
        let unfit = changes
            .as_ref()
            .err()
            .map(|why| BString::from(why.as_str()));
        let wrote = changes
            .as_ref()
            .map_or(&[][..], |made| &made.changes.outputs[..]);
        let wrote = wrote
            .iter()
            .filter_map(|output| RelPath::of_absolute(&output.path));
        let seen = Seen {
            recipe: Some(running.recipe),
            trace: kept::of_trace(ended.trace),
            wrote: wrote.collect(),
            unfit: unfit.clone(),
        };
        let target = running.target.clone();
        self.own
            .kept
            .borrow_mut()
            .note(&running.directory, target, seen);
        outbox.tell(match (changes, unfit) {
            (Ok(changes), _) => {
                if let Some(end) = running.failed.map(line_end) {
                    outbox.tell(Message::LineEnded { job, end });
                }
                let made = executor::Made::Changes(changes.changes);
                Message::Finished { job, made }
            }
            (Err(_), why) => {
                let why = why.unwrap_or_default();
                Message::Unfit { job, why }
            }
        });
    }

    fn take(&mut self, order: Order) -> Result<(), TalkError> {
        match order {
            Order::Start(errand) => self.start(*errand),
            Order::Kill(key, signal) => self.kill(key, signal),
        }
    }

    /// Starts a job; what has changed in the tree is told before it.
    fn start(&mut self, errand: Errand) -> Result<(), TalkError> {
        let Errand { key, job, outbox } = errand;
        self.last_number = self.last_number.wrapping_add(1) % LAST_NUMBER;
        let number = JobNumber(self.last_number);
        let tools = proof::tools_of(&job);
        let bound = self.proof.bound(&tools);
        let tools = bound.is_empty().then_some(tools);
        let Some(order) = talk::job_of(number, &job, bound) else {
            let why = "its directory cannot be named".into();
            outbox.tell(Message::Unfit { job: job.id, why });
            return Ok(());
        };
        let recipe = kept::recipe_of(&job);
        let seen = self
            .own
            .kept
            .borrow_mut()
            .seen(&job.directory, &job.target)
            .cloned();
        let seen = seen.unwrap_or_default();
        if let Some(why) = seen.unfit.filter(|_| seen.recipe == Some(recipe)) {
            let why = format!("{why}, as it did before").into();
            outbox.tell(Message::Unfit { job: job.id, why });
            return Ok(());
        }
        let changes = self.tree.changes();
        self.talk.tell(&changes)?;
        self.talk.expect(&seen.trace, &mut self.tree)?;
        let running = Running {
            key,
            outbox,
            tools,
            directory: job.directory,
            target: job.target,
            recipe,
            tail: Vec::new(),
            failed: None,
            smell: None,
        };
        self.jobs.insert(number, running);
        self.talk.start(order)?;
        self.ask()
    }

    /// Has the host compare what is not proven.
    fn ask(&mut self) -> Result<(), TalkError> {
        let question = self.proof.question(&self.own);
        self.notes.extend(self.proof.note());
        match question {
            Some(comparison) => self.talk.compare(comparison),
            None => Ok(()),
        }
    }

    fn number(&self, key: Key) -> Option<JobNumber> {
        let found = self.jobs.iter().find(|(_, one)| one.key == key);
        found.map(|(number, _)| *number)
    }

    fn signal(&mut self, key: Key, signal: i32) -> Result<(), TalkError> {
        match (self.number(key), u8::try_from(signal)) {
            (Some(number), Ok(signal)) => self.talk.signal(number, signal),
            _ => Ok(()),
        }
    }

    /// Passes a signal on; what does not end by it is killed, and then given up.
    fn kill(&mut self, key: Key, signal: i32) -> Result<(), TalkError> {
        let late = self.late.clone();
        tokio::task::spawn_local(async move {
            time::sleep(KILL_AFTER).await;
            let _ = late.send(Late::Kill(key));
            time::sleep(GIVE_UP_AFTER - KILL_AFTER).await;
            let _ = late.send(Late::GiveUp(key));
        });
        self.signal(key, signal)
    }

    fn late(&mut self, late: &Late) -> Result<(), TalkError> {
        match late {
            Late::Kill(key) => self.signal(*key, SIGKILL),
            Late::GiveUp(key) => {
                let number = self.number(*key);
                let running = number.and_then(|number| self.jobs.remove(&number));
                if let Some(running) = running {
                    lose(key.1, &running.outbox, &"it does not end".into());
                }
                Ok(())
            }
        }
    }

    fn lose_all(&mut self, why: &BString) {
        for (_, running) in self.jobs.drain() {
            lose(running.key.1, &running.outbox, why);
        }
    }
}

impl Running {
    /// Notes what its line says.
    fn says(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(bytes);
        if self.tail.len() > 2 * TAIL {
            self.tail.drain(..self.tail.len() - TAIL);
        }
    }

    /// Looks at a line that has ended: one that fails for want of something that only home has is to run there.
    fn ends_line(&mut self, end: message::LineEnd) {
        let smell = match end {
            message::LineEnd::Exited(0) => None,
            message::LineEnd::NotExecuted(EPERM) => Some("Operation not permitted"),
            _ => kept::smell(&self.tail),
        };
        self.smell = self.smell.or(smell);
        self.tail.clear();
    }
}

fn line_end(end: message::LineEnd) -> LineEnd {
    match end {
        message::LineEnd::Exited(status) => LineEnd::Ended(End::Exited(status.into())),
        message::LineEnd::Killed { signal, has_core } => {
            LineEnd::Ended(End::Signaled(signal.into(), has_core))
        }
        message::LineEnd::NotExecuted(ENOENT) => LineEnd::NotFound,
        message::LineEnd::NotExecuted(EACCES) => LineEnd::Denied,
        message::LineEnd::NotExecuted(_) => LineEnd::Ended(End::Exited(CANNOT_RUN)),
    }
}

fn trouble_text(trouble: &Trouble) -> BString {
    match trouble {
        Trouble::Sandbox(why) => format!("no sandbox: {why}").into(),
        Trouble::Changed(path) => format!("{path} changed while it ran").into(),
        Trouble::NoSpace => "no room for what it writes".into(),
        Trouble::Reap(why) => format!("what it wrote cannot be collected: {why}").into(),
    }
}

/// Jobs may change things in the directory that the session works in ...
fn directory() -> Option<RelPath> {
    tree(std::env::current_dir().ok()?.into_os_string())
}

/// ... and in the user's home directory.
fn home() -> Option<RelPath> {
    tree(std::env::var_os("HOME")?)
}

fn tree(path: OsString) -> Option<RelPath> {
    let path = BString::from(path.into_vec());
    let path = RelPath::of_absolute(path.trim_end_with(|c| c == '/'));
    path.filter(|path| *path != RelPath::ROOT)
}
