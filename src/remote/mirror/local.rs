//! A worker on this machine, as a child: `+local`. It needs no ssh, and what it runs are this machine's programs.
//! It does not know what jobs do.

use crate::event::Stream;
use crate::exec::End;
use crate::exec::executor;
use crate::exec::executor::LineEnd;
use crate::exec::executor::Message;
use crate::exec::place::Health;
use crate::id::HostId;
use crate::id::JobId;
use crate::remote::Shared;
use crate::remote::host::Errand;
use crate::remote::host::GIVE_UP_AFTER;
use crate::remote::host::KILL_AFTER;
use crate::remote::host::Key;
use crate::remote::host::LONGEST_BACK_OFF;
use crate::remote::host::Order;
use crate::remote::mirror::made::Made;
use crate::remote::mirror::made::Trees;
use crate::remote::mirror::talk;
use crate::remote::mirror::talk::Heard;
use crate::remote::mirror::talk::Talk;
use crate::remote::mirror::talk::TalkError;
use crate::remote::mirror::tree::Tree;
use crate::remote::outbox::Outbox;
use crate::remote::seat::BACK_OFF;
use crate::remote::staged::SIGKILL;
use crate::sys::process;
use crate::sys::process::CStrings;
use crate::sys::process::Pid;
use crate::sys::process::Spawn;
use crate::wire::message;
use crate::wire::message::Ended;
use crate::wire::message::JobNumber;
use crate::wire::message::Setup;
use crate::wire::message::Trouble;
use crate::wire::path::RelPath;
use bstr::BString;
use bstr::ByteSlice;
use std::collections::HashMap;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::UnixStream as Pair;
use std::rc::Rc;
use std::time::Duration;
use std::time::Instant;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time;

/// How long a worker may take until jobs may come.
const START: Duration = Duration::from_secs(5);
/// How much is read at once.
const PART: usize = 64 * 1024;

/// The program.
const PROGRAM: &str = "rmake-worker";

/// Trees of this machine that no job changes.
const SYSTEM: &[&str] = &[
    "usr", "bin", "sbin", "lib", "lib64", "lib32", "libx32", "opt",
];

/// Trees in which what jobs leave is of no interest, unless the build is there.
const SCRAP: &[&str] = &["tmp", "var/tmp", "dev/shm"];

/// There is no such file (errno(3)), and it may not be run.
const ENOENT: i32 = 2;
const EACCES: i32 = 13;
/// The status of a line whose program cannot be run for another reason, as shells have it.
const CANNOT_RUN: i32 = 126;

/// Numbers of jobs are below this; the worker keeps some for itself.
const LAST_NUMBER: u32 = 1 << 30;

/// A worker on this machine.
pub struct Local {
    /// Identity in the table of placement.
    pub id: HostId,
    /// Its name in the host list.
    pub name: BString,
    /// Most jobs at once.
    pub slots: u32,
    /// What all hosts share.
    pub shared: Rc<Shared>,
}

/// A worker that runs. It ends with this.
struct Child(Pid);

impl Drop for Child {
    fn drop(&mut self) {
        // It ends by itself once its input ends; so does all it has started.
        process::kill(self.0, SIGKILL);
        process::wait(self.0);
    }
}

/// A worker that is spoken with.
struct Serving {
    talk: Talk,
    tree: Tree,
    trees: Trees,
    /// Trees that jobs have from this machine: they are the same.
    bound: Vec<RelPath>,
    jobs: HashMap<JobNumber, (Key, Outbox)>,
    last_number: u32,
    /// What is to be done when a job does not end by a signal.
    late: UnboundedSender<Late>,
}

/// Something that is done with a job if it still runs then.
enum Late {
    Kill(Key),
    GiveUp(Key),
}

impl Local {
    /// Runs jobs until no more orders come; a worker that fails is started again.
    pub async fn live(self: Rc<Self>, mut orders: UnboundedReceiver<Order>) {
        let mut failures = 0_u32;
        loop {
            let begun = Instant::now();
            let Some(why) = self.serve(&mut orders).await else {
                return;
            };
            failures = match begun.elapsed() > LONGEST_BACK_OFF {
                true => 1,
                false => failures.saturating_add(1),
            };
            self.set_health(Health::Down);
            if failures == 1 {
                let text = format!("{}: {why}; going on without it", self.name);
                self.shared.say(Message::Notice(text.into()));
            }
            let wait = BACK_OFF * (1 << (failures - 1).min(6));
            let until = time::Instant::now() + wait.min(LONGEST_BACK_OFF);
            loop {
                match time::timeout_at(until, orders.recv()).await {
                    Err(_) => break,
                    Ok(None) => return,
                    Ok(Some(Order::Start(errand))) => lose(errand.job.id, &errand.outbox, &why),
                    Ok(Some(Order::Kill(..))) => {}
                }
            }
        }
    }

