//! The commit of all that a job has changed in the user's tree, in the order in which it is to be done: first all contents
//! are written beside their places, then everything is done at once.
//! It does not know how the contents came here.

use crate::exec::executor::Content;
use crate::exec::executor::Output;
use crate::exec::executor::OutputKind;
use crate::sys::fd;
use bstr::BString;
use std::fs;
use std::fs::File;
use std::fs::Permissions;
use std::io;
use std::io::Seek;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::time::SystemTime;

/// What the temporary names begin with: no wildcard of a recipe that runs meanwhile finds them.
const PREFIX: &[u8] = b".rmake-";

/// What was written but not put into place. What is left of it goes with this.
#[derive(Default)]
struct Written(Vec<Option<BString>>);

impl Drop for Written {
    fn drop(&mut self) {
        for temporary in self.0.iter().flatten() {
            fd::remove(temporary);
        }
    }
}

/// Does what a job has done, by absolute paths. Modification times are of now, in the order in which the job wrote.
///
/// # Errors
/// The path it failed at, and why. Until all contents are written nothing is changed.
pub fn commit(outputs: Vec<Output>) -> Result<(), (BString, io::Error)> {
    let mut written = Written(vec![None; outputs.len()]);
    let mut by_age: Vec<usize> = (0..outputs.len()).collect();
    by_age.sort_by_key(|place| outputs[*place].mtime);
    let mut contents: Vec<Option<Content>> = Vec::new();
    let mut steps = Vec::new();
    for Output {
        path, kind, mode, ..
    } in outputs
    {
        contents.push(None);
        let kind = match kind {
            OutputKind::File(content) => {
                let last = contents.len() - 1;
                contents[last] = Some(content);
                Step::Rename
            }
            OutputKind::Directory => Step::Directory(mode),
            OutputKind::Symlink(to) => Step::Symlink(to),
            OutputKind::HardLink(to) => Step::HardLink(to),
            OutputKind::Absent | OutputKind::Removed => Step::Remove,
        };
        steps.push((path, mode, kind));
    }
    let gone = removed(&steps);
    for place in by_age {
        if let Some(content) = contents[place].take() {
            let (path, mode, _) = &steps[place];
            let until = gone.partition_point(|(step, _)| *step < place);
            let temporary =
                write(path, content, *mode, &gone[..until]).map_err(|error| (path.clone(), error));
            written.0[place] = Some(temporary?);
        }
    }
    for (place, (path, _, step)) in steps.into_iter().enumerate() {
        let temporary = &mut written.0[place];
        act(&path, step, temporary).map_err(|error| (path, error))?;
    }
    Ok(())
}

/// What is done with a path.
enum Step {
    Rename,
    Directory(u32),
    Symlink(BString),
    HardLink(BString),
    Remove,
}

/// Returns the paths that go, with all below them, and at which step.
fn removed(steps: &[(BString, u32, Step)]) -> Vec<(usize, BString)> {
    let steps = steps.iter().enumerate();
    let goes = steps.filter(|(_, (_, _, step))| matches!(step, Step::Remove));
    goes.map(|(place, (path, _, _))| (place, path.clone()))
        .collect()
}

fn parent(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|byte| *byte == b'/') {
        None | Some(0) => b"/",
        Some(slash) => &path[..slash],
    }
}

/// Writes a content into the nearest directory that is there and stays. Returns its name there.
fn write(
    path: &[u8],
    content: Content,
    mode: u32,
    gone: &[(usize, BString)],
) -> io::Result<BString> {
    let is_below = |path: &[u8], top: &BString| {
        let rest = path.strip_prefix(&top[..]);
        rest.is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
    };
    let mut place = parent(path);
    loop {
        let stays = !gone.iter().any(|(_, top)| is_below(place, top));
        if stays && fs::metadata(fd::path(place)).is_ok_and(|data| data.is_dir()) || place == b"/" {
            break;
        }
        place = parent(place);
    }
    let (mut file, temporary) = fd::named_file(place, PREFIX)?;
    let filled = fill(&mut file, content).and_then(|()| {
        file.set_permissions(Permissions::from_mode(mode))?;
        file.set_modified(SystemTime::now())
    });
    if filled.is_err() {
        fd::remove(&temporary);
    }
    filled.map(|()| temporary)
}

fn fill(file: &mut File, content: Content) -> io::Result<()> {
    match content {
        Content::Bytes(bytes) => file.write_all(&bytes),
        Content::Spooled(mut spooled) => {
            spooled.rewind()?;
            io::copy(&mut spooled, file).map(drop)
        }
    }
}

