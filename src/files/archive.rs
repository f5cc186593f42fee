//! Archives of ar(1): the dates of their members, in the format of GNU (`//`) and of BSD (`#1/`).
//! It does not know rules for members. As in GNU make 4.4.1 a thin archive is no archive.

use crate::error::MakeError;
use crate::error::Notice;
use crate::files::Change;
use crate::files::Content;
use crate::files::FileSystem;
use crate::files::Links;
use crate::files::Mtime;
use crate::files::Status;
use crate::files::View;
use crate::files::pattern::matches;
use bstr::BString;
use rustc_hash::FxHashMap;
use std::io;
use std::io::ErrorKind;
use std::io::Read;
use std::io::Seek;

const MAGIC: &[u8] = b"!<arch>\n";
const HEADER: usize = 60;
/// Place and length of the fields of a header.
const NAME: (usize, usize) = (0, 16);
const DATE: (usize, usize) = (16, 12);
const SIZE: (usize, usize) = (48, 10);
const END: &[u8] = b"`\n";
/// A name that is not in a table of long names is compared up to this length, since ar may have cut it.
const CUT: usize = 15;
/// No real table of names is longer; what claims to be is garbage.
const MOST_NAMES: u64 = 256 << 20;

/// One member.
#[derive(Clone, Debug)]
struct Member {
    name: BString,
    date: Mtime,
    /// Where its header begins.
    offset: u64,
    is_cut: bool,
}

/// How the reading of an archive ended.
#[derive(Clone, Debug)]
enum End {
    /// At its end.
    Whole,
    /// There is no such file.
    Missing,
    /// It cannot be read, or what stands behind the last member is not an archive's.
    Invalid,
    /// A member's header holds a number that is none.
    Number(MakeError),
}

/// An archive's members up to where it could be read.
#[derive(Clone, Debug)]
struct Archive {
    members: Vec<Member>,
    /// The first member of each name that is not cut.
    by_name: FxHashMap<BString, u32>,
    end: End,
}

/// A read archive, with what tells whether it is still the same.
#[derive(Debug)]
struct Held {
    archive: Archive,
    status: Option<Status>,
    /// The stamp was old enough when the archive was read.
    is_settled: bool,
    generation: u64,
}

/// The archives that were read: each once as long as it does not change.
#[derive(Debug, Default)]
pub struct Archives {
    held: FxHashMap<BString, Held>,
    generation: u64,
}

/// Stamps younger than this (whole seconds: than two of them) do not tell whether a file has changed again.
const YOUNG: i64 = 2_020_000_000;

impl Archives {
    /// Says that archives may have changed.
    pub fn forget(&mut self) {
        self.generation += 1;
    }

    fn get(&mut self, files: &dyn FileSystem, path: &[u8]) -> &Archive {
        let generation = self.generation;
        let key = BString::from(path);
        let now = files.now();
        let is_valid = match self.held.get_mut(&key) {
            Some(held) if held.generation == generation => true,
            Some(held) => {
                let status = files.status(path, Links::Follow).ok();
                held.generation = generation;
                held.is_settled && held.status == status
            }
            None => false,
        };
        if !is_valid {
            let status = files.status(path, Links::Follow).ok();
            let young = |status: &Status| status.latest().0 >= now.0.saturating_sub(YOUNG);
            let held = Held {
                archive: read_archive(files, path),
                status,
                is_settled: !status.as_ref().is_some_and(young),
                generation,
            };
            self.held.insert(key.clone(), held);
        }
        &self.held[&key].archive
    }
}

impl Archive {
    /// Returns the first member that a name without directory stands for.
    fn find(&self, name: &[u8]) -> Option<&Member> {
        let exact = self.by_name.get(name).map(|index| *index as usize);
        // Only names of 15 bytes and more can match otherwise than exactly.
        let cut = match name.len() >= CUT {
            true => self
                .members
                .iter()
                .position(|member| member.is_cut && member.name.get(..CUT) == name.get(..CUT)),
            false => None,
        };
        let first = match (exact, cut) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        first.map(|index| &self.members[index])
    }
}