    fn set_health(&self, health: Health) {
        self.shared.table().set_health(self.id, health);
        self.shared.tell_placeable();
    }

    /// Starts a worker and runs jobs until it fails, and says why; None when no more orders come.
    async fn serve(&self, orders: &mut UnboundedReceiver<Order>) -> Option<BString> {
        let (late, mut lates) = unbounded_channel();
        let begun = start().and_then(|(child, socket)| {
            let serving = Serving::new(self.slots, late).map_err(text)?;
            Ok((child, socket, serving))
        });
        let (_child, socket, mut serving) = match begun {
            Ok(begun) => begun,
            Err(why) => return Some(why),
        };
        let (mut read, mut write) = socket.into_split();
        let mut beats = time::interval(Duration::from_secs(message::BEAT_SECONDS));
        let (mut out, mut written, mut bytes) = (Vec::new(), 0, Vec::with_capacity(PART));
        let (mut heard, mut patience) = (Instant::now(), START);
        let why = loop {
            if written == out.len() {
                written = 0;
                match serving.talk.take_bytes() {
                    Ok(more) => out = more,
                    Err(error) => break text(error),
                }
            }
            let done: Result<bool, BString> = tokio::select! {
                count = write.write(&out[written..]), if written < out.len() => match count {
                    Ok(count) => {
                        written += count;
                        Ok(false)
                    }
                    Err(error) => Err(process::error_text(&error).into()),
                },
                count = read.read_buf(&mut bytes) => {
                    heard = Instant::now();
                    let done = serving.hear(count, &bytes);
                    bytes.clear();
                    done
                }
                order = orders.recv() => match order {
                    Some(order) => serving.take(order).map(|()| false),
                    None => return None,
                },
                Some(late) = lates.recv() => serving.late(&late).map(|()| false),
                _ = beats.tick() => match heard.elapsed() < patience {
                    true => serving.talk.beat().map(|()| false).map_err(text),
                    false => Err("no sign of life".into()),
                }
            };
            match done {
                Ok(true) => {
                    patience = Duration::from_secs(message::DEAD_SECONDS);
                    self.set_health(Health::Up);
                }
                Ok(false) => {}
                Err(why) => break why,
            }
        };
        serving.lose_all(&why);
        Some(why)
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
    fn new(slots: u32, late: UnboundedSender<Late>) -> Result<Serving, TalkError> {
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
        let bound = paths(SYSTEM);
        let roots = roots();
        let setup = Setup {
            uid,
            gid,
            groups,
            host_name: process::host_name(),
            slots: u16::try_from(slots).unwrap_or(u16::MAX),
            watched: roots.clone(),
            bindable: bound.clone(),
        };
        Ok(Serving {
            talk: Talk::new(setup)?,
            tree: Tree::new(roots.clone()),
            trees: Trees {
                roots,
                scrap: paths(SCRAP),
            },
            bound,
            jobs: HashMap::new(),
            last_number: 0,
            late,
        })
    }

    /// Takes what the worker has said. True: jobs may come now.
    fn hear(&mut self, count: io::Result<usize>, bytes: &[u8]) -> Result<bool, BString> {
        match count {
            Ok(0) => return Err("it has ended".into()),
            // It has ended with something unread.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                return Err("it has ended".into());
            }
            Ok(_) => {}
            Err(error) => return Err(process::error_text(&error).into()),
        }
        let mut is_ready = false;
        for heard in self.talk.feed(bytes, &mut self.tree).map_err(text)? {
            match heard {
                Heard::Ready => is_ready = true,
                Heard::Unable { missing, hint } if hint.is_empty() => return Err(missing),
                Heard::Unable { missing, hint } => {
                    return Err(format!("{missing} ({hint})").into());
                }
                Heard::Ended(ended) => self.ended(*ended),
                Heard::Compared(_) => {}
                Heard::Began(number) => self.tell(number, |job| Message::Began {
                    job,
                    directory: BString::default(),
                }),
                Heard::Output {
                    job: number,
                    is_error,
                    bytes,
                } => self.tell(number, |job| Message::Output {
                    job,
                    stream: if is_error { Stream::Err } else { Stream::Out },
                    bytes,
                }),
                Heard::LineEnded { job: number, end } => {
                    let end = line_end(end);
                    self.tell(number, |job| Message::LineEnded { job, end });
                }
            }
        }
        Ok(is_ready)
    }

    fn tell(&self, number: JobNumber, message: impl FnOnce(JobId) -> Message) {
        if let Some(((_, job), outbox)) = self.jobs.get(&number) {
            outbox.tell(message(*job));
        }
    }

