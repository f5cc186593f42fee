//! The kernel's protocol for file systems of processes (fuse(4)): requests out of bytes, replies as bytes.
//! It does not know what the file system holds.

use crate::wire::message::Kind;
use crate::wire::message::Node;
use crate::wire::path::Name;

/// How much of a request is read at once: the kernel wants this to hold its largest one.
pub(in crate::worker::mirror) const BUFFER: usize = 64 * 1024;
/// The inode of the root.
pub(in crate::worker::mirror) const ROOT: u64 = 1;

const HEADER_IN: usize = 40;
const HEADER_OUT: usize = 16;
const VERSION: u32 = 7;
/// The newest minor version whose form of messages is known here.
const MINOR: u32 = 38;
/// The pages of one read: 1 MiB.
const PAGES: u16 = 256;
/// What is asked of the kernel, where it offers it: reads side by side, lookups side by side, large reads, links kept.
const WANTED: u64 = 1 | 1 << 18 | 1 << 22 | 1 << 23 | EXTENDED;
/// The second half of the flags counts.
const EXTENDED: u64 = 1 << 30;
/// The kernel can let a name expire without dropping what it leads to (6.2 and later).
const HAS_EXPIRE_ONLY: u64 = 1 << 35;
/// Open flags: what was read before is still true, and nothing is written at the end.
const KEEP_CACHE_NO_FLUSH: u32 = 1 << 1 | 1 << 5;

/// What a request is about.
#[derive(Debug, PartialEq)]
pub(in crate::worker::mirror) enum Asked<'a> {
    Init(Offer),
    Lookup(&'a [u8]),
    /// Inodes and how many lookups of each are forgotten; no reply.
    Forget(Vec<(u64, u64)>),
    Attributes,
    ReadLink,
    Open,
    Read(Range),
    Release(u64),
    OpenDirectory,
    ReadDirectory(Range),
    ReleaseDirectory(u64),
    Statistics,
    /// No reply.
    Silent,
    /// The kernel does without it, and does not ask again.
    Unknown,
    /// It may be asked again.
    NoControl,
}

/// Part of what is open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::worker::mirror) struct Range {
    pub(in crate::worker::mirror) handle: u64,
    pub(in crate::worker::mirror) offset: u64,
    pub(in crate::worker::mirror) size: usize,
}

/// What the kernel can do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::worker::mirror) struct Offer {
    minor: u32,
    read_ahead: u32,
    flags: u64,
}

/// A request.
#[derive(Debug, PartialEq)]
pub(in crate::worker::mirror) struct Request<'a> {
    pub(in crate::worker::mirror) unique: u64,
    pub(in crate::worker::mirror) node: u64,
    pub(in crate::worker::mirror) asked: Asked<'a>,
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Returns the request of these bytes, None if they are none.
pub(in crate::worker::mirror) fn parse(bytes: &[u8]) -> Option<Request<'_>> {
    let length = u32_at(bytes, 0)? as usize;
    let body = bytes.get(HEADER_IN..length)?;
    let (unique, node) = (u64_at(bytes, 8)?, u64_at(bytes, 16)?);
    let asked = match u32_at(bytes, 4)? {
        1 => Asked::Lookup(text(body)?),
        2 => Asked::Forget(vec![(node, u64_at(body, 0)?)]),
        3 => Asked::Attributes,
        5 => Asked::ReadLink,
        14 => Asked::Open,
        15 => Asked::Read(range(body)?),
        17 => Asked::Statistics,
        18 => Asked::Release(u64_at(body, 0)?),
        26 => Asked::Init(offer(body)?),
        27 => Asked::OpenDirectory,
        28 => Asked::ReadDirectory(range(body)?),
        29 => Asked::ReleaseDirectory(u64_at(body, 0)?),
        // Interrupted requests are answered all the same; the end of the file system needs no answer.
        36 | 38 => Asked::Silent,
        39 => Asked::NoControl,
        42 => Asked::Forget(forgotten(body)?),
        _ => Asked::Unknown,
    };
    Some(Request {
        unique,
        node,
        asked,
    })
}

fn text(body: &[u8]) -> Option<&[u8]> {
    body.split(|byte| *byte == 0).next()
}

fn range(body: &[u8]) -> Option<Range> {
    Some(Range {
        handle: u64_at(body, 0)?,
        offset: u64_at(body, 8)?,
        size: u32_at(body, 16)? as usize,
    })
}

