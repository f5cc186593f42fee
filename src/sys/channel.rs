//! A pair of connected sockets that carries bytes, and descriptors beside them.
//! It does not know what they mean.

use rustix::net::AddressFamily;
use rustix::net::RecvAncillaryBuffer;
use rustix::net::RecvAncillaryMessage;
use rustix::net::RecvFlags;
use rustix::net::SendAncillaryBuffer;
use rustix::net::SendAncillaryMessage;
use rustix::net::SendFlags;
use rustix::net::SocketFlags;
use rustix::net::SocketType;
use std::io;
use std::io::IoSlice;
use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;

/// The most descriptors that go with one message.
pub const MOST: usize = 8;

const SPACE: usize = rustix::cmsg_space!(ScmRights(MOST));

/// Returns both ends, close-on-exec.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let (family, kind) = (AddressFamily::UNIX, SocketType::STREAM);
    Ok(rustix::net::socketpair(
        family,
        kind,
        SocketFlags::CLOEXEC,
        None,
    )?)
}

/// Sends all bytes, which are not none; the descriptors, at most [`MOST`], come with the first of them.
pub fn send(
    socket: BorrowedFd<'_>,
    bytes: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); SPACE];
    let mut beside = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !beside.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut sent = 0;
    while sent < bytes.len() {
        let part = [IoSlice::new(&bytes[sent..])];
        match rustix::net::sendmsg(socket, &part, &mut beside, SendFlags::NOSIGNAL) {
            Ok(count) => {
                sent += count;
                beside.clear();
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Ends the stream in both directions, for whoever has it open.
pub fn shut(socket: BorrowedFd<'_>) {
    let _ = rustix::net::shutdown(socket, rustix::net::Shutdown::Both);
}

/// Fills the buffer; descriptors that come with its bytes are added. Returns false at the end of the stream.
///
/// # Errors
/// The stream cannot be read, or ends within the buffer.
pub fn receive(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
    descriptors: &mut Vec<OwnedFd>,
) -> io::Result<bool> {
    let mut filled = 0;
    while filled < buffer.len() {
        let mut space = [MaybeUninit::uninit(); SPACE];
        let mut beside = RecvAncillaryBuffer::new(&mut space);
        let mut part = [IoSliceMut::new(&mut buffer[filled..])];
        let flags = RecvFlags::CMSG_CLOEXEC;
        match rustix::net::recvmsg(socket, &mut part, &mut beside, flags) {
            Ok(message) if message.bytes == 0 && filled == 0 => return Ok(false),
            Ok(message) if message.bytes == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(message) => filled += message.bytes,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for message in beside.drain() {
            if let RecvAncillaryMessage::ScmRights(came) = message {
                descriptors.extend(came);
            }
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::fd::AsFd;

    #[test]
    fn descriptors_come_with_their_message() {
        let (one, other) = pair().unwrap();
        let (read, write) = crate::sys::fd::pipe().unwrap();
        send(one.as_fd(), b"first", &[]).unwrap();
        send(one.as_fd(), b"second", &[write.as_fd()]).unwrap();
        drop((one, write));
        let mut came = Vec::new();
        let mut first = [0; 5];
        assert!(receive(other.as_fd(), &mut first, &mut came).unwrap());
        assert_eq!((&first, came.len()), (b"first", 0));
        let mut second = [0; 6];
        assert!(receive(other.as_fd(), &mut second, &mut came).unwrap());
        assert_eq!((&second, came.len()), (b"second", 1));
        assert!(!receive(other.as_fd(), &mut second, &mut came).unwrap());
        std::fs::File::from(came.remove(0)).write_all(b"x").unwrap();
        let text = io::read_to_string(std::fs::File::from(read)).unwrap();
        assert_eq!(text, "x");
    }
}
