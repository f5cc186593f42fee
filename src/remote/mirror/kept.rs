//! What recipes were seen to do the last time, by directory and target: kept in the user's cache directory from build to
//! build. Nothing depends on it but time: a file that is none is as good as no file.
//! It does not know what is made of it.

use crate::exec::executor::RemoteJob;
use crate::store::digest::Digest;
use crate::store::digest::Hasher;
use crate::sys::fd;
use crate::wire::frame;
use crate::wire::frame::Decoder;
use crate::wire::message::Trace;
use crate::wire::path::RelPath;
use bstr::BString;
use bstr::ByteSlice;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::path::PathBuf;

/// Where the files are, below the user's cache directory.
const PLACE: &str = "rmake/traces";

/// The first bytes of a file; another form has another number.
const MAGIC: &[u8] = b"rmake traces 1\n";

/// The longest file, how many there are at most, and of how many paths of one target they tell.
const MOST_BYTES: usize = 32 << 20;
const MOST_FILES: usize = 500;
const MOST_PATHS: usize = 20_000;

/// What the recipe of a target was seen to do.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Seen {
    /// What it was when it did that.
    pub recipe: Option<Digest>,
    /// What it looked at, without the versions.
    pub trace: Trace,
    /// What it wrote or removed.
    pub wrote: Vec<RelPath>,
    /// Why it has no place in a sandbox, if it has none.
    pub unfit: Option<BString>,
}

/// What is kept.
#[derive(Debug, Default)]
pub struct Kept {
    directories: BTreeMap<BString, Directory>,
}

#[derive(Debug, Default)]
struct Directory {
    targets: BTreeMap<BString, Seen>,
    is_changed: bool,
}

impl Kept {
    /// Returns what the recipe of a target in a directory was seen to do.
    pub fn seen(&mut self, directory: &BString, target: &BString) -> Option<&Seen> {
        self.directory(directory).targets.get(target)
    }

    /// Notes what it was seen to do this time.
    pub fn note(&mut self, directory: &BString, target: BString, seen: Seen) {
        let held = self.directory(directory);
        held.is_changed |= held.targets.get(&target) != Some(&seen);
        held.targets.insert(target, seen);
    }

    fn directory(&mut self, path: &BString) -> &mut Directory {
        let held = self.directories.entry(path.clone());
        held.or_insert_with(|| Directory {
            targets: file_of(path)
                .and_then(|file| read(&file))
                .unwrap_or_default(),
            is_changed: false,
        })
    }

    /// Writes what is new. Where that cannot be, the next build is as the first.
    pub fn save(&mut self) {
        for (path, held) in &mut self.directories {
            if std::mem::take(&mut held.is_changed)
                && let Some(file) = file_of(path)
            {
                let _ = write(&file, &held.targets);
            }
        }
    }
}

/// Returns what of a trace is kept: nothing of one that is too long.
pub fn of_trace(mut trace: Trace) -> Trace {
    let count = trace.found.len() + trace.missing.len() + trace.listed.len() + trace.opened.len();
    if count > MOST_PATHS {
        return Trace::default();
    }
    trace.found.iter_mut().for_each(|(_, version)| *version = 0);
    trace
}

/// Returns what a recipe is known by.
pub fn recipe_of(job: &RemoteJob) -> Digest {
    let mut hasher = Hasher::default();
    for word in job.lines.iter().flat_map(|line| &line.words) {
        hasher.add(&word.len().to_le_bytes());
        hasher.add(word);
    }
    hasher.finish().0
}

/// Returns the file for a directory.
fn file_of(directory: &BString) -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    let name = Digest::of(directory).to_string();
    Some(cache?.join(PLACE).join(name))
}

fn read(file: &Path) -> Option<BTreeMap<BString, Seen>> {
    if fs::metadata(file).ok()?.len() > (MOST_BYTES + 100) as u64 {
        return None;
    }
    let bytes = fs::read(file).ok()?;
    let frame = bytes.strip_prefix(MAGIC)?;
    let (digest, frame) = frame.split_first_chunk::<32>()?;
    if Digest::of(frame) != Digest(*digest) {
        return None;
    }
    let mut decoder = Decoder::new(MOST_BYTES);
    decoder.feed(frame);
    decoder.take().ok()?
}

fn write(file: &Path, targets: &BTreeMap<BString, Seen>) -> io::Result<()> {
    let place = file.parent().unwrap_or(file);
    fs::create_dir_all(place)?;
    let frame = frame::encode(targets, MOST_BYTES).map_err(io::Error::other)?;
    let Digest(digest) = Digest::of(&frame);
    let (mut new, name) = fd::named_file(place.as_os_str().as_bytes(), b"new-")?;
    let written = new
        .write_all(&[MAGIC, &digest, &frame].concat())
        .and_then(|()| fs::rename(fd::path(&name), file));
    if written.is_err() {
        fd::remove(&name);
        return written;
    }
    forget_oldest(place)
}

