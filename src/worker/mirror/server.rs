//! The server of a slot's mirror: one thread answers the kernel, others say when a job begins and ends.
//! It does not know what a job is: between its beginning and its end everything that is asked is the job's.

use crate::sys::fd;
use crate::wire::directory::Directory;
use crate::wire::message::Kind;
use crate::wire::message::Trace;
use crate::wire::path::Name;
use crate::wire::path::RelPath;
use crate::worker::mirror::Epoch;
use crate::worker::mirror::Refusal;
use crate::worker::mirror::Source;
use crate::worker::mirror::Wanted;
use crate::worker::mirror::kernel;
use crate::worker::mirror::kernel::Look;
use crate::worker::mirror::nodes::Known;
use crate::worker::mirror::nodes::Nodes;
use fuser::Errno;
use fuser::FileAttr;
use fuser::FileHandle;
use fuser::FileType;
use fuser::Filesystem;
use fuser::FopenFlags;
use fuser::Generation;
use fuser::INodeNo;
use fuser::IoctlFlags;
use fuser::KernelConfig;
use fuser::LockOwner;
use fuser::OpenFlags;
use fuser::ReplyAttr;
use fuser::ReplyData;
use fuser::ReplyDirectory;
use fuser::ReplyEmpty;
use fuser::ReplyEntry;
use fuser::ReplyIoctl;
use fuser::ReplyOpen;
use fuser::ReplyStatfs;
use fuser::Request;
use fuser::Session;
use fuser::SessionACL;
use rustc_hash::FxHashMap;
use rustc_hash::FxHashSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

/// A mirror that is served until its mount is gone.
#[derive(Clone)]
pub struct Mirror {
    shared: Arc<Shared>,
}

/// What a job has seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Which names.
    pub trace: Trace,
    /// A file that was not to be had in the version the job saw.
    pub changed: Option<RelPath>,
    /// Nobody answered any more.
    pub is_lost: bool,
    /// What the kernel asked for.
    pub requests: Requests,
}

/// How many requests there were.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Requests {
    /// For a name.
    pub lookups: u32,
    /// To open a file.
    pub opens: u32,
    /// For part of a file.
    pub reads: u32,
    /// To list a directory.
    pub lists: u32,
}

struct Shared {
    /// The session's device once more, for names that expire.
    device: OwnedFd,
    source: Arc<dyn Source>,
    look: Look,
    state: Mutex<State>,
}

struct State {
    nodes: Nodes,
    at: Epoch,
    /// What the job has seen so far.
    seen: Seen,
    noted: FxHashSet<(Note, RelPath)>,
    /// Names that the kernel is to ask for again when the next job does.
    handed: FxHashSet<(u64, Name)>,
    handles: FxHashMap<u64, Handle>,
    last_handle: u64,
    /// The kernel can let a name expire without dropping what it leads to.
    can_expire: bool,
}

#[derive(Clone, Copy, Eq, Hash, PartialEq)]
enum Note {
    Found,
    Missing,
    Listed,
    Opened,
    Withheld,
}

/// The mirror as the session asks it.
struct Served(Arc<Shared>);

enum Handle {
    /// The content is asked for when the kernel wants part of it, which it may know already.
    File(Known, Option<Arc<File>>),
    Directory(RelPath, Arc<Directory>),
}

impl Mirror {
    /// Serves a mirror on the server's descriptor of its mount. Everything belongs to `owner`, None for its owner at home.
    ///
    /// # Errors
    /// There can be no thread.
    pub fn serve(
        device: OwnedFd,
        source: Arc<dyn Source>,
        owner: Option<(u32, u32)>,
    ) -> io::Result<Mirror> {
        let state = State {
            nodes: Nodes::new(),
            at: Epoch::default(),
            seen: Seen::default(),
            noted: FxHashSet::default(),
            handed: FxHashSet::default(),
            handles: FxHashMap::default(),
            last_handle: 0,
            can_expire: false,
        };
        let shared = Arc::new(Shared {
            device: device.try_clone()?,
            source,
            look: Look { owner },
            state: Mutex::new(state),
        });
        let served = Served(shared.clone());
        std::thread::Builder::new()
            .name("mirror".to_owned())
            .spawn(move || {
                // Anybody in the sandbox may ask; the end of the mount is the end of the session.
                let config = fuser::Config::default();
                let _ = Session::from_fd(served, device, SessionACL::All, config)
                    .and_then(Session::run);
            })?;
        Ok(Mirror { shared })
    }

    /// Says that a job begins: it sees what is known at this moment.
    pub fn begin(&self, at: Epoch) {
        let mut state = self.shared.state();
        state.at = at;
        state.seen = Seen::default();
        state.noted.clear();
    }

