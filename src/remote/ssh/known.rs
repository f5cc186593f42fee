//! known_hosts: which keys a host is known by, and what to think of the one it shows.
//! It does not know the network. sshd(8), SSH_KNOWN_HOSTS FILE FORMAT, says what the lines mean.

use std::fs;
use std::io;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;

/// A line that speaks of the host in question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The file.
    pub file: PathBuf,
    /// The line in it, from 1.
    pub line: usize,
    /// True for `@revoked`.
    pub is_revoked: bool,
    /// The kind of the key, as ssh-ed25519.
    pub kind: String,
    /// The key in base64.
    pub key: String,
}

/// What the known keys say of the one a host shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is among them.
    Known,
    /// There is none of its kind.
    Unknown,
    /// There is another one of its kind, here.
    Changed(Entry),
    /// It must never be trusted.
    Revoked(Entry),
}

/// Returns the name known_hosts has for a host and port.
pub fn name_of(host: &str, port: u16) -> String {
    let host = host.to_lowercase();
    match port {
        22 => host,
        port => format!("[{host}]:{port}"),
    }
}

/// Returns the entries for a name in some files; those that cannot be read have none. `is_hash_of` says whether a
/// hashed name field stands for the name. Certificate authorities are left out: only ssh(1) can use them.
pub fn entries(
    name: &str,
    files: &[PathBuf],
    is_hash_of: impl Fn(&str, &str) -> bool,
) -> Vec<Entry> {
    let mut found = Vec::new();
    for file in files {
        let text = fs::read(file).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines = text.lines().enumerate();
        found.extend(lines.filter_map(|(index, line)| {
            let (is_revoked, names, kind, key) = fields(line)?;
            let speaks_of_it = match names.starts_with('|') {
                true => is_hash_of(names, name),
                false => matches_list(name, names),
            };
            speaks_of_it.then(|| Entry {
                file: file.clone(),
                line: index + 1,
                is_revoked,
                kind: kind.to_owned(),
                key: key.to_owned(),
            })
        }));
    }
    found
}

/// Parts a line into revoked or not, names, kind and key.
fn fields(line: &str) -> Option<(bool, &str, &str, &str)> {
    let mut words = line.split_ascii_whitespace();
    let mut names = words.next()?;
    if names.starts_with('#') {
        return None;
    }
    let is_revoked = names == "@revoked";
    if names.starts_with('@') {
        if !is_revoked {
            return None;
        }
        names = words.next()?;
    }
    Some((is_revoked, names, words.next()?, words.next()?))
}

/// True if one of the patterns, parted by commas, matches and none with a `!` does.
fn matches_list(name: &str, patterns: &str) -> bool {
    let mut is_match = false;
    for pattern in patterns.split(',') {
        match pattern.strip_prefix('!') {
            Some(pattern) if matches(name.as_bytes(), pattern.as_bytes()) => return false,
            Some(_) => {}
            None => is_match |= matches(name.as_bytes(), pattern.as_bytes()),
        }
    }
    is_match
}

/// True if a name matches a pattern with `*` and `?`, in either case.
fn matches(name: &[u8], pattern: &[u8]) -> bool {
    let (mut at, mut in_pattern) = (0, 0);
    let mut star = None;
    while at < name.len() {
        match pattern.get(in_pattern) {
            Some(b'*') => {
                star = Some((in_pattern, at));
                in_pattern += 1;
            }
            Some(&byte) if byte == b'?' || byte.eq_ignore_ascii_case(&name[at]) => {
                at += 1;
                in_pattern += 1;
            }
            _ => {
                // The last star takes one byte more.
                let Some((place, taken)) = star else {
                    return false;
                };
                star = Some((place, taken + 1));
                in_pattern = place + 1;
                at = taken + 1;
            }
        }
    }
    pattern[in_pattern..].iter().all(|&byte| byte == b'*')
}

/// Returns what the entries of a host say of the key it shows.
pub fn judge(entries: &[Entry], kind: &str, key: &str) -> Verdict {
    let same = |entry: &&Entry| entry.kind == kind && entry.key == key;
    if let Some(entry) = entries.iter().filter(|entry| entry.is_revoked).find(same) {
        return Verdict::Revoked(entry.clone());
    }
    let mut trusted = entries.iter().filter(|entry| !entry.is_revoked);
    if trusted.clone().any(|entry| same(&entry)) {
        return Verdict::Known;
    }
    match trusted.find(|entry| entry.kind == kind) {
        Some(entry) => Verdict::Changed(entry.clone()),
        None => Verdict::Unknown,
    }
}

