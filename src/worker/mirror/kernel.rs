//! What the kernel is told of a mirror, in the terms of fuse(4): attributes, flags, and names that expire.
//! Requests and replies are fuser's. It does not know what the file system holds.

use crate::wire::message::Kind;
use crate::wire::message::Node;
use crate::wire::path::Name;
use fuser::FileAttr;
use fuser::FileType;
use fuser::FopenFlags;
use fuser::INodeNo;
use fuser::InitFlags;
use fuser::KernelConfig;
use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

/// The inode of the root.
pub(in crate::worker::mirror) const ROOT: u64 = INodeNo::ROOT.0;
/// Names and attributes are true until they are told to expire.
pub(in crate::worker::mirror) const FOREVER: Duration =
    Duration::from_secs(i64::MAX.unsigned_abs());
/// A file that is opened: what was read before is still true, and nothing is written at the end.
pub(in crate::worker::mirror) const OPENED: FopenFlags =
    FopenFlags::FOPEN_KEEP_CACHE.union(FopenFlags::FOPEN_NOFLUSH);
/// A directory that is opened: the kernel is not to keep its names, each job asks for them.
pub(in crate::worker::mirror) const OPENED_DIRECTORY: FopenFlags = FopenFlags::empty();
/// The largest read.
const READ: u32 = 1 << 20;
const BLOCK: u32 = 4096;

/// Asks the kernel for what it offers of: reads side by side, lookups side by side, large reads, links kept.
/// Returns whether it can let a name expire without dropping what it leads to (Linux 6.2 and later).
pub(in crate::worker::mirror) fn ask(config: &mut KernelConfig) -> bool {
    let offered = config.capabilities();
    let wanted = InitFlags::FUSE_ASYNC_READ
        | InitFlags::FUSE_PARALLEL_DIROPS
        | InitFlags::FUSE_MAX_PAGES
        | InitFlags::FUSE_CACHE_SYMLINKS;
    // Each fails only with what it offers instead, or for more than it offers.
    let _ = config.add_capabilities(wanted & offered);
    if let Err(most) = config.set_max_readahead(READ) {
        let _ = config.set_max_readahead(most);
    }
    // Nothing is ever written, but the size of reads comes from it, too.
    let _ = config.set_max_write(READ);
    let _ = config.set_max_background(64);
    offered.contains(InitFlags::FUSE_HAS_EXPIRE_ONLY)
}

/// How the nodes of a mirror look beside what was told of them.
#[derive(Clone, Copy, Debug)]
pub(in crate::worker::mirror) struct Look {
    /// Everything belongs to this user and group, None for whom it belongs to at home.
    pub(in crate::worker::mirror) owner: Option<(u32, u32)>,
}

/// Returns the attributes of a node.
pub(in crate::worker::mirror) fn attributes(id: u64, node: &Node, look: Look) -> FileAttr {
    let size = match &node.kind {
        Kind::File { size, .. } => *size,
        Kind::Link(target) => target.len() as u64,
        Kind::Directory => u64::from(BLOCK),
        Kind::Withheld => 0,
    };
    let perm = match node.kind {
        Kind::Withheld => 0,
        Kind::Link(_) => 0o777,
        _ => node.mode & 0o7777,
    };
    // A directory of one link tells programs not to count subdirectories by links.
    let nlink = match node.kind {
        Kind::Directory => 1,
        _ => node.links.max(1),
    };
    let (uid, gid) = look.owner.unwrap_or((node.uid, node.gid));
    let time = time(node.mtime);
    FileAttr {
        ino: INodeNo(id),
        size,
        blocks: size.div_ceil(512),
        atime: time,
        mtime: time,
        ctime: time,
        crtime: time,
        kind: file_type(&node.kind),
        perm,
        nlink,
        uid,
        gid,
        rdev: 0,
        blksize: BLOCK,
        flags: 0,
    }
}

