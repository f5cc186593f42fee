//! One host while a build runs: connecting, its slots, heartbeats, what becomes of it when it fails.
//! It does not know which jobs it gets, nor why.
//!
//! The plan. A host is connected to beside the build. Where a worker can run there, it is started and takes the jobs. Where
//! none can, a control shell is, and once it has answered each job runs in a slot, a shell that is kept for the next job;
//! each second the control shell is asked for a sign of life. A host that is silent for too long, or whose connection
//! ends, has lost all its jobs; it is put off for a while that grows with each failure, and then connected to again.

use crate::exec::executor::Made;
use crate::exec::executor::Message;
use crate::exec::executor::Output;
use crate::exec::executor::RemoteJob;
use crate::exec::place::Health;
use crate::id::HostId;
use crate::id::JobId;
use crate::remote::Shared;
use crate::remote::hosts::Executor;
use crate::remote::mirror::local;
use crate::remote::mirror::pipe::Pipe;
use crate::remote::mirror::worker::NoWorker;
use crate::remote::mirror::worker::Worker;
use crate::remote::outbox::Outbox;
use crate::remote::seat::BACK_OFF;
use crate::remote::seat::Way;
use crate::remote::ssh::Channel;
use crate::remote::ssh::Chunk;
use crate::remote::ssh::Link;
use crate::remote::ssh::LinkError;
use crate::remote::staged;
use crate::remote::staged::Watched;
use crate::remote::staged::marks::Marks;
use crate::remote::staged::marks::Piece;
use crate::remote::staged::script;
use crate::remote::staged::slot::Failure;
use crate::remote::staged::slot::Slot;
use bstr::BStr;
use bstr::BString;
use bstr::ByteSlice;
use std::cell::Cell;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;
use std::time::Instant;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;
use tokio::time;

/// How long jobs wait for a host that has not answered at all yet.
const GRACE: Duration = Duration::from_millis(250);
/// Jobs that could run on a host that is up wait for the others as long again as the first took to come up, no longer
/// than this.
const LONGEST_HOLD: Duration = Duration::from_millis(500);
/// How long the programs of control and slots may take to answer for the first time.
const START: Duration = Duration::from_secs(3);
/// How often a sign of life is asked for.
const BEAT: Duration = Duration::from_secs(1);
/// A host that gives no sign of life and takes no bytes for so long is lost.
pub const SILENCE: Duration = Duration::from_millis(3500);
/// How long a job may take to end behind a signal before it is killed, and before it is given up.
pub const KILL_AFTER: Duration = Duration::from_millis(700);
/// See [`KILL_AFTER`].
pub const GIVE_UP_AFTER: Duration = Duration::from_millis(1500);
/// The longest time a host is put off.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(60);

/// What a host is told to do.
#[derive(Debug)]
pub enum Order {
    /// Run a job; a slot was reserved for it.
    Start(Box<Errand>),
    /// Pass a signal on to a job.
    Kill(Key, i32),
}

/// A job and who wants to hear of it.
#[derive(Debug)]
pub struct Errand {
    /// Which make's job it is.
    pub key: Key,
    /// The job.
    pub job: RemoteJob,
    /// Where its messages go.
    pub outbox: Outbox,
}

/// A job of one of the makes that share the hosts: the number of the make, and the job's own.
pub type Key = (u32, JobId);

/// What the control shell is told to do.
#[derive(Debug)]
enum Command {
    /// A slot's shell is this process.
    Slot(u32),
    /// Pass a signal on to the processes of a slot.
    Kill(i32, u32),
    /// Remove what a slot that ended has left.
    Remove(u32),
}

/// How a job ended: its slot if it can be used again, and what it made or why it is lost.
struct Ended {
    key: Key,
    slot: Option<Slot>,
    result: Result<Vec<Output>, Failure>,
}

/// A host and what it is doing.
pub struct Host {
    /// Identity in the table of placement.
    pub id: HostId,
    /// As the list has it.
    pub name: BString,
    /// Most jobs at once.
    pub slots: u32,
    /// How it is reached.
    pub reach: Reach,
    /// What all hosts share.
    pub shared: Rc<Shared>,
    /// It was found that no worker can run there.
    pub is_unfit: Cell<bool>,
}

/// How a host is reached.
#[derive(Debug)]
pub enum Reach {
    /// By ssh; its jobs run in this way, if one is asked for.
    Ssh(Box<Way>, Option<Executor>),
    /// It is this machine.
    Local,
}

