//! Cached listings of directories: each is read once, and again only when it has changed since.
//! It does not know what the names are wanted for.
//!
//! A listing is *fresh* in the generation in which it was read or checked; [`Directories::forget`]
//! begins a new one. A check costs one stat of the directory: the listing is fresh again if the
//! directory has the same stamp and that stamp was no longer young when the listing was read (the kernel
//! stamps by a clock that ticks every few milliseconds, so two changes within a tick look alike).
//! Otherwise it is *stale*: questions then go to the disk one by one until they have cost about
//! as much as reading the directory again. So a build whose every recipe adds a file to a big
//! directory never pays for reading that directory once per recipe.

use crate::files::FileSystem;
use crate::files::Kind;
use crate::files::Links;
use crate::files::Status;
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use rustc_hash::FxHashMap;
use std::cell::OnceCell;
use std::hash::BuildHasher;

/// The names in one directory.
#[derive(Debug, Default)]
pub struct Names {
    bytes: Vec<u8>,
    /// Where each name ends in `bytes`, and what it is.
    ends: Vec<(u32, Kind)>,
    /// Made when a name is first looked up: many listings are only gone through.
    table: OnceCell<HashTable<u32>>,
}

fn hash(name: &[u8]) -> u64 {
    FxBuildHasher.hash_one(name)
}

fn name_at<'a>(bytes: &'a [u8], ends: &[(u32, Kind)], index: u32) -> &'a [u8] {
    let index = index as usize;
    let start = if index == 0 { 0 } else { ends[index - 1].0 };
    &bytes[start as usize..ends[index].0 as usize]
}

impl Names {
    fn add(&mut self, name: &[u8], kind: Kind) {
        if let Ok(end) = u32::try_from(self.bytes.len() + name.len()) {
            self.bytes.extend_from_slice(name);
            self.ends.push((end, kind));
        }
    }

    fn contains(&self, name: &[u8]) -> bool {
        let at = |index: &u32| name_at(&self.bytes, &self.ends, *index);
        let table = self.table.get_or_init(|| {
            let mut table = HashTable::with_capacity(self.ends.len());
            // There are fewer names than bytes of them.
            for index in 0..self.ends.len() as u32 {
                table.insert_unique(hash(at(&index)), index, |other| hash(at(other)));
            }
            table
        });
        table.find(hash(name), |index| at(index) == name).is_some()
    }

    /// Returns how many names there are.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// Returns all names but `.` and `..` with what they are, in the order of the disk.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Kind)> {
        (0..self.ends.len()).map(|index| {
            let name = name_at(&self.bytes, &self.ends, index as u32);
            (name, self.ends[index].1)
        })
    }
}

/// What is known of the names in a directory without asking the disk for each.
#[derive(Debug)]
pub enum Listed<'a> {
    /// These are all; the number is of this reading alone.
    Names(u32, &'a Names),
    /// There is no such directory, or it cannot be read.
    Absent,
    /// The listing is old.
    Unknown,
}

/// One directory as it was read.
#[derive(Debug)]
struct Listing {
    names: Names,
    /// The number of its reading.
    reading: u32,
    /// The directory before its first name was read.
    status: Status,
    /// The stamp was old enough when the listing was read: an equal stamp means equal names.
    is_settled: bool,
}

/// What is known of a directory in its generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The listing is what the disk holds.
    Fresh(usize),
    /// The directory has changed (or may have); this many questions go to the disk before it is read again.
    Stale(usize, u32),
    /// There is no such directory, or it cannot be read.
    Absent,
}

/// A directory by one of its names.
#[derive(Debug)]
struct Known {
    state: State,
    generation: u64,
}

/// All directories that were asked for.
#[derive(Debug, Default)]
pub struct Directories {
    by_name: FxHashMap<Box<[u8]>, usize>,
    known: Vec<Known>,
    listings: Vec<Listing>,
    by_inode: FxHashMap<(u64, u64), usize>,
    generation: u64,
    /// How many listings were read.
    readings: u32,
}