    /// Says that all processes of the job are gone. Returns what it has seen.
    pub fn end(&self) -> Seen {
        let mut state = self.shared.state();
        let handed = std::mem::take(&mut state.handed);
        let seen = std::mem::take(&mut state.seen);
        let can_expire = state.can_expire;
        drop(state);
        for (parent, name) in handed {
            let message = kernel::expire(parent, &name, can_expire);
            // What the kernel does not know any more it will ask for anyway.
            let _ = fd::write(self.shared.device.as_raw_fd(), &message);
        }
        seen
    }
}

fn errno(refusal: Refusal) -> Errno {
    match refusal {
        Refusal::Absent => Errno::ENOENT,
        Refusal::Denied => Errno::EACCES,
        Refusal::Changed | Refusal::Lost => Errno::EIO,
    }
}

impl Filesystem for Served {
    fn init(&mut self, _: &Request, config: &mut KernelConfig) -> io::Result<()> {
        self.0.state().can_expire = kernel::ask(config);
        Ok(())
    }

    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        match self.0.lookup(parent.0, name.as_bytes()) {
            Ok(found) => reply.entry(&kernel::FOREVER, &found, Generation(0)),
            Err(errno) => reply.error(errno),
        }
    }

    fn forget(&self, _: &Request, node: INodeNo, lookups: u64) {
        self.0.state().nodes.forget(node.0, lookups);
    }

    fn getattr(&self, _: &Request, node: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match self.0.known(node.0) {
            Ok(known) => {
                let shown = kernel::attributes(node.0, &known.node, self.0.look);
                reply.attr(&kernel::FOREVER, &shown);
            }
            Err(errno) => reply.error(errno),
        }
    }

    fn readlink(&self, _: &Request, node: INodeNo, reply: ReplyData) {
        match self.0.known(node.0).map(|known| known.node.kind) {
            Ok(Kind::Link(target)) => reply.data(&target),
            Ok(_) => reply.error(Errno::EINVAL),
            Err(errno) => reply.error(errno),
        }
    }

    fn open(&self, _: &Request, node: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        opened(reply, self.0.open(node.0), kernel::OPENED);
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        match self.0.read(handle.0, offset, size as usize) {
            Ok(bytes) => reply.data(&bytes),
            Err(errno) => reply.error(errno),
        }
    }

    fn release(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        _: Option<LockOwner>,
        _: bool,
        reply: ReplyEmpty,
    ) {
        self.0.state().handles.remove(&handle.0);
        reply.ok();
    }

    fn opendir(&self, _: &Request, node: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        opened(
            reply,
            self.0.open_directory(node.0),
            kernel::OPENED_DIRECTORY,
        );
    }

    fn readdir(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        let add = |id, next, kind, name: &[u8]| reply.add(id, next, kind, OsStr::from_bytes(name));
        match self.0.list(handle.0, offset, add) {
            Ok(()) => reply.ok(),
            Err(errno) => reply.error(errno),
        }
    }

    fn releasedir(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        reply: ReplyEmpty,
    ) {
        self.0.state().handles.remove(&handle.0);
        reply.ok();
    }

    /// There is no free space, names may be long.
    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        reply.statfs(0, 0, 0, 0, 0, 4096, 255, 4096);
    }

    /// There is none, but it may be asked again, which the answer that nothing is known of it would not say.
    fn ioctl(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        _: IoctlFlags,
        _: u32,
        _: &[u8],
        _: u32,
        reply: ReplyIoctl,
    ) {
        reply.error(Errno::ENOTTY);
    }
}

