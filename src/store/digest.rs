//! The digest of a content: BLAKE3, 32 bytes.
//! It does not know where the content is.

use std::fmt;
use std::fs::File;
use std::io;
use std::io::Read;

/// How much of a file is read at once.
const CHUNK: usize = 64 * 1024;

/// What a content is known by: two contents with one digest are the same.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Returns the digest of these bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(*blake3::hash(bytes).as_bytes())
    }

    /// Returns the digest of a file from where it stands to its end, and how many bytes that were.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of_file(file: &mut File) -> io::Result<(Digest, u64)> {
        let mut hasher = Hasher::default();
        let mut chunk = vec![0; CHUNK];
        loop {
            match file.read(&mut chunk) {
                Ok(0) => return Ok(hasher.finish()),
                Ok(count) => hasher.add(&chunk[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// Makes a digest of a content that comes in pieces.
#[derive(Debug, Default)]
pub struct Hasher {
    /// Two thousand bytes: whoever holds a hasher need not be as large.
    state: Box<blake3::Hasher>,
}

impl Hasher {
    /// Adds the next piece.
    pub fn add(&mut self, bytes: &[u8]) {
        self.state.update(bytes);
    }

    /// Adds zeros, as a hole in a file reads.
    pub fn add_zeros(&mut self, mut count: u64) {
        let zeros = [0; 4096];
        while count > 0 {
            let now = usize::try_from(count).map_or(zeros.len(), |count| count.min(zeros.len()));
            self.state.update(&zeros[..now]);
            count -= now as u64;
        }
    }

    /// Returns the digest, and how many bytes there were.
    pub fn finish(&self) -> (Digest, u64) {
        (
            Digest(*self.state.finalize().as_bytes()),
            self.state.count(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Seek;
    use std::io::Write;

    #[test]
    fn a_content_has_one_digest_however_it_comes() {
        let bytes: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
        let whole = Digest::of(&bytes);
        let mut hasher = Hasher::default();
        bytes.chunks(777).for_each(|piece| hasher.add(piece));
        assert_eq!(hasher.finish(), (whole, 800_000));
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        file.rewind().unwrap();
        assert_eq!(Digest::of_file(&mut file).unwrap(), (whole, 800_000));
    }

    #[test]
    fn a_hole_is_zeros() {
        let mut hasher = Hasher::default();
        hasher.add(b"x");
        hasher.add_zeros(10_000);
        let bytes = [&b"x"[..], &[0; 10_000]].concat();
        assert_eq!(hasher.finish(), (Digest::of(&bytes), 10_001));
        let empty = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
        assert_eq!(Digest::of(b"").to_string(), empty);
    }
}
