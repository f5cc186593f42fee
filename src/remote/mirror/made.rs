//! What a job has made: announced, then its contents, checked as they come; at the end what is to be put into place.
//! It does not know how anything is put into place.

use crate::exec::executor::Content;
use crate::exec::executor::Output;
use crate::exec::executor::OutputKind;
use crate::remote::mirror::talk::TalkError;
use crate::remote::mirror::tree::Tree;
use crate::store::digest::Digest;
use crate::store::digest::Hasher;
use crate::sys::fd;
use crate::wire::message;
use crate::wire::message::Effect;
use crate::wire::message::Piece;
use crate::wire::message::Transfer;
use crate::wire::path::RelPath;
use crate::wire::window::Incoming;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;

/// Contents larger than this do not stay in memory.
const LARGE: u64 = 1024 * 1024;

/// What comes of a job that runs.
#[derive(Default)]
pub struct Gathering {
    effects: Vec<Effect>,
    contents: BTreeMap<Transfer, Coming>,
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
    Spooled(File),
}

/// What a job has made, whole.
#[derive(Debug, Default)]
pub struct Made {
    effects: Vec<Effect>,
    contents: BTreeMap<Transfer, Kept>,
}

/// What is to be put into place.
#[derive(Debug, Default)]
pub struct Changes {
    /// By absolute paths, in the order in which it is to be done.
    pub outputs: Vec<Output>,
    /// What the contents of the files are.
    pub digests: Vec<(RelPath, Digest)>,
}

/// Trees of this machine, by what jobs may do there.
#[derive(Clone, Debug, Default)]
pub struct Trees {
    /// What they change is put into place.
    pub roots: Vec<RelPath>,
    /// What they leave is of no interest.
    pub scrap: Vec<RelPath>,
}

/// Why what a job has made is not put into place: it is to be run at home.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Unwanted {
    /// It has written outside the trees in which jobs may write.
    Outside(RelPath),
    /// It has left a socket, a fifo or a device.
    Special(RelPath),
}

impl fmt::Display for Unwanted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unwanted::Outside(path) => write!(out, "it changes {path}"),
            Unwanted::Special(path) => write!(out, "it makes {path}, which is no file"),
        }
    }
}

impl Gathering {
    /// Notes what a job has made. Returns the numbers of the contents that come.
    ///
    /// # Errors
    /// A number is used twice, or there is no room.
    pub fn announce(&mut self, effects: Vec<Effect>) -> Result<Vec<Transfer>, TalkError> {
        let mut transfers = Vec::new();
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
            let kept = match size > LARGE {
                true => Kept::Spooled(fd::spool_file(std::env::temp_dir().as_os_str().as_bytes())?),
                false => Kept::Bytes(Vec::new()),
            };
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
        coming.hasher.add_zeros(hole);
        coming.hasher.add(&piece.bytes);
        coming.end = end;
        match &mut coming.kept {
            Kept::Bytes(bytes) => {
                bytes.resize(usize::try_from(piece.offset).unwrap_or(0), 0);
                bytes.extend_from_slice(&piece.bytes);
            }
            Kept::Spooled(file) => file.write_all_at(&piece.bytes, piece.offset)?,
        }
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
        let kept = self
            .contents
            .into_iter()
            .map(|(transfer, coming)| (transfer, coming.kept));
        Ok(Made {
            effects: self.effects,
            contents: kept.collect(),
        })
    }
}

impl Coming {
    fn finish(&mut self) -> Result<(), TalkError> {
        self.hasher.add_zeros(self.size - self.end);
        if self.hasher.finish() != (self.digest, self.size) {
            return Err(TalkError::Violation("a content of another digest"));
        }
        match &mut self.kept {
            Kept::Bytes(bytes) => bytes.resize(usize::try_from(self.size).unwrap_or(0), 0),
            Kept::Spooled(file) => file.set_len(self.size)?,
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
        for Effect { path, what } in std::mem::take(&mut self.effects) {
            if !is_below(&path, &trees.roots) {
                match is_below(&path, &trees.scrap) {
                    true => continue,
                    false => return Err(Unwanted::Outside(path)),
                }
            }
            let (kind, mode, mtime) = match what {
                message::Made::File {
                    transfer,
                    digest,
                    mode,
                    mtime,
                    ..
                } => {
                    changes.digests.push((path.clone(), digest));
                    (self.content(transfer), mode, mtime)
                }
                message::Made::HardLink(first) if is_below(&first, &trees.roots) => {
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

    fn content(&mut self, transfer: Transfer) -> OutputKind {
        OutputKind::File(match self.contents.remove(&transfer) {
            Some(Kept::Bytes(bytes)) => Content::Bytes(bytes),
            Some(Kept::Spooled(file)) => Content::Spooled(file),
            None => Content::Bytes(Vec::new()),
        })
    }
}

impl Changes {
    fn push(&mut self, path: &RelPath, kind: OutputKind, mode: u16, mtime: i64) {
        self.outputs.push(Output {
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
        let changes = made.changes(&Trees { roots, scrap }).unwrap();
        let contents = changes.outputs.into_iter().map(|output| match output.kind {
            OutputKind::File(Content::Bytes(bytes)) => bytes,
            OutputKind::File(Content::Spooled(mut file)) => {
                let mut bytes = Vec::new();
                std::io::Seek::rewind(&mut file).unwrap();
                std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
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
                roots: vec![path("w"), path("v")],
                scrap: vec![path("tmp")],
            };
            made.changes(&trees).err()
        };
        assert_eq!((outside("w/x"), outside("tmp/x")), (None, None));
        for name in ["x", "w", "wx/y", "etc/passwd"] {
            assert_eq!(outside(name), Some(Unwanted::Outside(path(name))));
        }
    }
}
