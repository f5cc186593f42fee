//! Where else a file may stand: `vpath` patterns, VPATH, GPATH and `-lNAME` libraries (manual, "Directory Search").
//! It does not know when a found name is kept: that is the walk's decision.

use crate::files::Mtime;
use crate::files::View;
use crate::graph::target::Flags;
use crate::graph::target::Targets;
use crate::id::Id;
use crate::id::TargetId;
use crate::name::Names;
use crate::name::strip_dot_slash;
use crate::pattern::Pattern;

/// Directories searched for names that match a pattern.
#[derive(Clone, Debug)]
struct Entry {
    /// None for VPATH itself, which every name matches.
    pattern: Option<Pattern>,
    directories: Vec<Box<[u8]>>,
}

/// All search paths of one make.
#[derive(Clone, Debug, Default)]
pub struct Vpath {
    entries: Vec<Entry>,
    general: Option<Entry>,
    /// GPATH: directories whose found names are kept even when the target is remade.
    keep: Vec<Box<[u8]>>,
    /// How often the search paths were changed.
    changes: u32,
    /// What was found last: a rule's search and the walk ask for the same names.
    last: Option<Last>,
    /// Room for a path.
    path: Vec<u8>,
}

/// A name that was found along the search paths, and what there was then.
#[derive(Clone, Debug)]
struct Last {
    name: Vec<u8>,
    found: Found,
    changes: u32,
    generation: u64,
    targets: usize,
    rebound: usize,
}

impl Last {
    /// Returns whether a search for `name` would find the same: nothing has run, and no makefile mentions more by now.
    fn holds(&self, name: &[u8], vpath: &Vpath, world: &Places<'_>) -> bool {
        let is_other = |place| {
            let new = world
                .names
                .bytes(world.targets.name[TargetId::from_index(place)]);
            new == name || !new.ends_with(name)
        };
        self.name == name
            && self.changes == vpath.changes
            && self.generation == world.view.generation()
            && self.rebound == world.targets.rebound().len()
            && (self.targets..world.targets.len()).all(is_other)
    }
}

/// Where a search looks.
pub struct Places<'a> {
    /// The targets: what is mentioned counts as existing.
    pub targets: &'a Targets,
    /// Their names.
    pub names: &'a Names,
    /// The files.
    pub view: &'a mut View,
}

/// A name found elsewhere.
#[derive(Clone, Debug)]
pub struct Found {
    /// The name with its directory.
    pub name: Vec<u8>,
    /// Its mtime if it was asked for, else UNKNOWN.
    pub mtime: Mtime,
    /// Place in the search path: smaller is earlier.
    pub rank: (usize, usize),
}

/// Splits a search path at colons and blanks; "." is dropped, trailing slashes too.
fn directories(text: &[u8]) -> Vec<Box<[u8]>> {
    let words = text.split(|c| matches!(c, b':' | b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c));
    let trimmed = words.map(|word| match word {
        [rest @ .., b'/'] if !rest.is_empty() => rest,
        word => word,
    });
    trimmed
        .filter(|word| !word.is_empty() && *word != b".")
        .map(Box::from)
        .collect()
}

impl Vpath {
    /// `vpath PATTERN DIRECTORIES`: appends a search path; an empty list of directories adds nothing.
    pub fn add(&mut self, pattern: &[u8], text: &[u8]) {
        self.changes += 1;
        let directories = directories(text);
        if !directories.is_empty() {
            self.entries.push(Entry {
                pattern: Some(Pattern::new(pattern)),
                directories,
            });
        }
    }

    /// `vpath PATTERN`: forgets the search paths of that pattern.
    pub fn clear(&mut self, pattern: &[u8]) {
        self.changes += 1;
        let pattern = Pattern::new(pattern);
        self.entries
            .retain(|entry| entry.pattern.as_ref() != Some(&pattern));
    }

    /// `vpath`: forgets all search paths given by `vpath`.
    pub fn clear_all(&mut self) {
        self.changes += 1;
        self.entries.clear();
    }

    /// Takes the expanded values of VPATH and GPATH.
    pub fn set_general(&mut self, vpath: &[u8], gpath: &[u8]) {
        self.changes += 1;
        let directories_of_vpath = directories(vpath);
        let is_empty = directories_of_vpath.is_empty();
        self.general = (!is_empty).then_some(Entry {
            pattern: None,
            directories: directories_of_vpath,
        });
        self.keep = directories(gpath);
    }

