//! Transparency in BMP headers, interpreted as browsers do.

use std::borrow::Cow;

use crate::error::Error;

/// File offsets of the info header, and of its bits per pixel, compression and four masks.
const INFO: usize = 14;
const BITS: usize = INFO + 14;
const COMPRESSION: usize = INFO + 16;
const MASKS: usize = INFO + 40;

/// The file with a header that makes the decoder use alpha where browsers use it: wherever the
/// header has an alpha mask.
///
/// The decoder reads the alpha mask only if the compression is `BI_BITFIELDS` (3), and does not
/// know `BI_ALPHABITFIELDS` (6) of older systems, whose layout equals that of a header with four
/// masks.
///
/// # Errors
/// `picture-unsupported`, with the name of the compression, for one that is not supported.
pub(super) fn with_browser_alpha(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    let Some(size) = u32_at(bytes, INFO) else {
        return Ok(Cow::Borrowed(bytes));
    };
    // Shorter, older headers have other fields there.
    let (Some(compression), true) = (u32_at(bytes, COMPRESSION), size >= 40) else {
        return Ok(Cow::Borrowed(bytes));
    };
    let bits = bytes.get(BITS).copied().unwrap_or(0);
    let unsupported = |kind: &str| {
        Err(Error::PictureUnsupported(format!(
            "it is a BMP with {kind}"
        )))
    };
    match compression {
        4 if size == 64 => return unsupported("run lengths of 24 bits"),
        3 if size == 64 && bits == 1 => return unsupported("fax compression"),
        4 => return unsupported("a JPEG inside"),
        5 => return unsupported("a PNG inside"),
        11..=13 => return unsupported("colours for print"),
        _ => {}
    }
    let mut file = Cow::Borrowed(bytes);
    let alpha_mask = if size >= 56 {
        u32_at(bytes, MASKS + 12).unwrap_or(0)
    } else {
        0
    };
    if compression == 6 && bytes.len() >= MASKS + 16 {
        let file = file.to_mut();
        file[COMPRESSION] = 3;
        if size == 40 {
            file[INFO] = 56;
        }
    } else if compression == 0 && alpha_mask != 0 && matches!(bits, 16 | 32) {
        let colours: [u32; 3] = if bits == 32 {
            [0xff_0000, 0xff00, 0xff]
        } else {
            [0x7c00, 0x3e0, 0x1f]
        };
        // An alpha mask that overlaps a colour's is invalid.
        if colours.iter().all(|mask| mask & alpha_mask == 0) {
            let file = file.to_mut();
            file[COMPRESSION] = 3;
            file[MASKS..MASKS + 12].copy_from_slice(&colours.map(u32::to_le_bytes).concat());
        }
    }
    Ok(file)
}

/// Makes a picture opaque if its alpha is 0 everywhere: many programs leave the alpha of opaque
/// pictures at 0.
pub(super) fn opaque_if_wholly_transparent(rgba: &mut [u8]) {
    let (pixels, _) = rgba.as_chunks_mut::<4>();
    if pixels.iter().all(|pixel| pixel[3] == 0) {
        pixels.iter_mut().for_each(|pixel| pixel[3] = 255);
    }
}

fn u32_at(bytes: &[u8], start: usize) -> Option<u32> {
    let four = bytes.get(start..start + 4)?;
    Some(u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}
