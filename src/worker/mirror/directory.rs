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

    /// Returns the names in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn place(&self, name: &Name) -> Result<usize, usize> {
        self.entries.binary_search_by(|entry| entry.name.cmp(name))
    }
}