impl Reach {
    /// Returns whether jobs may see the user's whole tree there.
    pub fn may_be_mirrored(&self) -> bool {
        !matches!(self, Reach::Ssh(_, Some(Executor::Staged)))
    }
}

/// A host that takes jobs.
enum Up {
    /// By a worker there.
    Mirror(Box<Worker>),
    /// By shells.
    Staged(Rc<Link>, Control),
}

/// A host that is connected to.
struct Connected {
    host: Rc<Host>,
    /// More than one where a server lets one connection have fewer sessions than the host has slots.
    links: Rc<RefCell<Vec<Rc<Link>>>>,
    /// Bytes that jobs have sent and received.
    moved: Rc<Cell<u64>>,
    control: UnboundedSender<Command>,
    idle: Vec<Slot>,
    /// The slots' processes of the jobs that run; 0 before one is known.
    running: HashMap<Key, (Outbox, Rc<Watched>)>,
    jobs: JoinSet<Ended>,
    /// How often it was put off though it was alive, and until when.
    rests: u32,
    resting: Option<AbortOnDrop>,
}

/// A task that ends with its owner.
struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Host {
    /// Connects, serves, and begins again when that ends; never returns before `orders` ends.
    pub async fn live(self: Rc<Self>, mut orders: UnboundedReceiver<Order>) {
        let mut failures = 0_u32;
        loop {
            let begun = Instant::now();
            let (why, was_up) = match self.connect(&mut orders).await {
                Ok(up) => {
                    self.come_up(begun.elapsed());
                    let why = match up {
                        Up::Mirror(worker) => {
                            let note = |text: BString| {
                                let text = format!("{}: {text}", self.own_name());
                                self.tell(Message::Debug(text.into()));
                            };
                            worker.serve(&mut orders, note).await
                        }
                        Up::Staged(link, control) => self.serve(link, control, &mut orders).await,
                    };
                    match why {
                        Some(why) => (why, true),
                        None => return,
                    }
                }
                Err(Some(why)) => (why, false),
                Err(None) => return,
            };
            // A host that served for long has earned a fresh start.
            failures = match was_up && begun.elapsed() > LONGEST_BACK_OFF {
                true => 1,
                false => failures.saturating_add(1),
            };
            self.set_health(Health::Down);
            let wait = self.wait(failures);
            self.tell_trouble(failures, &why, wait);
            if self.put_off(wait, &why, &mut orders).await.is_none() {
                return;
            }
        }
    }

    /// Says why a host is put off: aloud the first time.
    fn tell_trouble(&self, failures: u32, why: &BString, wait: Duration) {
        let name = self.own_name();
        // Reasons that name a host begin with it.
        let why = why
            .strip_prefix(format!("{name}: ").as_bytes())
            .unwrap_or(why);
        let why = why.as_bstr();
        if failures == 1 {
            let text = format!("{name}: {why}; going on without it");
            self.tell(Message::Notice(text.into()));
        }
        let text = format!("{name}: {why}; put off for {:.1} s", wait.as_secs_f64());
        self.tell(Message::Debug(text.into()));
    }

    /// Returns the name that messages have.
    fn own_name(&self) -> &BStr {
        match &self.reach {
            Reach::Ssh(way, _) => way.destination.name.as_bytes().as_bstr(),
            Reach::Local => self.name.as_bstr(),
        }
    }

    fn wait(&self, failures: u32) -> Duration {
        let factor = 1_u32 << (failures - 1).min(6);
        let shortest = match &self.reach {
            Reach::Ssh(way, _) => way.back_off,
            Reach::Local => BACK_OFF,
        };
        (shortest * factor).min(LONGEST_BACK_OFF.max(shortest))
    }

    /// Lets time pass; jobs that come meanwhile are lost at once. None when no more orders come.
    async fn put_off(
        &self,
        wait: Duration,
        why: &BString,
        orders: &mut UnboundedReceiver<Order>,
    ) -> Option<()> {
        let until = time::Instant::now() + wait;
        loop {
            match time::timeout_at(until, orders.recv()).await {
                Err(_) => return Some(()),
                Ok(None) => return None,
                Ok(Some(order)) => self.refuse(order, why),
            }
        }
    }

    fn refuse(&self, order: Order, why: &BString) {
        if let Order::Start(errand) = order {
            let (job, why) = (errand.job.id, why.clone());
            errand.outbox.tell(Message::Lost { job, why });
        }
    }

    fn tell(&self, message: Message) {
        self.shared.say(message);
    }

    fn set_health(&self, health: Health) {
        self.shared.table().set_health(self.id, health);
        self.shared.tell_placeable();
    }

    /// The first host of all releases a while later the jobs that are held for the others.
    fn come_up(&self, took: Duration) {
        let is_first = self.shared.table().set_health(self.id, Health::Up);
        self.shared.tell_placeable();
        if is_first {
            let shared = self.shared.clone();
            tokio::task::spawn_local(async move {
                time::sleep(took.min(LONGEST_HOLD)).await;
                shared.table().release();
                shared.tell_placeable();
            });
        }
    }

    /// Connects and starts what takes jobs. An error of None: no more orders come.
    async fn connect(&self, orders: &mut UnboundedReceiver<Order>) -> Result<Up, Option<BString>> {
        let answered = Cell::new(false);
        let connecting = async {
            match &self.reach {
                Reach::Ssh(way, executor) => {
                    let link = link(way, || answered.set(true)).await?;
                    self.come_to_life(link, *executor).await
                }
                Reach::Local => {
                    answered.set(true);
                    let pipe = Pipe::Child(local::start()?);
                    let worker = Worker::begin(pipe, self.slots, self.shared.own.clone()).await;
                    worker.map_err(NoWorker::into_why).map(up)
                }
            }
        };
        tokio::pin!(connecting);
        let grace = time::sleep(GRACE);
        tokio::pin!(grace);
        let mut is_awaited = true;
        loop {
            tokio::select! {
                result = &mut connecting => return result.map_err(Some),
                () = &mut grace, if is_awaited => {
                    is_awaited = false;
                    // Where nothing may run here there is nothing better to do than to wait.
                    if !answered.get() && !self.shared.table().is_strict() {
                        self.set_health(Health::Down);
                    }
                }
                order = orders.recv() => match order {
                    Some(order) => self.refuse(order, &"not connected".into()),
                    None => return Err(None),
                },
            }
        }
    }

    /// Starts a worker on a host that is connected to; else the control shell.
    async fn come_to_life(
        &self,
        link: Rc<Link>,
        executor: Option<Executor>,
    ) -> Result<Up, BString> {
        if executor != Some(Executor::Staged) && !self.is_unfit.get() {
            match self.start_worker(&link).await {
                Ok(worker) => return Ok(up(worker)),
                Err(NoWorker::Lost(why)) => return Err(why),
                Err(NoWorker::Unfit(why)) if executor.is_some() => return Err(why),
                Err(NoWorker::Unfit(why)) => self.do_without_worker(&why),
            }
        }
        let control = Control::start(&link, &self.shared).await?;
        Ok(Up::Staged(link, control))
    }

    async fn start_worker(&self, link: &Link) -> Result<Worker, NoWorker> {
        let program = self.shared.worker().map_err(NoWorker::Unfit)?;
        let (pipe, note) = program.start(link, &self.shared.naming).await?;
        if let Some(note) = note {
            let text = format!("{}: {note}; the worker goes to /tmp", self.own_name());
            self.tell(Message::Debug(text.into()));
        }
        Worker::begin(pipe, self.slots, self.shared.own.clone()).await
    }

    /// Jobs run there as on a host that has nothing but shells: those whose targets `.DIST` lists.
    fn do_without_worker(&self, why: &BString) {
        self.is_unfit.set(true);
        self.shared.table().set_mirrored(self.id, false);
        self.shared.tell_placeable();
        let text = format!(
            "{}: no sandboxes: {why}; it takes .DIST targets only",
            self.own_name()
        );
        // Whoever wants all that may leave to leave wants to know what may not.
        self.tell(match self.shared.table().is_strict() {
            true => Message::Notice(text.into()),
            false => Message::Debug(text.into()),
        });
    }

    /// Starts the shell of a slot, on another connection where those there are have no room for it (sshd's MaxSessions).
    async fn open_slot(
        &self,
        links: &RefCell<Vec<Rc<Link>>>,
        moved: Rc<Cell<u64>>,
    ) -> Result<Slot, BString> {
        let known = links.borrow().clone();
        for link in known.iter().rev() {
            match link.open(script::BOOT).await {
                Ok(channel) => return self.start_slot(channel, moved).await,
                Err(LinkError::Full) => {}
                Err(error) => return Err(error.to_string().into()),
            }
        }
        let Reach::Ssh(way, _) = &self.reach else {
            return Err("it is this machine".into());
        };
        let link = link(way, || {}).await?;
        links.borrow_mut().push(link.clone());
        match link.open(script::BOOT).await {
            Ok(channel) => self.start_slot(channel, moved).await,
            Err(error) => Err(error.to_string().into()),
        }
    }

    async fn start_slot(&self, channel: Channel, moved: Rc<Cell<u64>>) -> Result<Slot, BString> {
        let starting = Slot::start(channel, &self.shared, moved);
        match time::timeout(START, starting).await {
            Ok(result) => result,
            Err(_) => Err("no answer from its shell".into()),
        }
    }

    /// Runs jobs until the host fails, and says why; None when no more orders come.
    async fn serve(
        self: &Rc<Self>,
        link: Rc<Link>,
        control: Control,
        orders: &mut UnboundedReceiver<Order>,
    ) -> Option<BString> {
        let (commands, inbox) = tokio::sync::mpsc::unbounded_channel();
        let moved = Rc::new(Cell::new(0));
        let mut connected = Connected {
            host: self.clone(),
            links: Rc::new(RefCell::new(vec![link])),
            moved: moved.clone(),
            control: commands,
            idle: Vec::new(),
            running: HashMap::new(),
            jobs: JoinSet::new(),
            rests: 0,
            resting: None,
        };
        let watching = control.watch(&moved, inbox);
        tokio::pin!(watching);
        let why = loop {
            tokio::select! {
                why = &mut watching => break Some(why),
                order = orders.recv() => match order {
                    Some(Order::Start(errand)) => connected.start(*errand),
                    Some(Order::Kill(key, signal)) => connected.kill(key, signal),
                    None => break None,
                },
                Some(ended) = connected.jobs.join_next() => {
                    if let Ok(ended) = ended {
                        connected.ended(ended);
                    }
                }
            }
        };
        if let Some(why) = &why {
            for ((_, job), (outbox, _)) in &connected.running {
                let (job, why) = (*job, why.clone());
                outbox.tell(Message::Lost { job, why });
            }
        }
        connected.close();
        why
    }
}

