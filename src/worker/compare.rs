//! Whether files of this host are the same as rmake's.
//! It does not know what follows from it.

use crate::store::digest::Digest;
use crate::sys::fd;
use crate::wire::message::Comparison;
use crate::wire::path::RelPath;
use std::fs;
use std::fs::File;
use std::io;

/// Returns the first path that differs, None if all are the same.
pub fn compare(comparison: &Comparison) -> Option<RelPath> {
    let other = comparison.files.iter().find(|(path, size, digest)| {
        let found = digest_of(path, *size);
        found.ok() != Some(*digest)
    });
    let other = other.map(|(path, _, _)| path);
    let there = || {
        let mut missing = comparison.missing.iter();
        missing.find(|path| fs::symlink_metadata(fd::path(&path.to_absolute())).is_ok())
    };
    other.or_else(there).cloned()
}

fn digest_of(path: &RelPath, size: u64) -> io::Result<Digest> {
    let mut file = File::open(fd::path(&path.to_absolute()))?;
    let meta = file.metadata()?;
    if !meta.is_file() || meta.len() != size {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(Digest::of_file(&mut file)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;
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
            compare(&Comparison { files, missing })
        };
        assert_eq!(check(vec![file("text")], &[path("none")]), None);
        assert_eq!(check(vec![file("tExt")], &[]), Some(path("file")));
        assert_eq!(check(vec![file("texts")], &[]), Some(path("file")));
        assert_eq!(check(vec![], &[path("file")]), Some(path("file")));
        assert_eq!(
            check(vec![(path("none"), 0, Digest::of(b""))], &[]),
            Some(path("none"))
        );
    }
}
