//! What files and directories of this machine hold, as digests that another machine can compare with its own.
//! It does not know which, nor what follows.

use crate::store::digest::Digest;
use crate::store::digest::Hasher;
use rustc_hash::FxHashMap;
use std::fs;
use std::fs::File;
use std::fs::Metadata;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Digests that were made, by what the kernel changes with each change.
#[derive(Debug, Default)]
pub struct Likeness {
    known: FxHashMap<[u64; 7], Digest>,
}

impl Likeness {
    /// Returns length and digest of a file.
    ///
    /// # Errors
    /// It is none, or cannot be read.
    pub fn file(&mut self, path: &Path) -> io::Result<(u64, Digest)> {
        let mut file = File::open(path)?;
        let data = file.metadata()?;
        if !data.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        if let Some(digest) = self.known.get(&stamp(&data)) {
            return Ok((data.len(), *digest));
        }
        let (digest, size) = Digest::of_file(&mut file)?;
        self.known.insert(stamp(&data), digest);
        Ok((size, digest))
    }

    /// Returns the digest of the names in a directory, with kinds, permissions, lengths of files and targets of links.
    ///
    /// # Errors
    /// It is none, or cannot be read.
    pub fn directory(&mut self, path: &Path) -> io::Result<Digest> {
        let data = fs::symlink_metadata(path)?;
        if let Some(digest) = self.known.get(&stamp(&data)) {
            return Ok(*digest);
        }
        let mut lines = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let data = entry.metadata()?;
            let mut line = entry.file_name().as_bytes().to_vec();
            line.push(0);
            line.extend(data.mode().to_le_bytes());
            if data.is_file() {
                line.extend(data.len().to_le_bytes());
            } else if data.is_symlink() {
                let target = fs::read_link(entry.path())?;
                line.extend(target.as_os_str().as_bytes());
            }
            lines.push(line);
        }
        lines.sort_unstable();
        let mut hasher = Hasher::default();
        for line in lines {
            hasher.add(&(line.len() as u64).to_le_bytes());
            hasher.add(&line);
        }
        let (digest, _) = hasher.finish();
        self.known.insert(stamp(&data), digest);
        Ok(digest)
    }
}

fn stamp(data: &Metadata) -> [u64; 7] {
    [
        data.dev(),
        data.ino(),
        data.len(),
        data.mtime().cast_unsigned(),
        data.mtime_nsec().cast_unsigned(),
        data.ctime().cast_unsigned(),
        data.ctime_nsec().cast_unsigned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::fs::symlink;

    #[test]
    fn whatever_is_otherwise_makes_another_digest() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        let mut seen = vec![Likeness::default().directory(dir).unwrap()];
        let mut differs = || {
            let digest = Likeness::default().directory(dir).unwrap();
            assert_eq!(digest, Likeness::default().directory(dir).unwrap());
            assert!(!seen.contains(&digest), "after {} changes", seen.len());
            seen.push(digest);
        };
        fs::write(dir.join("a"), "one").unwrap();
        differs();
        fs::write(dir.join("a"), "three").unwrap();
        differs();
        fs::set_permissions(dir.join("a"), fs::Permissions::from_mode(0o755)).unwrap();
        differs();
        symlink("a", dir.join("b")).unwrap();
        differs();
        fs::remove_file(dir.join("b")).unwrap();
        symlink("c", dir.join("b")).unwrap();
        differs();
        fs::create_dir(dir.join("d")).unwrap();
        differs();
        fs::remove_dir(dir.join("d")).unwrap();
        fs::write(dir.join("d"), "").unwrap();
        differs();
        assert!(Likeness::default().directory(&dir.join("a")).is_err());
        assert!(Likeness::default().directory(&dir.join("none")).is_err());
    }

    #[test]
    fn a_changed_file_is_looked_at_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        let mut likeness = Likeness::default();
        fs::write(&path, "one").unwrap();
        assert_eq!(likeness.file(&path).unwrap(), (3, Digest::of(b"one")));
        assert_eq!(likeness.file(&path).unwrap(), (3, Digest::of(b"one")));
        fs::remove_file(&path).unwrap();
        fs::write(dir.path().join("g"), "").unwrap();
        fs::write(&path, "two").unwrap();
        File::open(&path)
            .unwrap()
            .set_modified(std::time::SystemTime::UNIX_EPOCH)
            .unwrap();
        assert_eq!(likeness.file(&path).unwrap(), (3, Digest::of(b"two")));
        assert!(likeness.file(dir.path()).is_err());
    }
}
