//! The socket by which sub-makes join: in a directory of its own that only this user may enter.
//! It does not know what is said there.

use crate::remote::session::party::Peer;
use crate::remote::staged;
use crate::sys::fd;
use bstr::BString;
use std::fs::DirBuilder;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::UnixListener;
use tokio::time;

/// How long nobody is let in after the kernel had no descriptor for a caller.
const PAUSE: Duration = Duration::from_millis(100);

/// A socket's path may have so many bytes, its final NUL among them (unix(7)).
const LONGEST: usize = 108;

/// An open door.
pub struct Lobby {
    listener: UnixListener,
    directory: PathBuf,
}

impl Lobby {
    /// Opens one in the directory for temporary files, or in `/tmp` if that has too long a name. None: there can be none,
    /// and sub-makes stand alone.
    pub fn open() -> Option<Lobby> {
        let places = [std::env::temp_dir(), "/tmp".into()];
        places.into_iter().find_map(|place| {
            let directory = place.join(format!("rmake-{}", staged::random()));
            let socket = directory.join("session");
            if socket.as_os_str().len() >= LONGEST {
                return None;
            }
            DirBuilder::new().mode(0o700).create(&directory).ok()?;
            // Where no socket can be, the directory goes again.
            let Ok(listener) = UnixListener::bind(&socket) else {
                let _ = std::fs::remove_dir(&directory);
                return None;
            };
            Some(Lobby {
                listener,
                directory,
            })
        })
    }

    /// Returns the path of the socket.
    pub fn path(&self) -> BString {
        let path = self.directory.join("session");
        path.into_os_string().into_vec().into()
    }

    /// Returns the next who knocks; waits for ever where there is no lobby.
    pub async fn next(lobby: Option<&Lobby>) -> Peer {
        let Some(lobby) = lobby else {
            return std::future::pending().await;
        };
        loop {
            match lobby.listener.accept().await {
                Ok((stream, _)) => return Peer::new(stream),
                Err(_) => time::sleep(PAUSE).await,
            }
        }
    }
}

impl Drop for Lobby {
    fn drop(&mut self) {
        fd::remove(&self.path());
        let _ = std::fs::remove_dir(&self.directory);
    }
}
