//! The commit of what a job has made elsewhere: first all contents are written, then all is renamed into place.
//! It does not know how the contents came here.

use crate::exec::executor::Content;
use crate::exec::executor::Output;
use crate::exec::executor::OutputKind;
use crate::sys::fd;
use bstr::BString;
use bstr::ByteSlice;
use std::fs;
use std::fs::File;
use std::fs::Permissions;
use std::io;
use std::io::Read;
use std::io::Seek;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::PermissionsExt;
use std::time::SystemTime;

/// What the temporary names begin with: no wildcard of a recipe that runs meanwhile finds them.
const PREFIX: &[u8] = b".rmake-";

/// Something that only has to be renamed.
struct Written {
    temporary: BString,
    path: BString,
}

/// What all outputs have become before any of them is put into place.
#[derive(Default)]
struct Ready {
    written: Vec<Written>,
    /// What is to go.
    absent: Vec<BString>,
}

/// Puts what a job has made into place, all of it or nothing: until everything is written, nothing is renamed. What it
/// has removed is removed.
/// Modification times are of now, in the order of the outputs' own; a file that the job left as it was stays untouched.
///
/// # Errors
/// The path it failed at, and why.
pub fn commit(directory: &[u8], mut outputs: Vec<Output>) -> Result<(), (BString, io::Error)> {
    // Directories go by their depth, everything else by its age.
    outputs.sort_by_key(|output| match output.kind {
        OutputKind::Directory => (0, output.path.split_str("/").count() as i64),
        _ => (1, output.mtime),
    });
    let mut ready = Ready::default();
    let mut result = Ok(());
    for output in outputs {
        let path = BString::from([directory, b"/", &output.path].concat());
        if let Err(error) = write(&path, output, &mut ready) {
            result = Err((path, error));
            break;
        }
    }
    for one in ready.written {
        if result.is_err() {
            fd::remove(&one.temporary);
            continue;
        }
        if let Err(error) = replace(&one) {
            fd::remove(&one.temporary);
            result = Err((one.path, error));
        }
    }
    if result.is_ok() {
        for path in ready.absent {
            result = result.and(remove(&path).map_err(|error| (path, error)));
        }
    }
    result
}

fn replace(one: &Written) -> io::Result<()> {
    let rename = || fs::rename(fd::path(&one.temporary), fd::path(&one.path));
    match rename() {
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
            // The job has not seen what is in it.
            fs::remove_dir(fd::path(&one.path))?;
            rename()
        }
        result => result,
    }
}

