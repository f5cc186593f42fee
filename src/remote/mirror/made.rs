//! What a job has made: announced, then its contents, checked as they come; at the end what is to be put into place.
//! It does not know how anything is put into place.

use crate::exec::executor;
use crate::exec::executor::Content;
use crate::exec::executor::Output;
use crate::exec::executor::OutputKind;
use crate::remote::mirror::talk::TalkError;
use crate::remote::mirror::tree::Tree;
use crate::store::digest::Digest;
use crate::store::digest::Hasher;
use crate::sys::beneath;
use crate::sys::fd;
use crate::wire::message;
use crate::wire::message::Effect;
use crate::wire::message::Piece;
use crate::wire::message::Transfer;
use crate::wire::path::RelPath;
use crate::wire::window::Incoming;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;

/// Contents larger than this do not stay in memory, nor does more of one job than that.
const LARGE: u64 = 1024 * 1024;
const MOST_IN_MEMORY: u64 = 16 * LARGE;

/// The longest file that is taken: what it is has to be found out while everything else waits.
const LONGEST: u64 = 16 << 30;

/// So many things one job may change, and with paths and links of so many bytes.
const MOST_EFFECTS: usize = 1 << 20;
const MOST_NAMES: usize = 256 << 20;

/// The longest that a symbolic link may hold (PATH_MAX of Linux).
const LONGEST_LINK: usize = 4095;

/// What comes of a job that runs.
#[derive(Default)]
pub struct Gathering {
    effects: Vec<Effect>,
    contents: BTreeMap<Transfer, Coming>,
    /// How many bytes all paths have.
    names: usize,
    /// How many bytes of contents are in memory.
    in_memory: u64,
    spool: Spool,
}

/// Contents that are not in memory, one behind the other.
#[derive(Debug, Default)]
struct Spool {
    file: Option<File>,
    end: u64,
}

struct Coming {
    digest: Digest,
    size: u64,
    /// The end of what has come.
    end: u64,
    hasher: Hasher,
    window: Incoming,
    kept: Kept,
    is_whole: bool,
}

#[derive(Debug)]
enum Kept {
    Bytes(Vec<u8>),
    /// In the spool, from here on.
    Part(u64),
    /// Nowhere: it is too long.
    Nothing,
}

/// What a job has made, whole.
#[derive(Debug, Default)]
pub struct Made {
    effects: Vec<Effect>,
    contents: BTreeMap<Transfer, Kept>,
    spool: Option<File>,
}

/// What is to be put into place.
#[derive(Debug, Default)]
pub struct Changes {
    /// All of it.
    pub changes: executor::Changes,
    /// What the contents of the files are.
    pub digests: Vec<(RelPath, Digest)>,
}

/// Trees of this machine, by what jobs may do there.
#[derive(Clone, Debug, Default)]
pub struct Trees {
    /// What they change is put into place.
    pub roots: Vec<RelPath>,
    /// The user's home directory, which may be one of them or lie in one. Of its hidden parts only those count in which
    /// another of the trees lies: the rest is configuration and keys, no worker's business.
    pub home: Option<RelPath>,
    /// What they leave is of no interest.
    pub scrap: Vec<RelPath>,
}

impl Trees {
    fn is_hidden(&self, path: &RelPath) -> bool {
        let Some(home) = self.home.as_ref().filter(|home| path.is_at_or_below(home)) else {
            return false;
        };
        let first = path.names().nth(home.names().count());
        let Some(name) = first.filter(|name| name.as_bytes().starts_with(b".")) else {
            return false;
        };
        let part = home.join(&name);
        let works_there = |root: &RelPath| root.is_at_or_below(&part) && path.is_at_or_below(root);
        !self.roots.iter().any(works_there)
    }

    /// Whether what lies at a path may be changed by jobs.
    fn are_around(&self, path: &RelPath) -> bool {
        is_below(path, &self.roots) && !self.is_hidden(path)
    }
}

/// Why what a job has made is not put into place: it is to be run at home.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Unwanted {
    /// It has written outside the trees in which jobs may write.
    Outside(RelPath),
    /// It has left a socket, a fifo or a device.
    Special(RelPath),
    /// A file is too long to be taken.
    Long(RelPath),
    /// The way there is none, or leads through a link.
    Astray(RelPath),
    /// It is a link that there cannot be.
    Link(RelPath),
}

impl fmt::Display for Unwanted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unwanted::Outside(path) => write!(out, "it changes {path}"),
            Unwanted::Special(path) => write!(out, "it makes {path}, which is no file"),
            Unwanted::Long(path) => write!(out, "{path} is too long to be taken"),
            Unwanted::Astray(path) => write!(out, "no directories lead to {path}"),
            Unwanted::Link(path) => write!(out, "{path} cannot be such a link"),
        }
    }
}