impl View {
    /// Returns the mtime (whole seconds) of a member of an archive, NONEXISTENT when there is no such
    /// member or archive; an error, fatal in GNU make, when a date or size in it is not a number.
    /// Directories in the member's name do not count.
    pub fn archive_member(&mut self, archive: &[u8], member: &[u8]) -> Result<Mtime, MakeError> {
        let name = base_name(member);
        let read = self.archives.get(&*self.files, archive);
        match (read.find(name), &read.end) {
            // A date of 0, as ar writes it to make archives reproducible, says nothing.
            (Some(member), _) if member.date == Mtime(0) => Ok(Mtime::NONEXISTENT),
            (Some(member), _) => Ok(member.date),
            (None, End::Number(error)) => Err(error.clone()),
            (None, _) => Ok(Mtime::NONEXISTENT),
        }
    }

    /// Returns the names of an archive's members that match a glob pattern, sorted by bytes; the error
    /// is that of [`View::archive_member`].
    pub fn archive_glob(
        &mut self,
        archive: &[u8],
        pattern: &[u8],
    ) -> Result<Vec<BString>, MakeError> {
        let charset = self.charset;
        let read = self.archives.get(&*self.files, archive);
        if let End::Number(error) = &read.end {
            return Err(error.clone());
        }
        let names = read.members.iter().map(|member| &member.name);
        let mut found: Vec<BString> = names
            .filter(|name| !name.is_empty() && matches(pattern, name, charset))
            .cloned()
            .collect();
        found.sort_unstable();
        Ok(found)
    }

    /// Sets the date of an archive member to now (`-t`). The error is the message GNU make prints.
    pub fn archive_touch(&mut self, archive: &[u8], member: &[u8]) -> Result<(), Notice> {
        let name = base_name(member);
        let read = self.archives.get(&*self.files, archive);
        let offset = match (read.find(name), &read.end) {
            (Some(member), _) => member.offset,
            (None, End::Whole) => {
                return Err(Notice::TouchNoMember {
                    archive: archive.into(),
                    member: name.into(),
                });
            }
            (None, End::Missing) => return Err(Notice::TouchNoArchive(archive.into())),
            (None, End::Invalid | End::Number(_)) => {
                return Err(Notice::TouchInvalidArchive(archive.into()));
            }
        };
        // As GNU make has it: the date becomes that of the archive as it was until now.
        let status = self.files.status(archive, Links::Follow);
        let status = status.map_err(|_| Notice::TouchArchiveFailed(archive.into()))?;
        let seconds = status.mtime.0 / 1_000_000_000;
        let date = format!("{seconds:<12}");
        let place = offset + DATE.0 as u64;
        self.change(archive, Change::Patch(place, date.as_bytes()))
            .map_err(|_| Notice::TouchArchiveFailed(archive.into()))
    }
}

fn base_name(member: &[u8]) -> &[u8] {
    let slash = memchr::memrchr(b'/', member);
    &member[slash.map_or(0, |slash| slash + 1)..]
}

fn read_archive(files: &dyn FileSystem, path: &[u8]) -> Archive {
    let mut archive = Archive {
        members: Vec::new(),
        by_name: FxHashMap::default(),
        end: End::Invalid,
    };
    archive.end = match files.open(path) {
        Ok(content) => match read_members(content, path, &mut archive.members) {
            Ok(end) => end,
            Err(_) => End::Invalid,
        },
        Err(error) if error.kind() == ErrorKind::NotFound => End::Missing,
        Err(_) => End::Invalid,
    };
    for (index, member) in (0..).zip(&archive.members) {
        archive.by_name.entry(member.name.clone()).or_insert(index);
    }
    archive
}