/// Stamps younger than this when a listing is read say nothing: the slowest clock tick is 10 ms.
const YOUNG: i64 = 20_000_000;
/// The same for a file system that keeps whole (or even) seconds.
const YOUNG_IF_COARSE: i64 = 2_000_000_000 + YOUNG;

impl Directories {
    /// Says that directories may have changed.
    pub fn forget(&mut self) {
        self.generation += 1;
    }

    /// Returns the number of the present generation.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Returns what is known of the directory that `path` is in.
    pub fn listed(&mut self, files: &dyn FileSystem, path: &[u8]) -> Listed<'_> {
        let place = self.look_up(files, split(path).0);
        match self.known[place].state {
            State::Absent => Listed::Absent,
            State::Stale(..) => Listed::Unknown,
            State::Fresh(listing) => {
                let listing = &self.listings[listing];
                Listed::Names(listing.reading, &listing.names)
            }
        }
    }

    /// Returns whether the last component of `path` is in its directory.
    pub fn contains(&mut self, files: &dyn FileSystem, path: &[u8]) -> bool {
        let (directory, name) = split(path);
        !path.is_empty() && self.contains_in(files, directory, name, path)
    }

    /// Returns whether `name` is in a directory, `path` being both together.
    pub fn contains_in(
        &mut self,
        files: &dyn FileSystem,
        directory: &[u8],
        name: &[u8],
        path: &[u8],
    ) -> bool {
        let place = self.look_up(files, directory);
        if let State::Stale(listing, 0) = self.known[place].state {
            self.read(files, directory, place, Some(listing));
        }
        match &mut self.known[place].state {
            State::Absent => false,
            State::Fresh(_) if matches!(name, b"" | b"." | b"..") => true,
            State::Fresh(listing) => self.listings[*listing].names.contains(name),
            State::Stale(_, left) => {
                *left -= 1;
                files.status(path, Links::Keep).is_ok()
            }
        }
    }

    /// Returns whether `path` exists, from a fresh listing if there is one, else from the disk.
    pub fn has(&mut self, files: &dyn FileSystem, path: &[u8]) -> bool {
        let (directory, name) = split(path);
        if !matches!(name, b"" | b"." | b"..") && self.by_name.contains_key(directory) {
            return self.contains(files, path);
        }
        files.status(path, Links::Keep).is_ok()
    }

    /// Returns the names in a directory as they are now, None when it cannot be read.
    pub fn names(&mut self, files: &dyn FileSystem, directory: &[u8]) -> Option<&Names> {
        let directory = if directory.is_empty() {
            b"."
        } else {
            directory
        };
        let place = self.look_up(files, directory);
        if let State::Stale(listing, _) = self.known[place].state {
            self.read(files, directory, place, Some(listing));
        }
        match self.known[place].state {
            State::Fresh(listing) => Some(&self.listings[listing].names),
            _ => None,
        }
    }

    /// Returns the place of a directory in `known`, its state being that of this generation.
    fn look_up(&mut self, files: &dyn FileSystem, directory: &[u8]) -> usize {
        let Some(place) = self.by_name.get(directory).copied() else {
            let place = self.known.len();
            self.by_name.insert(directory.into(), place);
            self.known.push(Known {
                state: State::Absent,
                generation: self.generation,
            });
            if self.is_not_in_parent(directory) {
                return place;
            }
            match files.status(directory, Links::Follow) {
                Ok(status) if status.kind == Kind::Directory => {
                    self.adopt(files, directory, place, &status);
                }
                _ => {}
            }
            return place;
        };
        if self.known[place].generation != self.generation {
            self.known[place].generation = self.generation;
            self.check(files, directory, place);
        }
        place
    }

    /// Decides in a new generation what the old listing of a directory is worth.
    fn check(&mut self, files: &dyn FileSystem, directory: &[u8], place: usize) {
        if let State::Stale(..) = self.known[place].state {
            return;
        }
        if self.is_not_in_parent(directory) {
            self.known[place].state = State::Absent;
            return;
        }
        let status = match files.status(directory, Links::Follow) {
            Ok(status) if status.kind == Kind::Directory => status,
            _ => {
                self.known[place].state = State::Absent;
                return;
            }
        };
        match self.known[place].state {
            State::Fresh(listing) if same(&self.listings[listing].status, &status) => {
                if !self.listings[listing].is_settled {
                    self.known[place].state = self.stale(listing);
                }
            }
            State::Fresh(listing) if same_file(&self.listings[listing].status, &status) => {
                self.known[place].state = self.stale(listing);
            }
            _ => self.adopt(files, directory, place, &status),
        }
    }

    /// Returns whether the listing of the directory above is fresh and does not have this one.
    fn is_not_in_parent(&self, directory: &[u8]) -> bool {
        let (parent, name) = split(directory);
        let place = self.by_name.get(parent).copied();
        let parent = place.map(|place| &self.known[place]);
        match parent.filter(|parent| parent.generation == self.generation) {
            Some(Known {
                state: State::Fresh(listing),
                ..
            }) => {
                !matches!(name, b"" | b"." | b"..") && !self.listings[*listing].names.contains(name)
            }
            _ => false,
        }
    }

    fn stale(&self, listing: usize) -> State {
        let names = self.listings[listing].names.ends.len();
        // One question costs about as much as four names of a listing.
        State::Stale(
            listing,
            u32::try_from(names / 4)
                .unwrap_or(u32::MAX)
                .saturating_add(3),
        )
    }

    /// Uses the listing that the directory has by another name, or reads it.
    fn adopt(&mut self, files: &dyn FileSystem, directory: &[u8], place: usize, status: &Status) {
        let twin = self.by_inode.get(&(status.device, status.inode)).copied();
        match twin {
            Some(listing) => {
                let held = &self.listings[listing];
                let is_sure = held.is_settled && same(&held.status, status);
                match is_sure {
                    true => self.known[place].state = State::Fresh(listing),
                    false => self.read(files, directory, place, Some(listing)),
                }
            }
            None => self.read(files, directory, place, None),
        }
    }

    /// Reads a directory; its listing takes the place of `old` if it is still the same directory.
    fn read(&mut self, files: &dyn FileSystem, directory: &[u8], place: usize, old: Option<usize>) {
        let now = files.now();
        let mut names = Names::default();
        let Ok(status) = files.list(directory, &mut |name, kind| names.add(name, kind)) else {
            self.known[place].state = State::Absent;
            return;
        };
        let latest = status.latest().0;
        let is_coarse = status.mtime.0 % 1_000_000_000 == 0;
        let young = if is_coarse { YOUNG_IF_COARSE } else { YOUNG };
        self.readings += 1;
        let listing = Listing {
            names,
            reading: self.readings,
            status,
            is_settled: latest < now.0.saturating_sub(young),
        };
        let index = match old {
            Some(index) if same_file(&self.listings[index].status, &status) => {
                self.listings[index] = listing;
                index
            }
            _ => {
                self.listings.push(listing);
                self.listings.len() - 1
            }
        };
        self.by_inode.insert((status.device, status.inode), index);
        self.known[place].state = State::Fresh(index);
    }
}

fn same_file(one: &Status, other: &Status) -> bool {
    (one.device, one.inode) == (other.device, other.inode)
}

fn same(one: &Status, other: &Status) -> bool {
    same_file(one, other) && (one.mtime, one.changed) == (other.mtime, other.changed)
}

/// Returns directory and name; a path without a slash is in `.`.
fn split(path: &[u8]) -> (&[u8], &[u8]) {
    // Last names are short: a search made for long texts costs more than it saves.
    match path.iter().rposition(|byte| *byte == b'/') {
        None => (b".", path),
        Some(0) => (b"/", &path[1..]),
        Some(slash) => (&path[..slash], &path[slash + 1..]),
    }
}
