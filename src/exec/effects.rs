//! The commit of all that a job has changed in the user's tree, in the order in which it is to be done: first all contents
//! are written beside their places, then everything is done at once. No path is followed through a symbolic link.
//! It does not know how the contents came here.

use crate::exec::executor::Changes;
use crate::exec::executor::Content;
use crate::exec::executor::Output;
use crate::exec::executor::OutputKind;
use crate::sys::beneath::Directory;
use crate::sys::extent;
use crate::sys::fd;
use crate::sys::tree;
use bstr::BString;
use std::fs::File;
use std::fs::Permissions;
use std::io;
use std::io::Seek;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::time::SystemTime;

/// What the temporary names begin with: no wildcard of a recipe that runs meanwhile finds them.
const PREFIX: &[u8] = b".rmake-";

/// What was written but not put into place: directories and names in them. What is left of it goes with this.
#[derive(Default)]
struct Written(Vec<Option<(BString, BString)>>);

impl Drop for Written {
    fn drop(&mut self) {
        for (directory, name) in self.0.iter().flatten() {
            fd::remove(&[directory, b"/".as_slice(), name].concat());
        }
    }
}

/// Does what a job has done, by absolute paths. Modification times are of now, in the order in which the job wrote.
///
/// # Errors
/// The path it failed at, and why. Until all contents are written nothing is changed.
pub fn commit(changes: Changes) -> Result<(), (BString, io::Error)> {
    let Changes { outputs, spool } = changes;
    let mut written = Written(vec![None; outputs.len()]);
    let mut by_age: Vec<usize> = (0..outputs.len()).collect();
    by_age.sort_by_key(|place| outputs[*place].mtime);
    let steps = outputs.into_iter().map(Step::of);
    let (mut steps, mut contents): (Vec<_>, Vec<_>) = steps.unzip();
    let removed = steps.iter().enumerate();
    let removed = removed.filter(|(_, step)| matches!(step.act, Act::Remove));
    let gone: Vec<_> = removed
        .map(|(place, step)| (place, step.path.clone()))
        .collect();
    let mut places = Places::default();
    for place in by_age {
        let step = &steps[place];
        let until = gone.partition_point(|(removal, _)| *removal < place);
        let failed = |error| (step.path.clone(), error);
        let nearest = places
            .nearest(parent(&step.path), &gone[..until], &steps[..place])
            .map_err(failed)?;
        if let Some(content) = contents[place].take() {
            let name = write(
                places.open(nearest).map_err(failed)?,
                content,
                spool.as_ref(),
                step.mode,
            );
            written.0[place] = Some((nearest.into(), name.map_err(failed)?));
        }
    }
    for (place, step) in steps.iter_mut().enumerate() {
        let temporary = &mut written.0[place];
        places
            .act(step, temporary)
            .map_err(|error| (step.path.clone(), error))?;
    }
    // What a directory is closed to has been put into it.
    for step in steps
        .iter()
        .rev()
        .filter(|step| matches!(step.act, Act::Directory))
    {
        let set = places.open(parent(&step.path)).and_then(|at| {
            match at.has_directory(name(&step.path)) {
                true => at.set_mode(name(&step.path), step.mode),
                false => Ok(()),
            }
        });
        set.map_err(|error| (step.path.clone(), error))?;
    }
    Ok(())
}

/// Something that is done.
struct Step {
    path: BString,
    mode: u32,
    act: Act,
}

/// What is done with a path.
enum Act {
    Rename,
    Directory,
    Symlink(BString),
    HardLink(BString),
    Remove,
}

/// A content that is to be written.
enum Source {
    Content(Content),
    Part { offset: u64, size: u64 },
}

impl Step {
    fn of(output: Output) -> (Step, Option<Source>) {
        let Output {
            path, kind, mode, ..
        } = output;
        let (act, source) = match kind {
            OutputKind::File(content) => (Act::Rename, Some(Source::Content(content))),
            OutputKind::Part { offset, size } => (Act::Rename, Some(Source::Part { offset, size })),
            OutputKind::Directory => (Act::Directory, None),
            OutputKind::Symlink(to) => (Act::Symlink(to), None),
            OutputKind::HardLink(to) => (Act::HardLink(to), None),
            OutputKind::Absent | OutputKind::Removed => (Act::Remove, None),
        };
        (Step { path, mode, act }, source)
    }

