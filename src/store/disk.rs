//! A bounded store of contents in a directory, a file for each, named by its digest; what was used least lately goes first.
//! It does not know what the contents are for. Several processes may use one directory: what another one has removed
//! is missing here, too. A content for which the disk has no room lives in memory, for as long as its file is open.

use crate::store::digest::Digest;
use crate::store::digest::Hasher;
use crate::sys::fd;
use rustc_hash::FxHashMap;
use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::FileExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::SystemTime;

/// What begins the name of a file that is not whole yet.
const PARTIAL: &str = "partial-";
/// A content that is not longer gets a file only once it is known that there is none.
const SMALL: usize = 1 << 20;

/// The store.
#[derive(Debug)]
pub struct DiskStore {
    directory: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// How many bytes may be kept.
    limit: u64,
    /// How many are.
    total: u64,
    /// Counts uses.
    clock: u64,
    /// Counts contents that begin.
    begun: u64,
    known: FxHashMap<Digest, Known>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    size: u64,
    used: u64,
    /// The file that was found to have its digest since the store was opened.
    checked: Option<Stamp>,
}

/// Which file it is: inode, length, and when it was last written to. Another one has to be checked again.
type Stamp = (u64, u64, i64, i64);

/// How exactly it is noted on disk when a content was last used.
const USED: Duration = Duration::from_secs(60);

impl DiskStore {
    /// Opens the store in a directory, which is made if it is not there, for at most `limit` bytes. Where it can neither
    /// be made nor read, nothing is kept.
    pub fn open(directory: &Path, limit: u64) -> DiskStore {
        let mut builder = fs::DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(directory);
        let shelves = made.and_then(|()| fs::read_dir(directory));
        let mut found = Vec::new();
        for shelf in shelves.into_iter().flatten().flatten() {
            match shelf.file_type().is_ok_and(|kind| kind.is_dir()) {
                true => found.extend(on_shelf(&shelf.path())),
                false => remove_stale(&shelf),
            }
        }
        found.sort_by_key(|(_, _, used)| *used);
        let mut state = State {
            limit,
            total: 0,
            clock: 0,
            begun: 0,
            known: FxHashMap::default(),
        };
        for (digest, size, _) in found {
            state.add(digest, size, None);
        }
        let store = DiskStore {
            directory: directory.to_owned(),
            state: Mutex::new(state),
        };
        store.make_room(&mut store.state());
        store
    }

    /// Returns the file that has this content, None if it is not here.
    pub fn get(&self, digest: &Digest) -> Option<File> {
        let known = *self.state().known.get(digest)?;
        let file = File::open(self.path(digest)).and_then(|file| {
            let stamp = stamp_of(&file)?;
            match known.checked == Some(stamp) {
                true => Ok((file, stamp)),
                false => checked(file, digest),
            }
        });
        let mut state = self.state();
        let Ok((file, stamp)) = file else {
            state.remove(digest);
            let _ = fs::remove_file(self.path(digest));
            return None;
        };
        state.clock += 1;
        let now = state.clock;
        let known = state.known.get_mut(digest)?;
        (known.used, known.checked) = (now, Some(stamp));
        Some(file)
    }

    /// Begins a content that comes in parts.
    pub fn begin(self: &Arc<Self>) -> Partial {
        Partial {
            store: self.clone(),
            start: Vec::new(),
            path: None,
            file: None,
            hasher: Hasher::default(),
            end: 0,
            skipped: 0,
        }
    }

    /// Returns a new file for a content, and its path if it is on disk.
    fn new_file(&self) -> io::Result<(File, Option<PathBuf>)> {
        let number = {
            let mut state = self.state();
            state.begun += 1;
            state.begun
        };
        let name = format!("{PARTIAL}{}-{number}", std::process::id());
        let path = self.directory.join(name);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        match file {
            Ok(file) => Ok((file, Some(path))),
            Err(_) => Ok((fd::memory_file()?, None)),
        }
    }

