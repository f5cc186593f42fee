//! Interned names: each distinct byte string is kept once and named by a small id.
//! It does not know whether a name is a variable's or a file's.

use crate::id::DenseMap;
use crate::id::Id;
use crate::id::NameId;
use bstr::BStr;
use hashbrown::HashTable;
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// The interner. An id is valid for the `Names` that gave it.
#[derive(Clone, Debug)]
pub struct Names {
    bytes: Vec<u8>,
    /// End of each name in `bytes`; a name begins where the one before ends.
    ends: DenseMap<NameId, u32>,
    /// With each name its hash, so that a larger table is made without looking at names.
    table: HashTable<(u32, NameId)>,
}

/// What the built-in variables and rules alone need is about 190.
const AT_FIRST: usize = 224;

impl Default for Names {
    fn default() -> Names {
        Names {
            bytes: Vec::with_capacity(AT_FIRST * 8),
            ends: DenseMap::default(),
            table: HashTable::with_capacity(AT_FIRST),
        }
    }
}

fn hash(name: &[u8]) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(name);
    hasher.write_u8(0xff);
    let hash = hasher.finish();
    (hash >> 32) as u32 ^ hash as u32
}

/// Returns the hash for the table, which looks at the highest and the lowest bits.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Names {
    /// Returns the id of `name`, making one at its first use.
    ///
    /// # Panics
    /// When all names together pass 4 GiB.
    pub fn intern(&mut self, name: &[u8]) -> NameId {
        let hash = hash(name);
        if let Some(id) = self.find(hash, name) {
            return id;
        }
        self.bytes.extend_from_slice(name);
        let end = u32::try_from(self.bytes.len()).expect("names fit in 4 GiB");
        let id = self.ends.push(end);
        self.table
            .insert_unique(spread(hash), (hash, id), |(hash, _)| spread(*hash));
        id
    }

    /// Returns the id of `name` if it was interned before.
    pub fn get(&self, name: &[u8]) -> Option<NameId> {
        self.find(hash(name), name)
    }

    /// Returns the bytes of `id`.
    pub fn bytes(&self, id: NameId) -> &[u8] {
        slice(&self.bytes, &self.ends, id)
    }

    /// Returns the name of `id` for printing.
    pub fn show(&self, id: NameId) -> &BStr {
        BStr::new(self.bytes(id))
    }

    /// Returns how many names there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns true before the first name.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn find(&self, hash: u32, name: &[u8]) -> Option<NameId> {
        let found = self.table.find(spread(hash), |(other, id)| {
            *other == hash && self.bytes(*id) == name
        });
        found.map(|(_, id)| *id)
    }
}

/// Removes each `./` (and the slashes behind it) that a name begins with; of nothing but those one is kept.
pub fn strip_dot_slash(word: &[u8]) -> &[u8] {
    let mut rest = word;
    while rest.len() > 2 && rest.starts_with(b"./") {
        rest = &rest[2..];
        while rest.first() == Some(&b'/') {
            rest = &rest[1..];
        }
    }
    match rest.is_empty() {
        true => b"./",
        false => rest,
    }
}

fn slice<'a>(bytes: &'a [u8], ends: &DenseMap<NameId, u32>, id: NameId) -> &'a [u8] {
    let start = match id.index() {
        0 => 0,
        index => ends[NameId::from_index(index - 1)],
    };
    &bytes[start as usize..ends[id] as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_share_an_id() {
        let mut names = Names::default();
        let ids: Vec<NameId> = (0..5000)
            .map(|n| names.intern(format!("name{n}").as_bytes()))
            .collect();
        assert_eq!(names.len(), 5000);
        for (n, id) in ids.iter().enumerate() {
            assert_eq!(names.bytes(*id), format!("name{n}").as_bytes());
            assert_eq!(names.intern(format!("name{n}").as_bytes()), *id);
        }
        let empty = names.intern(b"");
        assert_eq!(names.bytes(empty), b"");
        assert_eq!(names.get(b"absent"), None);
    }
}
