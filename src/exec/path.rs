//! The search for a program in PATH, with a memory.
//! It does not know how the program is started.

use crate::sys::fd;
use bstr::BString;
use rustc_hash::FxHashMap;
use std::io;

/// PATH of a child that has none.
const DEFAULT_PATH: &[u8] = b"/bin:/usr/bin";

/// Directories whose content does not change under a build: a program found there is remembered without looking again.
const STEADY: &[&[u8]] = &[b"/usr/bin", b"/bin", b"/usr/sbin", b"/sbin"];

/// Where programs were found.
#[derive(Debug, Default)]
pub struct Programs {
    /// The PATH that `found` belongs to.
    path: BString,
    found: FxHashMap<BString, BString>,
}

impl Programs {
    /// Returns the file to execute for `name`: as it is if it holds a slash, else searched in `path` (the value of PATH).
    /// Relative places are taken from `directory`, None for the process's own. The error is that of the best candidate.
    pub fn find(
        &mut self,
        name: &[u8],
        path: Option<&[u8]>,
        directory: Option<&[u8]>,
    ) -> io::Result<BString> {
        if name.contains(&b'/') {
            return Ok(BString::from(name));
        }
        let path = path.unwrap_or(DEFAULT_PATH);
        if self.path != path {
            self.path = BString::from(path);
            self.found.clear();
        }
        let mut error = fd::not_found();
        for place in path.split(|byte| *byte == b':') {
            let file = join(place, name);
            let is_steady = STEADY.contains(&place);
            if is_steady && self.found.get(name) == Some(&file) {
                return Ok(file);
            }
            match fd::may_execute(&join(directory.unwrap_or_default(), &file)) {
                Ok(()) => {
                    if is_steady {
                        self.found.insert(BString::from(name), file.clone());
                    }
                    return Ok(file);
                }
                Err(found) if found.kind() == io::ErrorKind::PermissionDenied => error = found,
                Err(_) => {}
            }
        }
        Err(error)
    }
}

/// Joins a directory and a name; the empty directory is the present one.
fn join(place: &[u8], name: &[u8]) -> BString {
    let mut file = BString::from(place);
    if name.starts_with(b"/") {
        return BString::from(name);
    }
    if !place.is_empty() && !place.ends_with(b"/") {
        file.push(b'/');
    }
    file.extend_from_slice(name);
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn programs_are_found_where_the_child_would_look() {
        let place = tempfile::tempdir().unwrap();
        let base = place.path();
        for (name, mode) in [("a/tool", 0o644), ("b/tool", 0o755), ("a/plain", 0o644)] {
            let file = base.join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, "").unwrap();
            std::fs::set_permissions(&file, PermissionsExt::from_mode(mode)).unwrap();
        }
        std::fs::create_dir(base.join("a/dir")).unwrap();
        let mut programs = Programs::default();
        let directory = base.to_str().unwrap().as_bytes();
        let mut find = |name: &str, path: Option<&str>| {
            let found = programs.find(name.as_bytes(), path.map(str::as_bytes), Some(directory));
            found.map_err(|error| crate::sys::process::error_text(&error))
        };
        assert_eq!(find("tool", Some("a:b")), Ok("b/tool".into()));
        assert_eq!(find("./tool", Some("a:b")), Ok("./tool".into()));
        let denied = Err("Permission denied".to_owned());
        let missing = Err("No such file or directory".to_owned());
        assert_eq!(find("plain", Some("a:b")), denied);
        assert_eq!(find("dir", Some("a:b")), denied);
        assert_eq!(find("tool", Some("")), missing);
        assert_eq!(find("sh", None), Ok("/bin/sh".into()));
        assert_eq!(find("sh", Some("/nonexistent:/bin")), Ok("/bin/sh".into()));
        std::fs::write(base.join("a/sh"), "").unwrap();
        std::fs::set_permissions(base.join("a/sh"), PermissionsExt::from_mode(0o755)).unwrap();
        assert_eq!(find("sh", Some("a:/bin")), Ok("a/sh".into()));
        assert_eq!(find("sh", Some("a:/bin")), Ok("a/sh".into()));
    }
}
