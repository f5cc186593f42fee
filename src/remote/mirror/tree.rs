//! rmake's own tree as workers are told of it: directories whole, contents by version; and what has changed of what was
//! told. It does not know who is told.
//!
//! Directories of watched trees are watched from before they are first read, so that whatever changes afterwards is
//! noticed. Where a directory cannot be watched, and after an overflow of the kernel's queue, all that was told is looked
//! at again.

use crate::store::digest::Digest;
use crate::sys::fd;
use crate::sys::watch::Noticed;
use crate::sys::watch::Watch;
use crate::sys::watch::Watched;
use crate::wire::directory::Directory;
use crate::wire::message::Change;
use crate::wire::message::Entry;
use crate::wire::message::Kind;
use crate::wire::message::Listing;
use crate::wire::message::Node;
use crate::wire::path::Name;
use crate::wire::path::RelPath;
use rustc_hash::FxHashMap;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::fs;
use std::fs::File;
use std::fs::Metadata;
use std::io;
use std::io::Seek;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::fs::MetadataExt;

/// Nobody but the owner may have it.
const OTHERS: u32 = 0o077;

/// The tree.
#[derive(Debug)]
pub struct Tree {
    /// Trees in which changes are watched for.
    roots: Vec<RelPath>,
    /// None where the system has no watch to give.
    watch: Option<Watch>,
    /// What was told of each directory.
    told: BTreeMap<RelPath, Told>,
    watched: FxHashMap<Watched, RelPath>,
    /// Contents that were hashed, by version.
    digests: FxHashMap<u64, Digest>,
    /// What has been found to have changed and has not been told yet.
    pending: Vec<Change>,
}

#[derive(Debug)]
struct Told {
    /// None if it was absent or denied.
    directory: Option<Directory>,
    /// None if it has to be looked at again each time.
    watched: Option<Watched>,
}

/// A content that can be sent.
#[derive(Debug)]
pub struct Content {
    /// The file, at its beginning.
    pub file: File,
    /// Its length.
    pub size: u64,
    /// What it is.
    pub digest: Digest,
}

/// Why a content cannot be sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refused {
    /// The file is another one by now.
    Changed,
    /// It is nobody else's business.
    Denied,
}

impl Tree {
    /// Returns the tree of this machine, of which nothing has been told; changes are watched for below `roots`.
    pub fn new(roots: Vec<RelPath>) -> Tree {
        Tree {
            roots,
            watch: Watch::new().ok(),
            told: BTreeMap::new(),
            watched: FxHashMap::default(),
            digests: FxHashMap::default(),
            pending: Vec::new(),
        }
    }

    /// Returns what a directory holds, and remembers it as told. What has changed since somebody else was told of it
    /// is among the next changes.
    pub fn list(&mut self, path: &RelPath) -> Listing {
        if self.told.contains_key(path) {
            self.gather();
        }
        match self.told.get(path) {
            Some(Told {
                directory: Some(directory),
                watched,
            }) => {
                if watched.is_some() {
                    return Listing::Entries(directory.entries().to_vec());
                }
                self.list_again(path);
                let told = self.told.get(path).and_then(|told| told.directory.as_ref());
                let entries = told.map(|directory| directory.entries().to_vec());
                entries.map_or(Listing::Absent, Listing::Entries)
            }
            _ => self.list_anew(path),
        }
    }

