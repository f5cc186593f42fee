//! Parts of files, holes and all.
//! It does not know what they hold.

use rustix::fs::SeekFrom;
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// How much is copied at once.
const CHUNK: u64 = 256 * 1024;

/// Writes a part of a file into an empty one; where the part has holes the other has them, too.
pub fn copy(from: &File, offset: u64, size: u64, to: &File) -> io::Result<()> {
    let end = offset
        .checked_add(size)
        .ok_or(io::ErrorKind::InvalidInput)?;
    let mut bytes = vec![0; usize::try_from(CHUNK.min(size)).unwrap_or(0)];
    let mut at = offset;
    while at < end {
        at = match rustix::fs::seek(from, SeekFrom::Data(at)) {
            Ok(data) => data,
            // Nothing but a hole is left.
            Err(Errno::NXIO) => break,
            // Holes are not known here.
            Err(Errno::INVAL) => at,
            Err(error) => return Err(error.into()),
        };
        let hole = rustix::fs::seek(from, SeekFrom::Hole(at))
            .unwrap_or(end)
            .min(end);
        while at < hole {
            let length = usize::try_from((hole - at).min(CHUNK)).unwrap_or(0);
            from.read_exact_at(&mut bytes[..length], at)?;
            to.write_all_at(&bytes[..length], at - offset)?;
            at += length as u64;
        }
    }
    to.set_len(size)
}