    /// Returns whether it makes a directory of a path, or of one on the way there.
    fn makes_way(&self, path: &[u8]) -> bool {
        matches!(self.act, Act::Directory) && is_below(path, &self.path)
    }
}

/// Returns whether a path is this one or lies below it.
fn is_below(path: &[u8], top: &[u8]) -> bool {
    let rest = path.strip_prefix(top);
    rest.is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
}

fn parent(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|byte| *byte == b'/') {
        None | Some(0) => b"/",
        Some(slash) => &path[..slash],
    }
}

fn name(path: &[u8]) -> &[u8] {
    let slash = path.iter().rposition(|byte| *byte == b'/');
    &path[slash.map_or(0, |slash| slash + 1)..]
}

/// The directories in which things are done; the last one stays open, since mostly it is the next one, too.
#[derive(Default)]
struct Places(Option<(BString, Directory)>);

impl Places {
    fn open(&mut self, path: &[u8]) -> io::Result<&Directory> {
        self.reach(path, Directory::open)
    }

    fn make(&mut self, path: &[u8]) -> io::Result<&Directory> {
        self.reach(path, Directory::make)
    }

    fn reach(
        &mut self,
        path: &[u8],
        way: fn(&[u8]) -> io::Result<Directory>,
    ) -> io::Result<&Directory> {
        let held = self.0.take().filter(|(held, _)| held == path);
        let (held, directory) = match held {
            Some(held) => held,
            None => (path.into(), way(path)?),
        };
        Ok(&self.0.insert((held, directory)).1)
    }

