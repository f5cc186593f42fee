//! A worker on this machine, as a child: `+local`. It needs no ssh, and what it runs are this machine's programs.
//! It does not know what is said to it.

use crate::remote::mirror::deploy;
use crate::remote::staged::SIGKILL;
use crate::sys::process;
use crate::sys::process::CStrings;
use crate::sys::process::Pid;
use crate::sys::process::Spawn;
use bstr::BString;
use std::cell::RefCell;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::UnixStream as Pair;
use tokio::net::UnixStream;

/// How much is read at once.
const PART: usize = 64 * 1024;

/// A worker that runs. It ends with this.
pub struct Child {
    pid: Pid,
    /// Its standard input and output.
    pub socket: UnixStream,
    /// What is read goes there first.
    pub part: RefCell<Vec<u8>>,
}

impl Drop for Child {
    fn drop(&mut self) {
        // It ends by itself once its input ends; so does all it has started.
        process::kill(self.pid, SIGKILL);
        process::wait(self.pid);
    }
}

/// Starts the program, which lies beside this one.
///
/// # Errors
/// Why it cannot be started, in one line.
pub fn start() -> Result<Child, BString> {
    started()
        .map_err(|error| format!("{}: {}", deploy::PROGRAM, process::error_text(&error)).into())
}

fn started() -> io::Result<Child> {
    let program = deploy::find().ok_or(io::ErrorKind::NotFound)?;
    let environment: Vec<BString> = process::environment()
        .iter()
        .map(|(name, value)| [&name[..], b"=", value].concat().into())
        .collect();
    let (ours, theirs) = Pair::pair()?;
    ours.set_nonblocking(true)?;
    let socket = UnixStream::from_std(ours)?;
    let theirs = Some(theirs.as_raw_fd());
    let pid = process::spawn(&Spawn {
        file: &program.into_os_string().into_vec(),
        arguments: &[deploy::PROGRAM.into()],
        environment: &CStrings::new(&environment),
        directory: Some(b"/"),
        standard: [theirs, theirs, None],
        inherited: &[],
    })?;
    let part = RefCell::new(vec![0; PART]);
    Ok(Child { pid, socket, part })
}
