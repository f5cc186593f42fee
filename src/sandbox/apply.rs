//! Does the operations of a plan, in this process.
//! It does not know what they are for.

use crate::sandbox::order::Failure;
use crate::sandbox::plan::Cover;
use crate::sandbox::plan::Op;
use crate::sys::fd;
use crate::sys::mount;
use nix::fcntl::AT_FDCWD;
use nix::sys::stat::UtimensatFlags;
use nix::sys::stat::utimensat;
use nix::sys::time::TimeSpec;
use nix::sys::time::TimeValLike;
use std::fs::DirBuilder;
use std::fs::Permissions;
use std::io;
use std::os::fd::AsRawFd;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::chown;
use std::path::PathBuf;

/// The bits that programs have that run as their owner, and directories that give their group on.
const SET_ID: u32 = 0o6000;

/// What operations leave behind for others.
#[derive(Default)]
pub(in crate::sandbox) struct Applied {
    held: Vec<Held>,
    /// The servers' descriptors of the mirrors that were made.
    pub(in crate::sandbox) mirrors: Vec<(u16, OwnedFd)>,
}

/// A mount.
struct Held {
    name: String,
    mount: OwnedFd,
    /// Where it is while it is nowhere else.
    origin: Option<String>,
    /// It was taken from there, or is new, and is attached.
    is_away: bool,
}

impl Applied {
    /// Does all operations.
    ///
    /// # Errors
    /// The first one that fails; what was done before it stays.
    pub(in crate::sandbox) fn all(&mut self, ops: &[Op]) -> Result<(), Failure> {
        for (index, op) in ops.iter().enumerate() {
            let done = self.apply(op);
            done.map_err(|error| Failure::of(index, op, &error))?;
        }
        Ok(())
    }

    /// Returns a mark, to which [`Applied::undo`] goes back.
    pub(in crate::sandbox) fn mark(&self) -> usize {
        self.held.len()
    }

    /// Takes mounts back to where they were at a mark, when `root` was the root, and removes those that came since.
    ///
    /// # Errors
    /// One cannot be moved.
    pub(in crate::sandbox) fn undo(&mut self, mark: usize, root: &OwnedFd) -> io::Result<()> {
        mount::enter(root)?;
        for held in self.held.iter_mut().rev().filter(|held| held.is_away) {
            if let Some(origin) = &held.origin {
                mount::attach(&held.mount, origin.as_bytes())?;
                held.is_away = false;
            }
        }
        for held in self.held.drain(mark..).filter(|held| held.is_away) {
            mount::detach(&held.mount)?;
        }
        Ok(())
    }

    fn apply(&mut self, op: &Op) -> io::Result<()> {
        match op {
            Op::Private => mount::make_private(),
            Op::Directory { path, mode } => {
                // No mask takes anything of it away: who applies plans has none.
                DirBuilder::new().mode(*mode).create(path)
            }
            Op::Cover { path, directories } => cover(path, directories),
            Op::Lift { path, held } => {
                self.held.push(Held {
                    name: held.clone(),
                    mount: mount::at(path.as_bytes())?,
                    origin: Some(path.clone()),
                    is_away: false,
                });
                Ok(())
            }
            Op::Take { path, held } => self.hold(held, mount::copy_of(path.as_bytes())?),
            Op::Create {
                kind,
                settings,
                held,
            } => self.hold(held, mount::create(kind, settings)?),
            Op::Mirror {
                slot,
                uid,
                gid,
                held,
            } => self.mirror(*slot, (*uid, *gid), held),
            Op::Processes { otherwise, held } => {
                let mount = mount::create("proc", &[]);
                let mount = mount.or_else(|_| mount::copy_of(otherwise.as_bytes()))?;
                self.hold(held, mount)
            }
            Op::Protect { held } => mount::protect(&self.held(held)?.mount),
            Op::Attach {
                held,
                at,
                is_needed,
            } => {
                let attached = self.held(held)?.attach(at);
                if *is_needed { attached } else { Ok(()) }
            }
            Op::Root { held } => {
                let held = self.held(held)?;
                held.attach("/")?;
                mount::enter(&held.mount)
            }
            Op::OnlyRoot { held } => mount::enter_alone(&self.held(held)?.mount),
            Op::HostName(name) => mount::set_host_name(name),
        }
    }

    fn hold(&mut self, name: &str, mount: OwnedFd) -> io::Result<()> {
        self.held.push(Held {
            name: name.to_owned(),
            mount,
            origin: None,
            is_away: false,
        });
        Ok(())
    }

    fn held(&mut self, name: &str) -> io::Result<&mut Held> {
        let found = self.held.iter_mut().find(|held| held.name == name);
        Ok(found.ok_or(io::ErrorKind::InvalidInput)?)
    }

    /// The kernel wants the server's descriptor to be opened in the namespace of users of the mount.
    fn mirror(&mut self, slot: u16, (uid, gid): (u32, u32), held: &str) -> io::Result<()> {
        let server = fd::open(b"/dev/fuse", fd::READ_WRITE)?;
        let value = |value: &dyn std::fmt::Display| Some(value.to_string());
        let settings = [
            ("source", Some("rmake".to_owned())),
            ("fd", value(&server.as_raw_fd())),
            ("rootmode", Some("40000".to_owned())),
            ("user_id", value(&uid)),
            ("group_id", value(&gid)),
            ("allow_other", None),
            ("default_permissions", None),
            ("ro", None),
        ];
        let settings = settings.map(|(key, value)| (key.to_owned(), value));
        let mount = mount::create("fuse", &settings)?;
        self.mirrors.push((slot, server));
        self.hold(held, mount)
    }
}

impl Held {
    fn attach(&mut self, at: &str) -> io::Result<()> {
        mount::attach(&self.mount, at.as_bytes())?;
        self.is_away = true;
        Ok(())
    }
}

/// Times come last: a directory changes with what is made in it.
fn cover(path: &str, directories: &[Cover]) -> io::Result<()> {
    let mut path = PathBuf::from(path);
    let mut made = Vec::new();
    for one in directories {
        path.push(fd::path(&one.name));
        DirBuilder::new().mode(one.mode).create(&path)?;
        if let Some((uid, gid)) = one.owner {
            chown(&path, Some(uid), Some(gid))?;
        }
        // What mkdir(2) does not take.
        if one.mode & SET_ID != 0 {
            std::fs::set_permissions(&path, Permissions::from_mode(one.mode))?;
        }
        made.push((path.clone(), one.mtime));
    }
    for (path, mtime) in made.iter().rev() {
        let time = TimeSpec::nanoseconds(*mtime);
        utimensat(AT_FDCWD, path, &time, &time, UtimensatFlags::FollowSymlink)?;
    }
    Ok(())
}
