//! Whether files of this host are the same as rmake's.
//! It does not know what follows from it.

use crate::store::likeness::Likeness;
use crate::sys::fd;
use crate::wire::message::Comparison;
use crate::wire::path::RelPath;
use std::fs;
use std::sync::Mutex;
use std::sync::PoisonError;

/// Compares, and remembers what files hold.
#[derive(Default)]
pub struct Comparer(Mutex<Likeness>);

impl Comparer {
    /// Returns the first path that differs, None if all are the same.
    pub fn compare(&self, comparison: &Comparison) -> Option<RelPath> {
        let mut likeness = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Comparison {
            files,
            directories,
            missing,
        } = comparison;
        for (path, digest) in directories {
            let found = likeness.directory(fd::path(&path.to_absolute()));
            if found.ok() != Some(*digest) {
                return Some(path.clone());
            }
        }
        for (path, size, digest) in files {
            let found = likeness.file(fd::path(&path.to_absolute()));
            if found.ok() != Some((*size, *digest)) {
                return Some(path.clone());
            }
        }
        let is_there = |path: &&RelPath| {
            let data = fs::symlink_metadata(fd::path(&path.to_absolute()));
            data.is_ok()
        };
        missing.iter().find(is_there).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::digest::Digest;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn what_differs_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().canonicalize().unwrap();
        fs::write(dir.join("file"), "text").unwrap();
        let path = |name: &str| {
            let path = dir.join(name);
            RelPath::of_absolute(path.as_os_str().as_bytes()).unwrap()
        };
        let file = |text: &str| (path("file"), text.len() as u64, Digest::of(text.as_bytes()));
        let check = |files: Vec<_>, missing: &[RelPath]| {
            let missing = missing.to_vec();
            Comparer::default().compare(&Comparison {
                files,
                missing,
                ..Comparison::default()
            })
        };
        assert_eq!(check(vec![file("text")], &[path("none")]), None);
        assert_eq!(check(vec![file("tExt")], &[]), Some(path("file")));
        assert_eq!(check(vec![file("texts")], &[]), Some(path("file")));
        assert_eq!(check(vec![], &[path("file")]), Some(path("file")));
        assert_eq!(
            check(vec![(path("none"), 0, Digest::of(b""))], &[]),
            Some(path("none"))
        );
        let own = RelPath::of_absolute(dir.as_os_str().as_bytes()).unwrap();
        let comparer = Comparer::default();
        let directory = |digest| {
            comparer.compare(&Comparison {
                directories: vec![(own.clone(), digest)],
                ..Comparison::default()
            })
        };
        let digest = Likeness::default().directory(&dir).unwrap();
        assert_eq!(directory(digest), None);
        assert_eq!(directory(Digest::of(b"")), Some(own.clone()));
    }
}