fn offer(body: &[u8]) -> Option<Offer> {
    let flags = u64::from(u32_at(body, 12)?);
    let more = u64::from(u32_at(body, 16).unwrap_or(0));
    Some(Offer {
        minor: u32_at(body, 4)?,
        read_ahead: u32_at(body, 8)?,
        flags: if flags & EXTENDED == 0 {
            flags
        } else {
            flags | more << 32
        },
    })
}

fn forgotten(body: &[u8]) -> Option<Vec<(u64, u64)>> {
    let count = u32_at(body, 0)? as usize;
    let pairs = body.get(8..)?.chunks_exact(16).take(count);
    pairs
        .map(|pair| Some((u64_at(pair, 0)?, u64_at(pair, 8)?)))
        .collect()
}

/// Bytes for the kernel.
#[derive(Debug, Default)]
pub(in crate::worker::mirror) struct Reply {
    bytes: Vec<u8>,
}

impl Reply {
    fn new(unique: u64, error: i32) -> Reply {
        let mut reply = Reply::default();
        reply.u32(0).i32(error).u64(unique);
        reply
    }

    fn u16(&mut self, value: u16) -> &mut Reply {
        self.bytes.extend(value.to_ne_bytes());
        self
    }

    fn u32(&mut self, value: u32) -> &mut Reply {
        self.bytes.extend(value.to_ne_bytes());
        self
    }

    fn i32(&mut self, value: i32) -> &mut Reply {
        self.bytes.extend(value.to_ne_bytes());
        self
    }

    fn u64(&mut self, value: u64) -> &mut Reply {
        self.bytes.extend(value.to_ne_bytes());
        self
    }

    /// Returns the message: its length is known now.
    pub(in crate::worker::mirror) fn finish(mut self) -> Vec<u8> {
        let length = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        self.bytes[..4].copy_from_slice(&length.to_ne_bytes());
        self.bytes
    }
}

/// Returns the reply that something failed.
pub(in crate::worker::mirror) fn error(unique: u64, errno: i32) -> Reply {
    Reply::new(unique, -errno)
}

/// Returns a reply that is just these bytes.
pub(in crate::worker::mirror) fn data(unique: u64, bytes: &[u8]) -> Reply {
    let mut reply = Reply::new(unique, 0);
    reply.bytes.extend_from_slice(bytes);
    reply
}

/// Returns the reply to the first request, and whether names can expire alone.
pub(in crate::worker::mirror) fn init(unique: u64, offer: &Offer) -> (Reply, bool) {
    let mut reply = Reply::new(unique, 0);
    let flags = offer.flags & WANTED;
    let (low, high) = (flags as u32, (flags >> 32) as u32);
    reply.u32(VERSION).u32(offer.minor.min(MINOR));
    reply.u32(offer.read_ahead.max(1 << 20)).u32(low);
    // How many requests wait in the background, and from how many on that is a crowd.
    reply.u16(64).u16(48);
    // The largest write, which never comes; times are exact.
    reply.u32(4096).u32(1);
    reply.u16(PAGES).u16(0).u32(high);
    reply.bytes.extend([0; 28]);
    (reply, offer.flags & HAS_EXPIRE_ONLY != 0)
}

/// How the nodes of a mirror look beside what was told of them.
#[derive(Clone, Copy, Debug)]
pub(in crate::worker::mirror) struct Look {
    /// Everything belongs to this user and group, None for whom it belongs to at home.
    pub(in crate::worker::mirror) owner: Option<(u32, u32)>,
}

/// Returns the reply to a lookup that found something.
pub(in crate::worker::mirror) fn entry(unique: u64, id: u64, node: &Node, look: Look) -> Reply {
    let mut reply = Reply::new(unique, 0);
    reply.u64(id).u64(0);
    forever(&mut reply);
    attributes_of(&mut reply, id, node, look);
    reply
}

/// Returns the reply to a lookup that found nothing: one that the kernel remembers.
pub(in crate::worker::mirror) fn absent(unique: u64) -> Reply {
    let mut reply = Reply::new(unique, 0);
    reply.u64(0).u64(0);
    forever(&mut reply);
    reply.bytes.extend([0; 88]);
    reply
}

/// Names and attributes are true until they are told to expire.
fn forever(reply: &mut Reply) {
    let seconds = i64::MAX.unsigned_abs();
    reply.u64(seconds).u64(seconds).u32(0).u32(0);
}

/// Returns the reply to a question for attributes.
pub(in crate::worker::mirror) fn attributes(
    unique: u64,
    id: u64,
    node: &Node,
    look: Look,
) -> Reply {
    let mut reply = Reply::new(unique, 0);
    reply.u64(i64::MAX.unsigned_abs()).u32(0).u32(0);
    attributes_of(&mut reply, id, node, look);
    reply
}

