//! rmake's process on a host: it runs jobs in sandboxes that look like home.
//! It does not know make, nor how it was reached: it gets commands and a tree.

mod compare;
pub mod home;
mod job;
pub mod mirror;
mod probe;
mod result;
mod said;
mod serve;
mod slots;

use crate::sandbox::zygote;
use crate::store::digest::Digest;
use crate::store::disk::DiskStore;
use std::ffi::OsString;
use std::fs;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;
use thiserror::Error;

/// How much the store keeps if nothing else is said: 8 GiB.
const STORE_SIZE: u64 = 8 << 30;
/// The exit status of a command that is wrong, or of a worker that cannot go on.
const TROUBLE: i32 = 2;

/// The program that runs, even if its file has been replaced.
const OURSELVES: &str = "/proc/self/exe";

const USAGE: &str = "\
Usage: rmake-worker [OPTION]...
Runs recipes for the rmake at standard input and output. rmake starts it; it is not meant for hands.

  --store=DIR         keep contents of files in DIR
  --store-size=BYTES  ... and no more of them than this
  --room=BYTES        what running recipes may write, all together
  --passing           remove the program and its directory, once it runs
  --digest            print what the program is known by
  --version           print the version and that of the protocol
";

/// What the command line says.
#[derive(Debug)]
struct Settings {
    store: PathBuf,
    store_size: u64,
    /// None for half the memory.
    room: Option<u64>,
    is_passing: bool,
}

/// Why the command line says nothing that can be done.
#[derive(Debug, Error, PartialEq)]
enum Unusable {
    #[error("unknown option {0:?}")]
    Option(OsString),
    #[error("{0:?} is no number of bytes")]
    Number(OsString),
    #[error("neither --store nor HOME is there")]
    Store,
}

/// Runs the worker as this process's command. Returns the exit status.
pub fn run() -> i32 {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    match arguments.first().map(|word| word.as_bytes()) {
        Some(b"--help") => {
            print!("{USAGE}");
            return 0;
        }
        Some(b"--version") => {
            let protocol = crate::wire::hello::VERSION;
            println!(
                "rmake-worker {} (protocol {protocol})",
                env!("CARGO_PKG_VERSION")
            );
            return 0;
        }
        Some(b"--digest") => return tell_digest(),
        Some(word) if word == zygote::ARGUMENT.as_bytes() => return zygote::run(),
        _ => {}
    }
    let settings = match settings(&arguments) {
        Ok(settings) => settings,
        Err(error) => return refuse(&error.to_string()),
    };
    if settings.is_passing {
        remove_ourselves();
    }
    let store = Arc::new(DiskStore::open(&settings.store, settings.store_size));
    match serve::serve(&store, settings.room) {
        Ok(()) => 0,
        Err(error) => refuse(&error.to_string()),
    }
}

/// Whoever has put the program there looks whether it is whole, and whether it runs at all.
fn tell_digest() -> i32 {
    let digest = File::open(OURSELVES).and_then(|mut file| Digest::of_file(&mut file));
    match digest {
        Ok((digest, _)) => {
            println!("{digest}");
            0
        }
        Err(error) => refuse(&error.to_string()),
    }
}

/// What is removed runs on.
fn remove_ourselves() {
    if let Ok(program) = std::env::current_exe() {
        let _ = fs::remove_file(&program);
        let _ = program.parent().map(fs::remove_dir);
    }
}

fn refuse(why: &str) -> i32 {
    eprintln!("rmake-worker: {why}");
    TROUBLE
}

fn settings(arguments: &[OsString]) -> Result<Settings, Unusable> {
    let number = |value: &[u8], word: &OsString| {
        let text = std::str::from_utf8(value).ok();
        let number = text.and_then(|text| text.parse().ok());
        number.ok_or_else(|| Unusable::Number(word.clone()))
    };
    let (mut store, mut store_size, mut room) = (default_store(), STORE_SIZE, None);
    let mut is_passing = false;
    for word in arguments {
        let bytes = word.as_bytes();
        if let Some(value) = bytes.strip_prefix(b"--store=") {
            store = Some(crate::sys::fd::path(value).to_owned());
        } else if let Some(value) = bytes.strip_prefix(b"--store-size=") {
            store_size = number(value, word)?;
        } else if let Some(value) = bytes.strip_prefix(b"--room=") {
            room = Some(number(value, word)?);
        } else if bytes == b"--passing" {
            is_passing = true;
        } else {
            return Err(Unusable::Option(word.clone()));
        }
    }
    Ok(Settings {
        store: store.ok_or(Unusable::Store)?,
        store_size,
        room,
        is_passing,
    })
}

fn default_store() -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    Some(cache?.join("rmake/store"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_read() {
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let all = settings(&words(&[
            "--store=/s",
            "--store-size=5",
            "--room=6",
            "--passing",
        ]))
        .unwrap();
        assert!(all.is_passing);
        assert_eq!(all.store, PathBuf::from("/s"));
        assert_eq!((all.store_size, all.room), (5, Some(6)));
        let wrong = |word: &str| settings(&words(&[word])).unwrap_err();
        assert_eq!(wrong("--x"), Unusable::Option("--x".into()));
        assert_eq!(wrong("--room=-1"), Unusable::Number("--room=-1".into()));
    }
}