impl Gathering {
    /// Notes what a job has made. Returns the numbers of the contents that come.
    ///
    /// # Errors
    /// A number is used twice, it is too much, or there is no room.
    pub fn announce(&mut self, effects: Vec<Effect>) -> Result<Vec<Transfer>, TalkError> {
        let mut transfers = Vec::new();
        self.names += effects.iter().map(length).sum::<usize>();
        if self.effects.len() + effects.len() > MOST_EFFECTS || self.names > MOST_NAMES {
            return Err(TalkError::Violation("more than a job can have made"));
        }
        for effect in &effects {
            let message::Made::File {
                transfer,
                size,
                digest,
                ..
            } = effect.what
            else {
                continue;
            };
            let kept = self.room(size)?;
            let coming = Coming {
                digest,
                size,
                end: 0,
                hasher: Hasher::default(),
                window: Incoming::default(),
                kept,
                is_whole: false,
            };
            if self.contents.insert(transfer, coming).is_some() {
                return Err(TalkError::Violation("a number that is in use"));
            }
            transfers.push(transfer);
        }
        self.effects.extend(effects);
        Ok(transfers)
    }

    /// Returns where a content is to be kept.
    fn room(&mut self, size: u64) -> Result<Kept, TalkError> {
        if size > LONGEST {
            return Ok(Kept::Nothing);
        }
        if size <= LARGE && self.in_memory + size <= MOST_IN_MEMORY {
            self.in_memory += size;
            return Ok(Kept::Bytes(Vec::new()));
        }
        if self.spool.file.is_none() {
            let place = std::env::temp_dir();
            self.spool.file = Some(fd::spool_file(place.as_os_str().as_bytes())?);
        }
        let start = self.spool.end;
        let too_much = TalkError::Violation("more than a job can have made");
        self.spool.end = start.checked_add(size).ok_or(too_much)?;
        Ok(Kept::Part(start))
    }

    /// Notes part of a content. Returns the credit to give.
    ///
    /// # Errors
    /// It is not what was announced, or cannot be kept.
    pub fn piece(&mut self, piece: &Piece) -> Result<Option<u32>, TalkError> {
        let unknown = TalkError::Violation("part of a content that was not announced");
        let coming = self.contents.get_mut(&piece.transfer).ok_or(unknown)?;
        let length = piece.bytes.len();
        let overrun = |_| TalkError::Violation("more of a content than there was credit for");
        coming.window.received(length).map_err(overrun)?;
        let end = piece.offset.checked_add(length as u64);
        let end = end.filter(|end| *end <= coming.size && !coming.is_whole);
        let (Some(end), Some(hole)) = (end, piece.offset.checked_sub(coming.end)) else {
            return Err(TalkError::Violation("more of a content than was announced"));
        };
        coming.end = end;
        match (&mut coming.kept, &self.spool.file) {
            (Kept::Bytes(bytes), _) => {
                bytes.resize(usize::try_from(piece.offset).unwrap_or(0), 0);
                bytes.extend_from_slice(&piece.bytes);
            }
            (Kept::Part(start), Some(file)) => {
                file.write_all_at(&piece.bytes, *start + piece.offset)?;
            }
            _ => {
                coming.is_whole = piece.is_last;
                return Ok(coming.window.dealt_with(length));
            }
        }
        coming.hasher.add_zeros(hole);
        coming.hasher.add(&piece.bytes);
        if piece.is_last {
            coming.finish()?;
        }
        Ok(coming.window.dealt_with(length))
    }

    /// Returns what was made, once all is told; nothing of a job that does not count.
    ///
    /// # Errors
    /// A content is missing.
    pub fn finish(self, is_void: bool) -> Result<Made, TalkError> {
        if is_void {
            return Ok(Made::default());
        }
        if self.contents.values().any(|coming| !coming.is_whole) {
            return Err(TalkError::Violation("a content that has not come"));
        }
        if let Some(file) = &self.spool.file {
            file.set_len(self.spool.end)?;
        }
        let kept = self
            .contents
            .into_iter()
            .map(|(transfer, coming)| (transfer, coming.kept));
        Ok(Made {
            effects: self.effects,
            contents: kept.collect(),
            spool: self.spool.file,
        })
    }
}

impl Coming {
    fn finish(&mut self) -> Result<(), TalkError> {
        self.hasher.add_zeros(self.size - self.end);
        if self.hasher.finish() != (self.digest, self.size) {
            return Err(TalkError::Violation("a content of another digest"));
        }
        if let Kept::Bytes(bytes) = &mut self.kept {
            bytes.resize(usize::try_from(self.size).unwrap_or(0), 0);
        }
        self.is_whole = true;
        Ok(())
    }
}

