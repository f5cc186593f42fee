//! The staged way to run a job on a host that has nothing but ssh and a POSIX shell: declared files in, lines run, targets out.
//! It does not know hosts, nor when a job goes where.

pub mod marks;
pub mod script;
pub mod slot;

use std::cell::Cell;
use std::fs::File;
use std::io::Read;

/// The signal that nothing survives.
pub const SIGKILL: i32 = 9;

/// What is known of a job that runs.
#[derive(Debug, Default)]
pub struct Watched {
    pid: Cell<u32>,
    /// The signal that was passed on to it.
    pub signalled: Cell<Option<i32>>,
}

impl Watched {
    /// Returns the process group it runs in, 0 while it has none.
    pub fn pid(&self) -> u32 {
        self.pid.get()
    }

    /// Says which process group it runs in.
    pub fn set(&self, pid: u32) {
        self.pid.set(pid);
    }
}

/// Returns 16 hexadecimal digits that nobody guesses (urandom(4)).
pub fn random() -> String {
    let mut bytes = [0_u8; 8];
    let read = File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    if read.is_err() {
        // Names only have to be new then: directories are made by mkdir(2), which takes no name twice.
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let now = now.map_or(0, |now| now.as_nanos());
        bytes.copy_from_slice(&(now as u64 ^ u64::from(std::process::id()) << 32).to_le_bytes());
    }
    format!("{:016x}", u64::from_le_bytes(bytes))
}
