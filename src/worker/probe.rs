//! Which of the things that sandboxes need is missing on this host, and what would give it.
//! It does not know how sandboxes are made.

use crate::sandbox::order::Failure;
use crate::sandbox::plan::Manner;
use nix::errno::Errno;

/// What is missing, and a hint at what would give it, which may be empty.
#[derive(Debug, PartialEq)]
pub struct Missing {
    /// What is missing.
    pub what: String,
    /// What would give it.
    pub hint: &'static str,
}

/// Returns what a failure means.
pub fn missing(manner: Manner, failure: &Failure) -> Missing {
    let errno = Errno::from_raw(failure.errno);
    let (what, hint) = match (&failure.step[..], errno) {
        (step, Errno::ENOENT | Errno::ENODEV | Errno::ENXIO)
            if step.starts_with("create mirror") =>
        {
            (
                "FUSE: there is no /dev/fuse",
                "load the kernel's module fuse",
            )
        }
        (step, Errno::EACCES) if step.starts_with("create mirror") => (
            "FUSE: /dev/fuse is not open to this user",
            "chmod 666 /dev/fuse, as most systems have it",
        ),
        (step, _) if step.starts_with("create mirror") => ("FUSE mounts", "Linux 4.18 or later"),
        (step, _) if step.starts_with("create overlay") => {
            ("overlay mounts", "Linux 5.11 or later, with overlayfs")
        }
        (step, Errno::EUSERS | Errno::ENOSPC) if step.starts_with("make a namespace of users") => (
            "namespaces of users: none is left",
            "sysctl user.max_user_namespaces=10000",
        ),
        (step, _) if step.contains("namespace") && manner == Manner::Unprivileged => (
            "namespaces of users",
            "sysctl kernel.unprivileged_userns_clone=1 or kernel.apparmor_restrict_unprivileged_userns=0; \
             in a container, its seccomp profile",
        ),
        (step, _) if step.contains("namespace") => {
            ("namespaces", "in a container, more privileges")
        }
        (step, Errno::ENOSYS) if step.starts_with("make /") => {
            ("mount_setattr", "Linux 5.12 or later")
        }
        (_, Errno::ENOSYS) => ("mounts by descriptor", "Linux 5.2 or later"),
        _ => ("", ""),
    };
    let what = match what.is_empty() {
        true => failure.to_string(),
        false => format!("{what} ({failure})"),
    };
    Missing { what, hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let check = |step: &str, errno: Errno, what: &str| {
            let failure = Failure {
                index: 9,
                step: step.to_owned(),
                errno: errno as i32,
            };
            let missing = missing(Manner::Unprivileged, &failure);
            assert!(missing.what.starts_with(what), "{missing:?}");
            assert!(
                missing.what.contains(&format!("step 9, {step}: ")),
                "{missing:?}"
            );
        };
        let mirror = "create mirror 0 for 0:0 as mirror 0";
        check(mirror, Errno::ENOENT, "FUSE: there is no /dev/fuse (");
        check(
            mirror,
            Errno::EACCES,
            "FUSE: /dev/fuse is not open to this user (",
        );
        check(
            "create overlay lowerdir=x",
            Errno::EPERM,
            "overlay mounts (",
        );
        check(
            "make a namespace of users",
            Errno::ENOSPC,
            "namespaces of users: none",
        );
        check(
            "make a namespace of users",
            Errno::EPERM,
            "namespaces of users (",
        );
        check(
            "create tmpfs as room",
            Errno::ENOSYS,
            "mounts by descriptor (",
        );
        check("make directory /x", Errno::EROFS, "step 9, ");
    }
}
