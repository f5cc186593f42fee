//! The process that starts the first processes of jobs: single-threaded, first of its own namespaces, with a root that
//! holds only what jobs need. When it ends, the kernel ends every job and removes every mount.
//! It does not know what jobs are for.

use crate::sandbox::apply::Applied;
use crate::sandbox::init;
use crate::sandbox::order;
use crate::sandbox::order::Failure;
use crate::sandbox::order::Order;
use crate::sandbox::order::Report;
use crate::sandbox::plan;
use crate::sandbox::plan::Op;
use crate::sys::fd;
use crate::sys::namespace;
use crate::sys::namespace::Forked;
use crate::sys::process;
use crate::sys::process::Pid;
use crate::sys::tree;
use nix::sys::prctl;
use nix::sys::resource::Usage;
use nix::sys::resource::UsageWho;
use nix::sys::resource::getrusage;
use nix::sys::signal::Signal;
use nix::sys::time::TimeValLike;
use nix::unistd;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::fd::AsRawFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;
use std::os::fd::RawFd;

/// What a first process has of its own, as this process has it among those of its host.
const OWN: u64 = namespace::MOUNTS | namespace::PROCESSES | namespace::HOST_NAME | namespace::IPC;

/// A first process.
struct Running {
    number: u32,
    pid: Pid,
    ended: OwnedFd,
}

/// Starts processes as standard input, a socket, asks for. Returns the exit status.
pub(in crate::sandbox) fn run() -> i32 {
    let Ok(orders) = io::stdin().as_fd().try_clone_to_owned() else {
        return 1;
    };
    let Ok(Some((Order::Enter { ops, users }, _))) = order::receive(orders.as_fd()) else {
        return 1;
    };
    let _ = unistd::setsid();
    let (namespaces, who) = match users {
        Some(_) => (OWN | namespace::USERS, own_user()),
        None => (OWN, own_user()),
    };
    match namespace::fork(namespaces, None) {
        Ok(Forked::Child) => {
            let _ = prctl::set_pdeathsig(Signal::SIGKILL);
            let ended = within(orders, &ops, users.map(|users| (users, who)));
            namespace::exit(i32::from(ended.is_err()));
        }
        Ok(Forked::Parent { pid, .. }) => {
            // Its end is told by the socket, which this process must not hold open.
            drop(orders);
            let _ = unistd::dup2_stdin(null());
            process::wait(pid);
            0
        }
        Err(error) => {
            let step = match users {
                Some(_) => "make a namespace of users",
                None => "make namespaces",
            };
            let failed = Report::Failed(Failure::of(0, &step, &error));
            let _ = order::send(orders.as_fd(), &failed, &[]);
            1
        }
    }
}

fn null() -> OwnedFd {
    let file = File::open("/dev/null").map(OwnedFd::from);
    file.unwrap_or_else(|_| panic!("BUG: no /dev/null"))
}

fn own_user() -> (u32, u32) {
    (unistd::geteuid().as_raw(), unistd::getegid().as_raw())
}

/// The life of the first process of the namespaces.
fn within(orders: OwnedFd, ops: &[Op], users: Option<((u32, u32), (u32, u32))>) -> io::Result<()> {
    let say = |report: &Report, with: &[BorrowedFd<'_>]| order::send(orders.as_fd(), report, with);
    if let Some((inside, outside)) = users
        && let Err(error) = map_users(inside, outside)
    {
        let failure = Failure::of(0, &"map the user into its namespace", &error);
        return say(&Report::Failed(failure), &[]);
    }
    // Root's own mask does not matter to what is made here.
    nix::sys::stat::umask(nix::sys::stat::Mode::empty());
    let mut applied = Applied::default();
    if let Err(failure) = applied.all(ops) {
        return say(&Report::Failed(failure), &[]);
    }
    for (slot, server) in applied.mirrors {
        say(&Report::Mirror(slot), &[server.as_fd()])?;
    }
    let rooms = OwnedFd::from(File::open(plan::ROOMS)?);
    say(&Report::Entered, &[rooms.as_fd()])?;
    serve(&orders, &rooms)
}

/// Everything within belongs to one user, who is this process's without.
fn map_users(inside: (u32, u32), outside: (u32, u32)) -> io::Result<()> {
    std::fs::write("/proc/self/setgroups", "deny")?;
    std::fs::write(
        "/proc/self/gid_map",
        format!("{} {} 1", inside.1, outside.1),
    )?;
    std::fs::write(
        "/proc/self/uid_map",
        format!("{} {} 1", inside.0, outside.0),
    )
}

fn serve(orders: &OwnedFd, rooms: &OwnedFd) -> io::Result<()> {
    let mut running: Vec<Running> = Vec::new();
    loop {
        let mut watched: Vec<RawFd> = vec![orders.as_raw_fd()];
        watched.extend(running.iter().map(|one| one.ended.as_raw_fd()));
        fd::wait(&watched, None);
        let mut at = 0;
        while at < running.len() {
            if fd::is_readable(&running[at].ended) {
                let gone = running.swap_remove(at);
                let cpu = wait_and_measure(gone.pid);
                let _ = tree::remove(rooms.as_fd(), plan::shared_of(gone.number).as_bytes());
                let first = gone.number;
                order::send(orders.as_fd(), &Report::Gone { first, cpu }, &[])?;
            } else {
                at += 1;
            }
        }
        if !fd::is_readable(orders) {
            continue;
        }
        match order::receive(orders.as_fd())? {
            Some((Order::First { number, ops }, descriptors)) => {
                running.extend(begin(orders, number, &ops, descriptors)?);
            }
            Some((Order::Signal { first, signal }, _)) => {
                if let Some(one) = running.iter().find(|one| one.number == first) {
                    process::kill(one.pid, signal);
                }
            }
            Some((Order::Enter { .. }, _)) | None => return Ok(()),
        }
    }
}

fn begin(
    orders: &OwnedFd,
    number: u32,
    ops: &[Op],
    descriptors: Vec<OwnedFd>,
) -> io::Result<Option<Running>> {
    let Ok([socket]) = <[OwnedFd; 1]>::try_from(descriptors) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    match namespace::fork(OWN, None) {
        Ok(Forked::Child) => init::run(number, ops, socket),
        Ok(Forked::Parent { pid, ended }) => Ok(Some(Running { number, pid, ended })),
        Err(error) => {
            let failure = Failure::of(0, &"make the namespaces of a job", &error);
            let told = order::Told::Failed(failure);
            let _ = order::send(socket.as_fd(), &told, &[]);
            let gone = Report::Gone {
                first: number,
                cpu: 0,
            };
            order::send(orders.as_fd(), &gone, &[])?;
            Ok(None)
        }
    }
}

/// Waits for a child that has ended, and returns the processor time of it and of all it waited for, in microseconds.
fn wait_and_measure(pid: Pid) -> u64 {
    let before = children_time();
    process::wait(pid);
    children_time().saturating_sub(before)
}

fn children_time() -> u64 {
    let of = |usage: Usage| {
        let time = usage.user_time() + usage.system_time();
        u64::try_from(time.num_microseconds()).unwrap_or(0)
    };
    getrusage(UsageWho::RUSAGE_CHILDREN).map_or(0, of)
}
