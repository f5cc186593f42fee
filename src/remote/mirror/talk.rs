//! The conversation with a worker, rmake's side: bytes come in, what they mean for jobs comes out, and bytes to be sent.
//! It does not know what carries the bytes, nor when a job goes where.

use crate::exec::executor;
use crate::remote::mirror::made::Gathering;
use crate::remote::mirror::made::Made;
use crate::remote::mirror::tree::Content;
use crate::remote::mirror::tree::Refused;
use crate::remote::mirror::tree::Tree;
use crate::sys::fd;
use crate::wire::frame;
use crate::wire::frame::Decoder;
use crate::wire::frame::FrameError;
use crate::wire::hello;
use crate::wire::hello::Hello;
use crate::wire::hello::Stranger;
use crate::wire::message;
use crate::wire::message::Answer;
use crate::wire::message::Change;
use crate::wire::message::Comparison;
use crate::wire::message::Effect;
use crate::wire::message::Ended;
use crate::wire::message::Expected;
use crate::wire::message::Flow;
use crate::wire::message::Job;
use crate::wire::message::JobNumber;
use crate::wire::message::LineEnd;
use crate::wire::message::Piece;
use crate::wire::message::Setup;
use crate::wire::message::ToRmake;
use crate::wire::message::ToWorker;
use crate::wire::message::Trace;
use crate::wire::message::Transfer;
use crate::wire::message::Trouble;
use crate::wire::path::RelPath;
use crate::wire::window::Incoming;
use crate::wire::window::Outgoing;
use bstr::BString;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::FileExt;
use thiserror::Error;

/// So many changes go in one message.
const CHANGES_AT_ONCE: usize = 1000;

/// So many bytes may wait for a worker that asks and does not listen.
const MOST_UNHEARD: usize = 64 << 20;

/// A file that is not longer is hashed before it is asked for.
const HASHED_AHEAD: u64 = 256 * 1024;

/// So many contents a worker may ask for at a time, and so many of them are open files.
const MOST_ASKED: usize = 1 << 16;
const MOST_OPEN: usize = 64;

/// A job of which so many beats in a row tell nothing does not get on, nor does a worker that hears nothing for as long.
const MOST_BEATS: u32 = 4;

/// So many bytes the names of directories may have that a worker was told of.
const MOST_TOLD: usize = 256 << 20;

/// A conversation.
pub struct Talk {
    decoder: Decoder,
    is_greeted: bool,
    /// What matters more than contents.
    said: Vec<u8>,
    /// Directories that the worker was told of.
    told: BTreeSet<RelPath>,
    /// How many bytes their names have.
    told_length: usize,
    /// Versions of files that it was told to expect.
    expected: BTreeSet<u64>,
    /// Versions that it was ever told to expect.
    hinted: FxHashSet<u64>,
    questions: u32,
    /// Contents on their way to the worker.
    sending: BTreeMap<Transfer, Sending>,
    jobs: BTreeMap<JobNumber, Running>,
    /// How many bytes were given away to be sent, how many of them at the last beat, and how many the worker has heard.
    sent: u64,
    sent_before: u64,
    heard: u64,
    /// For how many beats it has heard no more of them.
    deaf: u32,
    /// How many messages and beats there were.
    messages: u64,
    beats: u64,
    /// Whose content comes by which number.
    coming: BTreeMap<Transfer, JobNumber>,
}

struct Sending {
    path: RelPath,
    size: u64,
    /// None if it is opened for each piece.
    file: Option<File>,
    sent: u64,
    window: Outgoing,
}

#[derive(Default)]
struct Running {
    has_begun: bool,
    /// Lines that have not ended, the last one first; true for one that may fail.
    lines: Vec<bool>,
    /// A line has failed: no further one runs.
    has_failed: bool,
    output: Incoming,
    gathering: Gathering,
    /// Which byte for the worker is behind its message.
    behind: u64,
    /// For how many beats in a row it was not heard of.
    silent: u32,
}