/// Removes a file, or a directory if nothing is in it: the job has not seen what would be.
fn remove(path: &BString) -> io::Result<()> {
    let is_directory = |data: fs::Metadata| data.is_dir();
    let result = match fs::symlink_metadata(fd::path(path)).is_ok_and(is_directory) {
        true => fs::remove_dir(fd::path(path)),
        false => fs::remove_file(fd::path(path)),
    };
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

fn write(path: &BString, output: Output, ready: &mut Ready) -> io::Result<()> {
    if matches!(output.kind, OutputKind::Absent) {
        ready.absent.push(path.clone());
        return Ok(());
    }
    let parent = match path.rfind_byte(b'/') {
        Some(slash) => &path[..slash],
        None => b".",
    };
    fs::create_dir_all(fd::path(parent))?;
    let mode = Permissions::from_mode(output.mode);
    let temporary = match output.kind {
        // Only [`crate::exec::effects`] has the other two.
        OutputKind::Absent
        | OutputKind::Removed
        | OutputKind::HardLink(_)
        | OutputKind::Part { .. } => return Ok(()),
        OutputKind::Directory => {
            // It may take the place of a file.
            if !fs::metadata(fd::path(path)).is_ok_and(|data| data.is_dir()) {
                remove(path)?;
            }
            fs::create_dir_all(fd::path(path))?;
            return fs::set_permissions(fd::path(path), mode);
        }
        OutputKind::Symlink(to) => {
            let (file, temporary) = fd::named_file(parent, PREFIX)?;
            drop(file);
            fd::remove(&temporary);
            std::os::unix::fs::symlink(fd::path(&to), fd::path(&temporary))?;
            temporary
        }
        OutputKind::File(mut content) => {
            if is_untouched(path, output.mtime, &mut content) {
                return Ok(());
            }
            let (mut file, temporary) = fd::named_file(parent, PREFIX)?;
            let temporary_of = |temporary| Written {
                temporary,
                path: path.clone(),
            };
            ready.written.push(temporary_of(temporary));
            copy(&mut content, &mut file)?;
            file.set_permissions(mode)?;
            return file.set_modified(SystemTime::now());
        }
    };
    ready.written.push(Written {
        temporary,
        path: path.clone(),
    });
    Ok(())
}

fn copy(content: &mut Content, file: &mut File) -> io::Result<()> {
    match content {
        Content::Bytes(bytes) => file.write_all(bytes),
        Content::Spooled(spooled) => {
            spooled.rewind()?;
            io::copy(spooled, file).map(drop)
        }
    }
}

/// Returns whether the job left a file as it was sent: then it is not newer than before.
fn is_untouched(path: &[u8], mtime: i64, content: &mut Content) -> bool {
    let Ok(file) = File::open(fd::path(path)) else {
        return false;
    };
    let size = match content {
        Content::Bytes(bytes) => bytes.len() as u64,
        Content::Spooled(spooled) => spooled.metadata().map_or(0, |data| data.len()),
    };
    let is_alike = |data: fs::Metadata| data.mtime() == mtime && data.len() == size;
    file.metadata().is_ok_and(is_alike) && is_equal(file, content).unwrap_or(false)
}

fn is_equal(file: File, content: &mut Content) -> io::Result<bool> {
    let mut ours = io::BufReader::new(file).bytes();
    let mut is_equal = |theirs: &mut dyn Read| -> io::Result<bool> {
        for byte in io::BufReader::new(theirs).bytes() {
            if ours.next().transpose()? != Some(byte?) {
                return Ok(false);
            }
        }
        Ok(true)
    };
    match content {
        Content::Bytes(bytes) => is_equal(&mut bytes.as_slice()),
        Content::Spooled(spooled) => {
            spooled.rewind()?;
            is_equal(spooled)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    fn output(path: &str, mtime: i64, kind: OutputKind) -> Output {
        Output {
            path: path.into(),
            kind,
            mode: 0o750,
            mtime,
        }
    }

    fn file(path: &str, mtime: i64, content: &str) -> Output {
        let content = Content::Bytes(content.into());
        output(path, mtime, OutputKind::File(content))
    }

    #[test]
    fn files_directories_and_links_are_put_into_place_in_the_order_of_their_age() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        fs::write(root.join("b"), "old").unwrap();
        let mut spooled = tempfile::tempfile().unwrap();
        spooled.write_all(b"large").unwrap();
        let outputs = vec![
            file("b", 20, "new"),
            output("d/deep", 30, OutputKind::Directory),
            file("d/deep/a", 10, "first"),
            output("link", 40, OutputKind::Symlink("d/deep/a".into())),
            output("c", 15, OutputKind::File(Content::Spooled(spooled))),
        ];
        commit(root.as_os_str().as_bytes(), outputs).unwrap();
        let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
        assert_eq!(
            (read("b"), read("d/deep/a")),
            ("new".into(), "first".into())
        );
        assert_eq!((read("link"), read("c")), ("first".into(), "large".into()));
        let age = |name: &str| fs::metadata(root.join(name)).unwrap().modified().unwrap();
        assert!(age("d/deep/a") <= age("c") && age("c") <= age("b"));
        assert_eq!(fs::metadata(root.join("b")).unwrap().mode() & 0o777, 0o750);
        assert_eq!(fs::read_dir(root).unwrap().count(), 4);
    }

    #[test]
    fn what_was_something_else_before_is_replaced_and_what_is_gone_goes() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        let directory = root.as_os_str().as_bytes();
        fs::write(root.join("was_file"), "x").unwrap();
        fs::write(root.join("goes"), "x").unwrap();
        fs::create_dir_all(root.join("was_directory")).unwrap();
        fs::create_dir_all(root.join("filled/deep")).unwrap();
        let outputs = vec![
            output("was_file", 1, OutputKind::Directory),
            file("was_file/below", 2, "below"),
            file("was_directory", 3, "file"),
            output("goes", 0, OutputKind::Absent),
            output("never_was", 0, OutputKind::Absent),
        ];
        commit(directory, outputs).unwrap();
        let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
        assert_eq!(
            (read("was_file/below"), read("was_directory")),
            ("below".into(), "file".into())
        );
        assert!(!root.join("goes").exists());
        assert!(commit(directory, vec![file("filled", 1, "file")]).is_err());
        assert!(commit(directory, vec![output("filled", 0, OutputKind::Absent)]).is_err());
        assert_eq!(fs::read_dir(root).unwrap().count(), 3);
    }

    #[test]
    fn nothing_is_renamed_when_something_cannot_be_written() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        fs::write(root.join("file"), "x").unwrap();
        let outputs = vec![file("a", 1, "a"), file("file/below", 2, "b")];
        let (path, _) = commit(root.as_os_str().as_bytes(), outputs).unwrap_err();
        assert!(path.ends_with(b"/file/below"), "{path}");
        assert_eq!(fs::read_dir(root).unwrap().count(), 1);
    }

    #[test]
    fn what_the_job_left_alone_stays_as_old_as_it_was() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("same");
        fs::write(&path, "same").unwrap();
        let old = SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(1_000_500);
        File::open(&path).unwrap().set_modified(old).unwrap();
        let directory = place.path().as_os_str().as_bytes();
        commit(directory, vec![file("same", 1000, "same")]).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), old);
        commit(directory, vec![file("same", 1001, "same")]).unwrap();
        assert!(fs::metadata(&path).unwrap().modified().unwrap() > old);
    }
}