fn attributes_of(reply: &mut Reply, id: u64, node: &Node, look: Look) {
    const BLOCK: u64 = 512;
    let size = match &node.kind {
        Kind::File { size, .. } => *size,
        Kind::Link(target) => target.len() as u64,
        Kind::Directory => 4096,
        Kind::Withheld => 0,
    };
    let mode = match node.kind {
        Kind::Withheld => 0,
        Kind::Link(_) => 0o777,
        _ => u32::from(node.mode & 0o7777),
    };
    // A directory of one link tells programs not to count subdirectories by links.
    let links = match node.kind {
        Kind::Directory => 1,
        _ => node.links.max(1),
    };
    let seconds = node.mtime.div_euclid(1_000_000_000).cast_unsigned();
    let nanos = u32::try_from(node.mtime.rem_euclid(1_000_000_000)).unwrap_or(0);
    let (uid, gid) = look.owner.unwrap_or((node.uid, node.gid));
    reply.u64(id).u64(size).u64(size.div_ceil(BLOCK));
    reply.u64(seconds).u64(seconds).u64(seconds);
    reply.u32(nanos).u32(nanos).u32(nanos);
    reply.u32(file_type(&node.kind) << 12 | mode).u32(links);
    reply.u32(uid).u32(gid).u32(0).u32(4096).u32(0);
}

/// The type of a node as dirent(3) has it: the first four bits of a mode.
fn file_type(kind: &Kind) -> u32 {
    match kind {
        Kind::File { .. } | Kind::Withheld => 8,
        Kind::Directory => 4,
        Kind::Link(_) => 10,
    }
}

/// Returns the reply to an open.
pub(in crate::worker::mirror) fn opened(unique: u64, handle: u64) -> Reply {
    let mut reply = Reply::new(unique, 0);
    reply.u64(handle).u32(KEEP_CACHE_NO_FLUSH).u32(0);
    reply
}

/// Returns the reply to the opening of a directory, whose names the kernel is not to keep: each job asks for them.
pub(in crate::worker::mirror) fn opened_directory(unique: u64, handle: u64) -> Reply {
    let mut reply = Reply::new(unique, 0);
    reply.u64(handle).u32(0).u32(0);
    reply
}

/// Returns the reply to a question for free space: there is none, names may be long.
pub(in crate::worker::mirror) fn statistics(unique: u64) -> Reply {
    let mut reply = Reply::new(unique, 0);
    reply.bytes.extend([0; 40]);
    reply.u32(4096).u32(255).u32(4096);
    reply.bytes.extend([0; 28]);
    reply
}

/// A part of a directory, as long as the kernel asked for.
pub(in crate::worker::mirror) struct Names {
    reply: Reply,
    most: usize,
}

impl Names {
    pub(in crate::worker::mirror) fn new(unique: u64, most: usize) -> Names {
        let reply = Reply::new(unique, 0);
        Names {
            most: most + HEADER_OUT,
            reply,
        }
    }

    /// Adds a name, behind which `next` is the offset. Returns false when there is no room for it.
    pub(in crate::worker::mirror) fn add(
        &mut self,
        next: u64,
        name: &[u8],
        kind: &Kind,
        id: u64,
    ) -> bool {
        let length = (24 + name.len()).next_multiple_of(8);
        if self.reply.bytes.len() + length > self.most {
            return false;
        }
        let end = self.reply.bytes.len() + length;
        // An inode of 0 would be taken for a removed name.
        self.reply.u64(id.max(1)).u64(next);
        self.reply
            .u32(u32::try_from(name.len()).unwrap_or(0))
            .u32(file_type(kind));
        self.reply.bytes.extend_from_slice(name);
        self.reply.bytes.resize(end, 0);
        true
    }

    pub(in crate::worker::mirror) fn finish(self) -> Reply {
        self.reply
    }
}

