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
use crate::worker::mirror::kernel::Asked;
use crate::worker::mirror::kernel::Look;
use crate::worker::mirror::kernel::Names;
use crate::worker::mirror::kernel::Range;
use crate::worker::mirror::kernel::Reply;
use crate::worker::mirror::kernel::Request;
use crate::worker::mirror::nodes::Known;
use crate::worker::mirror::nodes::Nodes;
use nix::errno::Errno;
use rustc_hash::FxHashMap;
use rustc_hash::FxHashSet;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::fd::OwnedFd;
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

enum Handle {
    /// The content is asked for when the kernel wants part of it, which it may know already.
    File(Known, Option<Arc<File>>),
    Directory(Arc<Directory>),
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
            device,
            source,
            look: Look { owner },
            state: Mutex::new(state),
        });
        let served = shared.clone();
        std::thread::Builder::new()
            .name("mirror".to_owned())
            .spawn(move || served.serve())?;
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

fn errno(refusal: Refusal) -> i32 {
    match refusal {
        Refusal::Absent => Errno::ENOENT as i32,
        Refusal::Denied => Errno::EACCES as i32,
        Refusal::Changed | Refusal::Lost => Errno::EIO as i32,
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers until there is no mount any more.
    fn serve(&self) {
        let mut buffer = vec![0; kernel::BUFFER];
        loop {
            let length = match fd::read(self.device.as_raw_fd(), &mut buffer) {
                Ok(length) => length,
                Err(error) => match error.raw_os_error().map(Errno::from_raw) {
                    // The request was taken back.
                    Some(Errno::ENOENT | Errno::EINTR | Errno::EAGAIN) => continue,
                    _ => return,
                },
            };
            let Some(request) = kernel::parse(&buffer[..length]) else {
                continue;
            };
            if let Some(reply) = self.answer(&request) {
                // Who asked may be gone.
                let _ = fd::write(self.device.as_raw_fd(), &reply.finish());
            }
        }
    }

    fn answer(&self, request: &Request<'_>) -> Option<Reply> {
        let unique = request.unique;
        let answered = match &request.asked {
            Asked::Init(offer) => {
                let (reply, can_expire) = kernel::init(unique, offer);
                self.state().can_expire = can_expire;
                Ok(reply)
            }
            Asked::Lookup(name) => self.lookup(request, name),
            Asked::Forget(all) => {
                let mut state = self.state();
                for (id, lookups) in all {
                    state.nodes.forget(*id, *lookups);
                }
                return None;
            }
            Asked::Attributes => self
                .known(request.node)
                .map(|known| kernel::attributes(unique, request.node, &known.node, self.look)),
            Asked::ReadLink => self
                .known(request.node)
                .and_then(|known| match known.node.kind {
                    Kind::Link(target) => Ok(kernel::data(unique, &target)),
                    _ => Err(Errno::EINVAL as i32),
                }),
            Asked::Open => self.open(request),
            Asked::Read(range) => self.read(unique, range),
            Asked::OpenDirectory => self.open_directory(request),
            Asked::ReadDirectory(range) => self.read_directory(unique, range),
            Asked::Release(handle) | Asked::ReleaseDirectory(handle) => {
                self.state().handles.remove(handle);
                Ok(kernel::data(unique, &[]))
            }
            Asked::Statistics => Ok(kernel::statistics(unique)),
            Asked::Silent => return None,
            Asked::NoControl => Err(Errno::ENOTTY as i32),
            Asked::Unknown => Err(Errno::ENOSYS as i32),
        };
        Some(answered.unwrap_or_else(|errno| kernel::error(unique, errno)))
    }

    fn known(&self, id: u64) -> Result<Known, i32> {
        let known = self.state().nodes.get(id).cloned();
        known.ok_or(Errno::ESTALE as i32)
    }

    /// Returns the path of a directory, and what it holds for the job.
    fn directory(&self, id: u64) -> Result<(RelPath, Arc<Directory>), i32> {
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

    fn lookup(&self, request: &Request<'_>, name: &[u8]) -> Result<Reply, i32> {
        let name = Name::new(name).ok_or(Errno::ENAMETOOLONG as i32)?;
        let (parent, directory) = self.directory(request.node)?;
        let path = parent.join(&name);
        let is_watched = self.source.is_watched(&parent);
        let mut state = self.state();
        state.seen.requests.lookups += 1;
        if is_watched {
            state.handed.insert((request.node, name.clone()));
        }
        let Some(node) = directory.get(&name) else {
            state.note(Note::Missing, path, 0);
            return Ok(kernel::absent(request.unique));
        };
        state.note(Note::Found, path.clone(), node.version);
        let id = state.nodes.tell(path, node);
        Ok(kernel::entry(request.unique, id, node, self.look))
    }

    fn open(&self, request: &Request<'_>) -> Result<Reply, i32> {
        let known = self.known(request.node)?;
        let mut state = self.state();
        state.seen.requests.opens += 1;
        let (path, version) = (known.path.clone(), known.node.version);
        match known.node.kind {
            Kind::File { .. } => state.note(Note::Opened, path, version),
            Kind::Withheld => {
                state.note(Note::Withheld, path, version);
                return Err(Errno::EACCES as i32);
            }
            _ => return Err(Errno::EINVAL as i32),
        }
        let handle = state.hold(Handle::File(known, None));
        Ok(kernel::opened(request.unique, handle))
    }

    fn read(&self, unique: u64, range: &Range) -> Result<Reply, i32> {
        let file = self.content(range.handle)?;
        let mut bytes = vec![0; range.size];
        let mut filled = 0;
        while filled < bytes.len() {
            match file.read_at(&mut bytes[filled..], range.offset + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Errno::EIO as i32),
            }
        }
        self.state().seen.requests.reads += 1;
        Ok(kernel::data(unique, &bytes[..filled]))
    }

    /// Returns the content of what is open; it is asked for once.
    fn content(&self, handle: u64) -> Result<Arc<File>, i32> {
        let known = match self.state().handles.get(&handle) {
            Some(Handle::File(_, Some(file))) => return Ok(file.clone()),
            Some(Handle::File(known, None)) => known.clone(),
            _ => return Err(Errno::EBADF as i32),
        };
        let Kind::File { digest, .. } = known.node.kind else {
            return Err(Errno::EBADF as i32);
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

    fn open_directory(&self, request: &Request<'_>) -> Result<Reply, i32> {
        let (path, directory) = self.directory(request.node)?;
        let mut state = self.state();
        state.seen.requests.lists += 1;
        state.note(Note::Listed, path, 0);
        let handle = state.hold(Handle::Directory(directory));
        Ok(kernel::opened_directory(request.unique, handle))
    }

    fn read_directory(&self, unique: u64, range: &Range) -> Result<Reply, i32> {
        let state = self.state();
        let Some(Handle::Directory(directory)) = state.handles.get(&range.handle) else {
            return Err(Errno::EBADF as i32);
        };
        let dots = [&b"."[..], b".."].map(|name| (name, &Kind::Directory, 0));
        let entries = directory.entries().iter();
        let entries = entries.map(|one| (one.name.as_bytes(), &one.node.kind, one.node.version));
        let all = dots.into_iter().chain(entries);
        let mut names = Names::new(unique, range.size);
        let skipped = usize::try_from(range.offset).unwrap_or(usize::MAX);
        for (next, (name, kind, version)) in (1..).zip(all).skip(skipped) {
            if !names.add(next, name, kind, version) {
                break;
            }
        }
        Ok(names.finish())
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
