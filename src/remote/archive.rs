//! What travels with a staged job, as tar archives (POSIX ustar interchange format with pax times and GNU long names).
//! It does not know how an archive is carried.

use crate::exec::executor::Content;
use crate::exec::executor::Output;
use crate::exec::executor::OutputKind;
use crate::sys::fd;
use bstr::BString;
use bstr::ByteSlice;
use std::collections::HashMap;
use std::collections::HashSet;
use std::fs;
use std::fs::File;
use std::fs::Metadata;
use std::io;
use std::io::Read;
use std::io::Seek;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;

/// Bytes of a header, and what contents are padded to.
const BLOCK: u64 = 512;
/// Archives are padded to records of this size.
const RECORD: u64 = 20 * BLOCK;
/// How much of a file is read at once.
const CHUNK: usize = 256 * 1024;
/// Files larger than this do not stay in memory.
const LARGE: u64 = 1024 * 1024;
/// How many symbolic links are followed from one to the next (as Linux's limit, path_resolution(7)).
const MOST_LINKS: u32 = 40;
/// The longest name a plain header holds.
const NAME_LENGTH: usize = 100;

/// Something to be sent.
#[derive(Debug)]
struct Entry {
    path: BString,
    kind: Kind,
    mode: u32,
    mtime: (i64, i64),
}

#[derive(Debug)]
enum Kind {
    /// The file to read and how many bytes of it.
    File(BString, u64),
    Directory,
    Symlink(BString),
}

/// What is to be sent, its size known before its content is read.
#[derive(Debug)]
pub struct Plan {
    entries: Vec<Entry>,
    size: u64,
}

impl Plan {
    /// Returns the plan for a job's inputs and those of its outputs that exist, with the directories on the way to them.
    ///
    /// # Errors
    /// The name that cannot be looked at.
    pub fn new(
        directory: &[u8],
        inputs: &[BString],
        outputs: &[BString],
    ) -> Result<Plan, (BString, io::Error)> {
        let mut planner = Planner {
            directory,
            seen: HashSet::new(),
            entries: Vec::new(),
        };
        for name in inputs.iter().chain(outputs) {
            planner
                .add(name, MOST_LINKS)
                .map_err(|error| (name.clone(), error))?;
        }
        let entries = planner.entries;
        let sum: u64 = entries.iter().map(Entry::size).sum();
        let size = match entries.is_empty() {
            true => 0,
            false => (sum + 2 * BLOCK).next_multiple_of(RECORD),
        };
        Ok(Plan { entries, size })
    }

    /// Returns how many bytes the archive has, 0 when there is nothing to send.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the archive in pieces: exactly [`Plan::size`] bytes even when a file cannot be read to its end; then the
    /// last piece is followed by the name of that file.
    pub fn pieces(self) -> Pieces {
        Pieces {
            entries: self.entries.into_iter(),
            reading: None,
            left: self.size,
            failed: None,
        }
    }
}

impl Entry {
    fn size(&self) -> u64 {
        let content = match &self.kind {
            Kind::File(_, size) => size.next_multiple_of(BLOCK),
            _ => 0,
        };
        self.headers().len() as u64 + content
    }

    fn headers(&self) -> Vec<u8> {
        let (seconds, nanoseconds) = self.mtime;
        let mut out = Vec::new();
        if nanoseconds != 0 {
            let record = pax_record("mtime", &format!("{seconds}.{nanoseconds:09}"));
            extra_header(b'x', b"./@PaxHeader", record.as_bytes(), &mut out);
        }
        let mut link: &[u8] = b"";
        let (kind, size) = match &self.kind {
            Kind::File(_, size) => (b'0', *size),
            Kind::Directory => (b'5', 0),
            Kind::Symlink(to) => {
                link = to;
                (b'2', 0)
            }
        };
        let mut path = self.path.to_vec();
        if kind == b'5' {
            path.push(b'/');
        }
        for (letter, long) in [(b'L', &path[..]), (b'K', link)] {
            if long.len() > NAME_LENGTH {
                let ended = [long, b"\0"].concat();
                extra_header(letter, b"././@LongLink", &ended, &mut out);
            }
        }
        out.extend_from_slice(header(kind, &path, link, self.mode, size, seconds).as_bytes());
        out
    }
}