    /// Keeps the bytes that a reader gives.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn put(self: &Arc<Self>, bytes: &mut dyn Read) -> io::Result<Stored> {
        let mut partial = self.begin();
        let mut chunk = vec![0; 64 * 1024];
        loop {
            match bytes.read(&mut chunk) {
                Ok(0) => break,
                // What is zeros stays a hole.
                Ok(count) if chunk[..count].iter().all(|byte| *byte == 0) => {
                    partial.skip(count as u64);
                }
                Ok(count) => partial.write(partial.end + partial.skipped, &chunk[..count])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        partial.hasher.add_zeros(partial.skipped);
        let (digest, size) = partial.hasher.finish();
        let file = partial.keep(size, &digest)?;
        Ok(Stored { file, digest, size })
    }

    /// Returns how many bytes are kept.
    pub fn total(&self) -> u64 {
        self.state().total
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let name = digest.to_string();
        self.directory.join(&name[..2]).join(&name[2..])
    }

    fn make_room(&self, state: &mut State) {
        if state.total <= state.limit {
            return;
        }
        let mut by_use: Vec<_> = state.known.iter().map(|(d, k)| (k.used, *d)).collect();
        by_use.sort_unstable();
        // Some room more, lest each new content has to look for it.
        let aim = state.limit - state.limit / 8;
        for (_, digest) in by_use {
            if state.total <= aim {
                break;
            }
            state.remove(&digest);
            let _ = fs::remove_file(self.path(&digest));
        }
    }
}

impl State {
    fn add(&mut self, digest: Digest, size: u64, checked: Option<Stamp>) {
        self.remove(&digest);
        self.clock += 1;
        self.total += size;
        let used = self.clock;
        self.known.insert(
            digest,
            Known {
                size,
                used,
                checked,
            },
        );
    }

    fn remove(&mut self, digest: &Digest) {
        if let Some(known) = self.known.remove(digest) {
            self.total -= known.size;
        }
    }
}

/// A content that is not whole yet; dropped, it leaves nothing.
#[derive(Debug)]
pub struct Partial {
    store: Arc<DiskStore>,
    /// What has come while there is no file.
    start: Vec<u8>,
    /// None for one in memory.
    path: Option<PathBuf>,
    /// None before it is needed, and once it is kept.
    file: Option<File>,
    hasher: Hasher,
    /// The end of what has come.
    end: u64,
    /// How many zeros come behind that, before whatever comes next.
    skipped: u64,
}

/// A content that is kept.
#[derive(Debug)]
pub struct Stored {
    /// The file.
    pub file: File,
    /// What it is.
    pub digest: Digest,
    /// Its length.
    pub size: u64,
}

impl Partial {
    /// Adds a part; between it and the part before are zeros.
    ///
    /// # Errors
    /// It begins before the end of the part before, or cannot be written.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let hole = offset
            .checked_sub(self.end)
            .ok_or(io::ErrorKind::InvalidInput)?;
        let end = offset + bytes.len() as u64;
        if self.file.is_none() && end <= SMALL as u64 {
            let start = self.start.len() + usize::try_from(hole).unwrap_or(SMALL);
            self.start.resize(start, 0);
            self.start.extend_from_slice(bytes);
        } else {
            self.with_file()?;
            self.write_at(bytes, offset)?;
        }
        self.hasher.add_zeros(hole);
        self.hasher.add(bytes);
        self.end = end;
        self.skipped = 0;
        Ok(())
    }

    /// Goes on in a file.
    fn with_file(&mut self) -> io::Result<()> {
        if self.file.is_none() {
            let (file, path) = self.store.new_file()?;
            (self.file, self.path) = (Some(file), path);
            let start = std::mem::take(&mut self.start);
            self.write_at(&start, 0)?;
        }
        Ok(())
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let file = self.file.as_ref().ok_or(io::ErrorKind::InvalidInput)?;
        match file.write_all_at(bytes, offset) {
            Ok(()) => Ok(()),
            Err(error) => self.move_to_memory(error)?.write_all_at(bytes, offset),
        }
    }