fn up(worker: Worker) -> Up {
    Up::Mirror(Box::new(worker))
}

async fn link(way: &Way, answered: impl FnOnce()) -> Result<Rc<Link>, BString> {
    let connecting = Link::connect(&way.destination, &way.transport, way.time, answered);
    match connecting.await {
        Ok(link) => Ok(Rc::new(link)),
        Err(error) => Err(match error.hint() {
            Some(hint) => format!("{error}; run: {hint}").into(),
            None => error.to_string().into(),
        }),
    }
}

impl Connected {
    fn start(&mut self, errand: Errand) {
        let Errand { key, job, outbox } = errand;
        let watched = Rc::new(Watched::default());
        self.running.insert(key, (outbox.clone(), watched.clone()));
        let slot = self.idle.pop();
        let (host, control) = (self.host.clone(), self.control.clone());
        let (links, moved) = (self.links.clone(), self.moved.clone());
        self.jobs.spawn_local(async move {
            let slot = match slot {
                Some(slot) => Ok(slot),
                None => host.open_slot(&links, moved).await,
            };
            let mut slot = match slot {
                Ok(slot) => slot,
                Err(why) => {
                    return Ended {
                        key,
                        slot: None,
                        result: Err(Failure::Host(why)),
                    };
                }
            };
            let _ = control.send(Command::Slot(slot.pid()));
            watched.set(slot.pid());
            let result = slot.run(job, &outbox, &watched).await;
            if !slot.is_sound() {
                let _ = control.send(Command::Remove(slot.pid()));
            }
            Ended {
                key,
                slot: slot.is_sound().then_some(slot),
                result,
            }
        });
    }