/// `LENGTH KEY=VALUE\n`, the length counting itself.
fn pax_record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    format!("{length} {key}={value}\n")
}

fn extra_header(kind: u8, name: &[u8], content: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(header(kind, name, b"", 0o644, content.len() as u64, 0).as_bytes());
    out.extend_from_slice(content);
    out.resize(out.len().next_multiple_of(BLOCK as usize), 0);
}

fn header(kind: u8, path: &[u8], link: &[u8], mode: u32, size: u64, mtime: i64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    let put = |field: &mut [u8], value: &[u8]| {
        let length = value.len().min(field.len());
        field[..length].copy_from_slice(&value[..length]);
    };
    let old = header.as_old_mut();
    put(&mut old.name, path);
    put(&mut old.linkname, link);
    header.set_entry_type(tar::EntryType::new(kind));
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(size);
    header.set_mtime(u64::try_from(mtime).unwrap_or(0));
    header.set_cksum();
    header
}

struct Planner<'a> {
    directory: &'a [u8],
    seen: HashSet<BString>,
    entries: Vec<Entry>,
}

impl Planner<'_> {
    /// Adds a name, the directories before it, and what it points to if it is a link that stays in the directory.
    fn add(&mut self, name: &[u8], links: u32) -> io::Result<()> {
        for slash in name.find_iter("/") {
            let parent = plain(&name[..slash]);
            let is_directory = |data: &Metadata| data.is_dir();
            if parent.is_empty() {
                continue;
            }
            if let Ok(data) = fs::metadata(fd::path(&self.absolute(&parent))).as_ref()
                && is_directory(data)
                && self.seen.insert(parent.clone())
            {
                self.push(parent, Kind::Directory, data);
            }
        }
        let path = plain(name);
        if path.is_empty() || !self.seen.insert(path.clone()) {
            return Ok(());
        }
        let place = self.absolute(name);
        let data = match fs::symlink_metadata(fd::path(&place)) {
            Ok(data) => data,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        if !data.file_type().is_symlink() {
            return self.add_plain(path, place, &data);
        }
        let to = fs::read_link(fd::path(&place))?;
        let to = BString::from(to.as_os_str().as_bytes());
        if let Some(target) = inside(&path, &to).filter(|_| links > 0) {
            self.push(path, Kind::Symlink(to), &data);
            return self.add(&target, links - 1);
        }
        match fs::metadata(fd::path(&place)) {
            Ok(data) => self.add_plain(path, place, &data),
            // It points nowhere: so it does there.
            Err(_) => {
                self.push(path, Kind::Symlink(to), &data);
                Ok(())
            }
        }
    }

    fn add_plain(&mut self, path: BString, place: BString, data: &Metadata) -> io::Result<()> {
        if data.is_dir() {
            self.push(path, Kind::Directory, data);
        } else if data.is_file() {
            // Whether it can be read is to be known before anything is sent.
            File::open(fd::path(&place))?;
            self.push(path, Kind::File(place, data.len()), data);
        }
        Ok(())
    }

    fn push(&mut self, path: BString, kind: Kind, data: &Metadata) {
        let is_directory = matches!(kind, Kind::Directory);
        // The recipe has to be able to write where it could write here, and we to remove it.
        let more = if is_directory { 0o700 } else { 0 };
        self.entries.push(Entry {
            path,
            kind,
            mode: data.mode() & 0o7777 | more,
            mtime: (data.mtime(), data.mtime_nsec()),
        });
    }

    fn absolute(&self, name: &[u8]) -> BString {
        BString::from([self.directory, b"/", name].concat())
    }
}