    /// Keeps the content, of this length, if it is what this digest says. Returns the file.
    ///
    /// # Errors
    /// It is another content, or cannot be kept.
    pub fn finish(mut self, size: u64, digest: &Digest) -> io::Result<File> {
        let hole = size
            .checked_sub(self.end)
            .ok_or(io::ErrorKind::InvalidData)?;
        self.hasher.add_zeros(hole);
        match self.hasher.finish().0 == *digest {
            true => self.keep(size, digest),
            false => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Goes on in memory with what has come, after the disk took no more.
    fn move_to_memory(&mut self, error: io::Error) -> io::Result<&File> {
        let (Some(path), Some(file)) = (self.path.take(), &mut self.file) else {
            return Err(error);
        };
        let _ = fs::remove_file(path);
        let mut memory = fd::memory_file()?;
        file.seek(SeekFrom::Start(0))?;
        io::copy(&mut Read::take(&mut *file, self.end), &mut memory)?;
        *file = memory;
        Ok(file)
    }

    fn skip(&mut self, count: u64) {
        self.skipped += count;
    }

    fn keep(mut self, size: u64, digest: &Digest) -> io::Result<File> {
        // To write it once more would be written to the disk at once: it would take the place of another file.
        if let Some(file) = self.store.get(digest) {
            return Ok(file);
        }
        self.with_file()?;
        let file = self.file.take().ok_or(io::ErrorKind::InvalidInput)?;
        let sized = file.set_len(size);
        let Some(path) = self.path.take() else {
            return sized.map(|()| file);
        };
        let place = self.store.path(digest);
        let shelf = place.parent().unwrap_or(&place);
        let mut builder = fs::DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(shelf);
        let kept = sized.and(made.and_then(|()| fs::rename(&path, &place)));
        if kept.is_err() {
            // It stays open, and is good for this once.
            let _ = fs::remove_file(&path);
            return file.set_len(size).map(|()| file);
        }
        let stamp = stamp_of(&file).ok();
        let mut state = self.store.state();
        state.add(*digest, size, stamp);
        self.store.make_room(&mut state);
        Ok(file)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if let (Some(_), Some(path)) = (&self.file, &self.path) {
            let _ = fs::remove_file(path);
        }
    }
}

/// Returns the file if its content has the digest, and notes on disk that it was used.
fn checked(mut file: File, digest: &Digest) -> io::Result<(File, Stamp)> {
    let (found, _) = Digest::of_file(&mut file)?;
    if found != *digest {
        return Err(io::ErrorKind::InvalidData.into());
    }
    file.seek(SeekFrom::Start(0))?;
    let used = file.metadata()?.modified()?;
    if used.elapsed().is_ok_and(|ago| ago > USED) {
        let _ = file.set_modified(SystemTime::now());
    }
    let stamp = stamp_of(&file)?;
    Ok((file, stamp))
}

fn stamp_of(file: &File) -> io::Result<Stamp> {
    let data = file.metadata()?;
    Ok((data.ino(), data.len(), data.mtime(), data.mtime_nsec()))
}

/// Returns what lies in one of the store's directories: digest, size, last use.
fn on_shelf(shelf: &Path) -> Vec<(Digest, u64, SystemTime)> {
    let start = shelf
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let files = fs::read_dir(shelf).into_iter().flatten().flatten();
    files
        .filter_map(|file| {
            let name = format!("{}{}", start.as_ref()?, file.file_name().to_string_lossy());
            let meta = file.metadata().ok()?;
            Some((digest_of_name(&name)?, meta.len(), meta.modified().ok()?))
        })
        .collect()
}

fn digest_of_name(name: &str) -> Option<Digest> {
    let mut digest = [0; 32];
    if name.len() != 64 || !name.is_ascii() {
        return None;
    }
    for (byte, at) in digest.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&name[at..at + 2], 16).ok()?;
    }
    Some(Digest(digest))
}

