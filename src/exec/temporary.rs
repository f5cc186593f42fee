//! The directory for temporary files: MAKE_TMPDIR, else TMPDIR, else `/tmp`, looked at when first needed.
//! It does not know what is put there.

use crate::error::JobNotice;
use crate::sys::fd;
use crate::sys::process;
use bstr::BString;

const DEFAULT: &str = "/tmp";

/// The directory for temporary files.
#[derive(Debug, Default)]
pub struct Temporary {
    /// The variables that may name it and their values, in order of preference.
    wanted: Vec<(&'static str, BString)>,
    chosen: Option<BString>,
}

impl Temporary {
    /// Returns the choice between the values of MAKE_TMPDIR and TMPDIR; an empty one does not count.
    pub fn new(make_tmpdir: Option<BString>, tmpdir: Option<BString>) -> Temporary {
        let named = [("MAKE_TMPDIR", make_tmpdir), ("TMPDIR", tmpdir)];
        let wanted = named.into_iter().filter_map(|(name, value)| {
            let value = value.filter(|value| !value.is_empty())?;
            Some((name, value))
        });
        Temporary {
            wanted: wanted.collect(),
            chosen: None,
        }
    }

    /// Returns the directory and, the first time, what is wrong with those that were wanted.
    pub fn directory(&mut self) -> (BString, Vec<JobNotice>) {
        if let Some(chosen) = &self.chosen {
            return (chosen.clone(), Vec::new());
        }
        let mut notices = Vec::new();
        let mut chosen = None;
        for (name, value) in std::mem::take(&mut self.wanted) {
            let error = match std::fs::metadata(fd::path(&value)) {
                Ok(data) if data.is_dir() => {
                    chosen = Some(value);
                    break;
                }
                Ok(_) => "not a directory".to_owned(),
                Err(error) => process::error_text(&error),
            };
            notices.push(JobNotice::BadTemporary(name.into(), value, error));
        }
        let chosen = chosen.unwrap_or_else(|| {
            if !notices.is_empty() {
                notices.push(JobNotice::DefaultTemporary(DEFAULT.into()));
            }
            BString::from(DEFAULT)
        });
        self.chosen = Some(chosen.clone());
        (chosen, notices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_directory_that_is_one_is_taken() {
        let check = |make: Option<&str>, plain: Option<&str>, expected: &str, notices: usize| {
            let mut temporary = Temporary::new(make.map(Into::into), plain.map(Into::into));
            let (directory, said) = temporary.directory();
            assert_eq!(
                (directory.as_slice(), said.len()),
                (expected.as_bytes(), notices)
            );
            assert_eq!(temporary.directory(), (expected.into(), Vec::new()));
        };
        check(None, None, "/tmp", 0);
        check(Some(""), Some("/"), "/", 0);
        check(Some("/"), Some("/tmp"), "/", 0);
        check(Some("/nonexistent"), Some("/"), "/", 1);
        check(Some("/nonexistent"), Some("/etc/passwd"), "/tmp", 3);
    }
}