/// Returns a relative name without `.` and `..`.
fn plain(name: &[u8]) -> BString {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in name.split_str("/") {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    bstr::join("/", parts).into()
}

/// Returns where the link `path` points to, None if that is not inside the directory.
fn inside(path: &[u8], to: &[u8]) -> Option<BString> {
    if to.starts_with(b"/") {
        return None;
    }
    let mut depth = path.find_iter("/").count();
    for part in to.split_str("/") {
        match part {
            b"" | b"." => {}
            b".." => depth = depth.checked_sub(1)?,
            _ => depth += 1,
        }
    }
    let parent = path
        .rfind_byte(b'/')
        .map_or(&b""[..], |slash| &path[..=slash]);
    Some([parent, to].concat().into())
}

/// An archive as it is read. See [`Plan::pieces`].
pub struct Pieces {
    entries: std::vec::IntoIter<Entry>,
    /// The file that is being read, its path, how many bytes of it are missing, and the padding behind it.
    reading: Option<(File, BString, u64, u64)>,
    left: u64,
    /// The file that could not be read to its end.
    pub failed: Option<BString>,
}

impl Iterator for Pieces {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        if self.left == 0 {
            return None;
        }
        let mut piece = Vec::new();
        while piece.len() < CHUNK && self.left > piece.len() as u64 && self.failed.is_none() {
            if self.reading.is_some() {
                self.read_on(&mut piece);
            } else if let Some(entry) = self.entries.next() {
                piece.extend_from_slice(&entry.headers());
                self.open(entry);
            } else {
                break;
            }
        }
        let ends = self.failed.is_some() || self.reading.is_none() && self.entries.len() == 0;
        if ends {
            let room = self.left - piece.len() as u64;
            let zeros = usize::try_from(room).map_or(CHUNK, |room| room.min(CHUNK));
            piece.resize(piece.len() + zeros, 0);
        }
        self.left -= piece.len() as u64;
        Some(piece)
    }
}

impl Pieces {
    fn open(&mut self, entry: Entry) {
        if let Kind::File(place, size) = entry.kind {
            match File::open(fd::path(&place)) {
                Ok(file) => {
                    let padding = size.next_multiple_of(BLOCK) - size;
                    self.reading = Some((file, entry.path, size, padding));
                }
                Err(_) => self.failed = Some(entry.path),
            }
        }
    }

    fn read_on(&mut self, piece: &mut Vec<u8>) {
        let Some((file, path, missing, padding)) = &mut self.reading else {
            return;
        };
        let want = (*missing).min((CHUNK - piece.len()) as u64);
        let count = file.take(want).read_to_end(piece).unwrap_or(0) as u64;
        *missing -= count;
        if *missing == 0 {
            piece.resize(piece.len() + usize::try_from(*padding).unwrap_or(0), 0);
            self.reading = None;
        } else if count < want {
            self.failed = Some(std::mem::take(path));
            self.reading = None;
        }
    }
}

/// Bytes that are kept in memory while they are few.
#[derive(Debug, Default)]
pub struct Spool {
    bytes: Vec<u8>,
    file: Option<File>,
}

impl Spool {
    /// Appends bytes.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.file.is_none() && (self.bytes.len() + bytes.len()) as u64 > LARGE {
            let mut file = unnamed_file()?;
            file.write_all(&self.bytes)?;
            self.bytes = Vec::new();
            self.file = Some(file);
        }
        match &mut self.file {
            Some(file) => file.write_all(bytes),
            None => {
                self.bytes.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    /// Reads the archive that was written: what it holds of `wanted` and below, and what of `wanted` is not in it. Anything
    /// else in it is an error: nobody asked for that.
    pub fn unpack(self, wanted: &[BString]) -> io::Result<Vec<Output>> {
        match self.file {
            Some(mut file) => {
                file.rewind()?;
                unpack(io::BufReader::new(file), wanted)
            }
            None => unpack(self.bytes.as_slice(), wanted),
        }
    }
}

fn unnamed_file() -> io::Result<File> {
    fd::unnamed_file(std::env::temp_dir().as_os_str().as_bytes())
}

fn unpack(archive: impl Read, wanted: &[BString]) -> io::Result<Vec<Output>> {
    let wanted: Vec<BString> = wanted.iter().map(|name| plain(name)).collect();
    let is_wanted = |path: &[u8]| {
        wanted.iter().any(|name| {
            let rest = path.strip_prefix(name.as_slice());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        })
    };
    let mut outputs: Vec<Output> = Vec::new();
    let mut places: HashMap<BString, usize> = HashMap::new();
    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        let raw = entry.path_bytes().into_owned();
        let path = plain(&raw);
        let climbs = raw.starts_with(b"/") || raw.split_str("/").any(|part| part == b"..");
        if climbs || !is_wanted(&path) {
            let name = BString::from(raw);
            return Err(io::Error::other(format!("'{name}' came back unasked")));
        }
        let link = || entry.link_name_bytes().map(|to| BString::from(to.as_ref()));
        let kind = match entry.header().entry_type() {
            tar::EntryType::Regular | tar::EntryType::Continuous => {
                OutputKind::File(content(&mut entry)?)
            }
            tar::EntryType::Directory => OutputKind::Directory,
            tar::EntryType::Symlink => OutputKind::Symlink(link().unwrap_or_default()),
            tar::EntryType::Link => {
                let to = plain(&link().unwrap_or_default());
                let first = places.get(&to).map(|place| &outputs[*place].kind);
                match first {
                    Some(OutputKind::File(content)) => OutputKind::File(copied(content)?),
                    _ => return Err(io::Error::other(format!("'{path}' is a link to '{to}'"))),
                }
            }
            _ => return Err(io::Error::other(format!("'{path}' is of a special kind"))),
        };
        places.insert(path.clone(), outputs.len());
        outputs.push(Output {
            path,
            kind,
            mode: entry.header().mode()? & 0o7777,
            mtime: i64::try_from(entry.header().mtime()?).unwrap_or(i64::MAX),
        });
    }
    for path in wanted {
        if !places.contains_key(&path) {
            outputs.push(Output {
                path,
                kind: OutputKind::Absent,
                mode: 0,
                mtime: 0,
            });
        }
    }
    Ok(outputs)
}

