//! Sandboxes as lists of operations: data that can be read, tested and sent before anything is done.
//! It does not know how an operation is done.

use bstr::BString;
use serde::Deserialize;
use serde::Serialize;
use std::fmt;

/// One step. Mounts are made detached, held by a name and attached later.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Op {
    /// Cut the mounts of this namespace off from others.
    Private,
    /// Make a directory.
    Directory {
        /// Where.
        path: String,
        /// Permission bits.
        mode: u32,
    },
    /// Make directories, each within the one before, that look like those they will lie above.
    Cover {
        /// Where.
        path: String,
        /// What they look like.
        directories: Vec<Cover>,
    },
    /// Hold the tree of mounts at a path, which is not there while it is attached elsewhere.
    Lift {
        /// The path.
        path: String,
        /// By this name.
        held: String,
    },
    /// Hold a copy of the tree of mounts at a path.
    Take {
        /// The path.
        path: String,
        /// By this name.
        held: String,
    },
    /// Hold a new file system.
    Create {
        /// Of this kind.
        kind: String,
        /// With these settings; one without a value is a flag.
        settings: Vec<(String, Option<String>)>,
        /// By this name.
        held: String,
    },
    /// Hold the mirror of a slot, owned by this user; its server's descriptor is handed out.
    Mirror {
        /// The slot.
        slot: u16,
        /// The user within the namespace.
        uid: u32,
        /// The group within the namespace.
        gid: u32,
        /// By this name.
        held: String,
    },
    /// Hold the processes of this namespace as a file system; where the kernel refuses that, a copy of another one.
    Processes {
        /// The path of the other one.
        otherwise: String,
        /// By this name.
        held: String,
    },
    /// Make what is held read-only.
    Protect {
        /// What.
        held: String,
    },
    /// Attach what is held.
    Attach {
        /// What.
        held: String,
        /// Where.
        at: String,
        /// Without that place there is no sandbox.
        is_needed: bool,
    },
    /// Make what is held the root, above what was that before.
    Root {
        /// What.
        held: String,
    },
    /// Make what is held the root, and let go of all other mounts.
    OnlyRoot {
        /// What.
        held: String,
    },
    /// Give the host another name.
    HostName(Vec<u8>),
}

/// How a directory looks.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Cover {
    /// Its name.
    pub name: BString,
    /// Permission bits.
    pub mode: u32,
    /// Whom it belongs to, None for whoever makes it.
    pub owner: Option<(u32, u32)>,
    /// When it was changed, in nanoseconds since the epoch.
    pub mtime: i64,
}

/// How sandboxes are made on this host.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Manner {
    /// With the privileges of root.
    Privileged,
    /// In a namespace of users, in which everything belongs to one.
    Unprivileged,
}

/// What all sandboxes of a worker have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// How they are made.
    pub manner: Manner,
    /// As whom jobs run.
    pub uid: u32,
    /// With which group.
    pub gid: u32,
    /// The host's name they see.
    pub host_name: Vec<u8>,
    /// How many jobs run at once.
    pub slots: u16,
    /// Trees of this host that jobs may see, by absolute path.
    pub bound: Vec<String>,
    /// How many bytes all jobs together may write, None for half the memory.
    pub room: Option<u64>,
}

/// Trees of this host that jobs always see: they are the kernel's, not the tree of anyone.
const KERNEL: [&str; 3] = ["/dev", "/proc", "/sys"];

impl Shape {
    /// Returns how the process from which all jobs are started makes its own root: the mirrors, the trees of this
    /// host and the room for what jobs write, and nothing else.
    pub fn common(&self) -> Vec<Op> {
        let mut ops = vec![Op::Private];
        for path in self.host_trees() {
            ops.push(Op::Take {
                held: path.to_owned(),
                path: path.to_owned(),
            });
        }
        if !self.host_name.is_empty() {
            ops.push(Op::HostName(self.host_name.clone()));
        }
        ops.push(tmpfs("root", &["size=1m", "mode=0755"]));
        let room = self
            .room
            .map_or("size=50%".to_owned(), |room| format!("size={room}"));
        ops.push(tmpfs("room", &[&room, "mode=0700"]));
        for slot in 0..self.slots {
            let (uid, gid) = (self.uid, self.gid);
            let (uid, gid) = match self.manner {
                Manner::Privileged => (0, 0),
                Manner::Unprivileged => (uid, gid),
            };
            let held = format!("mirror {slot}");
            ops.push(Op::Mirror {
                slot,
                uid,
                gid,
                held,
            });
        }
        ops.push(Op::OnlyRoot {
            held: "root".to_owned(),
        });
        put(&mut ops, "room", ROOMS);
        ops.push(directory("/mirror", 0o755));
        for slot in 0..self.slots {
            put(&mut ops, &format!("mirror {slot}"), &mirror_of(slot));
        }
        ops.push(directory("/host", 0o755));
        for path in self.host_trees() {
            let mut at = "/host".to_owned();
            let (parents, _) = path.rsplit_once('/').unwrap_or(("", ""));
            for name in parents.split('/').filter(|name| !name.is_empty()) {
                at = format!("{at}/{name}");
                if !ops.contains(&directory(&at, 0o755)) {
                    ops.push(directory(&at, 0o755));
                }
            }
            if self.bound.iter().any(|bound| bound == path) {
                ops.push(Op::Protect {
                    held: path.to_owned(),
                });
            }
            put(&mut ops, path, &format!("/host{path}"));
        }
        ops
    }

