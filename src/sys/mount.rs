//! Mounts by descriptor: made detached, attached later (Linux 5.2 and later).
//! It does not know what a sandbox is.
#![allow(unsafe_code)]

use crate::sys::fd;
use nix::unistd;
use rustix::fs::CWD;
use rustix::mount::FsMountFlags;
use rustix::mount::FsOpenFlags;
use rustix::mount::MountAttrFlags;
use rustix::mount::MountPropagationFlags;
use rustix::mount::MoveMountFlags;
use rustix::mount::OpenTreeFlags;
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

/// Sets the host's name in this namespace.
pub fn set_host_name(name: &[u8]) -> io::Result<()> {
    Ok(rustix::system::sethostname(name)?)
}
