//! How large a picture may be.

use crate::error::Error;

/// Largest file, in bytes.
pub(super) const FILE_BYTES: usize = 40_000_000;
/// Longest side, in pixels.
pub(super) const SIDE: u32 = 16_384;
/// Largest area, in pixels.
pub(super) const PIXELS: u64 = 50_000_000;
/// Most bytes for the decoded pixels, as the file has them (up to 8 bytes each).
pub(super) const DECODED_BYTES: u64 = 256 << 20;
/// Most bytes that a decoder may take beside the pixels: metadata, palettes, a frame that does not cover its canvas.
pub(super) const SCRATCH_BYTES: u64 = 64 << 20;

/// Refuses `width` x `height` pixels when a side or the area is over the limit.
pub(super) fn check_size(width: u32, height: u32) -> Result<(), Error> {
    if width > SIDE || height > SIDE {
        return Err(Error::PictureTooLarge(format!("{width} x {height} pixels, and no side may be longer than {SIDE}")));
    }
    if u64::from(width) * u64::from(height) > PIXELS {
        return Err(Error::PictureTooLarge(format!(
            "{width} x {height} pixels, and {} million are the most",
            PIXELS / 1_000_000
        )));
    }
    Ok(())
}
