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
use std::fs::File;
use std::io;
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
}

/// What a job has made.
pub struct Collected {
    /// In the order in which it is to be done.
    pub effects: Vec<Effect>,
    /// The contents of files among it.
    pub contents: Contents,
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
        let mut collected = Collected {
            effects: Vec::new(),
            contents: Contents::default(),
        };
        let scratch = SCRATCH
            .iter()
            .filter_map(|path| RelPath::new(path.as_bytes()));
        let scratch: Vec<_> = scratch.collect();
        // The directory that is new and was met last: nothing below it was there before.
        let mut new: Option<RelPath> = None;
        reap::walk(room.as_fd(), &mut |written: Written| {
            let path = RelPath::new(&written.path).ok_or(io::ErrorKind::InvalidFilename)?;
            if scratch.iter().any(|own| path.is_at_or_below(own)) && !self.home.is_watched(&path) {
                return Ok(());
            }
            let lower = match &new {
                Some(new) if path.is_at_or_below(new) => None,
                _ => self.lower(&path)?,
            };
            if let Some(what) = self.made(written.what, lower.as_ref(), &mut collected.contents)? {
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

    /// Returns what something in the upper layer makes of what lay below, None if nothing.
    fn made(
        &self,
        what: What,
        lower: Option<&Node>,
        contents: &mut Contents,
    ) -> io::Result<Option<Made>> {
        Ok(match what {
            What::File {
                mut file,
                size,
                mode,
                mtime,
            } => {
                let stored = self.store.put(&mut file)?;
                if stored.size != size {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                let mode = permissions(mode);
                if is_same(lower, stored.digest, mode, mtime) {
                    return Ok(None);
                }
                let transfer = self.slots.next_transfer();
                contents.files.push((transfer, stored.file, size));
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
                Some(Made::HardLink(first))
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

fn permissions(mode: u32) -> u16 {
    u16::try_from(mode & 0o7777).unwrap_or(0)
}

/// Whether a file that was copied up is what it was.
fn is_same(lower: Option<&Node>, digest: Digest, mode: u16, mtime: i64) -> bool {
    lower.is_some_and(|node| {
        let content = match node.kind {
            Kind::File { digest, .. } => digest,
            _ => None,
        };
        content == Some(digest) && node.mode == mode && node.mtime == mtime
    })
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
            let said = voice.say(&ToRmake::Effects { job, effects });
            said.map_err(too_long)?;
            effects = rest;
        }
        for (transfer, file, size) in self.files {
            let sent = send(voice, transfer, &file, size);
            voice.close(Flow::Transfer(transfer));
            sent.map_err(|error| Trouble::Reap(error.to_string().into()))?;
        }
        Ok(())
    }
}

/// Sends a content in pieces, zeros left out.
fn send(voice: &Voice, transfer: Transfer, file: &File, size: u64) -> io::Result<()> {
    let flow = Flow::Transfer(transfer);
    let mut offset = 0;
    loop {
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
            let said = voice.say(&ToRmake::Piece(piece));
            said.map_err(|_| io::ErrorKind::InvalidData)?;
        }
        if is_last {
            return Ok(());
        }
        offset += length;
    }
}