/// Removes what a process that is gone has begun.
fn remove_stale(file: &fs::DirEntry) {
    let name = file.file_name().to_string_lossy().into_owned();
    let process = name
        .strip_prefix(PARTIAL)
        .and_then(|rest| rest.split('-').next());
    if process.is_some_and(|id| !Path::new("/proc").join(id).exists()) {
        let _ = fs::remove_file(file.path());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    fn open(directory: &Path, limit: u64) -> Arc<DiskStore> {
        Arc::new(DiskStore::open(directory, limit))
    }

    fn put(store: &Arc<DiskStore>, mut bytes: &[u8]) -> Digest {
        let stored = store.put(&mut bytes).unwrap();
        assert_eq!(stored.size, stored.file.metadata().unwrap().len());
        stored.digest
    }

    fn read_all(mut file: &File) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(0))?;
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    #[test]
    fn what_was_put_is_there_also_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("a/store");
        let store = open(&place, 1000);
        let digest = put(&store, b"content");
        assert_eq!(digest, Digest::of(b"content"));
        assert_eq!(read_all(&store.get(&digest).unwrap()).unwrap(), b"content");
        assert!(store.get(&Digest::of(b"other")).is_none());
        let store = open(&place, 1000);
        assert_eq!(store.total(), 7);
        assert_eq!(read_all(&store.get(&digest).unwrap()).unwrap(), b"content");
    }

    #[test]
    fn parts_may_leave_holes_but_not_overlap() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path(), 10 << 20);
        let whole = [&b"ab"[..], &[0; 5000], b"cd", &[0; 96]].concat();
        let mut partial = store.begin();
        partial.write(0, b"ab").unwrap();
        assert!(partial.write(1, b"x").is_err());
        partial.write(5002, b"cd").unwrap();
        let file = partial.finish(5100, &Digest::of(&whole)).unwrap();
        assert_eq!(read_all(&file).unwrap(), whole);
        // The same once more is not written again.
        let place = store.path(&Digest::of(&whole));
        let first = fs::metadata(&place).unwrap();
        let long = vec![7; SMALL + 1];
        for _ in 0..2 {
            assert_eq!(put(&store, &whole), Digest::of(&whole));
            assert_eq!(put(&store, &long), Digest::of(&long));
        }
        let second = fs::metadata(&place).unwrap();
        assert_eq!(first.ino(), second.ino());
        let zeros = [&[0; 70_000][..], b"x", &[0; 70_000]].concat();
        assert_eq!(put(&store, &zeros), Digest::of(&zeros));
    }

    #[test]
    fn a_wrong_content_is_not_kept() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path(), 1000);
        let mut partial = store.begin();
        partial.write(0, b"lie").unwrap();
        assert!(partial.finish(3, &Digest::of(b"truth")).is_err());
        drop(store.begin());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        // What was spoiled on the disk is found out, once it is asked for.
        let digest = put(&store, b"truth");
        assert!(store.get(&digest).is_some());
        fs::write(store.path(&digest), b"lies!").unwrap();
        assert!(store.get(&digest).is_none());
        let digest = put(&store, b"truth");
        fs::write(store.path(&digest), b"lies!").unwrap();
        let store = open(dir.path(), 1000);
        assert!(store.get(&digest).is_none());
        assert_eq!(store.total(), 0);
    }

    #[test]
    fn what_the_disk_does_not_take_is_here_all_the_same() {
        let store = open(Path::new("/proc/none"), 1000);
        let whole = [&b"ab"[..], &[0; 5000], b"cd"].concat();
        let mut partial = store.begin();
        partial.write(0, b"ab").unwrap();
        partial.write(5002, b"cd").unwrap();
        let file = partial.finish(5004, &Digest::of(&whole)).unwrap();
        assert_eq!(read_all(&file).unwrap(), whole);
        assert!(store.get(&Digest::of(&whole)).is_none());
        // The disk is full while a content comes.
        let mut partial = store.begin();
        partial.write(0, b"ab").unwrap();
        partial.with_file().unwrap();
        partial.path = Some("/proc/none/partial".into());
        let full = io::Error::from_raw_os_error(28);
        partial.move_to_memory(full).unwrap();
        partial.write(5002, b"cd").unwrap();
        let file = partial.finish(5004, &Digest::of(&whole)).unwrap();
        assert_eq!(read_all(&file).unwrap(), whole);
    }

    #[test]
    fn what_was_used_least_lately_makes_room() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path(), 800);
        let all: Vec<_> = (0..8_u8).map(|n| put(&store, &[n; 100])).collect();
        assert!(store.get(&all[0]).is_some());
        let last = put(&store, &[9; 100]);
        assert!(store.total() <= 800);
        assert!(store.get(&all[0]).is_some() && store.get(&last).is_some());
        assert!(store.get(&all[1]).is_none());
    }
}
