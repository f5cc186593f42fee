//! Mounts by descriptor: made detached, attached later (Linux 5.2 and later).
//! It does not know what a sandbox is.
#![allow(unsafe_code)]

use crate::sys::fd;
use nix::unistd;
use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::Timespec;
use rustix::fs::CWD;
use rustix::mount::FsMountFlags;
use rustix::mount::FsOpenFlags;
use rustix::mount::MountAttrFlags;
use rustix::mount::MountPropagationFlags;
use rustix::mount::MoveMountFlags;
use rustix::mount::OpenTreeFlags;
use rustix::mount::UnmountFlags;
use std::io;
use std::os::fd::AsRawFd;
use std::os::fd::OwnedFd;

/// What the kernel calls `struct mount_attr`.
#[repr(C)]
#[derive(Default)]
struct Attributes {
    set: u64,
    clear: u64,
    propagation: u64,
    user_namespace: u64,
}

/// Cuts all mounts of this namespace off from those of others: nothing done here shows there.
pub fn make_private() -> io::Result<()> {
    let flags = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    Ok(rustix::mount::mount_change("/", flags)?)
}

/// Returns the mount at a path, to be attached elsewhere instead, with all mounts below it.
pub fn at(path: &[u8]) -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLOEXEC;
    Ok(rustix::mount::open_tree(CWD, path, flags)?)
}

/// Returns a detached copy of the tree of mounts at a path.
pub fn copy_of(path: &[u8]) -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_RECURSIVE;
    Ok(rustix::mount::open_tree(CWD, path, flags)?)
}

/// Returns a new detached mount of a file system with these settings; one without a value is a flag.
pub fn create(kind: &str, settings: &[(String, Option<String>)]) -> io::Result<OwnedFd> {
    let context = rustix::mount::fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
    for (key, value) in settings {
        match value {
            Some(value) => rustix::mount::fsconfig_set_string(&context, &key[..], &value[..])?,
            None => rustix::mount::fsconfig_set_flag(&context, &key[..])?,
        }
    }
    rustix::mount::fsconfig_create(&context)?;
    let flags = FsMountFlags::FSMOUNT_CLOEXEC;
    Ok(rustix::mount::fsmount(
        &context,
        flags,
        MountAttrFlags::empty(),
    )?)
}

/// Makes a detached tree of mounts read-only, and its set-uid programs ordinary ones.
pub fn protect(mount: &OwnedFd) -> io::Result<()> {
    let attributes = Attributes {
        set: u64::from(
            (MountAttrFlags::MOUNT_ATTR_RDONLY | MountAttrFlags::MOUNT_ATTR_NOSUID).bits(),
        ),
        ..Attributes::default()
    };
    // SAFETY: an empty path, a descriptor, and a structure of the size that is told; none is kept.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH | libc::AT_RECURSIVE,
            &raw const attributes,
            size_of::<Attributes>(),
        )
    };
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Attaches a mount at a path.
pub fn attach(mount: &OwnedFd, at: &[u8]) -> io::Result<()> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    Ok(rustix::mount::move_mount(mount, "", CWD, at, flags)?)
}

/// Makes a mount that is attached the root of this process, and its working directory.
pub fn enter(mount: &OwnedFd) -> io::Result<()> {
    unistd::fchdir(mount)?;
    Ok(unistd::chroot(fd::path(b"."))?)
}

/// Makes a mount the root of this process's namespace, and detaches what was that. Where that cannot be it is the root
/// of this process only.
pub fn enter_alone(mount: &OwnedFd) -> io::Result<()> {
    attach(mount, b"/")?;
    unistd::fchdir(mount)?;
    match unistd::pivot_root(".", ".") {
        // The old root lies above the new one now.
        Ok(()) => detach_here(),
        Err(_) => Ok(unistd::chroot(fd::path(b"."))?),
    }
}

/// Detaches a mount and what is attached below it; the working directory is `/` afterwards.
pub fn detach(mount: &OwnedFd) -> io::Result<()> {
    unistd::fchdir(mount)?;
    detach_here()
}

fn detach_here() -> io::Result<()> {
    rustix::mount::unmount(".", UnmountFlags::DETACH)?;
    Ok(unistd::chdir("/")?)
}

/// Returns what tells, by [`has_changed`], whether mounts of this namespace were made, moved, changed or removed; `proc` is
/// where its processes are seen.
pub fn watch(proc: &str) -> io::Result<OwnedFd> {
    let path = format!("{proc}/self/mountinfo");
    fd::open(path.as_bytes(), fd::READ_NON_BLOCKING)
}

/// Whether something has changed since this was asked before.
pub fn has_changed(watch: &OwnedFd) -> bool {
    let mut polled = [PollFd::new(watch, PollFlags::PRI)];
    let polled = match rustix::event::poll(&mut polled, Some(&Timespec::default())) {
        Ok(_) => polled[0].revents(),
        Err(_) => return true,
    };
    polled.intersects(PollFlags::PRI | PollFlags::ERR)
}

/// Sets the host's name in this namespace.
pub fn set_host_name(name: &[u8]) -> io::Result<()> {
    Ok(rustix::system::sethostname(name)?)
}