/// Returns what a lookup that finds nothing is answered with, so that the kernel remembers: inode 0.
pub(in crate::worker::mirror) fn absent() -> FileAttr {
    FileAttr {
        ino: INodeNo(0),
        size: 0,
        blocks: 0,
        atime: UNIX_EPOCH,
        mtime: UNIX_EPOCH,
        ctime: UNIX_EPOCH,
        crtime: UNIX_EPOCH,
        kind: FileType::RegularFile,
        perm: 0,
        nlink: 0,
        uid: 0,
        gid: 0,
        rdev: 0,
        blksize: 0,
        flags: 0,
    }
}

/// Returns a time of so many nanoseconds since the epoch, or before it.
fn time(nanoseconds: i64) -> SystemTime {
    let distance = Duration::from_nanos(nanoseconds.unsigned_abs());
    if nanoseconds < 0 {
        UNIX_EPOCH - distance
    } else {
        UNIX_EPOCH + distance
    }
}

/// Returns the type of a node.
pub(in crate::worker::mirror) fn file_type(kind: &Kind) -> FileType {
    match kind {
        Kind::File { .. } | Kind::Withheld => FileType::RegularFile,
        Kind::Directory => FileType::Directory,
        Kind::Link(_) => FileType::Symlink,
    }
}

/// Returns the message (fuse_notify_inval_entry_out) that a name is to be asked for again. With `only_expire` what it
/// leads to is kept, pages and all, which fuser's own message has no flag for.
pub(in crate::worker::mirror) fn expire(parent: u64, name: &Name, only_expire: bool) -> Vec<u8> {
    const INVALIDATE_ENTRY: u32 = 3;
    const BEFORE_NAME: usize = 32;
    let name = name.as_bytes();
    let length = u32::try_from(BEFORE_NAME + name.len() + 1).unwrap_or(u32::MAX);
    let mut message = Vec::with_capacity(BEFORE_NAME + name.len() + 1);
    message.extend(length.to_ne_bytes());
    message.extend(INVALIDATE_ENTRY.to_ne_bytes());
    // No request is answered.
    message.extend(0_u64.to_ne_bytes());
    message.extend(parent.to_ne_bytes());
    message.extend(u32::try_from(name.len()).unwrap_or(0).to_ne_bytes());
    message.extend(u32::from(only_expire).to_ne_bytes());
    message.extend_from_slice(name);
    message.push(0);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(kind: Kind) -> Node {
        Node {
            kind,
            mode: 0o755,
            uid: 1,
            gid: 2,
            links: 3,
            mtime: -1,
            version: 4,
        }
    }

    #[test]
    fn a_node_looks_as_it_was_told_of() {
        let file = node(Kind::File {
            size: 513,
            digest: None,
        });
        let shown = attributes(7, &file, Look { owner: None });
        assert_eq!((shown.ino, shown.size, shown.blocks), (INodeNo(7), 513, 2));
        assert_eq!((shown.perm, shown.nlink), (0o755, 3));
        assert_eq!((shown.uid, shown.gid), (1, 2));
        assert_eq!(shown.mtime, UNIX_EPOCH - Duration::from_nanos(1));
        let look = Look {
            owner: Some((8, 9)),
        };
        let shown = attributes(7, &node(Kind::Withheld), look);
        assert_eq!((shown.perm, shown.uid, shown.gid), (0, 8, 9));
        let shown = attributes(7, &node(Kind::Directory), look);
        assert_eq!((shown.nlink, shown.kind), (1, FileType::Directory));
        let shown = attributes(7, &node(Kind::Link("abc".into())), look);
        assert_eq!((shown.size, shown.perm), (3, 0o777));
    }

    #[test]
    fn a_name_expires_by_a_message_of_the_kernels_form() {
        let name = Name::new(b"ab").unwrap();
        let message = expire(5, &name, true);
        assert_eq!(message.len(), 35);
        assert_eq!(message[..8], [35_u32, 3].map(u32::to_ne_bytes).concat());
        assert_eq!(message[16..24], 5_u64.to_ne_bytes());
        assert_eq!(message[24..32], [2_u32, 1].map(u32::to_ne_bytes).concat());
        assert_eq!(&message[32..], b"ab\0");
        assert_eq!(expire(5, &name, false)[28..32], 0_u32.to_ne_bytes());
    }
}
