//! Limits on the size of files and pictures.

use crate::error::Error;

/// Largest file, in bytes.
const FILE_BYTES: usize = 200_000_000;
/// Longest side of a picture, in pixels.
const SIDE: u32 = 16_384;
/// Largest area of a picture, in pixels.
const PIXELS: u64 = 50_000_000;
/// Longest side of a file, in pixels.
const FILE_SIDE: u32 = 65_535;
/// Largest area of a file, in pixels.
pub(super) const FILE_PIXELS: u64 = 150_000_000;
/// Most bytes of memory for decoding a file. On 32-bit targets the program has 1 GiB, and
/// everything else has to fit beside it.
const MEMORY: u64 = if cfg!(target_pointer_width = "32") {
    640_000_000
} else {
    1_500_000_000
};
/// Most bytes that a decoder may allocate beside the pixels, for metadata and palettes.
pub(super) const SCRATCH_BYTES: u64 = 64 << 20;

/// Checks the size of a file before it is read.
///
/// # Errors
/// `picture-empty` for 0 bytes, `picture-too-large` above 200 MB.
pub fn check_file_bytes(bytes: u64) -> Result<(), Error> {
    if bytes == 0 {
        return Err(Error::PictureEmpty);
    }
    if bytes > FILE_BYTES as u64 {
        let megabytes = bytes as f64 / 1e6;
        let most = FILE_BYTES / 1_000_000;
        return Err(Error::PictureTooLarge(format!(
            "a file of {megabytes:.1} MB, and {most} MB are the most"
        )));
    }
    Ok(())
}

/// Checks the size of a picture.
///
/// # Errors
/// `picture-empty` when a side is 0, `picture-too-large` when a side or the area is over the limit.
pub(super) fn check_size(width: u32, height: u32) -> Result<(), Error> {
    check(width, height, SIDE, PIXELS)
}

/// The size of the [`Picture`](super::Picture) of a file of `columns` x `rows` pixels: the same up
/// to 50 million pixels and 16,384 pixels per side, and otherwise the largest size of the same
/// aspect ratio within these limits.
///
/// # Errors
/// `picture-empty` when a side is 0; `picture-too-large` when a side is longer than 65,535 pixels
/// or there are more than 150 million.
pub fn picture_size(columns: u32, rows: u32) -> Result<(u32, u32), Error> {
    check(columns, rows, FILE_SIDE, FILE_PIXELS)?;
    let area = f64::from(columns) * f64::from(rows);
    let scale = (f64::from(SIDE) / f64::from(columns.max(rows)))
        .min((PIXELS as f64 / area).sqrt())
        .min(1.0);
    let scaled = |side: u32| ((f64::from(side) * scale) as u32).max(1);
    Ok((scaled(columns), scaled(rows)))
}

/// Checks the memory, in bytes, that a file of `columns` x `rows` pixels needs for decoding.
///
/// # Errors
/// `picture-too-large` above the limit.
pub(super) fn check_memory(columns: u32, rows: u32, bytes: u64) -> Result<(), Error> {
    if bytes > MEMORY {
        return Err(Error::PictureTooLarge(format!(
            "{columns} x {rows} pixels, which need {} MB of memory in this kind of file, \
             and {} MB are the most here",
            bytes / 1_000_000,
            MEMORY / 1_000_000
        )));
    }
    Ok(())
}

/// A vector of zeros.
///
/// # Errors
/// `picture-too-large` when there is not enough memory.
pub(super) fn zeros(bytes: usize) -> Result<Vec<u8>, Error> {
    let mut zeros = reserved(bytes)?;
    zeros.resize(bytes, 0);
    Ok(zeros)
}

/// An empty vector with capacity for `bytes` bytes.
///
/// # Errors
/// `picture-too-large` when there is not enough memory.
pub(super) fn reserved(bytes: usize) -> Result<Vec<u8>, Error> {
    let mut empty = Vec::new();
    empty.try_reserve_exact(bytes).map_err(|_| {
        Error::PictureTooLarge(format!(
            "it needs {} MB of memory, more than there is",
            bytes / 1_000_000
        ))
    })?;
    Ok(empty)
}

fn check(width: u32, height: u32, longest: u32, most: u64) -> Result<(), Error> {
    if width == 0 || height == 0 {
        return Err(Error::PictureEmpty);
    }
    if width > longest || height > longest {
        return Err(Error::PictureTooLarge(format!(
            "{width} x {height} pixels, and no side may be longer than {longest}"
        )));
    }
    if u64::from(width) * u64::from(height) > most {
        return Err(Error::PictureTooLarge(format!(
            "{width} x {height} pixels, and {} million are the most",
            most / 1_000_000
        )));
    }
    Ok(())
}