/// What the worker means for jobs.
#[derive(Debug)]
pub enum Heard {
    /// Jobs may come.
    Ready,
    /// None may.
    Unable {
        /// What is missing on the host.
        missing: BString,
        /// What would give it; may be empty.
        hint: BString,
    },
    /// The first line of a job begins.
    Began(JobNumber),
    /// A line has written something.
    Output {
        /// The job.
        job: JobNumber,
        /// To standard error.
        is_error: bool,
        /// What.
        bytes: BString,
    },
    /// A line has ended.
    LineEnded {
        /// The job.
        job: JobNumber,
        /// How.
        end: LineEnd,
        /// It has failed, and no further one runs.
        is_fatal: bool,
    },
    /// A job has ended.
    Ended(Box<(Ended, Made)>),
    /// What differs first of what was to be compared.
    Compared(Option<RelPath>),
}

/// Why a conversation is over: all its jobs are lost.
#[derive(Debug, Error)]
pub enum TalkError {
    /// A frame is none, or one of ours is too long.
    #[error("{0}")]
    Frame(#[from] FrameError),
    /// Somebody else is there.
    #[error("{0}")]
    Stranger(#[from] Stranger),
    /// The worker has broken the protocol.
    #[error("protocol violated: {0}")]
    Violation(&'static str),
    /// The worker lives but does not do what it is there for.
    #[error("{0}")]
    Stuck(&'static str),
    /// What a job has made cannot be kept.
    #[error("results cannot be kept: {0}")]
    Keep(#[from] std::io::Error),
}

impl Talk {
    /// Begins a conversation.
    ///
    /// # Errors
    /// The setup is too long.
    pub fn new(setup: Setup) -> Result<Talk, TalkError> {
        let mut talk = Talk {
            decoder: Decoder::new(hello::LIMIT),
            is_greeted: false,
            said: frame::encode(&Hello::ours(), hello::LIMIT)?,
            told: BTreeSet::new(),
            told_length: 0,
            expected: BTreeSet::new(),
            hinted: FxHashSet::default(),
            questions: 0,
            sending: BTreeMap::new(),
            jobs: BTreeMap::new(),
            sent: 0,
            sent_before: 0,
            heard: 0,
            deaf: 0,
            messages: 0,
            beats: 0,
            coming: BTreeMap::new(),
        };
        talk.say(&ToWorker::Setup(setup))?;
        Ok(talk)
    }

    fn say(&mut self, message: &ToWorker) -> Result<(), TalkError> {
        let frame = frame::encode(message, message::LIMIT)?;
        self.said.extend_from_slice(&frame);
        Ok(())
    }

    /// Says what has changed. Each worker has to be told before any is given a job.
    ///
    /// # Errors
    /// It is too long.
    pub fn tell(&mut self, changes: &[Change]) -> Result<(), TalkError> {
        for part in changes.chunks(CHANGES_AT_ONCE) {
            self.say(&ToWorker::Changed(part.to_vec()))?;
        }
        Ok(())
    }

    /// Says what a job is likely to look at: what it saw the last time. It is asked for then without waiting.
    ///
    /// # Errors
    /// It is too long.
    pub fn expect(&mut self, seen: &Trace, tree: &mut Tree) -> Result<(), TalkError> {
        let names = seen.found.iter().map(|(path, _)| path).chain(&seen.missing);
        let parents = names.filter_map(RelPath::split).map(|(parent, _)| parent);
        let directories: BTreeSet<_> = parents.chain(seen.listed.iter().cloned()).collect();
        for path in directories {
            if self.told.insert(path.clone()) {
                let listing = tree.list(&path);
                self.say(&ToWorker::Directory { path, listing })?;
            }
        }
        let mut expected = Vec::new();
        for path in &seen.opened {
            let version = tree.look_at(path).map(|node| (node.version, node.kind));
            let Some((version, message::Kind::File { size, mut digest })) = version else {
                continue;
            };
            if !self.hinted.insert(version) {
                continue;
            }
            // By what it holds the worker knows whether it has it: that saves the question for what is short. What is
            // long is hashed when it is asked for, since until then the job would wait.
            if digest.is_none() && size <= HASHED_AHEAD {
                digest = tree.content(path, version).ok().map(|one| one.digest);
            }
            expected.push(Expected {
                path: path.clone(),
                version,
                digest,
            });
        }
        self.expected.extend(expected.iter().map(|one| one.version));
        match expected.is_empty() {
            true => Ok(()),
            false => self.say(&ToWorker::Expect(expected)),
        }
    }

    /// Returns how often the worker has had to ask and to wait.
    pub fn questions(&self) -> u32 {
        self.questions
    }

    /// Gives the worker a job.
    ///
    /// # Errors
    /// It is too long.
    pub fn start(&mut self, job: Job) -> Result<(), TalkError> {
        let running = Running {
            lines: job
                .lines
                .iter()
                .rev()
                .map(|line| line.ignore_errors)
                .collect(),
            ..Running::default()
        };
        let number = job.number;
        self.jobs.insert(number, running);
        self.say(&ToWorker::Job(Box::new(job)))?;
        let behind = self.sent + self.said.len() as u64;
        if let Some(running) = self.jobs.get_mut(&number) {
            running.behind = behind;
        }
        Ok(())
    }

    /// Passes a signal on to a job.
    ///
    /// # Errors
    /// None that can be.
    pub fn signal(&mut self, job: JobNumber, signal: u8) -> Result<(), TalkError> {
        self.say(&ToWorker::Signal { job, signal })
    }

    /// Asks whether files are the same on the worker's host.
    ///
    /// # Errors
    /// It is too long.
    pub fn compare(&mut self, comparison: Comparison) -> Result<(), TalkError> {
        self.say(&ToWorker::Compare(comparison))
    }

    /// Gives a sign of life; to be called each [`message::BEAT_SECONDS`] when nothing was sent.
    ///
    /// # Errors
    /// None that can be.
    pub fn beat(&mut self) -> Result<(), TalkError> {
        self.say(&ToWorker::Beat)
    }

    /// Returns bytes to be sent now, none if there is nothing to be said: first what matters, then one piece of each
    /// content that has credit. Whoever asks again only when the bytes are gone holds little.
    ///
    /// # Errors
    /// None that can be.
    pub fn take_bytes(&mut self) -> Result<Vec<u8>, TalkError> {
        let mut done = Vec::new();
        for (transfer, sending) in &mut self.sending {
            let Some(piece) = sending.next_piece(*transfer) else {
                continue;
            };
            if piece.is_last {
                done.push(*transfer);
            }
            let frame = frame::encode(&ToWorker::Piece(piece), message::LIMIT)?;
            self.said.extend_from_slice(&frame);
        }
        for transfer in done {
            self.sending.remove(&transfer);
        }
        self.sent += self.said.len() as u64;
        Ok(std::mem::take(&mut self.said))
    }

    /// Returns how many messages have come.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// Returns how often the worker has said that it lives, which it has to each [`message::BEAT_SECONDS`].
    pub fn beats(&self) -> u64 {
        self.beats
    }

    /// Takes what has come from the worker, which is shown this tree. Returns what it means for jobs.
    ///
    /// # Errors
    /// The conversation is over.
    pub fn feed(&mut self, bytes: &[u8], tree: &mut Tree) -> Result<Vec<Heard>, TalkError> {
        self.decoder.feed(bytes);
        let mut heard = Vec::new();
        if !self.is_greeted {
            let Some(hello) = self.decoder.take::<Hello>()? else {
                return Ok(heard);
            };
            hello.check()?;
            self.is_greeted = true;
            self.decoder.set_limit(message::LIMIT);
        }
        while let Some(message) = self.decoder.take::<ToRmake>()? {
            self.messages += 1;
            heard.extend(self.heed(message, tree)?);
            if self.said.len() > MOST_UNHEARD || self.told_length > MOST_TOLD {
                return Err(TalkError::Violation("questions without end"));
            }
        }
        Ok(heard)
    }

    fn heed(&mut self, message: ToRmake, tree: &mut Tree) -> Result<Option<Heard>, TalkError> {
        Ok(Some(match message {
            ToRmake::Ready => Heard::Ready,
            ToRmake::Unable { missing, hint } => Heard::Unable { missing, hint },
            ToRmake::List(path) => {
                let listing = tree.list(&path);
                self.questions += 1;
                if self.told.insert(path.clone()) {
                    self.told_length += path.as_bytes().len();
                }
                self.say(&ToWorker::Directory { path, listing })?;
                return Ok(None);
            }
            ToRmake::Fetch {
                transfer,
                path,
                version,
            } => {
                self.questions += u32::from(!self.expected.remove(&version));
                let content = tree.content(&path, version);
                self.fetch(transfer, path, content)?;
                return Ok(None);
            }
            ToRmake::Effects { job, effects } => {
                self.announce(job, effects)?;
                return Ok(None);
            }
            ToRmake::Piece(piece) => {
                self.piece(&piece)?;
                return Ok(None);
            }
            ToRmake::Compared(other) => Heard::Compared(other),
            ToRmake::Credit { transfer, bytes } => {
                // What comes after the last piece is late, not wrong.
                if let Some(sending) = self.sending.get_mut(&transfer) {
                    let overrun = |_| TalkError::Violation("more credit than there is");
                    sending.window.credit(bytes).map_err(overrun)?;
                }
                return Ok(None);
            }
            ToRmake::Known(transfer) => {
                self.sending.remove(&transfer);
                return Ok(None);
            }
            ToRmake::Beat { heard, alive } => {
                self.heed_beat(heard, &alive)?;
                return Ok(None);
            }
            of_job => return self.heed_job(of_job),
        }))
    }

    /// Takes what a worker says of how a job goes.
    fn heed_job(&mut self, message: ToRmake) -> Result<Option<Heard>, TalkError> {
        Ok(Some(match message {
            ToRmake::Began(job) => {
                let running = self.running(job)?;
                if std::mem::replace(&mut running.has_begun, true) {
                    return Err(TalkError::Violation("a job that begins twice"));
                }
                Heard::Began(job)
            }
            ToRmake::Output {
                job,
                is_error,
                bytes,
            } => {
                let output = &mut self.running(job)?.output;
                let overrun = |_| TalkError::Violation("more output than there was credit for");
                output.received(bytes.len()).map_err(overrun)?;
                Heard::Output {
                    job,
                    is_error,
                    bytes,
                }
            }
            ToRmake::LineEnded { job, end } => {
                let running = self.running(job)?;
                if !running.ends_line(end) {
                    return Ok(None);
                }
                let is_fatal = running.has_failed;
                Heard::LineEnded { job, end, is_fatal }
            }
            ToRmake::Ended(mut ended) => {
                let running = self.jobs.remove(&ended.job);
                let running = running.ok_or(TalkError::Violation("a job that is not there"))?;
                if !running.has_failed && !running.lines.is_empty() {
                    let why = Trouble::Sandbox("not all of its lines have ended".into());
                    ended.trouble.get_or_insert(why);
                }
                self.coming.retain(|_, job| *job != ended.job);
                let made = running.gathering.finish(ended.trouble.is_some())?;
                Heard::Ended(Box::new((*ended, made)))
            }
            _ => return Ok(None),
        }))
    }

    /// Returns a job of which the worker says something.
    fn running(&mut self, job: JobNumber) -> Result<&mut Running, TalkError> {
        let running = self.jobs.get_mut(&job);
        let running = running.ok_or(TalkError::Violation("a job that is not there"))?;
        running.silent = 0;
        Ok(running)
    }

    /// Takes a sign of life. A recipe may run as long as it likes while the worker says that a process of it lives; it
    /// is lost where no more is heard of it. Beats count, not seconds: they come in one stream with all the rest.
    fn heed_beat(&mut self, heard: u64, alive: &[JobNumber]) -> Result<(), TalkError> {
        if heard > self.sent {
            return Err(TalkError::Violation("more was heard than was said"));
        }
        self.beats += 1;
        let is_deaf = heard == self.heard && heard < self.sent_before;
        self.deaf = if is_deaf { self.deaf + 1 } else { 0 };
        (self.heard, self.sent_before) = (heard, self.sent);
        if self.deaf >= MOST_BEATS {
            return Err(TalkError::Stuck("it takes no more bytes"));
        }
        for (number, running) in &mut self.jobs {
            let is_owed = heard >= running.behind && !alive.contains(number);
            running.silent = if is_owed { running.silent + 1 } else { 0 };
            if running.silent >= MOST_BEATS {
                return Err(TalkError::Stuck("nothing is heard of a job"));
            }
        }
        Ok(())
    }

    /// So much of a job's output has been dealt with: more of it may come.
    ///
    /// # Errors
    /// None that can be.
    pub fn passed_on(&mut self, job: JobNumber, bytes: usize) -> Result<(), TalkError> {
        let running = self.jobs.get_mut(&job);
        match running.and_then(|running| running.output.dealt_with(bytes)) {
            Some(credit) => self.credit(Flow::Output(job), credit),
            None => Ok(()),
        }
    }

    fn announce(&mut self, job: JobNumber, effects: Vec<Effect>) -> Result<(), TalkError> {
        let transfers = self.running(job)?.gathering.announce(effects)?;
        for transfer in transfers {
            if self.coming.insert(transfer, job).is_some() {
                return Err(TalkError::Violation("a number that is in use"));
            }
        }
        Ok(())
    }

    fn credit(&mut self, flow: Flow, bytes: u32) -> Result<(), TalkError> {
        self.say(&ToWorker::Credit { flow, bytes })
    }

    fn fetch(
        &mut self,
        transfer: Transfer,
        path: RelPath,
        content: Result<Content, Refused>,
    ) -> Result<(), TalkError> {
        if self.sending.len() >= MOST_ASKED {
            return Err(TalkError::Violation("questions without end"));
        }
        let is_open = self.sending.len() < MOST_OPEN;
        let answer = match content {
            Ok(content) => {
                let (size, digest) = (content.size, content.digest);
                let sending = Sending {
                    path,
                    size,
                    file: Some(content.file).filter(|_| is_open),
                    sent: 0,
                    window: Outgoing::of_content(size),
                };
                self.sending.insert(transfer, sending);
                Answer::Comes { size, digest }
            }
            Err(Refused::Changed) => Answer::Changed,
            Err(Refused::Denied) => Answer::Denied,
        };
        self.say(&ToWorker::Content { transfer, answer })
    }

    fn piece(&mut self, piece: &Piece) -> Result<(), TalkError> {
        let unknown = TalkError::Violation("part of a content that was not announced");
        let job = *self.coming.get(&piece.transfer).ok_or(unknown)?;
        let credit = self.running(job)?.gathering.piece(piece)?;
        if piece.is_last {
            self.coming.remove(&piece.transfer);
        } else if let Some(credit) = credit {
            self.credit(Flow::Transfer(piece.transfer), credit)?;
        }
        Ok(())
    }
}

impl Running {
    /// Notes the end of a line. Returns whether one ran: a job that is killed has a last one in any case.
    fn ends_line(&mut self, end: LineEnd) -> bool {
        if !self.has_begun || self.has_failed {
            return false;
        }
        let Some(may_fail) = self.lines.pop() else {
            return false;
        };
        self.has_failed = end != LineEnd::Exited(0) && !may_fail;
        true
    }
}

impl Sending {
    /// Returns the next piece if there is credit. A file that has become shorter is padded: its digest tells.
    fn next_piece(&mut self, transfer: Transfer) -> Option<Piece> {
        let rest = self.size - self.sent;
        let length = rest.min(self.window.next_piece() as u64);
        if length == 0 && rest > 0 {
            return None;
        }
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        let place = self.path.to_absolute();
        let opened = match &self.file {
            Some(_) => None,
            None => File::open(fd::path(&place)).ok(),
        };
        if let Some(file) = self.file.as_ref().or(opened.as_ref()) {
            let _ = file.read_exact_at(&mut bytes, self.sent);
        }
        let offset = self.sent;
        self.sent += length;
        self.window.sent(bytes.len());
        Some(Piece {
            transfer,
            offset,
            bytes: bytes.into(),
            is_last: self.sent == self.size,
        })
    }
}

/// Returns a job of the scheduler's as the worker gets it. `number` is that of no other job that runs there.
pub fn job_of(number: JobNumber, job: &executor::RemoteJob, bound: Vec<RelPath>) -> Option<Job> {
    let lines = job.lines.iter().map(|line| message::Line {
        words: line.words.clone(),
        ignore_errors: line.ignore_errors,
    });
    Some(Job {
        number,
        lines: lines.collect(),
        environment: job.environment.clone(),
        directory: RelPath::of_absolute(&job.directory)?,
        is_combined: job.is_combined,
        umask: u16::try_from(job.umask & 0o777).unwrap_or(0),
        bound,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::any;
    use proptest::proptest;

    fn talk() -> Talk {
        let setup = Setup {
            uid: 0,
            gid: 0,
            groups: Vec::new(),
            host_name: "home".into(),
            slots: 1,
            watched: Vec::new(),
            bindable: Vec::new(),
        };
        let mut talk = Talk::new(setup).unwrap();
        let hello = frame::encode(&Hello::ours(), hello::LIMIT).unwrap();
        assert!(talk.feed(&hello, &mut tree()).unwrap().is_empty());
        talk
    }

    fn tree() -> Tree {
        Tree::new(Vec::new())
    }

    fn refused(messages: &[ToRmake]) -> bool {
        let mut talk = talk();
        talk.jobs.insert(JobNumber(1), Running::default());
        let heard = messages.iter().try_for_each(|message| {
            let frame = frame::encode(message, message::LIMIT).unwrap();
            talk.feed(&frame, &mut tree()).map(drop)
        });
        heard.is_err()
    }

    #[test]
    fn what_no_worker_says_ends_the_conversation() {
        let output = |job: u32, length: usize| ToRmake::Output {
            job: JobNumber(job),
            is_error: false,
            bytes: vec![b'x'; length].into(),
        };
        let ended = |job: u32| {
            ToRmake::Ended(Box::new(Ended {
                job: JobNumber(job),
                trouble: None,
                has_left: false,
                locked: None,
                trace: Default::default(),
                cpu: 0,
            }))
        };
        let began = || ToRmake::Began(JobNumber(1));
        assert!(!refused(&[began(), output(1, 10), ended(1)]));
        assert!(refused(&[began(), began()]));
        assert!(refused(&[ToRmake::Began(JobNumber(2))]));
        assert!(refused(&[output(2, 10)]));
        assert!(refused(&[output(1, 300_000)]));
        assert!(refused(&[began(), ended(1), ended(1)]));
        assert!(refused(&[began(), ended(1), output(1, 1)]));
        // Output is read on only when it was passed on.
        assert!(refused(&[began(), output(1, 200_000), output(1, 200_000)]));
    }

    #[test]
    fn a_job_of_which_nothing_is_heard_ends_the_conversation() {
        let job = |number| Job {
            number: JobNumber(number),
            lines: Vec::new(),
            environment: Vec::new(),
            directory: RelPath::ROOT,
            is_combined: false,
            umask: 0,
            bound: Vec::new(),
        };
        let beat = |talk: &mut Talk, heard, alive: &[u32]| {
            let alive = alive.iter().map(|number| JobNumber(*number)).collect();
            talk.heed(ToRmake::Beat { heard, alive }, &mut tree())
        };
        let begin = || {
            let mut talk = talk();
            talk.start(job(1)).unwrap();
            let sent = talk.take_bytes().unwrap().len() as u64;
            (talk, sent)
        };
        let (mut one, sent) = begin();
        assert!(beat(&mut one, sent + 1, &[]).is_err());
        // While a process of it lives it may take as long as it likes.
        for _ in 0..100 {
            beat(&mut one, sent, &[1]).unwrap();
        }
        let lost = (0..).find(|_| beat(&mut one, sent, &[2]).is_err());
        assert_eq!(lost, Some(MOST_BEATS - 1));
        // A job that the worker has not been able to hear of is not missed, but it has to hear.
        let (mut one, sent) = begin();
        for heard in 0..sent - 1 {
            beat(&mut one, heard, &[]).unwrap();
        }
        let lost = (0..).find(|_| beat(&mut one, sent - 2, &[]).is_err());
        assert_eq!(lost, Some(MOST_BEATS - 1));
    }

    #[test]
    fn a_job_has_ended_when_its_lines_have() {
        let (good, bad) = (LineEnd::Exited(0), LineEnd::Exited(1));
        let line = |ignore_errors| message::Line {
            words: vec!["true".into()],
            ignore_errors,
        };
        let told = |lines: Vec<message::Line>, has_begun: bool, ends: &[LineEnd]| {
            let job = Job {
                number: JobNumber(1),
                lines,
                environment: Vec::new(),
                directory: RelPath::ROOT,
                is_combined: false,
                umask: 0,
                bound: Vec::new(),
            };
            let mut talk = talk();
            talk.start(job).unwrap();
            let mut say = |message| talk.heed(message, &mut tree()).unwrap();
            let job = JobNumber(1);
            if has_begun {
                say(ToRmake::Began(job));
            }
            let heard = ends.iter().filter(|end| {
                let end = **end;
                say(ToRmake::LineEnded { job, end }).is_some()
            });
            let count = heard.count();
            let ended = Ended {
                job,
                trouble: None,
                has_left: false,
                locked: None,
                trace: Trace::default(),
                cpu: 0,
            };
            match say(ToRmake::Ended(Box::new(ended))) {
                Some(Heard::Ended(ended)) => (count, ended.0.trouble.is_none()),
                other => panic!("{other:?}"),
            }
        };
        let two = || vec![line(true), line(false)];
        assert_eq!(told(two(), true, &[good, good]), (2, true));
        assert_eq!(told(two(), true, &[bad, bad]), (2, true));
        assert_eq!(told(two(), true, &[good, good, good]), (2, true));
        assert_eq!(told(two(), true, &[bad]), (1, false));
        assert_eq!(told(two(), false, &[good, good]), (0, false));
        assert_eq!(
            told(vec![line(false), line(false)], true, &[bad, bad]),
            (1, true)
        );
    }

    #[test]
    fn who_asks_and_does_not_listen_is_not_answered_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap();
        for number in 0..1000 {
            File::create_new(path.join(format!("{number:0200}"))).unwrap();
        }
        let path = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str());
        let path = RelPath::of_absolute(path).unwrap();
        let mut tree = Tree::new(vec![path.clone()]);
        let question = frame::encode(&ToRmake::List(path), message::LIMIT).unwrap();
        let mut talk = talk();
        let ask = |_: &u32| talk.feed(&question, &mut tree).is_ok();
        let answered = (0..2000).take_while(ask).count();
        assert!((10..500).contains(&answered), "{answered}");
    }

    #[test]
    fn a_file_goes_as_far_as_there_is_credit() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = File::create_new(dir.path().join("f")).unwrap();
        std::io::Write::write_all(&mut file, &[7; 600_000]).unwrap();
        let content = Content {
            file: File::open(dir.path().join("f")).unwrap(),
            size: 600_000,
            digest: crate::store::digest::Digest::of(b""),
        };
        let mut talk = talk();
        talk.take_bytes().unwrap();
        talk.fetch(Transfer(1), RelPath::ROOT, Ok(content)).unwrap();
        let drain = |talk: &mut Talk| {
            let mut total = 0;
            loop {
                match talk.take_bytes().unwrap().len() {
                    0 => return total,
                    bytes => total += bytes,
                }
            }
        };
        let window = crate::wire::window::WINDOW as usize;
        // Perhaps it is there already.
        assert!(drain(&mut talk) < 1000);
        let bytes = crate::wire::window::WINDOW;
        let transfer = Transfer(1);
        let credit = frame::encode(&ToRmake::Credit { transfer, bytes }, message::LIMIT).unwrap();
        talk.feed(&credit, &mut tree()).unwrap();
        assert!((window..window + 1000).contains(&drain(&mut talk)));
        talk.feed(&credit, &mut tree()).unwrap();
        assert!(drain(&mut talk) > window);
        assert!(
            talk.feed(&[credit.clone(), credit].concat(), &mut tree())
                .is_err()
        );
    }

    proptest! {
        #[test]
        fn noise_does_no_harm(noise in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = talk().feed(&noise, &mut tree());
            let length = u32::try_from(noise.len()).unwrap();
            let _ = talk().feed(&[&length.to_le_bytes()[..], &noise].concat(), &mut tree());
        }
    }
}