fn read_members(
    content: Box<dyn Content>,
    path: &[u8],
    members: &mut Vec<Member>,
) -> io::Result<End> {
    // Most members are longer than the buffer, so a small one wastes least.
    let mut content = io::BufReader::with_capacity(512, content);
    let mut magic = [0; MAGIC.len()];
    content.read_exact(&mut magic)?;
    if magic != MAGIC {
        return Ok(End::Invalid);
    }
    let mut offset = MAGIC.len() as u64;
    let mut long_names = Vec::new();
    loop {
        let mut header = [0; HEADER];
        match read_full(&mut content, &mut header)? {
            0 => return Ok(End::Whole),
            HEADER => {}
            _ => return Ok(End::Invalid),
        }
        if !header.ends_with(END) {
            return Ok(End::Invalid);
        }
        let Some((name, in_data)) = member_name(&header, &long_names, &mut content)? else {
            return Ok(End::Invalid);
        };
        let number = |place| number(field(&header, place));
        let Some(size) = number(SIZE).and_then(|size| u64::try_from(size).ok()) else {
            let (archive, member) = (path.into(), name.text);
            return Ok(End::Number(MakeError::InvalidArchiveSize {
                archive,
                member,
            }));
        };
        let is_table = field(&header, NAME).starts_with(b"//");
        if is_table {
            if size > MOST_NAMES {
                return Ok(End::Invalid);
            }
            content.by_ref().take(size).read_to_end(&mut long_names)?;
            if long_names.len() as u64 != size {
                return Ok(End::Invalid);
            }
        } else {
            let Some(seconds) = number(DATE) else {
                let (archive, member) = (path.into(), name.text);
                return Ok(End::Number(MakeError::InvalidArchiveDate {
                    archive,
                    member,
                }));
            };
            members.push(Member {
                name: name.text,
                date: Mtime::of_file(seconds, 0),
                offset,
                is_cut: name.is_cut,
            });
            let rest = size.saturating_sub(in_data);
            content.seek_relative(i64::try_from(rest).unwrap_or(i64::MAX))?;
        }
        if size % 2 == 1 {
            content.seek_relative(1)?;
        }
        offset = offset.saturating_add(HEADER as u64 + size + size % 2);
    }
}

struct Name {
    text: BString,
    is_cut: bool,
}

/// Returns a member's name and how many bytes of its data that took; None when there can be no such name.
fn member_name(
    header: &[u8],
    long_names: &[u8],
    content: &mut (impl Read + Seek),
) -> io::Result<Option<(Name, u64)>> {
    let raw = field(header, NAME);
    let raw = &raw[..raw
        .iter()
        .rposition(|byte| *byte != b' ')
        .map_or(0, |last| last + 1)];
    let long = |text: &[u8]| Name {
        text: BString::from(text),
        is_cut: false,
    };
    if let Some(digits) = raw.strip_prefix(b"/")
        && digits.first().is_some_and(u8::is_ascii_digit)
    {
        let start = number(digits).and_then(|start| usize::try_from(start).ok());
        let Some(rest) = start.and_then(|start| long_names.get(start..)) else {
            return Ok(None);
        };
        let end = memchr::memchr2(b'\n', 0, rest).unwrap_or(rest.len());
        let text = &rest[..end];
        return Ok(Some((long(text.strip_suffix(b"/").unwrap_or(text)), 0)));
    }
    if let Some(digits) = raw.strip_prefix(b"#1/")
        && digits.first().is_some_and(u8::is_ascii_digit)
    {
        let length = number(digits).and_then(|length| u64::try_from(length).ok());
        let Some(length) = length.filter(|length| *length <= 1 << 20) else {
            return Ok(None);
        };
        let mut text = Vec::new();
        content.take(length).read_to_end(&mut text)?;
        if text.len() as u64 != length {
            return Ok(None);
        }
        text.truncate(memchr::memchr(0, &text).unwrap_or(text.len()));
        return Ok(Some((long(&text), length)));
    }
    let name = Name {
        text: BString::from(raw.strip_suffix(b"/").unwrap_or(raw)),
        is_cut: true,
    };
    Ok(Some((name, 0)))
}

fn field(header: &[u8], (start, length): (usize, usize)) -> &[u8] {
    &header[start..start + length]
}

/// Returns a decimal number with blanks around it; an empty field is 0, anything else is no number.
fn number(field: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(field).ok()?;
    let word = text.split(' ').next().unwrap_or_default();
    let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
    match word {
        "" => Some(0),
        word if is_number => word.parse().ok(),
        _ => None,
    }
}

/// Reads until the buffer is full or the file ends; returns how much that was.
fn read_full(content: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match content.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}
