//! Output that is held back (-O): what a job's children and make itself say, kept in order until it is told whole.
//! It does not know when a job ends, nor how events are shown.

use crate::event::Event;
use crate::event::Sink;
use crate::event::Stream;
use crate::id::JobId;
use crate::sys::fd;
use bstr::BString;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::fd::OwnedFd;
use std::os::fd::RawFd;
use std::os::unix::fs::FileExt;

/// How many bytes of held back output are told at once.
const CHUNK: usize = 64 * 1024;

/// The output of one job, or of make itself before any job.
#[derive(Debug)]
pub struct Buffer {
    /// Whose it is, None for the make itself.
    job: Option<JobId>,
    /// What children write to standard output, and to standard error if both are the same file.
    out: File,
    /// What children write to standard error, if that is another file.
    err: Option<File>,
    /// What make itself said, with the sizes of both files at that moment.
    said: Vec<(u64, u64, Event)>,
}

impl Buffer {
    /// Returns an empty buffer with its files in `directory`.
    pub fn new(job: Option<JobId>, directory: &[u8], is_combined: bool) -> io::Result<Buffer> {
        let out = fd::unnamed_file(directory)?;
        let err = match is_combined {
            true => None,
            false => Some(fd::unnamed_file(directory)?),
        };
        Ok(Buffer {
            job,
            out,
            err,
            said: Vec::new(),
        })
    }

    /// Returns whose output it is.
    pub fn job(&self) -> Option<JobId> {
        self.job
    }

    /// Returns what a child gets as standard output and standard error.
    pub fn descriptors(&self) -> (RawFd, RawFd) {
        let out = self.out.as_raw_fd();
        (out, self.err.as_ref().map_or(out, File::as_raw_fd))
    }

    /// Keeps what make itself says.
    pub fn say(&mut self, event: Event) {
        let (out, err) = self.sizes();
        self.said.push((out, err, event));
    }

    fn sizes(&self) -> (u64, u64) {
        let size = |file: &File| file.metadata().map_or(0, |data| data.len());
        (size(&self.out), self.err.as_ref().map_or(0, size))
    }

    /// Tells everything as one block, in order, and empties the buffer.
    pub fn tell(&mut self, sink: &mut dyn Sink, mutex: Option<&Mutex>) {
        let (out_end, err_end) = self.sizes();
        if self.said.is_empty() && out_end == 0 && err_end == 0 {
            return;
        }
        let guard = mutex.map(Mutex::lock);
        sink.emit(Event::BlockBegin);
        let (mut out_at, mut err_at) = (0, 0);
        for (out, err, event) in std::mem::take(&mut self.said) {
            self.pass(Stream::Out, &mut out_at, out, sink);
            self.pass(Stream::Err, &mut err_at, err, sink);
            sink.emit(event);
        }
        self.pass(Stream::Out, &mut out_at, out_end, sink);
        self.pass(Stream::Err, &mut err_at, err_end, sink);
        sink.emit(Event::BlockEnd);
        drop(guard);
        // Nothing to do about an error here: it would be told once more with the next block.
        let _ = self.out.set_len(0);
        let _ = self.err.as_ref().map(|file| file.set_len(0));
    }

    fn pass(&self, stream: Stream, at: &mut u64, end: u64, sink: &mut dyn Sink) {
        let file = match (stream, &self.err) {
            (Stream::Out, _) => &self.out,
            (Stream::Err, Some(file)) => file,
            (Stream::Err, None) => return,
        };
        while *at < end {
            let want = usize::try_from(end - *at).map_or(CHUNK, |left| left.min(CHUNK));
            let mut bytes = vec![0; want];
            match file.read_at(&mut bytes, *at) {
                Ok(0) | Err(_) => return,
                Ok(count) => {
                    bytes.truncate(count);
                    *at += count as u64;
                }
            }
            let bytes = BString::from(bytes);
            let job = self.job;
            sink.emit(Event::Text { job, stream, bytes });
        }
    }
}

/// The lock that lets one of all makes of a build write at a time (`--sync-mutex=fnm:PATH`).
#[derive(Debug)]
pub struct Mutex {
    file: OwnedFd,
}

impl Mutex {
    /// Returns the lock on an open file.
    pub fn new(file: OwnedFd) -> Mutex {
        Mutex { file }
    }

    /// Waits for the lock. Without it output is told all the same: it may only be mixed.
    fn lock(&self) -> Locked<'_> {
        let _ = fd::lock(self.file.as_raw_fd());
        Locked { mutex: self }
    }
}

/// The lock held.
#[derive(Debug)]
struct Locked<'a> {
    mutex: &'a Mutex,
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let _ = fd::unlock(self.mutex.file.as_raw_fd());
    }
}

/// Returns the job an event belongs to, None for the make itself and for what belongs to nobody.
pub fn job_of(event: &Event) -> Option<JobId> {
    match event {
        Event::Text { job, .. } | Event::Diagnostic { job, .. } => *job,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[derive(Default)]
    struct Heard(Vec<String>);

    impl Sink for Heard {
        fn emit(&mut self, event: Event) {
            self.0.push(match event {
                Event::Text { stream, bytes, .. } => format!("{stream:?} {bytes}"),
                Event::BlockBegin => "begin".to_owned(),
                Event::BlockEnd => "end".to_owned(),
                event => format!("{event:?}"),
            });
        }
    }

    fn text(bytes: &str) -> Event {
        Event::Text {
            job: None,
            stream: Stream::Out,
            bytes: bytes.into(),
        }
    }

    #[test]
    fn what_children_and_make_say_keeps_its_order() {
        for is_combined in [true, false] {
            let place = tempfile::tempdir().unwrap();
            let path = place.path().to_str().unwrap().as_bytes();
            let mut buffer = Buffer::new(None, path, is_combined).unwrap();
            let mut heard = Heard::default();
            buffer.tell(&mut heard, None);
            assert!(heard.0.is_empty());
            buffer.say(text("echo a"));
            buffer.out.write_all(b"a").unwrap();
            if let Some(err) = &mut buffer.err {
                err.write_all(b"oops").unwrap();
            }
            buffer.say(text("echo b"));
            buffer.out.write_all(b"b").unwrap();
            let lock = Mutex::new(fd::unnamed_file(path).unwrap().into());
            buffer.tell(&mut heard, Some(&lock));
            buffer.tell(&mut heard, Some(&lock));
            let mut expected = vec!["begin", "Out echo a", "Out a", "Out echo b", "Out b", "end"];
            if !is_combined {
                expected.insert(3, "Err oops");
            }
            assert_eq!(heard.0, expected);
        }
    }
}
