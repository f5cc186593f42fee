//! A slot: a shell on a host that runs one job after the other.
//! It does not know how the host fares.

use crate::event::Stream;
use crate::exec::End;
use crate::exec::executor::LineEnd;
use crate::exec::executor::Message;
use crate::exec::executor::Output;
use crate::exec::executor::RemoteJob;
use crate::id::JobId;
use crate::remote::Shared;
use crate::remote::archive::Plan;
use crate::remote::archive::Spool;
use crate::remote::outbox::Outbox;
use crate::remote::ssh::Channel;
use crate::remote::ssh::Chunk;
use crate::remote::staged;
use crate::remote::staged::Watched;
use crate::remote::staged::marks::Marks;
use crate::remote::staged::marks::Piece;
use crate::remote::staged::script;
use crate::remote::staged::script::How;
use bstr::BStr;
use bstr::BString;
use bstr::ByteSlice;
use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

/// What the kernel says when there is no room, or no right to write, on a host: the recipe is not to blame.
const HOST_TROUBLE: &[&str] = &[
    "No space left on device",
    "Disk quota exceeded",
    "Read-only file system",
];

/// How much is written at once: what is on its way counts as a sign of life.
const PART: usize = 32 * 1024;

/// Why a job is lost.
#[derive(Debug)]
pub enum Failure {
    /// The host is to blame: it gets no jobs for a while.
    Host(BString),
    /// Perhaps the host, perhaps the job.
    Job(BString),
}

impl From<BString> for Failure {
    fn from(why: BString) -> Failure {
        Failure::Host(why)
    }
}

/// A shell that runs jobs.
pub struct Slot {
    channel: Channel,
    marks: [Marks; 2],
    pid: u32,
    /// The environment it knows from the job before.
    environment: Vec<BString>,
    /// Between two jobs: the next one can be sent.
    is_idle: bool,
    /// Counts the bytes of all slots of the connection: a host that takes or gives some is alive.
    moved: Rc<Cell<u64>>,
}

impl Slot {
    /// Starts the program of a slot in a channel's shell.
    pub async fn start(
        channel: Channel,
        shared: &Shared,
        moved: Rc<Cell<u64>>,
    ) -> Result<Slot, BString> {
        let program = shared.naming.slot(&staged::random(), shared.keep_staging);
        let failed = |error: crate::remote::ssh::LinkError| BString::from(error.to_string());
        channel.write_all(&program).await.map_err(failed)?;
        let nonce = &shared.naming.nonce;
        let mut slot = Slot {
            channel,
            marks: [Marks::new(nonce), Marks::new(nonce)],
            pid: 0,
            environment: Vec::new(),
            is_idle: true,
            moved,
        };
        loop {
            let Chunk::Out(bytes) = slot.channel.read().await.map_err(failed)? else {
                return Err("its shell has ended".into());
            };
            for piece in slot.marks[0].feed(&bytes) {
                if let Piece::Mark(words) = piece
                    && let Some(pid) = words.strip_prefix(b"ready ")
                {
                    slot.pid = number(pid)?;
                    return Ok(slot);
                }
            }
        }
    }

    /// Returns the process id of its shell, which leads the group of all it starts.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Returns whether it can run another job.
    pub fn is_sound(&self) -> bool {
        self.is_idle
    }

    /// Ends the shell.
    pub fn close(&self) {
        self.channel.finish_writing();
    }

    /// Runs a job: sends it, tells what it says, brings back what it made. An error: why the host has lost it.
    pub async fn run(
        &mut self,
        job: RemoteJob,
        outbox: &Outbox,
        watched: &Watched,
    ) -> Result<Vec<Output>, Failure> {
        let plan = Plan::new(&job.directory, &job.inputs, &job.outputs)
            .map_err(|(name, error)| Failure::Job(format!("{name}: {error}").into()))?;
        let how = How {
            size: plan.size(),
            is_known: self.environment == job.environment,
        };
        self.is_idle = false;
        let script = script::job(&job, how);
        self.environment.clone_from(&job.environment);
        self.write(&script).await?;
        let mut pieces = plan.pieces();
        for piece in pieces.by_ref() {
            self.write(&piece).await?;
        }
        let mut reading = Reading {
            job: &job,
            line: None,
            ended: 0,
            errors: 0,
            waiting: VecDeque::new(),
            archive: None,
            trouble: None,
            outbox,
            watched,
        };
        self.read(&mut reading).await?;
        let Reading {
            archive, trouble, ..
        } = reading;
        if let Some(name) = pieces.failed {
            let why = format!("{name} has changed while it was sent");
            return Err(Failure::Job(why.into()));
        }
        if let Some(trouble) = trouble {
            return Err(trouble);
        }
        let outputs = archive.unwrap_or_default().unpack(&job.outputs);
        outputs.map_err(|error| Failure::Job(format!("what it sent back: {error}").into()))
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), BString> {
        for part in bytes.chunks(PART) {
            let result = self.channel.write_all(part).await;
            result.map_err(|error| BString::from(error.to_string()))?;
            self.moved.set(self.moved.get() + part.len() as u64);
        }
        Ok(())
    }

    /// Reads until the job is over.
    async fn read(&mut self, reading: &mut Reading<'_>) -> Result<(), BString> {
        loop {
            let chunk = self.channel.read().await;
            let (stream, bytes) = match chunk.map_err(|error| BString::from(error.to_string()))? {
                Chunk::Out(bytes) => (Stream::Out, bytes),
                Chunk::Err(bytes) => (Stream::Err, bytes),
                Chunk::End(_) => return Err("its shell has ended".into()),
            };
            self.moved.set(self.moved.get() + bytes.len() as u64);
            let marks = match stream {
                Stream::Out => &mut self.marks[0],
                Stream::Err => &mut self.marks[1],
            };
            for piece in marks.feed(&bytes) {
                if reading.take(stream, piece)? {
                    self.is_idle = true;
                    return Ok(());
                }
            }
        }
    }
}