fn act(path: &BString, step: Step, temporary: &mut Option<BString>) -> io::Result<()> {
    let at = fd::path(path);
    match step {
        Step::Remove => remove(path),
        Step::Directory(mode) => {
            if !fs::symlink_metadata(at).is_ok_and(|data| data.is_dir()) {
                remove(path)?;
                fs::create_dir_all(at)?;
            }
            fs::set_permissions(at, Permissions::from_mode(mode))
        }
        Step::Rename => {
            make_room(path)?;
            if let Some(name) = temporary {
                fs::rename(fd::path(name), at)?;
            }
            *temporary = None;
            Ok(())
        }
        Step::Symlink(to) => by_name(path, |name| {
            std::os::unix::fs::symlink(fd::path(&to), fd::path(name))
        }),
        Step::HardLink(to) => by_name(path, |name| fs::hard_link(fd::path(&to), fd::path(name))),
    }
}

/// Makes something under a name of its own, and then puts it into its place.
fn by_name(path: &BString, make: impl FnOnce(&BString) -> io::Result<()>) -> io::Result<()> {
    make_room(path)?;
    let (file, name) = fd::named_file(parent(path), PREFIX)?;
    drop(file);
    fd::remove(&name);
    let made = make(&name).and_then(|()| fs::rename(fd::path(&name), fd::path(path)));
    // Two names of one file: rename(2) leaves both.
    fd::remove(&name);
    made
}

/// Makes the directory of a path, and takes away a directory that is in its place.
fn make_room(path: &BString) -> io::Result<()> {
    fs::create_dir_all(fd::path(parent(path)))?;
    match fs::symlink_metadata(fd::path(path)).is_ok_and(|data| data.is_dir()) {
        true => remove(path),
        false => Ok(()),
    }
}

fn remove(path: &BString) -> io::Result<()> {
    let at = fd::path(path);
    let result = match fs::symlink_metadata(at) {
        Ok(data) if data.is_dir() => fs::remove_dir_all(at),
        Ok(_) => fs::remove_file(at),
        Err(error) => Err(error),
    };
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    fn output(root: &Path, name: &str, mtime: i64, kind: OutputKind) -> Output {
        Output {
            path: root.join(name).as_os_str().as_bytes().into(),
            kind,
            mode: 0o755,
            mtime,
        }
    }

    fn file(root: &Path, name: &str, mtime: i64, content: &str) -> Output {
        let content = Content::Bytes(content.into());
        output(root, name, mtime, OutputKind::File(content))
    }

    #[test]
    fn everything_is_done_in_its_order_and_dated_in_the_order_of_writing() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        fs::create_dir_all(root.join("old/deep")).unwrap();
        fs::write(root.join("old/deep/x"), "x").unwrap();
        fs::write(root.join("was_file"), "x").unwrap();
        fs::write(root.join("goes"), "x").unwrap();
        let first = BString::from(root.join("old/new").as_os_str().as_bytes());
        let outputs = vec![
            output(root, "old", 0, OutputKind::Removed),
            output(root, "old", 0, OutputKind::Directory),
            file(root, "old/new", 30, "new"),
            output(root, "old/same", 0, OutputKind::HardLink(first)),
            output(root, "was_file", 0, OutputKind::Directory),
            file(root, "was_file/a/b", 10, "b"),
            file(root, "c", 20, "c"),
            output(root, "link", 40, OutputKind::Symlink("c".into())),
            output(root, "goes", 0, OutputKind::Removed),
            output(root, "never_was", 0, OutputKind::Removed),
        ];
        commit(outputs).unwrap();
        let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
        let made = ["old/new", "old/same", "was_file/a/b", "c", "link"].map(read);
        assert_eq!(made, ["new", "new", "b", "c", "c"]);
        let data = |name: &str| fs::metadata(root.join(name)).unwrap();
        assert_eq!(data("old/new").ino(), data("old/same").ino());
        let age = |name: &str| data(name).modified().unwrap();
        assert!(age("was_file/a/b") <= age("c") && age("c") <= age("old/new"));
        assert_eq!(fs::read_dir(root).unwrap().count(), 4);
        assert_eq!(fs::read_dir(root.join("old")).unwrap().count(), 2);
    }

    #[test]
    fn nothing_is_done_when_something_cannot_be_written() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        fs::write(root.join("goes"), "x").unwrap();
        fs::write(root.join("unreadable"), "x").unwrap();
        let unreadable = File::options().write(true).open(root.join("unreadable"));
        let spooled = Content::Spooled(unreadable.unwrap());
        let outputs = vec![
            output(root, "goes", 0, OutputKind::Removed),
            file(root, "a", 1, "a"),
            output(root, "b", 2, OutputKind::File(spooled)),
        ];
        let (path, _) = commit(outputs).unwrap_err();
        assert!(path.ends_with(b"/b"), "{path}");
        assert_eq!(fs::read_dir(root).unwrap().count(), 2);
    }
}