fn opened(reply: ReplyOpen, handle: Result<u64, Errno>, flags: FopenFlags) {
    match handle {
        Ok(handle) => reply.opened(FileHandle(handle), flags),
        Err(errno) => reply.error(errno),
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, id: u64) -> Result<Known, Errno> {
        let known = self.state().nodes.get(id).cloned();
        known.ok_or(Errno::ESTALE)
    }

    /// Returns the path of a directory, and what it holds for the job.
    fn directory(&self, id: u64) -> Result<(RelPath, Arc<Directory>), Errno> {
        let path = self.known(id)?.path;
        let at = self.state().at;
        match self.source.directory(&path, at) {
            Ok(directory) => Ok((path, directory)),
            Err(refusal) => {
                self.state().seen.is_lost |= refusal == Refusal::Lost;
                Err(errno(refusal))
            }
        }
    }

    fn lookup(&self, directory: u64, name: &[u8]) -> Result<FileAttr, Errno> {
        let name = Name::new(name).ok_or(Errno::ENAMETOOLONG)?;
        let (parent, entries) = self.directory(directory)?;
        let path = parent.join(&name);
        let is_watched = self.source.is_watched(&parent);
        let mut state = self.state();
        state.seen.requests.lookups += 1;
        if is_watched {
            state.handed.insert((directory, name.clone()));
        }
        let Some(node) = entries.get(&name) else {
            state.note(Note::Missing, path, 0);
            return Ok(kernel::absent());
        };
        state.note(Note::Found, path.clone(), node.version);
        let id = state.nodes.tell(path, node);
        Ok(kernel::attributes(id, node, self.look))
    }

    fn open(&self, node: u64) -> Result<u64, Errno> {
        let known = self.known(node)?;
        let mut state = self.state();
        state.seen.requests.opens += 1;
        let (path, version) = (known.path.clone(), known.node.version);
        match known.node.kind {
            Kind::File { .. } => state.note(Note::Opened, path, version),
            Kind::Withheld => {
                state.note(Note::Withheld, path, version);
                return Err(Errno::EACCES);
            }
            _ => return Err(Errno::EINVAL),
        }
        Ok(state.hold(Handle::File(known, None)))
    }

    fn read(&self, handle: u64, offset: u64, size: usize) -> Result<Vec<u8>, Errno> {
        let file = self.content(handle)?;
        let mut bytes = vec![0; size];
        let mut filled = 0;
        while filled < bytes.len() {
            match file.read_at(&mut bytes[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Errno::EIO),
            }
        }
        self.state().seen.requests.reads += 1;
        bytes.truncate(filled);
        Ok(bytes)
    }

    /// Returns the content of what is open; it is asked for once.
    fn content(&self, handle: u64) -> Result<Arc<File>, Errno> {
        let known = match self.state().handles.get(&handle) {
            Some(Handle::File(_, Some(file))) => return Ok(file.clone()),
            Some(Handle::File(known, None)) => known.clone(),
            _ => return Err(Errno::EBADF),
        };
        let Kind::File { digest, .. } = known.node.kind else {
            return Err(Errno::EBADF);
        };
        let wanted = Wanted {
            path: &known.path,
            version: known.node.version,
            digest,
        };
        let content = self.source.content(&wanted);
        let mut state = self.state();
        match content {
            Ok(file) => {
                let file = Arc::new(file);
                let held = Handle::File(known, Some(file.clone()));
                state.handles.insert(handle, held);
                Ok(file)
            }
            Err(refusal) => {
                match refusal {
                    Refusal::Lost => state.seen.is_lost = true,
                    _ => state.seen.changed = Some(known.path),
                }
                Err(errno(refusal))
            }
        }
    }

    fn open_directory(&self, node: u64) -> Result<u64, Errno> {
        let (path, directory) = self.directory(node)?;
        let mut state = self.state();
        state.seen.requests.lists += 1;
        Ok(state.hold(Handle::Directory(path, directory)))
    }

    /// Hands on what follows an offset in a directory that is open, until `add` says that it is full. Overlay opens
    /// directories in which something is made, too, and does not list them.
    fn list(
        &self,
        handle: u64,
        offset: u64,
        mut add: impl FnMut(INodeNo, u64, FileType, &[u8]) -> bool,
    ) -> Result<(), Errno> {
        let mut state = self.state();
        let Some(Handle::Directory(path, directory)) = state.handles.get(&handle) else {
            return Err(Errno::EBADF);
        };
        let (path, directory) = (path.clone(), directory.clone());
        state.note(Note::Listed, path, 0);
        drop(state);
        let dots = [&b"."[..], b".."].map(|name| (name, &Kind::Directory, 0));
        let entries = directory.entries().iter();
        let entries = entries.map(|one| (one.name.as_bytes(), &one.node.kind, one.node.version));
        let all = dots.into_iter().chain(entries);
        let skipped = usize::try_from(offset).unwrap_or(usize::MAX);
        for (next, (name, kind, version)) in (1..).zip(all).skip(skipped) {
            // An inode of 0 would be taken for a removed name.
            if add(INodeNo(version.max(1)), next, kernel::file_type(kind), name) {
                break;
            }
        }
        Ok(())
    }
}

impl State {
    fn hold(&mut self, handle: Handle) -> u64 {
        self.last_handle += 1;
        self.handles.insert(self.last_handle, handle);
        self.last_handle
    }

    /// Notes once what the job has seen of a path.
    fn note(&mut self, note: Note, path: RelPath, version: u64) {
        if !self.noted.insert((note, path.clone())) {
            return;
        }
        let trace = &mut self.seen.trace;
        match note {
            Note::Found => trace.found.push((path, version)),
            Note::Missing => trace.missing.push(path),
            Note::Listed => trace.listed.push(path),
            Note::Opened => trace.opened.push(path),
            Note::Withheld => trace.withheld.push(path),
        }
    }
}