/// Returns the message that a name is to be asked for again. With `only_expire` what it leads to is kept.
pub(in crate::worker::mirror) fn expire(parent: u64, name: &Name, only_expire: bool) -> Vec<u8> {
    const INVALIDATE_ENTRY: i32 = 3;
    let mut message = Reply::new(0, INVALIDATE_ENTRY);
    let name = name.as_bytes();
    message
        .u64(parent)
        .u32(u32::try_from(name.len()).unwrap_or(0));
    message.u32(u32::from(only_expire));
    message.bytes.extend_from_slice(name);
    message.bytes.push(0);
    message.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::any;
    use proptest::proptest;

    fn request(opcode: u32, node: u64, body: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let length = u32::try_from(HEADER_IN + body.len()).unwrap();
        bytes.extend(length.to_ne_bytes());
        bytes.extend(opcode.to_ne_bytes());
        bytes.extend(77_u64.to_ne_bytes());
        bytes.extend(node.to_ne_bytes());
        bytes.extend([0; 16]);
        bytes.extend_from_slice(body);
        bytes
    }

    #[test]
    fn requests_are_taken_apart() {
        let bytes = request(1, 5, b"name\0");
        let expected = Request {
            unique: 77,
            node: 5,
            asked: Asked::Lookup(b"name"),
        };
        assert_eq!(parse(&bytes), Some(expected));
        let mut body = [1_u64, 4096].map(u64::to_ne_bytes).concat();
        body.extend(512_u32.to_ne_bytes());
        let expected = Range {
            handle: 1,
            offset: 4096,
            size: 512,
        };
        assert_eq!(
            parse(&request(15, 5, &body)).unwrap().asked,
            Asked::Read(expected)
        );
        let body = [2_u64, 9, 1, 10, 2].map(u64::to_ne_bytes).concat();
        assert_eq!(
            parse(&request(42, 0, &body)).unwrap().asked,
            Asked::Forget(vec![(9, 1), (10, 2)])
        );
        assert_eq!(parse(&request(16, 5, &[])).unwrap().asked, Asked::Unknown);
        assert_eq!(parse(&request(15, 5, &[0; 19])), None);
        assert_eq!(parse(&[0; 39]), None);
    }

    #[test]
    fn replies_have_the_lengths_that_the_kernel_wants() {
        let node = Node {
            kind: Kind::File {
                size: 513,
                digest: None,
            },
            mode: 0o755,
            uid: 1,
            gid: 2,
            links: 3,
            mtime: -1,
            version: 4,
        };
        let look = Look { owner: None };
        let lengths = [
            (entry(1, 2, &node, look), 16 + 128),
            (absent(1), 16 + 128),
            (attributes(1, 2, &node, look), 16 + 104),
            (opened(1, 2), 16 + 16),
            (statistics(1), 16 + 80),
            (error(1, 2), 16),
        ];
        for (reply, length) in lengths {
            let bytes = reply.finish();
            assert_eq!(bytes.len(), length);
            assert_eq!(u32_at(&bytes, 0), u32::try_from(length).ok());
        }
        let bytes = entry(1, 2, &node, look).finish();
        // Blocks; seconds and nanoseconds before the epoch; type and mode.
        assert_eq!(u64_at(&bytes, 16 + 40 + 16), Some(2));
        assert_eq!(u64_at(&bytes, 16 + 40 + 32), Some(u64::MAX));
        assert_eq!(u32_at(&bytes, 16 + 40 + 52), Some(999_999_999));
        assert_eq!(u32_at(&bytes, 16 + 40 + 60), Some(0o100_755));
    }

    #[test]
    fn the_kernel_is_asked_only_for_what_it_offers() {
        let offer = |flags| Offer {
            minor: 45,
            read_ahead: 4096,
            flags,
        };
        let (reply, expires) = init(1, &offer(u64::MAX));
        let bytes = reply.finish();
        assert_eq!((bytes.len(), expires), (16 + 64, true));
        assert_eq!(u32_at(&bytes, 16 + 4), Some(MINOR));
        let (reply, expires) = init(1, &offer(1));
        assert_eq!(
            (u32_at(&reply.finish(), 16 + 12), expires),
            (Some(1), false)
        );
    }

    #[test]
    fn a_part_of_a_directory_fits_into_what_was_asked_for() {
        let mut names = Names::new(1, 64);
        assert!(names.add(1, b"12345678", &Kind::Directory, 0));
        assert!(names.add(2, b"1", &Kind::Directory, 9));
        assert!(!names.add(3, b"x", &Kind::Directory, 9));
        assert_eq!(names.finish().finish().len(), 16 + 64);
    }

    proptest! {
        #[test]
        fn noise_is_no_request_or_some_request(mut noise in proptest::collection::vec(any::<u8>(), 8..200)) {
            let length = u32::try_from(noise.len()).unwrap();
            noise[..4].copy_from_slice(&length.to_ne_bytes());
            noise[5..8].fill(0);
            let _ = parse(&noise);
        }
    }
}