    fn list_anew(&mut self, path: &RelPath) -> Listing {
        let is_root = self.roots.iter().any(|root| path.is_at_or_below(root));
        let watched = match (&self.watch, is_root) {
            (Some(watch), true) => watch.add(&path.to_absolute()).ok(),
            _ => None,
        };
        if let Some(watched) = watched {
            self.watched.insert(watched, path.clone());
        }
        let (listing, directory) = match self.read(path) {
            Ok(directory) => (
                Listing::Entries(directory.entries().to_vec()),
                Some(directory),
            ),
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => (Listing::Absent, None),
                _ => (Listing::Denied, None),
            },
        };
        if is_root {
            let told = Told { directory, watched };
            self.told.insert(path.clone(), told);
        }
        listing
    }

    /// Returns what has changed of what was told, which is then told.
    pub fn changes(&mut self) -> Vec<Change> {
        self.gather();
        let unwatched = self.told.iter().filter(|(_, told)| told.watched.is_none());
        let unwatched: Vec<_> = unwatched.map(|(path, _)| path.clone()).collect();
        for path in unwatched {
            self.list_again(&path);
        }
        std::mem::take(&mut self.pending)
    }

    /// Looks at what was noticed.
    fn gather(&mut self) {
        let mut stale: FxHashSet<RelPath> = FxHashSet::default();
        let mut names: FxHashSet<(RelPath, Name)> = FxHashSet::default();
        let noticed = self.watch.as_ref().map_or(Ok(Vec::new()), Watch::drain);
        for noticed in noticed.unwrap_or_else(|_| vec![Noticed::Overflow]) {
            match noticed {
                Noticed::Name(watched, name) => {
                    if let (Some(path), Some(name)) = (self.watched.get(&watched), Name::new(&name))
                    {
                        // The time of the directory has changed, too.
                        names.extend(path.split());
                        names.insert((path.clone(), name));
                    }
                }
                Noticed::Itself(_) => {}
                Noticed::Gone(watched) => {
                    if let Some(path) = self.watched.remove(&watched) {
                        stale.insert(path);
                    }
                }
                Noticed::Overflow => stale.extend(self.told.keys().cloned()),
            }
        }
        for (path, name) in names {
            if !stale.contains(&path) {
                self.look_again(path, name);
            }
        }
        // A directory is told by its parent first.
        let mut stale: Vec<_> = stale.into_iter().collect();
        stale.sort();
        for path in stale {
            self.list_again(&path);
        }
    }

    /// Looks at one name again.
    fn look_again(&mut self, directory: RelPath, name: Name) {
        let path = directory.join(&name);
        let node = self.node(&path);
        let told = self.told.get_mut(&directory);
        let Some(told) = told.and_then(|told| told.directory.as_mut()) else {
            return;
        };
        let before = told.get(&name).cloned();
        if before == node {
            return;
        }
        told.set(name.clone(), node.clone());
        let is_directory =
            |node: &Option<Node>| matches!(node, Some(node) if node.kind == Kind::Directory);
        if !(is_directory(&before) && is_directory(&node)) {
            self.forget_below(&path);
        }
        self.pending.push(Change {
            directory,
            name,
            node,
        });
    }

    /// Looks at a whole directory again. One that is gone, or new, is its parent's to tell.
    fn list_again(&mut self, path: &RelPath) {
        let before = match self.told.get(path) {
            Some(Told {
                directory: Some(directory),
                ..
            }) => directory.clone(),
            _ => return,
        };
        self.list_anew(path);
        let after = self.told.get(path).and_then(|told| told.directory.clone());
        let after = after.unwrap_or_default();
        let changes = before.changes_to(&after).into_iter();
        let change = |(name, node)| Change {
            directory: path.clone(),
            name,
            node,
        };
        self.pending.extend(changes.map(change));
    }

    /// Forgets what was told below a path that is no directory any more, or a new one.
    fn forget_below(&mut self, path: &RelPath) {
        let below = self.told.range(path.clone()..);
        let below = below.map(|(known, _)| known.clone());
        // Names that only begin alike lie between.
        let below = below.take_while(|known| known.as_bytes().starts_with(path.as_bytes()));
        let below: Vec<_> = below.filter(|known| known.is_at_or_below(path)).collect();
        for known in below {
            let told = self.told.remove(&known);
            if let Some(watched) = told.and_then(|told| told.watched) {
                self.watched.remove(&watched);
                if let Some(watch) = &self.watch {
                    watch.remove(watched);
                }
            }
        }
    }

    /// Returns a version of a file. Its content is known from then on.
    ///
    /// # Errors
    /// It is not to be had.
    pub fn content(&mut self, path: &RelPath, version: u64) -> Result<Content, Refused> {
        let absolute = path.to_absolute();
        let place = fd::path(&absolute);
        let data = fs::symlink_metadata(place).map_err(|_| Refused::Changed)?;
        let now = version_of(&data);
        if !data.is_file() || !is_same_content(now, version) {
            return Err(Refused::Changed);
        }
        if is_private(&data) {
            return Err(Refused::Denied);
        }
        let mut file = File::open(place).map_err(|_| Refused::Denied)?;
        let known = self.digests.get(&version).copied();
        if let Some(digest) = known.filter(|_| now == version) {
            let size = data.len();
            return Ok(Content { file, size, digest });
        }
        let hashed = Digest::of_file(&mut file).and_then(|hashed| file.rewind().map(|()| hashed));
        let (digest, size) = hashed.map_err(|_| Refused::Denied)?;
        // Who writes while it is hashed changes the version.
        let after = file.metadata().map_err(|_| Refused::Changed)?;
        let is_other = known.is_some_and(|known| known != digest);
        if version_of(&after) != now || after.len() != size || is_other {
            return Err(Refused::Changed);
        }
        self.digests.insert(now, digest);
        self.digests.insert(version, digest);
        self.note_told(path, version, digest);
        Ok(Content { file, size, digest })
    }

    /// Whoever is told of a file from now on need not ask for what it holds.
    fn note_told(&mut self, path: &RelPath, version: u64, digest: Digest) {
        let Some((parent, name)) = path.split() else {
            return;
        };
        let told = self.told.get_mut(&parent);
        let Some(directory) = told.and_then(|told| told.directory.as_mut()) else {
            return;
        };
        let Some(mut node) = directory.get(&name).cloned() else {
            return;
        };
        if let Kind::File { digest: known, .. } = &mut node.kind
            && node.version == version
        {
            *known = Some(digest);
            directory.set(name, Some(node));
        }
    }

    /// Returns what a path is, as it is told.
    pub fn look_at(&self, path: &RelPath) -> Option<Node> {
        self.node(path)
    }

    /// Notes the content of a file that was put into place, so that nobody has to ask for it.
    pub fn note(&mut self, path: &RelPath, digest: Digest) {
        if let Ok(data) = fs::symlink_metadata(fd::path(&path.to_absolute())) {
            self.digests.insert(version_of(&data), digest);
        }
    }

    fn read(&self, path: &RelPath) -> io::Result<Directory> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(fd::path(&path.to_absolute()))? {
            let entry = entry?;
            let Some(name) = Name::new(entry.file_name().as_bytes()) else {
                continue;
            };
            // What is gone by now is not there.
            if let Some(node) = self.node(&path.join(&name)) {
                entries.push(Entry { name, node });
            }
        }
        Ok(Directory::new(entries))
    }

    fn node(&self, path: &RelPath) -> Option<Node> {
        let absolute = path.to_absolute();
        let place = fd::path(&absolute);
        let data = fs::symlink_metadata(place).ok()?;
        let version = version_of(&data);
        let kind = if data.is_dir() {
            Kind::Directory
        } else if data.is_symlink() {
            Kind::Link(fs::read_link(place).ok()?.as_os_str().as_bytes().into())
        } else if data.is_file() && !is_private(&data) {
            Kind::File {
                size: data.len(),
                digest: self.digests.get(&version).copied(),
            }
        } else if data.file_type().is_socket() || data.file_type().is_fifo() {
            return None;
        } else {
            Kind::Withheld
        };
        Some(Node {
            version: if kind == Kind::Directory { 0 } else { version },
            kind,
            mode: u16::try_from(data.mode() & 0o7777).unwrap_or(0),
            uid: data.uid(),
            gid: data.gid(),
            links: u32::try_from(data.nlink()).unwrap_or(u32::MAX),
            mtime: data
                .mtime()
                .saturating_mul(1_000_000_000)
                .saturating_add(data.mtime_nsec()),
        })
    }
}