/// Removes the files that were written longest ago where there are too many.
fn forget_oldest(place: &Path) -> io::Result<()> {
    let mut files: Vec<(_, OsString)> = Vec::new();
    for entry in fs::read_dir(place)? {
        let entry = entry?;
        files.push((entry.metadata()?.modified()?, entry.file_name()));
    }
    files.sort();
    let surplus = files.len().saturating_sub(MOST_FILES);
    for (_, name) in files.into_iter().take(surplus) {
        fs::remove_file(place.join(name))?;
    }
    Ok(())
}

/// What makes a recipe that failed in a sandbox suspicious: it may have asked for what only home has.
const SMELLS: &[&str] = &[
    "Invalid cross-device link",
    "Operation not permitted",
    "Function not implemented",
    "Inappropriate ioctl for device",
    "No such device or address",
    "not a tty",
    "/dev/tty",
];

/// Returns what smells of a sandbox in what a line has said.
pub fn smell(said: &[u8]) -> Option<&'static str> {
    SMELLS
        .iter()
        .copied()
        .find(|smell| said.contains_str(smell))
}

/// Returns how many things the recipe of a target was seen to look at and to write.
pub fn counts(directory: &BString) -> impl FnMut(&BString) -> Vec<(&'static str, usize)> + '_ {
    let mut kept = Kept::default();
    move |target| {
        kept.seen(directory, target).map_or_else(Vec::new, |seen| {
            vec![
                ("found", seen.trace.found.len()),
                ("missing", seen.trace.missing.len()),
                ("listed", seen.trace.listed.len()),
                ("opened", seen.trace.opened.len()),
                ("wrote", seen.wrote.len()),
            ]
        })
    }
}

/// Returns what was seen in a directory's last build with workers, as `--explain` tells it.
pub fn told(directory: &BString, target: &BString, declared: &[BString]) -> Vec<BString> {
    let mut kept = Kept::default();
    let Some(seen) = kept.seen(directory, target) else {
        return Vec::new();
    };
    let top = RelPath::of_absolute(directory).unwrap_or_default();
    let is_ours = |path: &&RelPath| path.is_at_or_below(&top) && **path != top;
    let name = |path: &RelPath| -> BString {
        let rest = &path.as_bytes()[top.as_bytes().len()..];
        rest.strip_prefix(b"/").unwrap_or(rest).into()
    };
    let trace = &seen.trace;
    let count = |paths: &[RelPath]| paths.iter().filter(is_ours).count();
    let mut lines = vec![BString::from(format!(
        "was seen to open {}, to miss {}, to list {} and to write {} below its directory",
        count(&trace.opened),
        count(&trace.missing),
        count(&trace.listed),
        count(&seen.wrote),
    ))];
    if let Some(why) = &seen.unfit {
        lines.push(format!("has no place in a sandbox: {why}").into());
    }
    let is_made = |path: &RelPath| seen.wrote.contains(path);
    let opened = trace.opened.iter().filter(is_ours);
    let opened = opened.filter(|path| !is_made(path)).map(name);
    let undeclared = opened.filter(|name| !declared.contains(name));
    lines.extend(
        undeclared.map(|name| format!("reads {name}, which no prerequisite declares").into()),
    );
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_spoiled_is_nothing() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("deep/file");
        let path = |text: &str| RelPath::new(text.as_bytes()).unwrap();
        let seen = Seen {
            recipe: Some(Digest::of(b"cc")),
            trace: Trace {
                opened: vec![path("a/b")],
                ..Trace::default()
            },
            wrote: vec![path("a/c")],
            unfit: Some("it does".into()),
        };
        let targets = BTreeMap::from([(BString::from("x"), seen)]);
        write(&file, &targets).unwrap();
        assert_eq!(read(&file), Some(targets.clone()));
        let bytes = fs::read(&file).unwrap();
        for place in [0, MAGIC.len() + 3, MAGIC.len() + 40, bytes.len() - 1] {
            let mut spoiled = bytes.clone();
            spoiled[place] ^= 1;
            fs::write(&file, &spoiled).unwrap();
            assert_eq!(read(&file), None, "{place}");
        }
        fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(read(&file), None);
        assert_eq!(read(Path::new("/nowhere")), None);
        for number in 0..MOST_FILES + 7 {
            fs::write(place.path().join(format!("deep/{number}")), "").unwrap();
        }
        write(&file, &targets).unwrap();
        assert_eq!(
            fs::read_dir(place.path().join("deep")).unwrap().count(),
            MOST_FILES
        );
        assert_eq!(read(&file), Some(targets));
    }

    #[test]
    fn a_sandbox_smells() {
        assert_eq!(
            smell(b"mv: x: Invalid cross-device link\n"),
            Some(SMELLS[0])
        );
        assert_eq!(smell(b"a.c:1: error\n"), None);
    }

    #[test]
    fn long_traces_are_not_kept() {
        let paths = vec![RelPath::ROOT; MOST_PATHS + 1];
        let missing = |count: usize| Trace {
            missing: paths[..count].to_vec(),
            ..Trace::default()
        };
        assert_eq!(of_trace(missing(MOST_PATHS)), missing(MOST_PATHS));
        assert_eq!(of_trace(missing(MOST_PATHS + 1)), Trace::default());
    }
}
