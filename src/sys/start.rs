//! How the process begins. Rust's runtime would first look for the end of the stack, which costs glibc a reading of
//! `/proc/self/maps`, and make a second stack for a handler: a fifth of the start of a make that has nothing to do.
//! It does not know what runs.
#![allow(unsafe_code)]

/// Makes a function without arguments, which returns the exit status, the program.
#[macro_export]
macro_rules! program {
    ($run:path) => {
        /// Where the C library begins.
        #[cfg(all(target_os = "linux", target_env = "gnu"))]
        #[unsafe(no_mangle)]
        pub extern "C" fn main() -> i32 {
            $crate::sys::start::begin();
            std::process::exit($run())
        }

        #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
        fn main() {
            std::process::exit($run())
        }
    };
}

/// Does what is needed of the runtime's beginning: the standard descriptors are open, and a write to a pipe that
/// nobody reads is an error.
pub fn begin() {
    for descriptor in 0..3 {
        // SAFETY: system calls with a constant path; the lowest free descriptor is the one that is closed.
        unsafe {
            if libc::fcntl(descriptor, libc::F_GETFD) == -1 {
                libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
            }
        }
    }
    // SAFETY: in the only thread, before anything else.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_IGN);
    }
}