    fn ended(&mut self, (ended, made): (Ended, Made)) {
        let Some(((_, job), outbox)) = self.jobs.remove(&ended.job) else {
            return;
        };
        if let Some(trouble) = ended.trouble {
            return lose(job, &outbox, &trouble_text(&trouble));
        }
        let unfit = |why: String| Message::Unfit {
            job,
            why: why.into(),
        };
        outbox.tell(match ended.trace.withheld.first() {
            Some(path) => unfit(format!("it reads {path}, which is not shown")),
            None => match made.changes(&self.trees) {
                Ok(changes) => {
                    let made = executor::Made::Changes(changes.outputs);
                    Message::Finished { job, made }
                }
                Err(unwanted) => unfit(unwanted.to_string()),
            },
        });
    }

    fn take(&mut self, order: Order) -> Result<(), BString> {
        match order {
            Order::Start(errand) => self.start(*errand).map_err(text),
            Order::Kill(key, signal) => self.kill(key, signal),
        }
    }

    /// Starts a job; what has changed in the tree is told before it.
    fn start(&mut self, errand: Errand) -> Result<(), TalkError> {
        let Errand { key, job, outbox } = errand;
        self.last_number = self.last_number.wrapping_add(1) % LAST_NUMBER;
        let number = JobNumber(self.last_number);
        let Some(order) = talk::job_of(number, &job, self.bound.clone()) else {
            let why = "its directory cannot be named".into();
            outbox.tell(Message::Unfit { job: job.id, why });
            return Ok(());
        };
        let changes = self.tree.changes();
        self.talk.tell(&changes)?;
        self.jobs.insert(number, (key, outbox));
        self.talk.start(order)
    }

    fn number(&self, key: Key) -> Option<JobNumber> {
        let found = self.jobs.iter().find(|(_, (one, _))| *one == key);
        found.map(|(number, _)| *number)
    }

    fn signal(&mut self, key: Key, signal: i32) -> Result<(), BString> {
        match (self.number(key), u8::try_from(signal)) {
            (Some(number), Ok(signal)) => self.talk.signal(number, signal).map_err(text),
            _ => Ok(()),
        }
    }

    /// Passes a signal on; what does not end by it is killed, and then given up.
    fn kill(&mut self, key: Key, signal: i32) -> Result<(), BString> {
        let late = self.late.clone();
        tokio::task::spawn_local(async move {
            time::sleep(KILL_AFTER).await;
            let _ = late.send(Late::Kill(key));
            time::sleep(GIVE_UP_AFTER - KILL_AFTER).await;
            let _ = late.send(Late::GiveUp(key));
        });
        self.signal(key, signal)
    }

    fn late(&mut self, late: &Late) -> Result<(), BString> {
        match late {
            Late::Kill(key) => self.signal(*key, SIGKILL),
            Late::GiveUp(key) => {
                let number = self.number(*key);
                if let Some((_, outbox)) = number.and_then(|number| self.jobs.remove(&number)) {
                    lose(key.1, &outbox, &"it does not end".into());
                }
                Ok(())
            }
        }
    }

    fn lose_all(&mut self, why: &BString) {
        for (_, ((_, job), outbox)) in self.jobs.drain() {
            lose(job, &outbox, why);
        }
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

/// Where jobs may change things: the directory the session works in, and the user's home directory.
fn roots() -> Vec<RelPath> {
    let directory = std::env::current_dir().unwrap_or_default();
    let top = [BString::from(directory.into_os_string().into_vec())];
    let home = std::env::var_os("HOME").map(|home| BString::from(home.into_vec()));
    let roots = top.into_iter().chain(home);
    let below_root = |path: BString| RelPath::of_absolute(path.trim_end_with(|c| c == '/'));
    roots
        .filter_map(below_root)
        .filter(|path| *path != RelPath::ROOT)
        .collect()
}

/// Starts the program, which lies beside this one.
fn start() -> Result<(Child, UnixStream), BString> {
    started().map_err(|error| format!("{PROGRAM}: {}", process::error_text(&error)).into())
}

fn started() -> io::Result<(Child, UnixStream)> {
    let own = std::env::current_exe()?;
    let program = own.with_file_name(PROGRAM).into_os_string().into_vec();
    let environment: Vec<BString> = process::environment()
        .iter()
        .map(|(name, value)| [&name[..], b"=", value].concat().into())
        .collect();
    let (ours, theirs) = Pair::pair()?;
    ours.set_nonblocking(true)?;
    let socket = UnixStream::from_std(ours)?;
    let theirs = Some(theirs.as_raw_fd());
    let pid = process::spawn(&Spawn {
        file: &program,
        arguments: &[PROGRAM.into()],
        environment: &CStrings::new(&environment),
        directory: Some(b"/"),
        standard: [theirs, theirs, None],
        inherited: &[],
    })?;
    Ok((Child(pid), socket))
}
