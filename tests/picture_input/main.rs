//! Invalid and unusual picture files: each gives the documented error or the right picture.

#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod colours;
mod damaged;
mod files;
mod icc_profiles;
mod limits;
mod orientation;
mod peak_memory;
mod pixel_kinds;
mod raw_pixels;
mod transparency;
mod truncated;
mod unsupported;

use deep_inside::image_input::decode_file;

use crate::peak_memory::with_peak_memory;

fn refused(bytes: &[u8]) -> &'static str {
    decode_file(bytes).expect_err("should be refused").code()
}

fn refused_at_once(bytes: &[u8]) {
    let (code, memory) = with_peak_memory(|| refused(bytes));
    assert_eq!(code, "picture-too-large");
    // Decoding would allocate memory, so little memory means that the header was enough.
    assert!(memory < 200_000, "{memory} bytes");
}

fn size(bytes: &[u8]) -> (u32, u32) {
    let picture = decode_file(bytes).unwrap();
    (picture.width(), picture.height())
}

fn pixels(bytes: &[u8]) -> Vec<u8> {
    decode_file(bytes).unwrap().rgba()
}

fn largest_difference(left: &[u8], right: &[u8]) -> u8 {
    assert_eq!(left.len(), right.len());
    left.iter()
        .zip(right)
        .map(|(left, right)| left.abs_diff(*right))
        .max()
        .unwrap_or(0)
}
