//! rmake's tree as the worker knows it: directories by what they held when, contents by the store; what is not known is
//! asked for. It does not know who looks at it.

use crate::store::digest::Digest;
use crate::store::disk::DiskStore;
use crate::store::disk::Partial;
use crate::sys::fd;
use crate::wire::directory::Directory;
use crate::wire::message;
use crate::wire::message::Answer;
use crate::wire::message::Change;
use crate::wire::message::Expected;
use crate::wire::message::Kind;
use crate::wire::message::Listing;
use crate::wire::message::Node;
use crate::wire::message::Piece;
use crate::wire::message::ToRmake;
use crate::wire::message::Transfer;
use crate::wire::path::RelPath;
use crate::wire::window;
use crate::wire::window::Incoming;
use crate::worker::mirror::Epoch;
use crate::worker::mirror::Refusal;
use crate::worker::mirror::Source;
use crate::worker::mirror::Wanted;
use crate::worker::said::Voice;
use rustc_hash::FxHashMap;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Seek;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use thiserror::Error;

/// The tree.
pub struct Home {
    voice: Arc<Voice>,
    store: Arc<DiskStore>,
    /// Trees that rmake watches.
    watched: Vec<RelPath>,
    state: Mutex<State>,
    /// Something has come that may be waited for.
    arrived: Condvar,
}

