//! What a directory holds, as it was told: names in order, each with what it is.
//! It does not know where the directory lies.

use crate::wire::message::Entry;
use crate::wire::message::Node;
use crate::wire::path::Name;

/// A directory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Directory {
    /// By name, without two of one name.
    entries: Vec<Entry>,
}

impl Directory {
    /// Returns the directory with these names; of two of one name the first counts.
    pub fn new(mut entries: Vec<Entry>) -> Directory {
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        entries.dedup_by(|later, earlier| later.name == earlier.name);
        Directory { entries }
    }

    /// Returns what has a name, None if nothing has it.
    pub fn get(&self, name: &Name) -> Option<&Node> {
        let place = self.place(name).ok()?;
        Some(&self.entries[place].node)
    }

    /// Makes a name something else, or nothing.
    pub fn set(&mut self, name: Name, node: Option<Node>) {
        match (self.place(&name), node) {
            (Ok(place), Some(node)) => self.entries[place].node = node,
            (Ok(place), None) => {
                self.entries.remove(place);
            }
            (Err(place), Some(node)) => self.entries.insert(place, Entry { name, node }),
            (Err(_), None) => {}
        }
    }

    /// Returns what has to be said to make this what another one is: names, and what they are there.
    pub fn changes_to(&self, other: &Directory) -> Vec<(Name, Option<Node>)> {
        let gone = self
            .entries
            .iter()
            .filter(|one| other.get(&one.name).is_none());
        let gone = gone.map(|one| (one.name.clone(), None));
        let is_other = |one: &&Entry| self.get(&one.name) != Some(&one.node);
        let changed = other.entries.iter().filter(is_other);
        let changed = changed.map(|one| (one.name.clone(), Some(one.node.clone())));
        gone.chain(changed).collect()
    }

    /// Returns the names in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn place(&self, name: &Name) -> Result<usize, usize> {
        self.entries.binary_search_by(|entry| entry.name.cmp(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::message::Kind;

    fn entry(name: &str, version: u64) -> Entry {
        Entry {
            name: Name::new(name.as_bytes()).unwrap(),
            node: Node {
                kind: Kind::Withheld,
                mode: 0,
                uid: 0,
                gid: 0,
                links: 1,
                mtime: 0,
                version,
            },
        }
    }

    #[test]
    fn changes_make_one_directory_the_other() {
        let old = [entry("b", 1), entry("a", 1), entry("d", 1)];
        let new = [entry("a", 1), entry("b", 2), entry("c", 1)];
        let mut old = Directory::new(old.to_vec());
        let new = Directory::new(new.to_vec());
        let changes = old.changes_to(&new);
        assert_eq!(changes.len(), 3);
        for (name, node) in changes {
            old.set(name, node);
        }
        assert_eq!(old, new);
    }
}