    /// Returns what the first process of jobs, which has this number, holds for all of them: the trees of this host, with
    /// its own processes and a place of its own for what lies in memory.
    pub fn first(&self, number: u32) -> Vec<Op> {
        let (shm, processes) = ("shm".to_owned(), "processes".to_owned());
        let mut ops = vec![
            Op::Cover {
                path: ROOMS.to_owned(),
                directories: vec![Cover {
                    name: shared_of(number).into(),
                    mode: SHARED_MODE,
                    owner: None,
                    mtime: 0,
                }],
            },
            Op::Take {
                path: format!("{ROOMS}/{}", shared_of(number)),
                held: shm.clone(),
            },
            Op::Processes {
                otherwise: "/host/proc".to_owned(),
                held: processes.clone(),
            },
            Op::Attach {
                held: shm,
                at: "/host/dev/shm".to_owned(),
                is_needed: false,
            },
            attach(&processes, "/host/proc"),
        ];
        ops.extend(self.host_trees().map(|path| Op::Lift {
            path: format!("/host{path}"),
            held: path.to_owned(),
        }));
        ops
    }

    /// Returns how a job in a slot makes its root, with some of the trees of this host that may be seen; `number` is not
    /// that of another job. What it is going to write in is made ahead: it would be copied on the first write, at a
    /// much higher price.
    pub fn job(
        &self,
        slot: u16,
        number: u32,
        bound: &[String],
        covers: Vec<Vec<Cover>>,
    ) -> Vec<Op> {
        let room = room_of(number);
        let mut ops = vec![
            directory(&room, 0o755),
            directory(&format!("{room}/work"), 0o700),
            directory(&format!("{room}/upper"), 0o755),
        ];
        ops.extend(covers.into_iter().map(|directories| Op::Cover {
            path: format!("{room}/upper"),
            directories,
        }));
        let mut settings = vec![
            setting("lowerdir", &mirror_of(slot)),
            setting("upperdir", &format!("{room}/upper")),
            setting("workdir", &format!("{room}/work")),
            setting("xino", "off"),
        ];
        if self.manner == Manner::Unprivileged {
            settings.push(("userxattr".to_owned(), None));
        }
        let held = "overlay".to_owned();
        ops.push(Op::Create {
            kind: "overlay".to_owned(),
            settings,
            held: held.clone(),
        });
        ops.push(Op::Root { held });
        let trees = KERNEL.into_iter().chain(bound.iter().map(|path| &path[..]));
        ops.extend(trees.map(|path| attach(path, path)));
        ops
    }

    fn host_trees(&self) -> impl Iterator<Item = &str> {
        KERNEL
            .into_iter()
            .chain(self.bound.iter().map(|path| &path[..]))
    }
}

/// Where jobs write.
pub const ROOMS: &str = "/room";

/// The permissions of `/dev/shm`.
pub const SHARED_MODE: u32 = 0o1777;

/// Returns the name among the rooms of what the jobs of a first process have as `/dev/shm`.
pub fn shared_of(first: u32) -> String {
    format!("shm.{first}")
}

/// Returns the directory of a job below which everything it writes lies, as the process that starts jobs sees it.
fn room_of(number: u32) -> String {
    format!("{ROOMS}/{number}")
}

fn mirror_of(slot: u16) -> String {
    format!("/mirror/{slot}")
}

fn setting(key: &str, value: &str) -> (String, Option<String>) {
    (key.to_owned(), Some(value.to_owned()))
}

fn directory(path: &str, mode: u32) -> Op {
    Op::Directory {
        path: path.to_owned(),
        mode,
    }
}

fn attach(held: &str, at: &str) -> Op {
    Op::Attach {
        held: held.to_owned(),
        at: at.to_owned(),
        is_needed: true,
    }
}

/// Makes a directory and attaches what is held to it.
fn put(ops: &mut Vec<Op>, held: &str, at: &str) {
    ops.push(directory(at, 0o755));
    ops.push(attach(held, at));
}

fn tmpfs(held: &str, settings: &[&str]) -> Op {
    let pairs = settings.iter().filter_map(|one| one.split_once('='));
    Op::Create {
        kind: "tmpfs".to_owned(),
        settings: pairs.map(|(key, value)| setting(key, value)).collect(),
        held: held.to_owned(),
    }
}