/// rmake has broken the protocol.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("protocol violated: {0}")]
pub struct Violation(pub &'static str);

#[derive(Default)]
struct State {
    /// The moment of the last change.
    now: Epoch,
    /// How many jobs look at the tree of a moment.
    lookers: BTreeMap<Epoch, u32>,
    /// What each directory held from a moment on, oldest first.
    directories: FxHashMap<RelPath, Vec<(Epoch, Known)>>,
    asked: FxHashSet<RelPath>,
    /// Contents of versions that rmake did not tell with the directory.
    digests: FxHashMap<u64, Digest>,
    /// The contents that come, by the version of the file.
    coming: FxHashMap<u64, Transfer>,
    transfers: FxHashMap<Transfer, Coming>,
    last_transfer: u32,
    /// Those that nobody waits for, with the versions of their files.
    ahead: FxHashMap<Transfer, u64>,
    /// How much has come that may be waited for.
    arrivals: u64,
    /// Nothing comes any more.
    is_lost: bool,
}

#[derive(Clone)]
enum Known {
    Listing(Arc<Directory>),
    Absent,
    Denied,
    /// It is another directory since then.
    Unknown,
}

enum Coming {
    Asked(RelPath),
    Comes {
        /// None once it could not be kept.
        partial: Option<Partial>,
        window: Incoming,
        size: u64,
        digest: Digest,
    },
    Here(File, Digest),
    Refused(Refusal),
}

impl Home {
    /// Returns a tree of which nothing is known yet.
    pub fn new(voice: Arc<Voice>, store: Arc<DiskStore>, watched: Vec<RelPath>) -> Home {
        Home {
            voice,
            store,
            watched,
            state: Mutex::default(),
            arrived: Condvar::new(),
        }
    }

    /// Says that a job begins. Returns the moment whose tree it sees.
    pub fn begin(&self) -> Epoch {
        let mut state = self.state();
        let now = state.now;
        *state.lookers.entry(now).or_default() += 1;
        now
    }

    /// Says that a job which began at a moment has ended.
    pub fn end(&self, at: Epoch) {
        let mut state = self.state();
        if let Some(count) = state.lookers.get_mut(&at) {
            *count -= 1;
            if *count == 0 {
                state.lookers.remove(&at);
            }
        }
    }

    /// Returns what a path was at a moment, None for nothing and the root.
    ///
    /// # Errors
    /// That is not to be had.
    pub fn node(&self, path: &RelPath, at: Epoch) -> Result<Option<Node>, Refusal> {
        let Some((parent, name)) = path.split() else {
            return Ok(None);
        };
        match self.directory(&parent, at) {
            Ok(directory) => Ok(directory.get(&name).cloned()),
            Err(Refusal::Absent) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Notes what rmake tells of a directory.
    pub fn tell_directory(&self, path: RelPath, listing: Listing) {
        let known = match listing {
            Listing::Entries(entries) => Known::Listing(Arc::new(Directory::new(entries))),
            Listing::Absent => Known::Absent,
            Listing::Denied => Known::Denied,
        };
        let mut state = self.state();
        state.asked.remove(&path);
        state.arrivals += 1;
        state.now.0 += 1;
        state.note(path, known);
        self.arrived.notify_all();
    }

    /// Notes what rmake tells of changes.
    pub fn tell_changes(&self, changes: Vec<Change>) {
        let mut state = self.state();
        state.now.0 += 1;
        let mut changed: FxHashMap<RelPath, Directory> = FxHashMap::default();
        for change in changes {
            let path = change.directory.join(&change.name);
            let is_directory =
                |node: Option<&Node>| node.is_some_and(|one| one.kind == Kind::Directory);
            let directory = match changed.get_mut(&change.directory) {
                Some(directory) => directory,
                None => match state.latest(&change.directory) {
                    Some(Known::Listing(known)) => {
                        let known = (**known).clone();
                        changed.entry(change.directory.clone()).or_insert(known)
                    }
                    _ => continue,
                },
            };
            let stays =
                is_directory(directory.get(&change.name)) && is_directory(change.node.as_ref());
            directory.set(change.name, change.node);
            if !stays {
                changed.retain(|known, _| !known.is_at_or_below(&path));
                state.forget_below(&path);
            }
        }
        for (path, directory) in changed {
            state.note(path, Known::Listing(Arc::new(directory)));
        }
    }

    /// Asks for contents that a job is going to want.
    pub fn expect(&self, files: &[Expected]) {
        for file in files {
            let mut state = self.state();
            // It may have been told without it.
            if let Some(digest) = file.digest {
                state.digests.insert(file.version, digest);
            }
            let known = state.digests.get(&file.version).copied();
            let is_coming = state.coming.contains_key(&file.version);
            if !is_coming && known.is_none_or(|digest| self.store.get(&digest).is_none()) {
                let transfer = self.ask(&mut state, &file.path, file.version);
                state.ahead.insert(transfer, file.version);
            }
        }
    }

    /// Notes what rmake answers to a question for a content.
    ///
    /// # Errors
    /// There was no such question.
    pub fn tell_content(&self, transfer: Transfer, answer: Answer) -> Result<(), Violation> {
        let path = match self.state().transfers.get(&transfer) {
            Some(Coming::Asked(path)) => path.clone(),
            _ => return Err(Violation("a content that nobody asked for")),
        };
        let coming = match answer {
            Answer::Changed => Coming::Refused(Refusal::Changed),
            Answer::Denied => Coming::Refused(Refusal::Denied),
            Answer::Comes { size, digest } => self.coming(transfer, &path, (size, digest)),
        };
        let mut state = self.state();
        state.arrivals += 1;
        state.transfers.insert(transfer, coming);
        state.settle_ahead(transfer);
        self.arrived.notify_all();
        Ok(())
    }

    /// Says whether a content is still wanted, of which nothing is sent otherwise if it is long.
    fn coming(&self, transfer: Transfer, path: &RelPath, (size, digest): (u64, Digest)) -> Coming {
        if size > window::AT_ONCE {
            let known = self.store.get(&digest);
            if let Some(file) = known.or_else(|| self.own_copy(path, size, &digest)) {
                let _ = self.voice.say(&ToRmake::Known(transfer));
                return Coming::Here(file, digest);
            }
            let bytes = window::WINDOW;
            let _ = self.voice.say(&ToRmake::Credit { transfer, bytes });
        }
        Coming::Comes {
            partial: Some(self.store.begin()),
            window: Incoming::default(),
            size,
            digest,
        }
    }

    /// Returns a copy of this host's file of that name, if it has that content: most of what is installed is the same
    /// everywhere.
    fn own_copy(&self, path: &RelPath, size: u64, digest: &Digest) -> Option<File> {
        if self.is_watched(path) {
            return None;
        }
        let mut file = File::open(fd::path(&path.to_absolute())).ok()?;
        let data = file.metadata().ok()?;
        let is_candidate = data.is_file() && data.len() == size;
        if !is_candidate || Digest::of_file(&mut file).ok()?.0 != *digest {
            return None;
        }
        file.rewind().ok()?;
        let stored = self.store.put(&mut file).ok()?;
        (stored.digest == *digest).then_some(stored.file)
    }

    /// Notes part of a content.
    ///
    /// # Errors
    /// It is not what was announced.
    pub fn tell_piece(&self, piece: &Piece) -> Result<(), Violation> {
        let mut state = self.state();
        state.arrivals += 1;
        let Some(coming) = state.transfers.get_mut(&piece.transfer) else {
            return Err(Violation("part of a content that nobody asked for"));
        };
        let Coming::Comes {
            partial,
            window,
            size,
            ..
        } = coming
        else {
            return Err(Violation("part of a content that does not come"));
        };
        let length = piece.bytes.len();
        let end = piece.offset.checked_add(length as u64);
        let is_within = end.is_some_and(|end| end <= *size);
        if window.received(length).is_err() || !is_within {
            return Err(Violation("more of a content than was announced"));
        }
        let written = partial
            .as_mut()
            .map(|one| one.write(piece.offset, &piece.bytes));
        if written.is_some_and(|written| written.is_err()) {
            *partial = None;
        }
        if let (Some(bytes), false) = (window.dealt_with(length), piece.is_last) {
            let transfer = piece.transfer;
            let _ = self.voice.say(&ToRmake::Credit { transfer, bytes });
        }
        if piece.is_last
            && let Some(came) = state.transfers.remove(&piece.transfer)
        {
            state.transfers.insert(piece.transfer, came.finished());
            state.settle_ahead(piece.transfer);
            self.arrived.notify_all();
        }
        Ok(())
    }

    /// Says that nothing comes any more.
    pub fn lose(&self) {
        self.state().is_lost = true;
        self.arrived.notify_all();
    }

    /// Returns the content of a version of a file, if it is known.
    pub fn digest(&self, node: &Node) -> Option<Digest> {
        match node.kind {
            Kind::File { digest, .. } => {
                digest.or_else(|| self.state().digests.get(&node.version).copied())
            }
            _ => None,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for something to come. An rmake that answers nothing at all for so long, though it gives signs of life,
    /// will not any more.
    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let before = state.arrivals;
        let patience = Duration::from_secs(message::DEAD_SECONDS);
        let waited = self.arrived.wait_timeout(state, patience);
        let (mut state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() && state.arrivals == before {
            state.is_lost = true;
            self.arrived.notify_all();
        }
        state
    }

    fn ask(&self, state: &mut State, path: &RelPath, version: u64) -> Transfer {
        state.last_transfer += 1;
        let transfer = Transfer(state.last_transfer);
        state
            .transfers
            .insert(transfer, Coming::Asked(path.clone()));
        state.coming.insert(version, transfer);
        let path = path.clone();
        let _ = self.voice.say(&ToRmake::Fetch {
            transfer,
            path,
            version,
        });
        transfer
    }

    /// Asks for a version of a file and waits until it is here.
    fn fetch(&self, wanted: &Wanted<'_>) -> Result<File, Refusal> {
        let mut state = self.state();
        while state.coming.contains_key(&wanted.version) && !state.is_lost {
            state = self.wait(state);
        }
        let digest = state.digests.get(&wanted.version).copied();
        if let Some(file) = digest.and_then(|digest| self.store.get(&digest)) {
            return Ok(file);
        }
        let transfer = self.ask(&mut state, wanted.path, wanted.version);
        loop {
            let is_done = matches!(
                state.transfers.get(&transfer),
                Some(Coming::Here(..) | Coming::Refused(_)) | None
            );
            if is_done || state.is_lost {
                break;
            }
            state = self.wait(state);
        }
        state.coming.remove(&wanted.version);
        let came = state.transfers.remove(&transfer);
        self.arrived.notify_all();
        match came {
            Some(Coming::Here(file, digest)) => {
                state.digests.insert(wanted.version, digest);
                Ok(file)
            }
            Some(Coming::Refused(refusal)) => Err(refusal),
            _ => Err(Refusal::Lost),
        }
    }
}

impl Source for Home {
    fn directory(&self, path: &RelPath, at: Epoch) -> Result<Arc<Directory>, Refusal> {
        let mut state = self.state();
        loop {
            match state.seen(path, at) {
                Some(Known::Listing(directory)) => return Ok(directory.clone()),
                Some(Known::Absent) => return Err(Refusal::Absent),
                Some(Known::Denied) => return Err(Refusal::Denied),
                Some(Known::Unknown) | None if state.is_lost => return Err(Refusal::Lost),
                Some(Known::Unknown) | None => {}
            }
            if state.asked.insert(path.clone()) {
                let _ = self.voice.say(&ToRmake::List(path.clone()));
            }
            state = self.wait(state);
        }
    }

    fn content(&self, wanted: &Wanted<'_>) -> Result<File, Refusal> {
        let known = wanted.digest.and_then(|digest| self.store.get(&digest));
        match known {
            Some(file) => Ok(file),
            None => self.fetch(wanted),
        }
    }

    fn is_watched(&self, path: &RelPath) -> bool {
        self.watched.iter().any(|tree| path.is_at_or_below(tree))
    }
}

impl State {
    /// Takes what has become of a content that nobody waits for. One that was refused is asked for again by whoever
    /// wants it.
    fn settle_ahead(&mut self, transfer: Transfer) {
        let is_over = matches!(
            self.transfers.get(&transfer),
            Some(Coming::Here(..) | Coming::Refused(_))
        );
        if !is_over {
            return;
        }
        let Some(version) = self.ahead.remove(&transfer) else {
            return;
        };
        self.coming.remove(&version);
        if let Some(Coming::Here(_, digest)) = self.transfers.remove(&transfer) {
            self.digests.insert(version, digest);
        }
    }

    /// Returns what is to be seen of a directory at a moment. What was told later is better than nothing.
    fn seen(&self, path: &RelPath, at: Epoch) -> Option<&Known> {
        let all = self.directories.get(path)?;
        let behind = all.partition_point(|(since, _)| *since <= at);
        let then = all[..behind].last().map(|(_, known)| known);
        match then {
            None | Some(Known::Unknown) => all.get(behind).map(|(_, known)| known).or(then),
            known => known,
        }
    }

    fn latest(&self, path: &RelPath) -> Option<&Known> {
        Some(&self.directories.get(path)?.last()?.1)
    }

    /// Notes what a directory holds from now on, and drops what no job looks at any more.
    fn note(&mut self, path: RelPath, known: Known) {
        let now = self.now;
        let oldest = self.lookers.keys().next().copied().unwrap_or(now);
        let all = self.directories.entry(path).or_default();
        all.push((now, known));
        let behind = all.partition_point(|(since, _)| *since <= oldest);
        all.drain(..behind.saturating_sub(1));
    }

    /// Forgets what is known of a directory and of all below it, for those who begin from now on.
    fn forget_below(&mut self, path: &RelPath) {
        let below = self
            .directories
            .keys()
            .filter(|known| known.is_at_or_below(path));
        let below: Vec<_> = below.cloned().collect();
        for path in below {
            self.note(path, Known::Unknown);
        }
    }
}

impl Coming {
    /// Returns what has become of a content of which nothing more comes.
    fn finished(self) -> Coming {
        match self {
            Coming::Comes {
                partial,
                size,
                digest,
                ..
            } => match partial.map(|one| one.finish(size, &digest)) {
                Some(Ok(file)) => Coming::Here(file, digest),
                Some(Err(_)) => Coming::Refused(Refusal::Changed),
                None => Coming::Refused(Refusal::Lost),
            },
            other => other,
        }
    }
}