    /// Returns whether there is anything to search.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.general.is_none()
    }

    /// Returns whether GPATH names `directory`.
    pub fn keeps(&self, directory: &[u8]) -> bool {
        self.keep.iter().any(|kept| **kept == *directory)
    }

    /// Returns how often the search paths were changed.
    pub fn changes(&self) -> u32 {
        self.changes
    }

    /// Returns every directory that may be searched, some more than once.
    pub fn directories(&self) -> impl Iterator<Item = &[u8]> {
        let entries = self.entries.iter().chain(self.general.iter());
        entries.flat_map(|entry| entry.directories.iter().map(|directory| &**directory))
    }

    /// Returns the search paths in the form in which `-p` prints them: pattern (None for VPATH) and directories.
    pub fn listing(&self) -> impl Iterator<Item = (Option<&[u8]>, &[Box<[u8]>])> {
        let entries = self.entries.iter().chain(self.general.iter());
        entries.map(|entry| {
            (
                entry.pattern.as_ref().map(Pattern::text),
                &*entry.directories,
            )
        })
    }

    /// Looks for `name` along the search paths. A file that a makefile mentions counts as
    /// existing, unless `name` is a target and the mentioned file is not.
    pub fn search(&mut self, name: &[u8], world: &mut Places<'_>) -> Option<Found> {
        if name.first() == Some(&b'/') || self.is_empty() {
            return None;
        }
        let own = world
            .names
            .get(name)
            .and_then(|id| world.targets.lookup(id));
        let is_target = own.is_some_and(|target| world.targets.flags[target].has(Flags::IS_TARGET));
        let last = self.last.as_ref().filter(|_| !is_target);
        if let Some(last) = last.filter(|last| last.holds(name, self, world)) {
            return Some(last.found.clone());
        }
        let mut path = std::mem::take(&mut self.path);
        let found = self.search_anew(name, is_target, world, &mut path);
        self.path = path;
        self.last = found.as_ref().filter(|_| !is_target).map(|found| Last {
            name: name.to_vec(),
            found: found.clone(),
            changes: self.changes,
            generation: world.view.generation(),
            targets: world.targets.len(),
            rebound: world.targets.rebound().len(),
        });
        found
    }

    fn search_anew(
        &self,
        name: &[u8],
        is_target: bool,
        world: &mut Places<'_>,
        path: &mut Vec<u8>,
    ) -> Option<Found> {
        for (place, entry) in self.entries.iter().chain(self.general.iter()).enumerate() {
            if entry
                .pattern
                .as_ref()
                .is_some_and(|pattern| pattern.stem(name).is_none())
            {
                continue;
            }
            for (rank, directory) in entry.directories.iter().enumerate() {
                path.clear();
                join(path, directory, name);
                let found = |mtime| Found {
                    name: path.clone(),
                    mtime,
                    rank: (place, rank),
                };
                let mentioned = world
                    .names
                    .get(strip_dot_slash(path))
                    .and_then(|id| world.targets.lookup(id));
                let targets = world.targets;
                let counts = |target| !is_target || targets.flags[target].has(Flags::IS_TARGET);
                if mentioned.is_some_and(counts) {
                    return Some(found(Mtime::UNKNOWN));
                }
                let is_there = match name.contains(&b'/') {
                    true => world.view.exists_cached(path),
                    false => world.view.exists_in(directory, name, path),
                };
                if is_there {
                    // The listing may be old: a name that cannot be stat'ed must not be taken.
                    if let Ok(stat) = world.view.stat(path) {
                        return Some(found(stat.mtime));
                    }
                }
            }
        }
        None
    }

    /// Looks for the library `-lNAME` by the patterns of `.LIBPATTERNS`: in the make's directory,
    /// along the search paths, in the system's directories.
    pub fn search_library(
        &mut self,
        name: &[u8],
        patterns: &[u8],
        world: &mut Places<'_>,
    ) -> Option<Found> {
        let library = name.strip_prefix(b"-l")?;
        let mut best: Option<Found> = None;
        for pattern in patterns
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty())
        {
            let pattern = Pattern::new(pattern);
            if !pattern.has_percent() {
                continue;
            }
            let file = pattern.substitute(library);
            if let Ok(stat) = world.view.stat(&file) {
                return Some(Found {
                    name: file,
                    mtime: stat.mtime,
                    rank: (0, 0),
                });
            }
            let found = match self.search(&file, world) {
                Some(found) => Some(found),
                None => in_system_directory(&file, world.view),
            };
            if let Some(found) = found
                && best.as_ref().is_none_or(|best| found.rank < best.rank)
            {
                best = Some(found);
            }
        }
        best
    }
}

/// Appends `name` in `directory` to `path`, as a search along the paths writes it.
pub fn join(path: &mut Vec<u8>, directory: &[u8], name: &[u8]) {
    path.extend_from_slice(directory);
    if *directory != *b"/" {
        path.push(b'/');
    }
    path.extend_from_slice(name);
}

fn in_system_directory(file: &[u8], view: &mut View) -> Option<Found> {
    const SYSTEM: [&[u8]; 3] = [b"/lib", b"/usr/lib", b"/usr/local/lib"];
    SYSTEM.iter().enumerate().find_map(|(rank, directory)| {
        let name = [*directory, b"/", file].concat();
        let stat = view.stat(&name).ok()?;
        Some(Found {
            name,
            mtime: stat.mtime,
            rank: (usize::MAX, rank),
        })
    })
}
