//! What a job has made of rmake's tree: its upper layer compared with what lay below, told with the contents.
//! It does not know how the layer came about.

use crate::sandbox::reap;
use crate::sandbox::reap::What;
use crate::sandbox::reap::Written;
use crate::store::digest::Digest;
use crate::store::disk::DiskStore;
use crate::wire::message::Effect;
use crate::wire::message::Flow;
use crate::wire::message::JobNumber;
use crate::wire::message::Kind;
use crate::wire::message::Made;
use crate::wire::message::Node;
use crate::wire::message::Piece;
use crate::wire::message::ToRmake;
use crate::wire::message::Transfer;
use crate::wire::message::Trouble;
use crate::wire::path::RelPath;
use crate::worker::home::Home;
use crate::worker::mirror::Epoch;
use crate::worker::mirror::Refusal;
use crate::worker::mirror::Source;
use crate::worker::said::Voice;
use crate::worker::slots::Slots;
use rustc_hash::FxHashMap;
use std::fs::File;
use std::io;
use std::io::Read;
use std::os::fd::AsFd;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Duration;

/// How many effects go in one message.
const AT_ONCE: usize = 1000;
/// How long to wait for credit at a time.
const PATIENCE: Duration = Duration::from_secs(1);
/// Trees that are each job's own, unless rmake watches them.
const SCRATCH: [&str; 2] = ["tmp", "var/tmp"];

/// What is needed to tell what a job has made.
pub struct Collector<'a> {
    /// rmake's tree.
    pub home: &'a Home,
    /// Where contents are kept.
    pub store: &'a Arc<DiskStore>,
    /// Who numbers transfers.
    pub slots: &'a Slots,
    /// The moment whose tree the job saw.
    pub at: Epoch,
    /// Is told that it gets on.
    pub lives: &'a dyn Fn(),
}

/// A file that is read; each part is a sign of life.
struct Lively<'a> {
    file: File,
    lives: &'a dyn Fn(),
}

impl Read for Lively<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        (self.lives)();
        self.file.read(bytes)
    }
}

/// What a job has made.
#[derive(Default)]
pub struct Collected {
    /// In the order in which it is to be done.
    pub effects: Vec<Effect>,
    /// The contents of files among it.
    pub contents: Contents,
    /// The files, by their first names.
    files: FxHashMap<RelPath, Content>,
}

/// A file as a job has left it.
struct Content {
    digest: Digest,
    mode: u16,
    mtime: i64,
    /// Its place among the effects, if it is among them.
    effect: Option<usize>,
    /// Another name of it that was there before, and is what it was.
    old_name: Option<RelPath>,
}

/// Contents that are to be sent.
#[derive(Default)]
pub struct Contents {
    files: Vec<(Transfer, File, u64)>,
}

