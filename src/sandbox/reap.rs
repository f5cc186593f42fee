//! What a job has written: a walk through its upper layer, once all its processes are gone.
//! It does not know what lay below the layer.

use crate::sys::tree;
use crate::sys::tree::Kind;
use bstr::BString;
use rustc_hash::FxHashMap;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;

/// The names under which overlay notes that nothing shines through a directory; which one depends on the manner of the
/// sandbox.
const OPAQUE: [&str; 2] = ["trusted.overlay.opaque", "user.overlay.opaque"];

/// Something in the upper layer.
#[derive(Debug)]
pub struct Written {
    /// Its path below the root, without a slash before it.
    pub path: BString,
    /// What it is.
    pub what: What,
}

/// What something in the upper layer is.
#[derive(Debug)]
pub enum What {
    /// A file: new, changed, or only touched.
    File {
        /// Its content.
        file: File,
        /// Its length.
        size: u64,
        /// Permission bits.
        mode: u32,
        /// Nanoseconds since the epoch.
        mtime: i64,
    },
    /// Another name of a file that comes before.
    HardLink(BString),
    /// A symbolic link.
    Link {
        /// Where it leads.
        target: BString,
        /// Nanoseconds since the epoch.
        mtime: i64,
    },
    /// A directory; what it holds comes next.
    Directory {
        /// Permission bits.
        mode: u32,
        /// Nanoseconds since the epoch.
        mtime: i64,
        /// What was below it does not shine through.
        is_opaque: bool,
    },
    /// What was below is gone.
    Whiteout,
    /// A socket, a fifo, a device.
    Special,
}

struct Walk<'a> {
    /// Told of each thing that is found.
    found: &'a mut dyn FnMut(Written) -> io::Result<()>,
    /// The first name of each file that has several.
    names: FxHashMap<u64, BString>,
}

/// Tells `found` of everything in the upper layer of a job in its room, directories before what they hold.
///
/// # Errors
/// Something cannot be read, or `found` has enough.
pub fn walk(
    room: BorrowedFd<'_>,
    found: &mut dyn FnMut(Written) -> io::Result<()>,
) -> io::Result<()> {
    let upper = tree::open_directory(room, b"upper")?;
    let mut walk = Walk {
        found,
        names: FxHashMap::default(),
    };
    walk.directory(&upper, b"")
}

impl Walk<'_> {
    fn directory(&mut self, directory: &OwnedFd, path: &[u8]) -> io::Result<()> {
        for name in tree::names(directory)? {
            let path = match path.is_empty() {
                true => name.clone(),
                false => [path, b"/", &name].concat().into(),
            };
            self.name(directory.as_fd(), &name, path)?;
        }
        Ok(())
    }

    fn name(&mut self, parent: BorrowedFd<'_>, name: &[u8], path: BString) -> io::Result<()> {
        let stat = tree::stat(parent, name)?;
        let what = match stat.kind {
            Kind::File => match self.names.get(&stat.inode) {
                Some(first) => What::HardLink(first.clone()),
                None => {
                    if stat.links > 1 {
                        self.names.insert(stat.inode, path.clone());
                    }
                    What::File {
                        file: opened(parent, name, tree::open_file)?,
                        size: stat.size,
                        mode: stat.mode,
                        mtime: stat.mtime,
                    }
                }
            },
            Kind::Directory => {
                let directory = opened(parent, name, tree::open_directory)?;
                let is_opaque = |key: &&str| tree::has_attribute(&directory, key, b"y");
                let what = What::Directory {
                    mode: stat.mode,
                    mtime: stat.mtime,
                    is_opaque: OPAQUE.iter().any(is_opaque),
                };
                (self.found)(Written {
                    path: path.clone(),
                    what,
                })?;
                return self.directory(&directory, &path);
            }
            Kind::Link => What::Link {
                target: tree::read_link(parent, name)?,
                mtime: stat.mtime,
            },
            Kind::Device(0) => What::Whiteout,
            Kind::Device(_) | Kind::Other => What::Special,
        };
        (self.found)(Written { path, what })
    }
}

/// Opens something that its owner may have closed to everyone.
fn opened<T>(
    parent: BorrowedFd<'_>,
    name: &[u8],
    open: fn(BorrowedFd<'_>, &[u8]) -> io::Result<T>,
) -> io::Result<T> {
    open(parent, name).or_else(|_| {
        tree::open_up(parent, name)?;
        open(parent, name)
    })
}
