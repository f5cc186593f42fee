//! Paths that another process names: below one root, without a way out of it.
//! It does not know what lies there.

use bstr::BStr;
use bstr::BString;
use bstr::ByteSlice;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::de::Error;
use std::fmt;

/// The longest path; far above PATH_MAX, since a path may be walked in parts.
const LONGEST: usize = 64 * 1024;
/// NAME_MAX of every Linux file system.
const LONGEST_NAME: usize = 255;

/// A path below the root: names parted by single slashes, none of them `.` or `..`, none at either end; empty for the
/// root itself.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct RelPath(BString);

/// One name of a path.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Name(BString);

impl RelPath {
    /// The root.
    pub const ROOT: RelPath = RelPath(BString::new(Vec::new()));

    /// Returns the path of these bytes, None if they are none.
    pub fn new(bytes: &[u8]) -> Option<RelPath> {
        let is_path = bytes.is_empty() || bytes.split(|c| *c == b'/').all(is_name);
        (is_path && bytes.len() <= LONGEST).then(|| RelPath(bytes.into()))
    }

    /// Returns an absolute path without its slash, None if it holds `.`, `..` or an empty name.
    pub fn of_absolute(bytes: &[u8]) -> Option<RelPath> {
        RelPath::new(bytes.strip_prefix(b"/")?)
    }

    /// Returns the path of a name in this directory.
    #[must_use]
    pub fn join(&self, name: &Name) -> RelPath {
        match self.0.is_empty() {
            true => RelPath(name.0.clone()),
            false => RelPath([&self.0[..], b"/", &name.0].concat().into()),
        }
    }

    /// Returns the directory and the name in it, None for the root.
    pub fn split(&self) -> Option<(RelPath, Name)> {
        if self.0.is_empty() {
            return None;
        }
        let (directory, name) = match self.0.rfind_byte(b'/') {
            Some(slash) => (&self.0[..slash], &self.0[slash + 1..]),
            None => (&b""[..], &self.0[..]),
        };
        Some((RelPath(directory.into()), Name(name.into())))
    }

    /// Returns the names, from the root on.
    pub fn names(&self) -> impl Iterator<Item = Name> {
        let names = self.0.split(|c| *c == b'/');
        names
            .filter(|name| !name.is_empty())
            .map(|name| Name(name.into()))
    }

    /// Returns whether this is `prefix` or lies below it.
    pub fn is_at_or_below(&self, prefix: &RelPath) -> bool {
        match self.0.strip_prefix(prefix.0.as_bytes()) {
            Some(rest) => prefix.0.is_empty() || rest.is_empty() || rest[0] == b'/',
            None => false,
        }
    }

    /// Returns the bytes, without a slash at either end.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the path with a slash before it.
    pub fn to_absolute(&self) -> BString {
        [b"/", &self.0[..]].concat().into()
    }
}

impl Name {
    /// Returns the name of these bytes, None if they are none.
    pub fn new(bytes: &[u8]) -> Option<Name> {
        is_name(bytes).then(|| Name(bytes.into()))
    }

    /// Returns the bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

fn is_name(bytes: &[u8]) -> bool {
    let is_length = (1..=LONGEST_NAME).contains(&bytes.len());
    is_length && bytes != b"." && bytes != b".." && !bytes.contains(&b'/') && !bytes.contains(&0)
}

impl fmt::Display for RelPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "/{}", BStr::new(&self.0))
    }
}

impl<'de> Deserialize<'de> for RelPath {
    fn deserialize<D: Deserializer<'de>>(bytes: D) -> Result<RelPath, D::Error> {
        let bytes = BString::deserialize(bytes)?;
        RelPath::new(&bytes).ok_or_else(|| D::Error::custom("no path below the root"))
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(bytes: D) -> Result<Name, D::Error> {
        let bytes = BString::deserialize(bytes)?;
        Name::new(&bytes).ok_or_else(|| D::Error::custom("no name"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::any;
    use proptest::proptest;

    #[test]
    fn what_leads_elsewhere_is_no_path() {
        for good in ["", "a", "a/b.c", "...", "a/..b", "a b/\u{e4}"] {
            assert!(RelPath::new(good.as_bytes()).is_some(), "{good}");
        }
        for bad in [
            "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b", "a\0b",
        ] {
            assert!(RelPath::new(bad.as_bytes()).is_none(), "{bad:?}");
        }
        assert!(RelPath::new(&[b'x'; 256]).is_none());
        assert!(RelPath::new(&b"x/".repeat(LONGEST / 2 + 1)).is_none());
        assert!(Name::new(b"a/b").is_none() && Name::new(b"").is_none());
        assert!(Name::new(&[0xff; 255]).is_some());
    }

    #[test]
    fn paths_are_joined_split_and_compared_by_names() {
        let path = |text: &str| RelPath::new(text.as_bytes()).unwrap();
        let name = |text: &str| Name::new(text.as_bytes()).unwrap();
        assert_eq!(path("a/b").split(), Some((path("a"), name("b"))));
        assert_eq!(path("a").split(), Some((RelPath::ROOT, name("a"))));
        assert_eq!(RelPath::ROOT.split(), None);
        assert_eq!(RelPath::ROOT.join(&name("a")), path("a"));
        assert_eq!(path("a").join(&name("b")), path("a/b"));
        assert!(path("a/b").is_at_or_below(&path("a")));
        assert!(path("a").is_at_or_below(&path("a")));
        assert!(!path("ab").is_at_or_below(&path("a")));
        assert!(path("a").is_at_or_below(&RelPath::ROOT));
        assert_eq!(path("a/b").names().count(), 2);
        assert_eq!(RelPath::ROOT.names().count(), 0);
        assert_eq!(RelPath::of_absolute(b"/usr/lib"), Some(path("usr/lib")));
        assert_eq!(path("usr").to_absolute(), "/usr");
    }

    proptest! {
        #[test]
        fn only_paths_come_out_of_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..30)) {
            let encoded = postcard::to_allocvec(&BString::from(&bytes[..])).unwrap();
            let path = postcard::from_bytes::<RelPath>(&encoded);
            assert_eq!(path.ok(), RelPath::new(&bytes));
        }
    }
}
