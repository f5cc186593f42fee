//! Memory: when there is no more, the program says so and ends as GNU make does, its temporary files removed.
//! It does not know who asks for memory.
#![allow(unsafe_code)]

use crate::sys::signal;
use std::alloc::GlobalAlloc;
use std::alloc::Layout;
use std::alloc::System;
use std::ffi::c_char;

/// What GNU make says, behind the program's name.
const EXHAUSTED: &[u8] = b": *** virtual memory exhausted\n";

const FAILURE: i32 = 2;

unsafe extern "C" {
    /// The basename of argv\[0], kept by the C library.
    static program_invocation_short_name: *const c_char;
}

/// The system's allocator, for whose callers there is always memory or no going on.
struct Unfailing;

#[global_allocator]
static ALLOCATOR: Unfailing = Unfailing;

// SAFETY: every request goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Unfailing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is handed on.
        checked(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is handed on.
        checked(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise is handed on.
        checked(unsafe { System.realloc(memory, layout, size) })
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is handed on.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[inline]
fn checked(memory: *mut u8) -> *mut u8 {
    if memory.is_null() {
        end();
    }
    memory
}

/// Says it and ends, without memory.
#[cold]
fn end() -> ! {
    signal::unlink_all();
    // SAFETY: the name is a NUL-ended string that the C library keeps; `_exit` does not return.
    unsafe {
        let name = program_invocation_short_name;
        libc::write(libc::STDERR_FILENO, name.cast(), libc::strlen(name));
        libc::write(
            libc::STDERR_FILENO,
            EXHAUSTED.as_ptr().cast(),
            EXHAUSTED.len(),
        );
        libc::_exit(FAILURE)
    }
}