/// Files that only their owner may read are never sent.
fn is_private(data: &Metadata) -> bool {
    data.is_file() && data.mode() & OTHERS == 0
}

/// The kernel gives a file another time of change with each change, of its content or of its attributes. The upper half
/// says which file it is, as it was last written to.
fn version_of(data: &Metadata) -> u64 {
    let hashed = |numbers: &[i64]| {
        let bytes: Vec<u8> = numbers.iter().flat_map(|one| one.to_le_bytes()).collect();
        let Digest(digest) = Digest::of(&bytes);
        let first = digest.first_chunk();
        first.map_or(0, |first| u64::from(u32::from_le_bytes(*first)))
    };
    let file = [
        data.dev().cast_signed(),
        data.ino().cast_signed(),
        data.len().cast_signed(),
        data.mtime(),
        data.mtime_nsec(),
    ];
    let attributes = [data.ctime(), data.ctime_nsec(), i64::from(data.mode())];
    hashed(&file) << 32 | hashed(&attributes)
}

/// Whether a file of one version has the content of another: it got a further name since, or other permissions.
fn is_same_content(one: u64, other: u64) -> bool {
    one >> 32 == other >> 32
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    struct Place {
        dir: PathBuf,
        tree: Tree,
        _temporary: tempfile::TempDir,
    }

    impl Place {
        fn new() -> Place {
            let temporary = tempfile::tempdir().unwrap();
            let dir = temporary.path().canonicalize().unwrap();
            let root = RelPath::of_absolute(dir.as_os_str().as_bytes()).unwrap();
            Place {
                dir,
                tree: Tree::new(vec![root]),
                _temporary: temporary,
            }
        }

        fn write(&self, name: &str, text: &str) {
            fs::create_dir_all(self.dir.join(name).parent().unwrap()).unwrap();
            fs::write(self.dir.join(name), text).unwrap();
            let open = Permissions::from_mode(0o644);
            fs::set_permissions(self.dir.join(name), open).unwrap();
        }

        fn path(&self, name: &str) -> RelPath {
            let path = match name.is_empty() {
                true => self.dir.clone(),
                false => self.dir.join(name),
            };
            RelPath::of_absolute(path.as_os_str().as_bytes()).unwrap()
        }

        fn list(&mut self, name: &str) -> Directory {
            let path = self.path(name);
            match self.tree.list(&path) {
                Listing::Entries(entries) => Directory::new(entries),
                other => panic!("{other:?}"),
            }
        }

        /// Returns the names that changed, and `-` before those that are gone.
        fn changes(&mut self) -> Vec<String> {
            let dir = format!("{}/", self.dir.display());
            let changes = self.tree.changes();
            let mut names: Vec<_> = changes
                .iter()
                .map(|change| {
                    let path = change.directory.join(&change.name).to_string();
                    let sign = if change.node.is_some() { "" } else { "-" };
                    format!("{sign}{}", path.strip_prefix(&dir).unwrap())
                })
                .collect();
            names.sort();
            names
        }
    }

    fn name(text: &str) -> Name {
        Name::new(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_directory_is_told_whole_and_private_files_are_not() {
        let mut place = Place::new();
        place.write("open", "12345");
        place.write("closed", "secret");
        fs::set_permissions(place.dir.join("closed"), Permissions::from_mode(0o600)).unwrap();
        symlink("open", place.dir.join("link")).unwrap();
        std::os::unix::net::UnixListener::bind(place.dir.join("socket")).unwrap();
        fs::create_dir(place.dir.join("d")).unwrap();
        let told = place.list("");
        let kind = |text: &str| told.get(&name(text)).map(|node| node.kind.clone());
        let (size, digest) = (5, None);
        assert_eq!(kind("open"), Some(Kind::File { size, digest }));
        assert_eq!(kind("closed"), Some(Kind::Withheld));
        assert_eq!(kind("link"), Some(Kind::Link("open".into())));
        assert_eq!(kind("d"), Some(Kind::Directory));
        assert_eq!(kind("socket"), None);
        let version = told.get(&name("closed")).unwrap().version;
        let path = place.path("closed");
        assert_eq!(
            place.tree.content(&path, version).unwrap_err(),
            Refused::Denied
        );
        let path = place.path("none");
        assert_eq!(place.tree.list(&path), Listing::Absent);
    }

    #[test]
    fn a_content_is_that_of_its_version() {
        let mut place = Place::new();
        place.write("file", "12345");
        let version = place.list("").get(&name("file")).unwrap().version;
        let path = place.path("file");
        let content = place.tree.content(&path, version).unwrap();
        assert_eq!((content.size, content.digest), (5, Digest::of(b"12345")));
        // Once hashed it is known.
        let digest = Some(Digest::of(b"12345"));
        let kind = place.list("").get(&name("file")).unwrap().kind.clone();
        assert_eq!(kind, Kind::File { size: 5, digest });
        place.write("file", "54321");
        assert_eq!(
            place.tree.content(&path, version).unwrap_err(),
            Refused::Changed
        );
    }

    #[test]
    fn a_content_stays_when_a_file_gets_another_name() {
        let mut place = Place::new();
        place.write("a", "one");
        let path = place.path("a");
        let version = place.list("").get(&name("a")).unwrap().version;
        fs::hard_link(place.dir.join("a"), place.dir.join("b")).unwrap();
        let other = Permissions::from_mode(0o755);
        fs::set_permissions(place.dir.join("a"), other).unwrap();
        let content = place.tree.content(&path, version).unwrap();
        assert_eq!(content.digest, Digest::of(b"one"));
        place.write("b", "two");
        assert!(place.tree.content(&path, version).is_err());
    }

    #[test]
    fn what_changed_of_what_was_told_is_told() {
        let mut place = Place::new();
        place.write("a", "1");
        place.write("b", "1");
        place.write("d/x", "1");
        place.write("e/y", "1");
        place.write("untold/z", "1");
        for known in ["", "d", "e"] {
            place.list(known);
        }
        assert!(place.changes().is_empty());
        place.write("a", "2");
        place.write("c", "1");
        place.write("d/x", "2");
        place.write("untold/z", "2");
        fs::remove_file(place.dir.join("b")).unwrap();
        assert_eq!(place.changes(), ["-b", "a", "c", "d/x"]);
        assert!(place.changes().is_empty());
        fs::remove_dir_all(place.dir.join("e")).unwrap();
        assert_eq!(place.changes().last().unwrap(), "-e");
        place.write("e/new", "1");
        assert_eq!(place.changes(), ["e"]);
        // It is another directory: what it holds has to be asked for.
        assert!(place.list("e").get(&name("new")).is_some());
        place.write("e/new", "22");
        assert_eq!(place.changes(), ["e/new"]);
    }

    #[test]
    fn what_another_worker_asks_for_hides_no_change() {
        let mut place = Place::new();
        place.write("a", "1");
        place.list("");
        place.write("b", "1");
        assert!(place.list("").get(&name("b")).is_some());
        assert_eq!(place.changes(), ["b"]);
    }

    #[test]
    fn without_a_watch_everything_told_is_looked_at_again() {
        let mut place = Place::new();
        place.tree.watch = None;
        place.write("a", "1");
        place.write("d/x", "1");
        place.list("");
        place.list("d");
        assert!(place.changes().is_empty());
        place.write("a", "2");
        fs::remove_file(place.dir.join("d/x")).unwrap();
        let changes = place.changes();
        assert!(
            changes.contains(&"a".to_owned()) && changes.contains(&"-d/x".to_owned()),
            "{changes:?}"
        );
    }
}
