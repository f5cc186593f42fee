//! Directories that are watched for changes, by inotify(7).
//! It does not know what the changes mean. What is written through a shared mapping of memory is not seen.

use bstr::BString;
use rustix::fs::inotify;
use rustix::fs::inotify::CreateFlags;
use rustix::fs::inotify::ReadFlags;
use rustix::fs::inotify::Reader;
use rustix::fs::inotify::WatchFlags;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

/// A watched directory, by a number that no other one has.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Watched(i32);

/// What was noticed.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Noticed {
    /// A name in a directory is, or holds, something else.
    Name(Watched, BString),
    /// The directory itself has changed.
    Itself(Watched),
    /// It is not watched any more: it is gone.
    Gone(Watched),
    /// More has changed than could be noted: anything may be another.
    Overflow,
}

/// The watcher.
#[derive(Debug)]
pub struct Watch {
    queue: OwnedFd,
}

impl Watch {
    /// Returns a watcher that watches nothing yet.
    pub fn new() -> io::Result<Watch> {
        let queue = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        Ok(Watch { queue })
    }

    /// Watches a directory; one that is watched already keeps its number.
    pub fn add(&self, directory: &[u8]) -> io::Result<Watched> {
        let flags = WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO
            | WatchFlags::MODIFY
            | WatchFlags::ATTRIB
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR
            | WatchFlags::DONT_FOLLOW;
        Ok(Watched(inotify::add_watch(&self.queue, directory, flags)?))
    }

    /// Watches a directory no more; one that is gone is no error.
    pub fn remove(&self, watched: Watched) {
        let _ = inotify::remove_watch(&self.queue, watched.0);
    }

    /// Returns what has been noticed since the last time.
    pub fn drain(&self) -> io::Result<Vec<Noticed>> {
        let mut buffer = vec![MaybeUninit::uninit(); 64 * 1024];
        let mut reader = Reader::new(&self.queue, &mut buffer);
        let mut noticed = Vec::new();
        loop {
            let event = match reader.next() {
                Ok(event) => event,
                Err(rustix::io::Errno::AGAIN) => return Ok(noticed),
                Err(error) => return Err(error.into()),
            };
            let (watched, events) = (Watched(event.wd()), event.events());
            let gone = ReadFlags::IGNORED | ReadFlags::UNMOUNT | ReadFlags::MOVE_SELF;
            noticed.push(if events.contains(ReadFlags::QUEUE_OVERFLOW) {
                Noticed::Overflow
            } else if events.intersects(gone) {
                Noticed::Gone(watched)
            } else if let Some(name) = event.file_name() {
                Noticed::Name(watched, name.to_bytes().into())
            } else {
                Noticed::Itself(watched)
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn what_happens_in_a_directory_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("old"), "x").unwrap();
        let watch = Watch::new().unwrap();
        let here = watch.add(dir.path().as_os_str().as_bytes()).unwrap();
        assert!(watch.drain().unwrap().is_empty());
        fs::write(dir.path().join("old"), "y").unwrap();
        fs::write(dir.path().join("new"), "y").unwrap();
        let noticed = watch.drain().unwrap();
        for name in ["old", "new"] {
            assert!(
                noticed.contains(&Noticed::Name(here, name.into())),
                "{noticed:?}"
            );
        }
        dir.close().unwrap();
        assert!(watch.drain().unwrap().contains(&Noticed::Gone(here)));
    }
}
