//! The inodes that the kernel knows of a mirror. One of a file stands for one version of it, so that nothing the kernel
//! keeps of it ever is wrong; one of a directory stands for its path.
//! It does not know what is asked about them.

use crate::wire::message::Kind;
use crate::wire::message::Node;
use crate::wire::path::RelPath;
use crate::worker::mirror::kernel::ROOT;
use rustc_hash::FxHashMap;

/// What makes two names one inode.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Identity {
    Directory(RelPath),
    Version(u64),
}

/// An inode.
#[derive(Clone, Debug)]
pub(in crate::worker::mirror) struct Known {
    /// A name of it.
    pub(in crate::worker::mirror) path: RelPath,
    /// What it is.
    pub(in crate::worker::mirror) node: Node,
    /// How often the kernel was told of it and has not forgotten it.
    lookups: u64,
}

/// All of them.
#[derive(Debug)]
pub(in crate::worker::mirror) struct Nodes {
    known: FxHashMap<u64, Known>,
    ids: FxHashMap<Identity, u64>,
    /// The inode that was given last; none is given twice.
    last: u64,
}

impl Nodes {
    pub(in crate::worker::mirror) fn new() -> Nodes {
        let root = Known {
            path: RelPath::ROOT,
            node: Node {
                kind: Kind::Directory,
                mode: 0o755,
                uid: 0,
                gid: 0,
                links: 1,
                mtime: 0,
                version: 0,
            },
            lookups: 1,
        };
        Nodes {
            known: FxHashMap::from_iter([(ROOT, root)]),
            ids: FxHashMap::from_iter([(Identity::Directory(RelPath::ROOT), ROOT)]),
            last: ROOT,
        }
    }

    pub(in crate::worker::mirror) fn get(&self, id: u64) -> Option<&Known> {
        self.known.get(&id)
    }

    /// Returns the inode of a name that the kernel is told of now.
    pub(in crate::worker::mirror) fn tell(&mut self, path: RelPath, node: &Node) -> u64 {
        let identity = identity(&path, node);
        let id = *self.ids.entry(identity).or_insert_with(|| {
            self.last += 1;
            self.last
        });
        let known = self.known.entry(id).or_insert_with(|| Known {
            path: path.clone(),
            node: node.clone(),
            lookups: 0,
        });
        known.lookups += 1;
        // The attributes of a directory change without making it another one; of a file that has several names the
        // one that is known now surely is there.
        known.node.clone_from(node);
        known.path = path;
        id
    }

    /// Counts lookups that the kernel has forgotten.
    pub(in crate::worker::mirror) fn forget(&mut self, id: u64, lookups: u64) {
        let Some(known) = self.known.get_mut(&id) else {
            return;
        };
        known.lookups = known.lookups.saturating_sub(lookups);
        if known.lookups == 0 && id != ROOT {
            let identity = identity(&known.path, &known.node);
            self.ids.remove(&identity);
            self.known.remove(&id);
        }
    }
}

fn identity(path: &RelPath, node: &Node) -> Identity {
    match node.kind {
        Kind::Directory => Identity::Directory(path.clone()),
        _ => Identity::Version(node.version),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::new(text.as_bytes()).unwrap()
    }

    fn node(kind: Kind, version: u64) -> Node {
        Node {
            kind,
            version,
            ..Nodes::new().known[&ROOT].node.clone()
        }
    }

    #[test]
    fn an_inode_is_a_version_of_a_file_or_a_directory() {
        let mut nodes = Nodes::new();
        let file = |version| {
            let (size, digest) = (1, None);
            node(Kind::File { size, digest }, version)
        };
        let one = nodes.tell(path("a"), &file(7));
        assert_eq!(nodes.tell(path("a"), &file(7)), one);
        assert_eq!(nodes.tell(path("hard/link"), &file(7)), one);
        assert_ne!(nodes.tell(path("a"), &file(8)), one);
        let directory = nodes.tell(path("d"), &node(Kind::Directory, 0));
        let mut changed = node(Kind::Directory, 0);
        changed.mtime = 5;
        assert_eq!(nodes.tell(path("d"), &changed), directory);
        assert_eq!(nodes.get(directory).unwrap().node.mtime, 5);
        nodes.forget(directory, 1);
        assert!(nodes.get(directory).is_some());
        nodes.forget(directory, 1);
        assert!(nodes.get(directory).is_none());
        nodes.forget(ROOT, u64::MAX);
        assert!(nodes.get(ROOT).is_some());
    }
}
