//! What a BMP header says of transparency, as browsers take it.

use std::borrow::Cow;

use crate::error::Error;

/// Where the info header begins, and in it the places of the bits a pixel, the compression and the
/// four masks.
const INFO: usize = 14;
const BITS: usize = INFO + 14;
const COMPRESSION: usize = INFO + 16;
const MASKS: usize = INFO + 40;

/// The file as the decoder has to see it, so that its alpha counts where browsers count it:
/// wherever a header has a mask for it.
///
/// The decoder looks at that mask only when the compression says "masks", and does not know the
/// compression "masks, one for alpha among them" of older systems, whose file is the same as one
/// with a header that holds four masks.
///
/// # Errors
/// `picture-unsupported` for pixels that are compressed in a way that is not read here, with its
/// name.
pub(super) fn with_alpha_as_browsers_take_it(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    let Some(size) = long(bytes, INFO) else {
        return Ok(Cow::Borrowed(bytes));
    };
    // Of an older system's header, other things stand there.
    let (Some(compression), true) = (long(bytes, COMPRESSION), size >= 40) else {
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
        long(bytes, MASKS + 12).unwrap_or(0)
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
        // Masks that share bits with a colour mean nothing.
        if colours.iter().all(|mask| mask & alpha_mask == 0) {
            let file = file.to_mut();
            file[COMPRESSION] = 3;
            file[MASKS..MASKS + 12].copy_from_slice(&colours.map(u32::to_le_bytes).concat());
        }
    }
    Ok(file)
}

/// Makes a picture opaque whose alpha is 0 everywhere: many programs leave it so and mean nothing
/// by it.
pub(super) fn opaque_if_wholly_transparent(rgba: &mut [u8]) {
    let (pixels, _) = rgba.as_chunks_mut::<4>();
    if pixels.iter().all(|pixel| pixel[3] == 0) {
        pixels.iter_mut().for_each(|pixel| pixel[3] = 255);
    }
}

fn long(bytes: &[u8], start: usize) -> Option<u32> {
    let four = bytes.get(start..start + 4)?;
    Some(u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}
