//! Remembers whether memory was refused. A program that gets none stops with a trap that looks like
//! any other.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the last request was refused. A refusal stops the program, so it is the last request.
static REFUSED: AtomicBool = AtomicBool::new(false);

/// Whether the program's last request for memory was refused. Also works in a program that has
/// stopped.
pub fn memory_was_refused() -> bool {
    REFUSED.load(Ordering::Relaxed)
}

struct WatchedMemory;

#[global_allocator]
static MEMORY: WatchedMemory = WatchedMemory;

#[allow(
    unsafe_code,
    reason = "the system's allocator, called as it is called without this"
)]
unsafe impl GlobalAlloc for WatchedMemory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        noted(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        noted(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        noted(unsafe { System.realloc(block, layout, size) })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) }
    }
}

fn noted(block: *mut u8) -> *mut u8 {
    REFUSED.store(block.is_null(), Ordering::Relaxed);
    block
}