/// Returns the host key algorithms to ask for, those first whose keys are known: a known host must not look like
/// an unknown one because it shows another of its keys.
pub fn preferred_algorithms(entries: &[Entry], supported: &[&str]) -> String {
    let is_known = |algorithm: &&str| {
        let kind = match *algorithm {
            "rsa-sha2-512" | "rsa-sha2-256" => "ssh-rsa",
            algorithm => algorithm,
        };
        let mut trusted = entries.iter().filter(|entry| !entry.is_revoked);
        trusted.any(|entry| entry.kind == kind)
    };
    // DSA keys and SHA-1 signatures are not taken from anyone.
    let wanted = supported
        .iter()
        .copied()
        .filter(|name| !matches!(*name, "ssh-dss" | "ssh-rsa") && !name.contains("-cert-"));
    let (mut first, rest): (Vec<&str>, Vec<&str>) = wanted.partition(is_known);
    first.extend(rest);
    first.join(",")
}

/// Adds a key to a file of known hosts.
pub fn remember(file: &Path, name: &str, kind: &str, key: &str) -> io::Result<()> {
    if let Some(dir) = file.parent() {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)?;
    }
    let mut file = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(file)?;
    file.write_all(format!("{name} {kind} {key}\n").as_bytes())
}

/// Returns bytes in base64.
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let mut word = [0; 4];
        word[1..=group.len()].copy_from_slice(group);
        let bits = u32::from_be_bytes(word);
        for place in 0..4 {
            let digit = bits >> (18 - 6 * place) & 63;
            match place <= group.len() {
                true => text.push(char::from(DIGITS[digit as usize])),
                false => text.push('='),
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn of(name: &str, text: &str) -> Vec<(usize, String)> {
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("known_hosts");
        fs::write(&file, text).unwrap();
        let files = [dir.path().join("absent"), file];
        let found = entries(name, &files, |hash, name| hash == format!("|1|{name}|"));
        found
            .into_iter()
            .map(|entry| (entry.line, entry.key))
            .collect()
    }

    #[test]
    fn a_line_speaks_of_the_names_it_lists() {
        let text = "# comment\n\na,b ssh-rsa K1 who\n*.x,!no.x ssh-rsa K2\n@cert-authority * ssh-rsa K3\n\
                    @revoked b ssh-rsa K4\n|1|a| ssh-rsa K5\n[a]:2222 ssh-rsa K6\nbroken\nA ssh-ed25519\n\
                    a? ssh-rsa K7\n";
        let check = |name: &str, expected: &[(usize, &str)]| {
            let expected: Vec<(usize, String)> = expected
                .iter()
                .map(|(line, key)| (*line, (*key).to_owned()))
                .collect();
            assert_eq!(of(name, text), expected, "{name}");
        };
        check("a", &[(3, "K1"), (7, "K5")]);
        check("b", &[(3, "K1"), (6, "K4")]);
        check("yes.x", &[(4, "K2")]);
        check("no.x", &[]);
        check(&name_of("A", 2222), &[(8, "K6")]);
        check("ab", &[(11, "K7")]);
        check("", &[]);
    }

    #[test]
    fn the_key_shown_is_known_unknown_changed_or_revoked() {
        let entry = |line, is_revoked, kind: &str, key: &str| Entry {
            file: PathBuf::from("f"),
            line,
            is_revoked,
            kind: kind.to_owned(),
            key: key.to_owned(),
        };
        let entries = [
            entry(1, false, "ssh-rsa", "K1"),
            entry(2, false, "ssh-rsa", "K2"),
            entry(3, true, "ssh-ed25519", "K3"),
        ];
        assert_eq!(judge(&entries, "ssh-rsa", "K2"), Verdict::Known);
        let changed = Verdict::Changed(entries[0].clone());
        assert_eq!(judge(&entries, "ssh-rsa", "K9"), changed);
        let revoked = Verdict::Revoked(entries[2].clone());
        assert_eq!(judge(&entries, "ssh-ed25519", "K3"), revoked);
        assert_eq!(judge(&entries, "ssh-ed25519", "K9"), Verdict::Unknown);
        let supported = ["ssh-ed25519", "rsa-sha2-512", "ssh-rsa", "ssh-dss"];
        let order = preferred_algorithms(&entries, &supported);
        assert_eq!(order, "rsa-sha2-512,ssh-ed25519");
    }

    #[test]
    fn base64_is_base64() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xff, 0xfe, 0xfd, 0xfc]), "//79/A==");
    }
}