    fn ended(&mut self, ended: Ended) {
        self.idle.extend(ended.slot);
        let (_, job) = ended.key;
        let Some((outbox, watched)) = self.running.remove(&ended.key) else {
            return;
        };
        match ended.result {
            Ok(outputs) => {
                let made = Made::Targets(outputs);
                outbox.tell(Message::Finished { job, made });
            }
            Err(failure) => {
                let why = match failure {
                    Failure::Host(why) if watched.signalled.get().is_none() => {
                        self.rest(&why);
                        why
                    }
                    Failure::Host(why) | Failure::Job(why) => why,
                };
                outbox.tell(Message::Lost { job, why });
            }
        }
    }

    /// A host that cannot run a job though it is alive (its disk is full, say) gets none for a while.
    fn rest(&mut self, why: &BString) {
        self.rests = self.rests.saturating_add(1);
        let wait = self.host.wait(self.rests);
        self.host.tell_trouble(self.rests, why, wait);
        self.host.set_health(Health::Down);
        let host = self.host.clone();
        self.resting = Some(AbortOnDrop(tokio::task::spawn_local(async move {
            time::sleep(wait).await;
            host.set_health(Health::Up);
        })));
    }

    /// Passes a signal on; what does not end by it is killed, and then given up.
    fn kill(&mut self, key: Key, signal: i32) {
        let Some((outbox, watched)) = self.running.get(&key).cloned() else {
            return;
        };
        watched.signalled.set(Some(signal));
        let control = self.control.clone();
        let send = move |control: &UnboundedSender<Command>, watched: &Watched, signal| {
            if watched.pid() != 0 {
                let _ = control.send(Command::Kill(signal, watched.pid()));
            }
        };
        send(&control, &watched, signal);
        tokio::task::spawn_local(async move {
            time::sleep(KILL_AFTER).await;
            send(&control, &watched, staged::SIGKILL);
            time::sleep(GIVE_UP_AFTER - KILL_AFTER).await;
            // Whoever is told twice of a job's end takes the first.
            let (job, why) = (key.1, "it does not end".into());
            outbox.tell(Message::Lost { job, why });
        });
    }