/// A job that is being read.
struct Reading<'a> {
    job: &'a RemoteJob,
    /// How the present line ended: told when standard error has come as far.
    line: Option<LineEnd>,
    /// How many lines have ended on standard output, and on standard error.
    ended: usize,
    errors: usize,
    /// What came on standard output behind the end of a line that is not told yet.
    waiting: VecDeque<Piece>,
    /// What follows on standard output is the archive.
    archive: Option<Spool>,
    /// Why nothing of the job counts.
    trouble: Option<Failure>,
    outbox: &'a Outbox,
    watched: &'a Watched,
}

impl Reading<'_> {
    /// Takes a piece; true when the job is over.
    fn take(&mut self, stream: Stream, piece: Piece) -> Result<bool, BString> {
        match (stream, piece) {
            (Stream::Err, Piece::Text(bytes)) => {
                self.take_text(Stream::Err, bytes);
                Ok(false)
            }
            (Stream::Err, Piece::Mark(_)) => {
                self.errors += 1;
                self.tell_line();
                while self.line.is_none() {
                    let Some(piece) = self.waiting.pop_front() else {
                        return Ok(false);
                    };
                    if self.take_out(piece)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            (Stream::Out, piece) if self.line.is_some() => {
                self.waiting.push_back(piece);
                Ok(false)
            }
            (Stream::Out, piece) => self.take_out(piece),
        }
    }

    fn take_out(&mut self, piece: Piece) -> Result<bool, BString> {
        let words = match (piece, &mut self.archive) {
            (Piece::Text(bytes), Some(spool)) => {
                spool
                    .write(&bytes)
                    .map_err(|error| BString::from(error.to_string()))?;
                return Ok(false);
            }
            (Piece::Text(bytes), None) => {
                self.take_text(Stream::Out, bytes);
                return Ok(false);
            }
            (Piece::Mark(words), _) => words,
        };
        let (word, rest) = words.split_once_str(" ").unwrap_or((&words, b""));
        match word {
            b"begun" => {
                self.tell(Message::Began {
                    job: self.job.id,
                    directory: rest.into(),
                });
            }
            b"refused" | b"unpacked" => {
                self.trouble = Some(Failure::Host(rest.into()));
            }
            b"line" => {
                self.line = Some(self.line_end(rest.as_bstr())?);
                self.ended += 1;
                self.tell_line();
            }
            b"archive" => self.archive = Some(Spool::default()),
            b"over" => return Ok(true),
            _ => return Err(format!("an unknown message: {}", words.as_bstr()).into()),
        }
        Ok(false)
    }

    /// `NUMBER HOW STATUS`
    fn line_end(&self, words: &BStr) -> Result<LineEnd, BString> {
        let mut words = words.split_str(" ");
        let (_, how, status) = (words.next(), words.next(), words.next());
        let status = i32::try_from(number(status.unwrap_or_default())?).unwrap_or(i32::MAX);
        let signalled = self.watched.signalled.get();
        Ok(match how {
            Some(b"missing") => LineEnd::NotFound,
            Some(b"denied") => LineEnd::Denied,
            Some(b"signal") => LineEnd::Ended(End::Signaled(status & 0x7f, false)),
            Some(b"core") => LineEnd::Ended(End::Signaled(status & 0x7f, true)),
            // What the Korn shell makes of a signal.
            _ if status > 256 => LineEnd::Ended(End::Signaled(status - 256, false)),
            // Shells are silent about an interrupt.
            _ if signalled.is_some_and(|signal| status == 128 + signal) => {
                LineEnd::Ended(End::Signaled(status - 128, false))
            }
            _ => LineEnd::Ended(End::Exited(status)),
        })
    }

    /// Tells how a line ended once both streams have come so far.
    fn tell_line(&mut self) {
        let is_complete = self.job.is_combined || self.errors >= self.ended;
        let Some(end) = self.line.filter(|_| is_complete) else {
            return;
        };
        self.line = None;
        if self.trouble.is_none() {
            let job = self.job.id;
            self.tell(Message::LineEnded { job, end });
        }
    }

    /// A host without room makes recipes fail that would not fail elsewhere, or, worse, go on: what is made then does not
    /// count, and nobody needs to see what was said. If the job itself is to blame it says so here, too.
    fn take_text(&mut self, stream: Stream, bytes: Vec<u8>) {
        if stream == Stream::Err || self.job.is_combined {
            let found = HOST_TROUBLE.iter().find(|text| bytes.contains_str(text));
            if let Some(text) = found {
                let why = || Failure::Job((*text).into());
                self.trouble.get_or_insert_with(why);
            }
        }
        if self.trouble.is_none() {
            self.tell_output(stream, bytes);
        }
    }

    fn tell_output(&self, stream: Stream, bytes: Vec<u8>) {
        let (job, bytes): (JobId, BString) = (self.job.id, bytes.into());
        self.tell(Message::Output { job, stream, bytes });
    }

    fn tell(&self, message: Message) {
        self.outbox.tell(message);
    }
}

fn number(text: &[u8]) -> Result<u32, BString> {
    let parsed = text.to_str().ok().and_then(|text| text.trim().parse().ok());
    parsed.ok_or_else(|| format!("no number: {}", text.as_bstr()).into())
}