fn content(entry: &mut tar::Entry<'_, impl Read>) -> io::Result<Content> {
    if entry.size() > LARGE {
        let mut file = unnamed_file()?;
        let count = io::copy(entry, &mut file)?;
        return match count == entry.size() {
            true => Ok(Content::Spooled(file)),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        };
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes)?;
    match bytes.len() as u64 == entry.size() {
        true => Ok(Content::Bytes(bytes)),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn copied(content: &Content) -> io::Result<Content> {
    match content {
        Content::Bytes(bytes) => Ok(Content::Bytes(bytes.clone())),
        Content::Spooled(file) => Ok(Content::Spooled(file.try_clone()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::process::Command;

    fn names(names: &[&str]) -> Vec<BString> {
        names.iter().map(|name| BString::from(*name)).collect()
    }

    /// Sends a plan through the system's tar into `to`.
    fn send(from: &Path, to: &Path, inputs: &[&str], outputs: &[&str]) {
        let directory = from.as_os_str().as_bytes();
        let plan = Plan::new(directory, &names(inputs), &names(outputs)).unwrap();
        let size = plan.size();
        let archive: Vec<u8> = plan.pieces().flatten().collect();
        assert_eq!(archive.len() as u64, size);
        assert_eq!(size % RECORD, 0);
        fs::write(to.join("archive"), archive).unwrap();
        let status = Command::new("tar")
            .args(["xpof", "archive"])
            .current_dir(to)
            .status();
        assert!(status.unwrap().success());
        fs::remove_file(to.join("archive")).unwrap();
    }

    #[test]
    fn what_is_sent_arrives_with_its_modes_times_links_and_directories() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (from, to) = (from.path(), to.path());
        let long = format!("{}/{}", "d".repeat(90), "f".repeat(90));
        fs::create_dir_all(from.join("a/b")).unwrap();
        fs::create_dir_all(from.join("d".repeat(90))).unwrap();
        fs::create_dir(from.join("obj")).unwrap();
        fs::write(from.join("obj/unasked"), "").unwrap();
        fs::write(from.join("a/b/x.c"), "text").unwrap();
        fs::write(from.join(&long), vec![7; 3_000_000]).unwrap();
        fs::write(from.join("-dash"), "").unwrap();
        std::os::unix::fs::symlink("b/x.c", from.join("a/link")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", from.join("outside")).unwrap();
        let path = from.join("a/b/x.c");
        fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        let time = std::time::UNIX_EPOCH + std::time::Duration::new(1_000_000, 250_000_000);
        File::open(&path).unwrap().set_modified(time).unwrap();
        let inputs = ["a/link", &long, "obj", "outside", "absent", "./-dash"];
        send(from, to, &inputs, &["out/../obj/new.o"]);
        assert_eq!(fs::read_to_string(to.join("a/link")).unwrap(), "text");
        assert_eq!(
            fs::read_link(to.join("a/link")).unwrap(),
            Path::new("b/x.c")
        );
        let data = fs::metadata(to.join("a/b/x.c")).unwrap();
        assert_eq!(data.mode() & 0o777, 0o755);
        assert_eq!(data.modified().unwrap(), time);
        assert_eq!(fs::read(to.join(&long)).unwrap(), vec![7; 3_000_000]);
        let passwd = fs::read("/etc/passwd").unwrap();
        assert_eq!(fs::read(to.join("outside")).unwrap(), passwd);
        assert!(to.join("-dash").exists() && !to.join("obj/unasked").exists());
        assert!(to.join("obj").is_dir() && !to.join("out").exists());
    }

    #[test]
    fn nothing_to_send_is_no_archive() {
        let from = tempfile::tempdir().unwrap();
        let directory = from.path().as_os_str().as_bytes();
        let plan = Plan::new(directory, &names(&["absent"]), &names(&["x"])).unwrap();
        assert_eq!((plan.size(), plan.pieces().count()), (0, 0));
    }

    #[test]
    fn a_file_that_shrinks_meanwhile_leaves_the_size_as_it_was() {
        let from = tempfile::tempdir().unwrap();
        fs::write(from.path().join("f"), vec![1; 600_000]).unwrap();
        let directory = from.path().as_os_str().as_bytes();
        let plan = Plan::new(directory, &names(&["f"]), &[]).unwrap();
        let size = plan.size();
        fs::write(from.path().join("f"), "short").unwrap();
        let mut pieces = plan.pieces();
        let count: usize = pieces.by_ref().map(|piece| piece.len()).sum();
        assert_eq!(count as u64, size);
        assert_eq!(pieces.failed, Some("f".into()));
    }

    fn packed(place: &Path, arguments: &[&str]) -> Spool {
        let out = Command::new("tar")
            .arg("cf")
            .arg("-")
            .args(arguments)
            .current_dir(place)
            .output();
        let mut spool = Spool::default();
        for piece in out.unwrap().stdout.chunks(100_000) {
            spool.write(piece).unwrap();
        }
        spool
    }

    #[test]
    fn what_was_asked_for_comes_back_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        fs::create_dir(root.join("d")).unwrap();
        fs::write(root.join("d/a"), "a").unwrap();
        fs::write(root.join("b"), vec![b'b'; 2_000_000]).unwrap();
        fs::hard_link(root.join("d/a"), root.join("d/c")).unwrap();
        std::os::unix::fs::symlink("b", root.join("l")).unwrap();
        let wanted = names(&["d", "./b", "l", "none"]);
        let outputs = packed(root, &["./d", "./b", "./l"])
            .unpack(&wanted)
            .unwrap();
        let told: Vec<String> = outputs
            .iter()
            .map(|output| match &output.kind {
                OutputKind::File(Content::Bytes(bytes)) => {
                    format!("{} {}", output.path, bytes.as_bstr())
                }
                OutputKind::File(Content::Spooled(_)) => format!("{} large", output.path),
                OutputKind::Directory => format!("{}/", output.path),
                OutputKind::Symlink(to) => format!("{} -> {to}", output.path),
                OutputKind::Absent => format!("no {}", output.path),
                other => format!("{other:?}"),
            })
            .collect();
        let mut sorted = told.clone();
        sorted.sort();
        assert_eq!(
            sorted,
            ["b large", "d/", "d/a a", "d/c a", "l -> b", "no none"]
        );
        let error = packed(root, &["./d", "./b"])
            .unpack(&names(&["b"]))
            .unwrap_err();
        assert!(error.to_string().ends_with("came back unasked"), "{error}");
        let climbing = packed(root, &["-P", "d/../b"]);
        assert!(climbing.unpack(&names(&["b"])).is_err());
    }

    #[test]
    fn noise_is_an_error() {
        let mut spool = Spool::default();
        spool.write(&[b'x'; 2048]).unwrap();
        assert!(spool.unpack(&names(&["b"])).is_err());
    }
}
