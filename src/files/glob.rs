//! File names that match a pattern, as glob(3) finds them, `~` included.
//! It does not know whether a pattern without matches stands for itself: callers decide.

use crate::files::Kind;
use crate::files::Links;
use crate::files::View;
use crate::files::pattern::is_pattern;
use crate::files::pattern::matches;
use crate::files::pattern::unescape;
use bstr::BString;
use nix::unistd::Uid;
use nix::unistd::User;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// A path has at most 4096 bytes, so a pattern with more slashes than that cannot match.
const MOST_SLASHES: usize = 2048;

/// Returns the word with its leading `~` or `~USER` replaced by a home directory; None when it has none
/// or the user is unknown. `home` is the value of `HOME`; if it is empty, the home of who logged in counts.
pub fn expand_tilde(word: &[u8], home: &[u8]) -> Option<BString> {
    let rest = word.strip_prefix(b"~")?;
    let slash = memchr::memchr(b'/', rest).unwrap_or(rest.len());
    let (user, rest) = rest.split_at(slash);
    let mut path = match user {
        b"" if !home.is_empty() => BString::from(home),
        b"" => login_home()?,
        name => home_of(User::from_name(std::str::from_utf8(name).ok()?))?,
    };
    path.extend_from_slice(rest);
    Some(path)
}

/// Returns the home directory of who logged in; None where nobody did.
fn login_home() -> Option<BString> {
    let text = std::fs::read_to_string("/proc/self/loginuid").ok()?;
    match text.trim().parse().ok()? {
        u32::MAX => None,
        uid => home_of(User::from_uid(Uid::from_raw(uid))),
    }
}

fn home_of(user: nix::Result<Option<User>>) -> Option<BString> {
    let user = user.ok()??;
    let home: &OsStr = user.dir.as_os_str();
    Some(BString::from(home.as_bytes()))
}

/// Which matches are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Anything,
    /// Names found by listing must be directories: more of the pattern follows.
    Directories,
    /// As before, and a slash goes behind each directory: the pattern ends in one.
    Marked,
}

impl View {
    /// Returns the file names that match `pattern` (`*?[]`, `~`, escapes by backslash), sorted by
    /// bytes; empty when nothing matches. A pattern without special characters matches itself if it
    /// exists, be it as a link that leads nowhere.
    pub fn glob(&mut self, pattern: &[u8]) -> Vec<BString> {
        let expanded = expand_tilde(pattern, &self.home);
        let pattern = expanded.as_ref().map_or(pattern, |path| path.as_slice());
        if pattern.iter().filter(|byte| **byte == b'/').count() > MOST_SLASHES {
            return Vec::new();
        }
        let mut found = self.find(pattern, Wanted::Anything);
        found.sort_unstable();
        found
    }

    /// Returns whether a pattern, which has no special character, is one that matches itself or nothing.
    pub fn is_plain_pattern(pattern: &[u8]) -> bool {
        let slashes = || pattern.iter().filter(|byte| **byte == b'/').count();
        !pattern.ends_with(b"/") && !pattern.starts_with(b"//") && slashes() <= MOST_SLASHES
    }

    /// Returns whether such a pattern matches.
    pub fn matches_itself(&mut self, pattern: &[u8]) -> bool {
        self.directories.has(&*self.files, pattern)
    }

    fn find(&mut self, pattern: &[u8], wanted: Wanted) -> Vec<BString> {
        let mut found = Vec::new();
        match memchr::memrchr(b'/', pattern) {
            None => self.find_in(b"", pattern, wanted, &mut found),
            Some(slash) => {
                let directory = without_last_escape(&pattern[..slash]);
                let name = &pattern[slash + 1..];
                if directory.is_empty() {
                    self.find_in(b"/", name, wanted, &mut found);
                } else if name.is_empty() && slash > 1 {
                    // As glob(3): the slash at the end only marks, unless the directory is one character long.
                    return self.find(directory, Wanted::Marked);
                } else if is_pattern(directory) {
                    for directory in self.find(directory, Wanted::Directories) {
                        self.find_in(&directory, name, wanted, &mut found);
                    }
                } else {
                    self.find_in(&unescape(directory), name, wanted, &mut found);
                }
            }
        }
        if wanted == Wanted::Marked {
            for path in &mut found {
                if self.is_directory(path) {
                    path.push(b'/');
                }
            }
        }
        found
    }

    /// Adds what matches `pattern`, which has no slash, in one directory (empty: the present one).
    fn find_in(
        &mut self,
        directory: &[u8],
        pattern: &[u8],
        wanted: Wanted,
        found: &mut Vec<BString>,
    ) {
        let mut prefix = BString::from(directory);
        if !directory.is_empty() && directory != b"/" {
            prefix.push(b'/');
        }
        if !is_pattern(pattern) && !pattern.contains(&b'\\') {
            prefix.extend_from_slice(pattern);
            if self.directories.has(&*self.files, &prefix) {
                found.push(prefix);
            }
            return;
        }
        let (files, charset) = (&*self.files, self.charset);
        let Some(names) = self.directories.names(files, directory) else {
            return;
        };
        let dots = [&b"."[..], b".."].map(|name| (name, Kind::Directory));
        for (name, kind) in names.iter().chain(dots) {
            if !matches(pattern, name, charset) {
                continue;
            }
            let mut path = prefix.clone();
            path.extend_from_slice(name);
            let is_directory = || {
                let status = files.status(&path, Links::Follow);
                status.is_ok_and(|status| status.kind == Kind::Directory)
            };
            let is_wanted = match (wanted, kind) {
                (Wanted::Anything, _) | (_, Kind::Directory) => true,
                (_, Kind::File | Kind::Other) => false,
                (_, Kind::Link | Kind::Unknown) => is_directory(),
            };
            if is_wanted {
                found.push(path);
            }
        }
    }

    fn is_directory(&self, path: &[u8]) -> bool {
        let status = self.files.status(path, Links::Follow);
        status.is_ok_and(|status| status.kind == Kind::Directory)
    }
}

/// Returns a directory's pattern without the backslash that escaped the slash behind it.
fn without_last_escape(pattern: &[u8]) -> &[u8] {
    let backslashes = pattern
        .iter()
        .rev()
        .take_while(|byte| **byte == b'\\')
        .count();
    &pattern[..pattern.len() - backslashes % 2]
}