impl Collector<'_> {
    /// Walks through what the job wrote in its room.
    ///
    /// # Errors
    /// Something of it cannot be read, or not kept.
    pub fn collect(&self, room: &OwnedFd) -> io::Result<Collected> {
        let mut collected = Collected::default();
        let scratch = SCRATCH
            .iter()
            .filter_map(|path| RelPath::new(path.as_bytes()));
        let scratch: Vec<_> = scratch.collect();
        // The directory that is new and was met last: nothing below it was there before.
        let mut new: Option<RelPath> = None;
        reap::walk(room.as_fd(), &mut |written: Written| {
            (self.lives)();
            let path = RelPath::new(&written.path).ok_or(io::ErrorKind::InvalidFilename)?;
            if scratch.iter().any(|own| path.is_at_or_below(own)) && !self.home.is_watched(&path) {
                return Ok(());
            }
            let lower = match &new {
                Some(new) if path.is_at_or_below(new) => None,
                _ => self.lower(&path)?,
            };
            if let Some(what) = self.made((&path, written.what), lower.as_ref(), &mut collected)? {
                if matches!(what, Made::Directory { .. }) && lower.is_none() {
                    new = Some(path.clone());
                }
                collected.effects.push(Effect { path, what });
            }
            Ok(())
        })?;
        Ok(collected)
    }

    /// Returns what lay below a path; where nothing can be seen nothing is.
    fn lower(&self, path: &RelPath) -> io::Result<Option<Node>> {
        match self.home.node(path, self.at) {
            Ok(node) => Ok(node),
            Err(Refusal::Absent | Refusal::Denied) => Ok(None),
            Err(Refusal::Changed | Refusal::Lost) => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Whether a file that was copied up is what it was.
    fn is_same(&self, lower: Option<&Node>, content: &Content) -> bool {
        lower.is_some_and(|node| {
            node.mode == content.mode
                && node.mtime == content.mtime
                && self.home.digest(node) == Some(content.digest)
        })
    }

    /// Returns what a further name of a file is. A file that was there before and only got other names is not written
    /// anew, whichever of its names is met first.
    fn named_again(
        &self,
        path: &RelPath,
        first: RelPath,
        lower: Option<&Node>,
        collected: &mut Collected,
    ) -> Option<Made> {
        let Some(content) = collected.files.get_mut(&first) else {
            return Some(Made::HardLink(first));
        };
        if let Some(old_name) = &content.old_name {
            return Some(Made::HardLink(old_name.clone()));
        }
        let effect = content.effect;
        if !self.is_same(lower, content) {
            return Some(Made::HardLink(first));
        }
        let effect = effect?;
        content.old_name = Some(path.clone());
        collected.becomes_name(effect, path);
        None
    }

    /// Returns what something in the upper layer makes of what lay below, None if nothing.
    fn made(
        &self,
        (path, what): (&RelPath, What),
        lower: Option<&Node>,
        collected: &mut Collected,
    ) -> io::Result<Option<Made>> {
        Ok(match what {
            What::File {
                file,
                size,
                mode,
                mtime,
            } => {
                let lives = self.lives;
                let stored = self.store.put(&mut Lively { file, lives })?;
                if stored.size != size {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                let mode = permissions(mode);
                let mut content = Content {
                    digest: stored.digest,
                    mode,
                    mtime,
                    effect: None,
                    old_name: None,
                };
                let is_new = !self.is_same(lower, &content);
                content.effect = is_new.then_some(collected.effects.len());
                collected.files.insert(path.clone(), content);
                if !is_new {
                    return Ok(None);
                }
                let transfer = self.slots.next_transfer();
                let file = (transfer, stored.file, size);
                collected.contents.files.push(file);
                Some(Made::File {
                    transfer,
                    size,
                    digest: stored.digest,
                    mode,
                    mtime,
                })
            }
            What::HardLink(first) => {
                let first = RelPath::new(&first).ok_or(io::ErrorKind::InvalidFilename)?;
                self.named_again(path, first, lower, collected)
            }
            What::Link { target, mtime } => Some(Made::Link { target, mtime }),
            What::Directory {
                mode,
                mtime,
                is_opaque,
            } => {
                let below = lower.filter(|node| node.kind == Kind::Directory);
                let is_another = is_opaque && below.is_some();
                let mode = permissions(mode);
                let is_other = is_another || below.is_none_or(|node| node.mode != mode);
                is_other.then_some(Made::Directory {
                    mode,
                    mtime,
                    is_another,
                })
            }
            What::Whiteout => lower.map(|_| Made::Removed),
            What::Special => Some(Made::Special),
        })
    }
}

impl Collected {
    /// Makes a file that was to be written another name of one that is there.
    fn becomes_name(&mut self, effect: usize, of: &RelPath) {
        let what = Made::HardLink(of.clone());
        if let Some(effect) = self.effects.get_mut(effect)
            && let Made::File { transfer, .. } = std::mem::replace(&mut effect.what, what)
        {
            let files = &mut self.contents.files;
            files.retain(|(number, ..)| *number != transfer);
        }
    }
}

fn permissions(mode: u32) -> u16 {
    u16::try_from(mode & 0o7777).unwrap_or(0)
}

impl Contents {
    /// Tells what a job has made, then the contents.
    ///
    /// # Errors
    /// A content cannot be read any more, or rmake takes nothing any more.
    pub fn tell(
        self,
        voice: &Voice,
        job: JobNumber,
        mut effects: Vec<Effect>,
    ) -> Result<(), Trouble> {
        let too_long = |_| Trouble::Reap("a change is too long to be told".into());
        for (transfer, _, _) in &self.files {
            voice.open(Flow::Transfer(*transfer));
        }
        while !effects.is_empty() {
            let rest = effects.split_off(effects.len().min(AT_ONCE));
            let said = voice.mention(&ToRmake::Effects { job, effects });
            said.map_err(too_long)?;
            effects = rest;
        }
        for (transfer, file, size) in self.files {
            let sent = send(voice, job, (transfer, &file, size));
            voice.close(Flow::Transfer(transfer));
            sent.map_err(|error| Trouble::Reap(error.to_string().into()))?;
        }
        Ok(())
    }
}

/// Sends a content in pieces, zeros left out.
fn send(
    voice: &Voice,
    job: JobNumber,
    (transfer, file, size): (Transfer, &File, u64),
) -> io::Result<()> {
    let flow = Flow::Transfer(transfer);
    let mut offset = 0;
    loop {
        voice.lives(job);
        let room = voice.next_piece(flow, PATIENCE) as u64;
        let length = room.min(size - offset);
        if length == 0 && offset < size {
            continue;
        }
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        file.read_exact_at(&mut bytes, offset)?;
        let is_last = offset + length == size;
        if is_last || bytes.iter().any(|byte| *byte != 0) {
            voice.sent(flow, bytes.len());
            let piece = Piece {
                transfer,
                offset,
                bytes: bytes.into(),
                is_last,
            };
            let said = voice.mention(&ToRmake::Piece(piece));
            said.map_err(|_| io::ErrorKind::InvalidData)?;
        }
        if is_last {
            return Ok(());
        }
        offset += length;
    }
}