impl Made {
    /// Returns what is to be put into place.
    ///
    /// # Errors
    /// It is not to be put into place.
    pub fn changes(mut self, trees: &Trees) -> Result<Changes, Unwanted> {
        let mut changes = Changes::default();
        changes.changes.spool = self.spool.take();
        let mut ways = Ways::default();
        for Effect { path, what } in std::mem::take(&mut self.effects) {
            if trees.roots.iter().any(|root| root.is_at_or_below(&path)) {
                return Err(Unwanted::Outside(path));
            }
            if !trees.are_around(&path) {
                match is_below(&path, &trees.scrap) {
                    true => continue,
                    false => return Err(Unwanted::Outside(path)),
                }
            }
            ways.check(&path, &what)?;
            let (kind, mode, mtime) = match what {
                message::Made::File {
                    transfer,
                    size,
                    digest,
                    mode,
                    mtime,
                } => {
                    let content = self.content(transfer, size);
                    let content = content.ok_or_else(|| Unwanted::Long(path.clone()))?;
                    changes.digests.push((path.clone(), digest));
                    (content, mode, mtime)
                }
                message::Made::HardLink(first) if trees.are_around(&first) => {
                    (OutputKind::HardLink(first.to_absolute()), 0, 0)
                }
                message::Made::HardLink(first) => return Err(Unwanted::Outside(first)),
                message::Made::Link { target, mtime } => (OutputKind::Symlink(target), 0, mtime),
                message::Made::Directory {
                    mode,
                    mtime,
                    is_another,
                } => {
                    if is_another {
                        changes.push(&path, OutputKind::Removed, 0, 0);
                    }
                    (OutputKind::Directory, mode, mtime)
                }
                message::Made::Removed => (OutputKind::Removed, 0, 0),
                message::Made::Special => return Err(Unwanted::Special(path)),
            };
            changes.push(&path, kind, mode, mtime);
        }
        Ok(changes)
    }

    fn content(&mut self, transfer: Transfer, size: u64) -> Option<OutputKind> {
        match self.contents.remove(&transfer)? {
            Kept::Bytes(bytes) => Some(OutputKind::File(Content::Bytes(bytes))),
            Kept::Part(offset) => Some(OutputKind::Part { offset, size }),
            Kept::Nothing => None,
        }
    }
}

/// The ways to what a job has made: they lead through directories that are there, or that it has made before.
#[derive(Default)]
struct Ways {
    /// Directories that are no links, nor behind any.
    sound: BTreeSet<RelPath>,
    /// What is no directory by now.
    others: BTreeSet<RelPath>,
}

impl Ways {
    fn check(&mut self, path: &RelPath, what: &message::Made) -> Result<(), Unwanted> {
        let astray = || Unwanted::Astray(path.clone());
        let (parent, _) = path.split().ok_or_else(astray)?;
        self.walk(&parent).map_err(|()| astray())?;
        match what {
            message::Made::Directory { .. } => {
                self.others.remove(path);
                self.sound.insert(path.clone());
            }
            message::Made::HardLink(first) => {
                let (parent, _) = first.split().ok_or_else(astray)?;
                self.walk(&parent).map_err(|()| astray())?;
                self.others.insert(path.clone());
            }
            message::Made::Link { target, .. } => {
                let is_one = (1..=LONGEST_LINK).contains(&target.len()) && !target.contains(&0);
                if !is_one {
                    return Err(Unwanted::Link(path.clone()));
                }
                self.others.insert(path.clone());
            }
            message::Made::File { .. } | message::Made::Special => {
                self.others.insert(path.clone());
            }
            // A directory may be made in its place, or a file.
            message::Made::Removed => {}
        }
        Ok(())
    }

    fn walk(&mut self, directory: &RelPath) -> Result<(), ()> {
        if self.sound.contains(directory) {
            return Ok(());
        }
        if self.others.contains(directory) {
            return Err(());
        }
        let parent = directory.split().map(|(parent, _)| parent);
        if let Some(parent) = parent {
            self.walk(&parent)?;
        }
        match beneath::Directory::open(&directory.to_absolute()) {
            Ok(_) => {}
            // It is made on the way.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(_) => return Err(()),
        }
        self.sound.insert(directory.clone());
        Ok(())
    }
}

/// Returns how many bytes the names of an effect have.
fn length(effect: &Effect) -> usize {
    let more = match &effect.what {
        message::Made::HardLink(first) => first.as_bytes().len(),
        message::Made::Link { target, .. } => target.len(),
        _ => 0,
    };
    effect.path.as_bytes().len() + more
}

impl Changes {
    fn push(&mut self, path: &RelPath, kind: OutputKind, mode: u16, mtime: i64) {
        self.changes.outputs.push(Output {
            path: path.to_absolute(),
            kind,
            mode: u32::from(mode),
            mtime,
        });
    }
}

