//! A file system in memory, for tests and for states that are not on disk.
//! It does not know permissions, hard links and devices; its clock moves only when told.

use crate::files::Change;
use crate::files::Content;
use crate::files::FileSystem;
use crate::files::Kind;
use crate::files::Links;
use crate::files::Mtime;
use crate::files::Status;
use bstr::BString;
use nix::errno::Errno;
use std::collections::BTreeMap;
use std::io;
use std::io::Cursor;
use std::io::ErrorKind;

const MAX_LINKS: usize = 40;
const TICK: i64 = 10_000_000;

#[derive(Clone, Debug)]
enum Node {
    File(Vec<u8>),
    Directory(BTreeMap<BString, usize>),
    Link(BString),
}

#[derive(Clone, Debug)]
struct Entry {
    node: Node,
    mtime: Mtime,
    changed: Mtime,
}

/// Files in memory. The root is there from the beginning.
#[derive(Clone, Debug)]
pub struct Memory {
    entries: Vec<Entry>,
    /// Where relative paths begin.
    directory: BString,
    now: Mtime,
}

/// The end of a walk: the directory that holds (or would hold) the name, the name, what it is.
struct Place {
    parent: usize,
    name: BString,
    entry: Option<usize>,
}

impl Memory {
    /// Returns an empty file system whose relative paths begin at `directory`, an absolute path, which is made.
    pub fn new(directory: &[u8]) -> Memory {
        let now = Mtime::of_file(1_000_000, TICK + 1);
        let root = Entry {
            node: Node::Directory(BTreeMap::new()),
            mtime: now,
            changed: now,
        };
        let mut memory = Memory {
            entries: vec![root],
            directory: BString::from(directory),
            now,
        };
        let mut path = BString::from("/");
        for part in directory.split(|byte| *byte == b'/') {
            path.extend_from_slice(part);
            // The root and what an empty part names are there.
            let _ = memory.make_directory(&path);
            path.push(b'/');
        }
        memory
    }

    /// Moves the clock.
    pub fn pass(&mut self, nanoseconds: i64) {
        self.now = Mtime(self.now.0 + nanoseconds);
    }

    /// Makes a directory.
    pub fn make_directory(&mut self, path: &[u8]) -> io::Result<()> {
        self.make(path, Node::Directory(BTreeMap::new()))
    }

    /// Makes a symbolic link at `path` that holds `target`.
    pub fn make_link(&mut self, path: &[u8], target: &[u8]) -> io::Result<()> {
        self.make(path, Node::Link(BString::from(target)))
    }

    /// Sets the mtime of a file or, where `path` is a link, of that link.
    pub fn set_mtime(&mut self, path: &[u8], mtime: Mtime) -> io::Result<()> {
        let entry = self.find(path, Links::Keep)?;
        self.entries[entry].mtime = mtime;
        self.entries[entry].changed = self.now;
        Ok(())
    }

    fn make(&mut self, path: &[u8], node: Node) -> io::Result<()> {
        let path = path.strip_suffix(b"/").unwrap_or(path);
        let place = self.walk(path, Links::Keep)?;
        if place.entry.is_some() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        self.add(place, node);
        Ok(())
    }

    fn add(&mut self, place: Place, node: Node) -> usize {
        let entry = self.entries.len();
        self.entries.push(Entry {
            node,
            mtime: self.tick(),
            changed: self.tick(),
        });
        if let Node::Directory(names) = &mut self.entries[place.parent].node {
            names.insert(place.name, entry);
        }
        self.stamp(place.parent);
        entry
    }

    fn stamp(&mut self, entry: usize) {
        self.entries[entry].mtime = self.tick();
        self.entries[entry].changed = self.tick();
    }

    /// Returns the time as a kernel stamps files: its clock moves every 10 ms only.
    fn tick(&self) -> Mtime {
        Mtime(self.now.0 - self.now.0 % TICK)
    }

    fn find(&self, path: &[u8], links: Links) -> io::Result<usize> {
        let place = self.walk(path, links)?;
        place.entry.ok_or_else(|| ErrorKind::NotFound.into())
    }

    /// Walks to the last component; all before it must be directories.
    fn walk(&self, path: &[u8], links: Links) -> io::Result<Place> {
        if path.is_empty() {
            return Err(ErrorKind::NotFound.into());
        }
        let mut trail = vec![0];
        let mut ahead: Vec<BString> = Vec::new();
        push_parts(&mut ahead, path);
        if !path.starts_with(b"/") {
            push_parts(&mut ahead, &self.directory);
        }
        let mut hops = 0;
        while let Some(name) = ahead.pop() {
            let parent = trail[trail.len() - 1];
            let Node::Directory(names) = &self.entries[parent].node else {
                return Err(ErrorKind::NotADirectory.into());
            };
            if name == ".." && trail.len() > 1 {
                trail.pop();
            }
            if matches!(name.as_slice(), b"" | b"." | b"..") {
                continue;
            }
            let found = names.get(&name).copied();
            let is_last = ahead.is_empty();
            match found {
                None if is_last => {
                    return Ok(Place {
                        parent,
                        name,
                        entry: None,
                    });
                }
                None => return Err(ErrorKind::NotFound.into()),
                Some(entry) => match &self.entries[entry].node {
                    Node::Link(target) if !is_last || links == Links::Follow => {
                        hops += 1;
                        if hops > MAX_LINKS {
                            return Err(Errno::ELOOP.into());
                        }
                        if target.starts_with(b"/") {
                            trail.truncate(1);
                        }
                        push_parts(&mut ahead, target);
                    }
                    _ if is_last => {
                        return Ok(Place {
                            parent,
                            name,
                            entry: Some(entry),
                        });
                    }
                    _ => trail.push(entry),
                },
            }
        }
        let entry = trail[trail.len() - 1];
        Ok(Place {
            parent: entry,
            name: BString::from("."),
            entry: Some(entry),
        })
    }

