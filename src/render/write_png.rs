//! Pixels to PNG files. They hold nothing but the pixels: no date, no place, no trace of the file
//! that a photo came from.

use std::io::Write;

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, StreamWriter};

use crate::error::Error;

/// Bytes of a chunk of a file that is written row by row.
const CHUNK_BYTES: usize = 64 << 10;

/// What a file's values are, a byte each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PngValues {
    /// R, G, B and alpha of each pixel.
    Rgba,
    /// One grey value a pixel, such as a mask's.
    Grey,
}

/// `width * height` RGBA pixels, row-major, as the bytes of a file.
///
/// # Errors
/// `internal` when the pixels do not fill the sides.
pub fn write_png(rgba: &[u8], width: u32, height: u32) -> Result<Vec<u8>, Error> {
    let mut file = Vec::new();
    let header = encoder(&mut file, width, height, PngValues::Rgba).write_header();
    header
        .and_then(|mut header| header.write_image_data(rgba))
        .map_err(internal)?;
    Ok(file)
}

/// A file that is written as its rows come, so that nobody holds all of them.
pub struct PngRows<W: Write + 'static> {
    rows: StreamWriter<'static, W>,
}

impl<W: Write + 'static> PngRows<W> {
    /// Starts a file of `width` x `height` pixels.
    ///
    /// # Errors
    /// `internal` when a side is 0 or the sink refuses bytes.
    pub fn new(sink: W, width: u32, height: u32, values: PngValues) -> Result<Self, Error> {
        let header = encoder(sink, width, height, values).write_header();
        let rows = header.and_then(|header| header.into_stream_writer_with_size(CHUNK_BYTES));
        Ok(Self {
            rows: rows.map_err(internal)?,
        })
    }

    /// Adds the next values, row-major.
    ///
    /// # Errors
    /// `internal` when there are more than the file has, or the sink refuses bytes.
    pub fn push(&mut self, values: &[u8]) -> Result<(), Error> {
        self.rows
            .write_all(values)
            .map_err(|error| internal(error.into()))
    }

    /// Ends the file.
    ///
    /// # Errors
    /// `internal` when values are missing, or the sink refuses bytes.
    pub fn finish(self) -> Result<(), Error> {
        self.rows.finish().map_err(internal)
    }
}

fn encoder<W: Write>(sink: W, width: u32, height: u32, values: PngValues) -> Encoder<'static, W> {
    let mut encoder = Encoder::new(sink, width, height);
    encoder.set_color(match values {
        PngValues::Rgba => ColorType::Rgba,
        PngValues::Grey => ColorType::Grayscale,
    });
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    encoder
}

fn internal(error: EncodingError) -> Error {
    Error::Internal(format!("writing a PNG file: {error}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::image_input::decode_file;

    /// A sink whose bytes can be looked at afterwards.
    #[derive(Clone, Default)]
    pub struct Kept(pub Rc<RefCell<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn written(
        strips: &[&[u8]],
        width: u32,
        height: u32,
        values: PngValues,
    ) -> Result<Vec<u8>, Error> {
        let kept = Kept::default();
        let mut png = PngRows::new(kept.clone(), width, height, values)?;
        for strip in strips {
            png.push(strip)?;
        }
        png.finish()?;
        Ok(kept.0.take())
    }

    #[test]
    fn what_is_written_reads_back_and_nothing_else_is_in_the_file() {
        let rgba = [9, 8, 7, 255, 1, 2, 3, 255];
        let file = written(&[&rgba[..4], &rgba[4..]], 2, 1, PngValues::Rgba).unwrap();
        assert_eq!(decode_file(&file).unwrap().rgba(), rgba);
        assert_eq!(
            decode_file(&write_png(&rgba, 2, 1).unwrap())
                .unwrap()
                .rgba(),
            rgba
        );
        let mut chunks = Vec::new();
        let mut rest = &file[8..];
        while let [a, b, c, d, name @ ..] = rest {
            chunks.push(String::from_utf8_lossy(&name[..4]).into_owned());
            rest = &rest[12 + u32::from_be_bytes([*a, *b, *c, *d]) as usize..];
        }
        assert_eq!(chunks, ["IHDR", "IDAT", "IEND"]);
        let mask = written(&[&[0], &[255, 77]], 1, 3, PngValues::Grey).unwrap();
        assert_eq!(
            decode_file(&mask).unwrap().rgb(),
            [0, 0, 0, 255, 255, 255, 77, 77, 77]
        );
    }

    #[test]
    fn many_rows_of_noise_come_back() {
        use rand_chacha::rand_core::{RngCore, SeedableRng};
        let mut noise = vec![0; 300 * 400 * 4];
        rand_chacha::ChaCha8Rng::seed_from_u64(3).fill_bytes(&mut noise);
        noise.chunks_exact_mut(4).for_each(|pixel| pixel[3] = 255);
        let strips: Vec<&[u8]> = noise.chunks(300 * 4 * 7).collect();
        let file = written(&strips, 300, 400, PngValues::Rgba).unwrap();
        assert!(decode_file(&file).unwrap().rgba() == noise);
    }

    #[test]
    fn values_that_do_not_fill_the_sides_are_refused() {
        for strip in [&[0; 7][..], &[0; 9]] {
            assert_eq!(
                written(&[strip], 2, 1, PngValues::Rgba).unwrap_err().code(),
                "internal"
            );
        }
        assert_eq!(write_png(&[0; 8], 1, 1).unwrap_err().code(), "internal");
        assert_eq!(
            written(&[], 0, 1, PngValues::Grey).unwrap_err().code(),
            "internal"
        );
    }
}
