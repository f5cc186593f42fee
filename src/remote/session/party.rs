//! One make's part in a session: what it asks for, what it is told.
//! It does not know the hosts.

use crate::exec::executor::Place;
use crate::id::JobId;
use crate::remote::host::Errand;
use crate::remote::host::Order;
use crate::remote::outbox;
use crate::remote::outbox::Outbox;
use crate::remote::protocol::Answer;
use crate::remote::protocol::Ask;
use crate::remote::protocol::Begin;
use crate::remote::protocol::LIMIT;
use crate::remote::protocol::VERSION;
use crate::remote::session::Session;
use crate::remote::staged;
use crate::wire::frame;
use crate::wire::frame::Decoder;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::net::unix::OwnedReadHalf;
use tokio::net::unix::OwnedWriteHalf;
use tokio::time;

/// How long the first message may take, and a refusal.
const GREETING: Duration = Duration::from_secs(3);

/// How much is read at once.
const PART: usize = 64 * 1024;

/// The socket to a make.
pub struct Peer {
    reader: Reader,
    write: OwnedWriteHalf,
}

/// What comes from a make.
struct Reader {
    read: OwnedReadHalf,
    decoder: Decoder,
    part: Vec<u8>,
}

impl Reader {
    /// Returns the next thing it asks for; None when it has hung up, or says what nobody understands.
    async fn next(&mut self) -> Option<Ask> {
        loop {
            if let Some(ask) = self.decoder.take().ok()? {
                return Some(ask);
            }
            self.part.clear();
            self.part.reserve(PART);
            if self.read.read_buf(&mut self.part).await.ok()? == 0 {
                return None;
            }
            self.decoder.feed(&self.part);
        }
    }
}

impl Peer {
    /// Returns the peer at the other end of a socket.
    pub fn new(stream: UnixStream) -> Peer {
        let (read, write) = stream.into_split();
        let decoder = Decoder::new(LIMIT);
        Peer {
            reader: Reader {
                read,
                decoder,
                part: Vec::new(),
            },
            write,
        }
    }

    /// Returns what it begins the session with; None when it does not.
    pub async fn begin(&mut self) -> Option<Begin> {
        match time::timeout(GREETING, self.reader.next()).await {
            Ok(Some(Ask::Begin(begin))) if begin.version == VERSION => Some(begin),
            Ok(Some(_)) => {
                let text = format!("rmake-session is of version {VERSION}, this rmake is not");
                self.refuse(&Answer::Refused(text.into())).await;
                None
            }
            _ => None,
        }
    }

    /// Tells it that there is no session, and why.
    pub async fn refuse(&mut self, refusal: &Answer) {
        if let Ok(frame) = frame::encode(refusal, LIMIT) {
            let _ = time::timeout(GREETING, self.write.write_all(&frame)).await;
        }
    }
}

/// Lets a make that has knocked join the session, and attends to it.
pub async fn admit(session: Rc<Session>, number: u32, mut peer: Peer) {
    match time::timeout(GREETING, peer.reader.next()).await {
        Ok(Some(Ask::Join { version })) if version == VERSION => {
            attend(session, number, peer, true).await;
        }
        Ok(Some(_)) => {
            let text = format!("the session is of version {VERSION}");
            peer.refuse(&Answer::Refused(text.into())).await;
        }
        _ => {}
    }
}

/// Does what a make asks for until it hangs up.
pub async fn attend(session: Rc<Session>, number: u32, peer: Peer, has_jobs: bool) {
    let (outbox, frames) = outbox::new();
    outbox.answer(&Answer::Welcome(session.welcome.clone()));
    if has_jobs {
        session.connect();
        session.shared.enter(number, outbox.clone());
    }
    let mut party = Party {
        session,
        number,
        outbox,
        jobs: HashMap::new(),
    };
    let Peer { mut reader, write } = peer;
    let writing = tokio::task::spawn_local(frames.write_to(write));
    while let Some(ask) = reader.next().await {
        party.take(ask);
    }
    drop(party);
    writing.abort();
}

/// A make and its jobs.
struct Party {
    session: Rc<Session>,
    number: u32,
    outbox: Outbox,
    /// The places of its jobs.
    jobs: HashMap<JobId, Place>,
}

impl Party {
    fn take(&mut self, ask: Ask) {
        let shared = &self.session.shared;
        match ask {
            // Said once, and before.
            Ask::Begin(_) | Ask::Join { .. } => {}
            Ask::Place(job, wish) => {
                let place = shared.table().place(&wish);
                match place {
                    Place::Host(_) | Place::Here(_) => {
                        self.jobs.insert(job, place);
                    }
                    Place::Wait => shared.await_place(self.number),
                    Place::Nowhere => {}
                }
                self.outbox.answer(&Answer::Placed(place));
            }
            Ask::GiveBack(job, took) => {
                self.outbox.release(job);
                if let Some(place) = self.jobs.remove(&job) {
                    shared.table().give_back(&place, took);
                    shared.tell_placeable();
                }
            }
            Ask::Start(host, job) => {
                let errand = Errand {
                    key: (self.number, job.id),
                    job: *job,
                    outbox: self.outbox.clone(),
                };
                self.session.order(host, Order::Start(Box::new(errand)));
            }
            Ask::Judge(sentences) => {
                let rules = &self.session.rules;
                let rulings = sentences.iter().map(|sentence| rules.judge(sentence));
                self.outbox.answer(&Answer::Judged(rulings.collect()));
            }
            Ask::Kill(job, signal) => self.kill(job, signal),
        }
    }

    fn kill(&self, job: JobId, signal: i32) {
        if let Some(Place::Host(host)) = self.jobs.get(&job) {
            let key = (self.number, job);
            self.session.order(*host, Order::Kill(key, signal));
        }
    }
}

impl Drop for Party {
    /// Its jobs are nobody's any more.
    fn drop(&mut self) {
        let shared = &self.session.shared;
        shared.leave(self.number);
        for (job, place) in &self.jobs {
            self.kill(*job, staged::SIGKILL);
            shared.table().give_back(place, None);
        }
        shared.tell_placeable();
    }
}