/// Returns whether a path lies below one of these trees; the top of one does not.
fn is_below(path: &RelPath, trees: &[RelPath]) -> bool {
    let is_in = |tree: &RelPath| path.is_at_or_below(tree) && path != tree;
    trees.iter().any(is_in)
}

/// Tells the tree what the contents of files are that were put into place.
pub fn note_all(tree: &mut Tree, digests: &[(RelPath, Digest)]) {
    for (path, digest) in digests {
        tree.note(path, *digest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::new(text.as_bytes()).unwrap()
    }

    fn file(name: &str, transfer: u32, content: &[u8]) -> Effect {
        Effect {
            path: path(name),
            what: message::Made::File {
                transfer: Transfer(transfer),
                size: content.len() as u64,
                digest: Digest::of(content),
                mode: 0o644,
                mtime: i64::from(transfer),
            },
        }
    }

    fn piece(transfer: u32, offset: u64, bytes: &[u8], is_last: bool) -> Piece {
        Piece {
            transfer: Transfer(transfer),
            offset,
            bytes: bytes.into(),
            is_last,
        }
    }

    fn gathering(effects: Vec<Effect>) -> Gathering {
        let mut gathering = Gathering::default();
        gathering.announce(effects).unwrap();
        gathering
    }

    #[test]
    fn contents_come_in_pieces_with_holes() {
        let large = [&b"start"[..], &[0; 2_000_000], b"end", &[0; 10]].concat();
        let effects = vec![file("w/small", 1, b"ab\0\0"), file("w/large", 2, &large)];
        let mut gathering = gathering(effects);
        gathering.piece(&piece(2, 0, b"start", false)).unwrap();
        gathering.piece(&piece(1, 0, b"ab", true)).unwrap();
        gathering.piece(&piece(2, 2_000_005, b"end", true)).unwrap();
        let made = gathering.finish(false).unwrap();
        let roots = vec![path("w")];
        let scrap = Vec::new();
        let changes = made
            .changes(&Trees {
                roots,
                home: None,
                scrap,
            })
            .unwrap();
        let spool = changes.changes.spool.unwrap();
        let contents = changes
            .changes
            .outputs
            .into_iter()
            .map(|output| match output.kind {
                OutputKind::File(Content::Bytes(bytes)) => bytes,
                OutputKind::Part { offset, size } => {
                    let mut bytes = vec![0; usize::try_from(size).unwrap()];
                    spool.read_exact_at(&mut bytes, offset).unwrap();
                    bytes
                }
                other => panic!("{other:?}"),
            });
        assert_eq!(contents.collect::<Vec<_>>(), [b"ab\0\0".to_vec(), large]);
    }

    #[test]
    fn a_worker_that_lies_is_found_out() {
        let one = || gathering(vec![file("w/x", 1, b"true")]);
        let wrong = |pieces: &[Piece]| {
            let mut gathering = one();
            let all = pieces
                .iter()
                .try_for_each(|one| gathering.piece(one).map(drop));
            let all = all.and_then(|()| gathering.finish(false).map(drop));
            assert!(matches!(all, Err(TalkError::Violation(_))), "{pieces:?}");
        };
        wrong(&[piece(1, 0, b"lies", true)]);
        wrong(&[piece(2, 0, b"true", true)]);
        wrong(&[piece(1, 0, b"truer", true)]);
        wrong(&[piece(1, u64::MAX, b"true", true)]);
        wrong(&[piece(1, 0, b"tr", false), piece(1, 1, b"ue", true)]);
        wrong(&[piece(1, 0, b"true", true), piece(1, 4, b"", true)]);
        wrong(&[piece(1, 0, b"true", false)]);
        wrong(&[]);
        assert!(one().announce(vec![file("w/y", 1, b"")]).is_err());
        // What comes of a job that does not count need not be whole.
        assert!(one().finish(true).unwrap().effects.is_empty());
    }

    #[test]
    fn nothing_is_put_outside_the_roots() {
        let outside = |name: &str| {
            let what = message::Made::Removed;
            let effects = vec![Effect {
                path: path(name),
                what,
            }];
            let made = gathering(effects).finish(false).unwrap();
            let trees = Trees {
                roots: vec![path("w"), path("v"), path("v/.y/z")],
                home: Some(path("v")),
                scrap: vec![path("tmp"), path("v/.cache")],
            };
            made.changes(&trees).err()
        };
        for name in ["v/x", "v/x/.y", "v/.y/z/x", "v/.y/z/.x", "v/.cache/x"] {
            assert_eq!(outside(name), None, "{name}");
        }
        assert_eq!((outside("w/x"), outside("tmp/x")), (None, None));
        for name in ["x", "w", "wx/y", "etc/passwd", "v/.x", "v/.ssh/x", "v/.y/x"] {
            assert_eq!(outside(name), Some(Unwanted::Outside(path(name))));
        }
    }
}