    /// Returns the nearest directory on the way to this one that is there and stays.
    fn nearest<'p>(
        &mut self,
        path: &'p [u8],
        gone: &[(usize, BString)],
        before: &[Step],
    ) -> io::Result<&'p [u8]> {
        let mut place = path;
        loop {
            let stays = !gone.iter().any(|(_, top)| is_below(place, top));
            match stays.then(|| self.open(place).map(drop)) {
                Some(Ok(())) => return Ok(place),
                // What is no directory may be going to be one.
                Some(Err(error))
                    if place == b"/"
                        || error.kind() != io::ErrorKind::NotFound
                            && !before.iter().any(|step| step.makes_way(place)) =>
                {
                    return Err(error);
                }
                _ => place = parent(place),
            }
        }
    }

    fn act(&mut self, step: &Step, temporary: &mut Option<(BString, BString)>) -> io::Result<()> {
        let (at, name) = (parent(&step.path), name(&step.path));
        match &step.act {
            Act::Remove => self.remove(at, name),
            Act::Directory => {
                if !self.make(at)?.has_directory(name) {
                    self.remove(at, name)?;
                    self.make(at)?.make_directory(name)?;
                }
                // Whatever is to be done below is done by us.
                let mode = step.mode | 0o700;
                self.make(at)?.set_mode(name, mode)
            }
            Act::Rename => {
                self.make_room(at, name)?;
                if let Some((directory, temporary)) = temporary {
                    let from = Directory::open(directory)?;
                    self.make(at)?.put_file((&from, temporary), name)?;
                }
                *temporary = None;
                Ok(())
            }
            Act::Symlink(to) => {
                self.make_room(at, name)?;
                self.make(at)?.put_link(to, name, PREFIX)
            }
            Act::HardLink(to) => {
                self.make_room(at, name)?;
                let other = Directory::open(parent(to))?;
                self.make(at)?
                    .put_name((&other, crate::exec::effects::name(to)), name, PREFIX)
            }
        }
    }

    /// Makes a directory, and takes away another one that is in the place of a name in it.
    fn make_room(&mut self, at: &[u8], name: &[u8]) -> io::Result<()> {
        match self.make(at)?.has_directory(name) {
            true => self.remove(at, name),
            false => Ok(()),
        }
    }

    fn remove(&mut self, at: &[u8], name: &[u8]) -> io::Result<()> {
        let removed = self.open(at).and_then(|at| tree::remove(at.as_fd(), name));
        // The one that is open may be among it.
        self.0 = None;
        match removed {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}

/// Writes a content into a directory. Returns its name there.
fn write(
    directory: &Directory,
    content: Source,
    spool: Option<&File>,
    mode: u32,
) -> io::Result<BString> {
    let (mut file, name) = directory.new_file(PREFIX)?;
    let filled = fill(&mut file, content, spool).and_then(|()| {
        file.set_permissions(Permissions::from_mode(mode))?;
        file.set_modified(SystemTime::now())
    });
    if filled.is_err() {
        let _ = tree::remove(directory.as_fd(), &name);
    }
    filled.map(|()| name)
}

fn fill(file: &mut File, content: Source, spool: Option<&File>) -> io::Result<()> {
    match content {
        Source::Content(Content::Bytes(bytes)) => file.write_all(&bytes),
        Source::Content(Content::Spooled(mut spooled)) => {
            spooled.rewind()?;
            io::copy(&mut spooled, file).map(drop)
        }
        Source::Part { offset, size } => {
            let spool = spool.ok_or(io::ErrorKind::InvalidInput)?;
            extent::copy(spool, offset, size, file)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
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

    fn changes(outputs: Vec<Output>) -> Changes {
        Changes {
            outputs,
            spool: None,
        }
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
        commit(changes(outputs)).unwrap();
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
        let (path, _) = commit(changes(outputs)).unwrap_err();
        assert!(path.ends_with(b"/b"), "{path}");
        assert_eq!(fs::read_dir(root).unwrap().count(), 2);
    }

    #[test]
    fn nothing_is_done_behind_a_link() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("w/d")).unwrap();
        fs::create_dir(root.join("outside")).unwrap();
        fs::write(root.join("outside/kept"), "kept").unwrap();
        std::os::unix::fs::symlink("../outside", root.join("w/link")).unwrap();
        let kinds = || {
            let to = BString::from(root.join("outside/kept").as_os_str().as_bytes());
            let through = BString::from(root.join("w/link/kept").as_os_str().as_bytes());
            [
                ("w/link/x", OutputKind::File(Content::Bytes(b"x".to_vec()))),
                ("w/link/x", OutputKind::Directory),
                ("w/link/kept", OutputKind::Removed),
                ("w/link/x", OutputKind::Symlink("y".into())),
                ("w/link/x", OutputKind::HardLink(to)),
                ("w/d/x", OutputKind::HardLink(through)),
                ("w/d/../../outside/x", OutputKind::Directory),
            ]
        };
        for (name, kind) in kinds() {
            let told = format!("{name} {kind:?}");
            let before = output(&root, "w/before", 0, OutputKind::Directory);
            let outputs = vec![before, output(&root, name, 1, kind)];
            assert!(commit(changes(outputs)).is_err(), "{told}");
            let made = name.starts_with("w/d/x");
            assert_eq!(root.join("w/before").is_dir(), made, "{told}");
            let _ = fs::remove_dir(root.join("w/before"));
        }
        // Nor behind one that is part of it.
        let outputs = vec![
            output(&root, "w/new", 0, OutputKind::Symlink("../outside".into())),
            file(&root, "w/new/x", 1, "x"),
        ];
        assert!(commit(changes(outputs)).is_err());
        assert_eq!(fs::read_dir(root.join("outside")).unwrap().count(), 1);
        assert_eq!(fs::read(root.join("outside/kept")).unwrap(), b"kept");
        // A link that goes first is no hindrance.
        let outputs = vec![
            output(&root, "w/link", 0, OutputKind::Removed),
            output(&root, "w/link", 0, OutputKind::Directory),
            file(&root, "w/link/x", 1, "x"),
        ];
        commit(changes(outputs)).unwrap();
        assert_eq!(fs::read(root.join("w/link/x")).unwrap(), b"x");
    }

    #[test]
    fn parts_of_the_spool_keep_their_holes() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        let spool = File::create_new(root.join("spool")).unwrap();
        use std::os::unix::fs::FileExt;
        spool.write_all_at(b"first", 0).unwrap();
        spool.write_all_at(b"x", 5 + 50_000_000).unwrap();
        spool.set_len(5 + 100_000_000).unwrap();
        let part =
            |name: &str, offset, size| output(&root, name, 0, OutputKind::Part { offset, size });
        let outputs = vec![part("a", 0, 5), part("b", 5, 100_000_000)];
        let spool = Some(File::open(root.join("spool")).unwrap());
        commit(Changes { outputs, spool }).unwrap();
        assert_eq!(fs::read(root.join("a")).unwrap(), b"first");
        let file = fs::metadata(root.join("b")).unwrap();
        assert_eq!(file.len(), 100_000_000);
        assert!(file.blocks() * 512 < 10_000_000, "{}", file.blocks());
        let mut byte = [0];
        File::open(root.join("b"))
            .unwrap()
            .read_exact_at(&mut byte, 50_000_000)
            .unwrap();
        assert_eq!(byte, *b"x");
    }
}