    /// Returns the entry and content of the file at `path`, made if there is none.
    fn file(&mut self, path: &[u8]) -> io::Result<(usize, &mut Vec<u8>)> {
        let place = self.walk(path, Links::Follow)?;
        let entry = match place.entry {
            Some(entry) => entry,
            None => self.add(place, Node::File(Vec::new())),
        };
        match &mut self.entries[entry].node {
            Node::File(text) => Ok((entry, text)),
            _ => Err(ErrorKind::IsADirectory.into()),
        }
    }

    fn remove(&mut self, path: &[u8]) -> io::Result<()> {
        let place = self.walk(path, Links::Keep)?;
        let entry = place.entry.ok_or(ErrorKind::NotFound)?;
        if matches!(self.entries[entry].node, Node::Directory(_)) {
            return Err(ErrorKind::IsADirectory.into());
        }
        if let Node::Directory(names) = &mut self.entries[place.parent].node {
            names.remove(&place.name);
        }
        self.stamp(place.parent);
        Ok(())
    }
}

/// Puts the parts of a path on a stack, the first on top. A slash at the end asks for a directory.
fn push_parts(stack: &mut Vec<BString>, path: &[u8]) {
    let parts = path.split(|byte| *byte == b'/').enumerate();
    let parts: Vec<BString> = parts
        .filter(|(place, part)| !part.is_empty() || *place > 0 && path.ends_with(b"/"))
        .map(|(_, part)| BString::from(part))
        .collect();
    stack.extend(parts.into_iter().rev());
}

impl FileSystem for Memory {
    fn status(&self, path: &[u8], links: Links) -> io::Result<Status> {
        let index = self.find(path, links)?;
        let entry = &self.entries[index];
        let (kind, size) = match &entry.node {
            Node::File(text) => (Kind::File, text.len()),
            Node::Directory(names) => (Kind::Directory, names.len()),
            Node::Link(target) => (Kind::Link, target.len()),
        };
        Ok(Status {
            mtime: entry.mtime,
            changed: entry.changed,
            kind,
            device: 1,
            inode: index as u64,
            size: size as u64,
        })
    }

    fn list(&self, path: &[u8], each: &mut dyn FnMut(&[u8], Kind)) -> io::Result<Status> {
        let status = self.status(path, Links::Follow)?;
        let Node::Directory(names) = &self.entries[self.find(path, Links::Follow)?].node else {
            return Err(ErrorKind::NotADirectory.into());
        };
        for (name, entry) in names {
            let kind = match &self.entries[*entry].node {
                Node::File(_) => Kind::File,
                Node::Directory(_) => Kind::Directory,
                Node::Link(_) => Kind::Link,
            };
            each(name, kind);
        }
        Ok(status)
    }

    fn read_link(&self, path: &[u8]) -> io::Result<BString> {
        match &self.entries[self.find(path, Links::Keep)?].node {
            Node::Link(target) => Ok(target.clone()),
            _ => Err(ErrorKind::InvalidInput.into()),
        }
    }

    fn open(&self, path: &[u8]) -> io::Result<Box<dyn Content>> {
        match &self.entries[self.find(path, Links::Follow)?].node {
            Node::File(text) => Ok(Box::new(Cursor::new(text.clone()))),
            _ => Err(ErrorKind::IsADirectory.into()),
        }
    }

    fn change(&mut self, path: &[u8], change: Change<'_>) -> io::Result<()> {
        if let Change::Remove = change {
            return self.remove(path);
        }
        if let Change::Patch(..) = change {
            self.find(path, Links::Follow)?;
        }
        let (entry, held) = self.file(path)?;
        match change {
            Change::Replace(text) => text.clone_into(held),
            Change::Append(text) => held.extend_from_slice(text),
            Change::Patch(offset, text) => {
                let start = usize::try_from(offset).map_err(|_| ErrorKind::FileTooLarge)?;
                let end = start + text.len();
                held.resize(end.max(held.len()), 0);
                held[start..end].copy_from_slice(text);
            }
            Change::Touch | Change::Remove => {}
        }
        self.stamp(entry);
        Ok(())
    }

    fn directory(&self) -> io::Result<BString> {
        Ok(self.directory.clone())
    }

    fn now(&self) -> Mtime {
        self.now
    }
}

/// One second of the clock, for [`Memory::pass`].
pub const ONE_SECOND: i64 = 1_000_000_000;