    /// Ends the slots' shells, which take their directories away with them.
    fn close(self) {
        for slot in &self.idle {
            slot.close();
        }
    }
}

/// The control shell of a connection.
struct Control {
    channel: Channel,
    marks: Marks,
}

impl Control {
    /// Starts it: it sweeps what earlier connections left, and looks whether jobs can run there.
    async fn start(link: &Link, shared: &Shared) -> Result<Control, BString> {
        let failed = |error: LinkError| BString::from(error.to_string());
        let starting = async {
            let channel = link.open(script::BOOT).await.map_err(failed)?;
            let program = shared.naming.control(&staged::random());
            channel.write_all(&program).await.map_err(failed)?;
            let mut marks = Marks::new(&shared.naming.nonce);
            let mut said = BString::default();
            loop {
                let bytes = match channel.read().await.map_err(failed)? {
                    Chunk::Out(bytes) => bytes,
                    Chunk::Err(bytes) => {
                        said.extend_from_slice(&bytes);
                        continue;
                    }
                    Chunk::End(_) => return Err(ended(&said)),
                };
                for piece in marks.feed(&bytes) {
                    let Piece::Mark(words) = piece else {
                        continue;
                    };
                    if words.starts_with(b"ready ") {
                        return Ok(Control { channel, marks });
                    }
                    if let Some(why) = words.strip_prefix(b"bad ") {
                        return Err(BString::from(why));
                    }
                }
            }
        };
        match time::timeout(START, starting).await {
            Ok(result) => result,
            Err(_) => Err("no answer from its shell".into()),
        }
    }

    /// Keeps asking for signs of life and carries commands, until there is no sign of life: returns why.
    async fn watch(
        mut self,
        moved: &Cell<u64>,
        mut commands: UnboundedReceiver<Command>,
    ) -> BString {
        let mut ticks = time::interval(BEAT);
        let mut last = Instant::now();
        let mut known = moved.get();
        loop {
            let text = tokio::select! {
                chunk = self.channel.read() => match chunk {
                    Ok(Chunk::Out(bytes)) => {
                        if !self.marks.feed(&bytes).is_empty() {
                            last = Instant::now();
                        }
                        continue;
                    }
                    Ok(Chunk::Err(_)) => continue,
                    Ok(Chunk::End(_)) => return "its shell has ended".into(),
                    Err(error) => return error.to_string().into(),
                },
                command = commands.recv() => match command {
                    Some(Command::Slot(pid)) => format!("slot {pid}\n"),
                    Some(Command::Kill(signal, pid)) => format!("kill {signal} {pid}\n"),
                    Some(Command::Remove(pid)) => format!("remove {pid}\n"),
                    None => return "the build is over".into(),
                },
                _ = ticks.tick() => "beat\n".to_owned(),
                () = time::sleep_until((last + SILENCE).into()) => {
                    // A slow link that carries much is alive, too.
                    if moved.get() == known {
                        return format!("no sign of life for {:.1} s", last.elapsed().as_secs_f64()).into();
                    }
                    known = moved.get();
                    last = Instant::now();
                    continue;
                }
            };
            match time::timeout(SILENCE, self.channel.write_all(text.as_bytes())).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return error.to_string().into(),
                Err(_) => return "it takes no more bytes".into(),
            }
        }
    }
}

fn ended(said: &BString) -> BString {
    match said.lines().next() {
        Some(line) if !line.is_empty() => line.into(),
        _ => "its shell has ended".into(),
    }
}