impl fmt::Display for Op {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Op::Private => write!(out, "make all mounts private"),
            Op::Directory { path, mode } => write!(out, "make directory {path} ({mode:o})"),
            Op::Cover { path, directories } => {
                write!(out, "cover {path}")?;
                for one in directories {
                    write!(out, "/{} ({:o})", one.name, one.mode)?;
                }
                Ok(())
            }
            Op::Lift { path, held } => write!(out, "lift {path} as {held}"),
            Op::Take { path, held } => write!(out, "hold {path} as {held}"),
            Op::Create {
                kind,
                settings,
                held,
            } => {
                write!(out, "create {kind}")?;
                for (key, value) in settings {
                    match value {
                        Some(value) => write!(out, " {key}={value}")?,
                        None => write!(out, " {key}")?,
                    }
                }
                write!(out, " as {held}")
            }
            Op::Mirror {
                slot,
                uid,
                gid,
                held,
            } => write!(out, "create mirror {slot} for {uid}:{gid} as {held}"),
            Op::Processes { otherwise, held } => {
                write!(out, "create proc, or hold {otherwise}, as {held}")
            }
            Op::Protect { held } => write!(out, "make {held} read-only"),
            Op::Attach {
                held,
                at,
                is_needed,
            } => {
                let hedge = if *is_needed { "" } else { " if it is there" };
                write!(out, "attach {held} at {at}{hedge}")
            }
            Op::Root { held } => write!(out, "make {held} the root"),
            Op::OnlyRoot { held } => write!(out, "make {held} the root and all there is"),
            Op::HostName(name) => write!(out, "call the host {}", String::from_utf8_lossy(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(ops: &[Op]) -> String {
        ops.iter().map(|op| format!("{op}\n")).collect()
    }

    fn shape(manner: Manner) -> Shape {
        Shape {
            manner,
            uid: 1000,
            gid: 100,
            host_name: b"home".to_vec(),
            slots: 1,
            bound: vec!["/usr".to_owned(), "/opt/a/b".to_owned()],
            room: Some(4096),
        }
    }

    #[test]
    fn the_common_root_holds_what_jobs_need_and_nothing_else() {
        let expected = "\
make all mounts private
hold /dev as /dev
hold /proc as /proc
hold /sys as /sys
hold /usr as /usr
hold /opt/a/b as /opt/a/b
call the host home
create tmpfs size=1m mode=0755 as root
create tmpfs size=4096 mode=0700 as room
create mirror 0 for 0:0 as mirror 0
make root the root and all there is
make directory /room (755)
attach room at /room
make directory /mirror (755)
make directory /mirror/0 (755)
attach mirror 0 at /mirror/0
make directory /host (755)
make directory /host/dev (755)
attach /dev at /host/dev
make directory /host/proc (755)
attach /proc at /host/proc
make directory /host/sys (755)
attach /sys at /host/sys
make /usr read-only
make directory /host/usr (755)
attach /usr at /host/usr
make directory /host/opt (755)
make directory /host/opt/a (755)
make /opt/a/b read-only
make directory /host/opt/a/b (755)
attach /opt/a/b at /host/opt/a/b
";
        assert_eq!(text(&shape(Manner::Privileged).common()), expected);
        let mirrors = |ops: Vec<Op>| ops.into_iter().find(|op| matches!(op, Op::Mirror { .. }));
        let own = mirrors(shape(Manner::Unprivileged).common()).unwrap();
        assert_eq!(own.to_string(), "create mirror 0 for 1000:100 as mirror 0");
    }

    #[test]
    fn a_first_process_holds_what_all_its_jobs_see() {
        let expected = "\
cover /room/shm.3 (1777)
hold /room/shm.3 as shm
create proc, or hold /host/proc, as processes
attach shm at /host/dev/shm if it is there
attach processes at /host/proc
lift /host/dev as /dev
lift /host/proc as /proc
lift /host/sys as /sys
lift /host/usr as /usr
lift /host/opt/a/b as /opt/a/b
";
        assert_eq!(text(&shape(Manner::Privileged).first(3)), expected);
    }

    #[test]
    fn a_job_writes_above_the_mirror_of_its_slot() {
        let expected = "\
make directory /room/7 (755)
make directory /room/7/work (700)
make directory /room/7/upper (755)
cover /room/7/upper/w (755)/x (1777)
create overlay lowerdir=/mirror/0 upperdir=/room/7/upper workdir=/room/7/work xino=off userxattr as overlay
make overlay the root
attach /dev at /dev
attach /proc at /proc
attach /sys at /sys
attach /usr at /usr
attach /opt/a/b at /opt/a/b
";
        let job = |manner| {
            let shape = shape(manner);
            let cover = |name: &str, mode| Cover {
                name: name.into(),
                mode,
                owner: None,
                mtime: 0,
            };
            let covers = vec![vec![cover("w", 0o755), cover("x", 0o1777)]];
            text(&shape.job(0, 7, &shape.bound, covers))
        };
        assert_eq!(job(Manner::Unprivileged), expected);
        let privileged = job(Manner::Privileged);
        assert_eq!(privileged, expected.replace(" userxattr", ""));
    }
}
