//! Writes PNG files that contain pixels and no metadata: no date, no location, nothing of the file
//! that the photo came from.

use std::io::Write;

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, StreamWriter};

use crate::error::Error;

/// Bytes per chunk of a file that is written row by row.
const CHUNK_BYTES: usize = 64 << 10;

/// What the bytes of a file's pixels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PngValues {
    /// R, G, B and alpha of each pixel.
    Rgba,
    /// One grey value per pixel, as in a mask.
    Grey,
}

/// Encodes `width * height` RGBA pixels, row-major. Returns the bytes of the file.
///
/// # Errors
/// `internal` if the number of pixels is not `width * height`.
pub fn write_png(rgba: &[u8], width: u32, height: u32) -> Result<Vec<u8>, Error> {
    let mut file = Vec::new();
    let header = encoder(&mut file, width, height, PngValues::Rgba).write_header();
    header
        .and_then(|mut header| header.write_image_data(rgba))
        .map_err(internal)?;
    Ok(file)
}

/// A file that is written row by row, without all rows in memory.
pub struct PngRows<W: Write + 'static> {
    rows: StreamWriter<'static, W>,
}

impl<W: Write + 'static> PngRows<W> {
    /// Starts a file of `width` x `height` pixels.
    ///
    /// # Errors
    /// `internal` if a side is 0 or writing to the sink fails.
    pub fn new(sink: W, width: u32, height: u32, values: PngValues) -> Result<Self, Error> {
        let header = encoder(sink, width, height, values).write_header();
        let rows = header.and_then(|header| header.into_stream_writer_with_size(CHUNK_BYTES));
        Ok(Self {
            rows: rows.map_err(internal)?,
        })
    }

    /// Writes the next values, row-major.
    ///
    /// # Errors
    /// `internal` if there are more values than the file has, or writing to the sink fails.
    pub fn push(&mut self, values: &[u8]) -> Result<(), Error> {
        self.rows
            .write_all(values)
            .map_err(|error| internal(error.into()))
    }

    /// Ends the file.
    ///
    /// # Errors
    /// `internal` if values are missing, or writing to the sink fails.
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

    /// A sink whose bytes can be read afterwards.
    #[derive(Clone, Default)]
    pub struct Sink(pub Rc<RefCell<Vec<u8>>>);

    impl Write for Sink {
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
        let sink = Sink::default();
        let mut png = PngRows::new(sink.clone(), width, height, values)?;
        for strip in strips {
            png.push(strip)?;
        }
        png.finish()?;
        Ok(sink.0.take())
    }

    #[test]
    fn a_file_decodes_to_its_pixels_and_has_no_metadata() {
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
    fn a_file_of_many_chunks_decodes_to_its_pixels() {
        use rand_chacha::rand_core::{RngCore, SeedableRng};
        let mut noise = vec![0; 300 * 400 * 4];
        rand_chacha::ChaCha8Rng::seed_from_u64(3).fill_bytes(&mut noise);
        noise.chunks_exact_mut(4).for_each(|pixel| pixel[3] = 255);
        let strips: Vec<&[u8]> = noise.chunks(300 * 4 * 7).collect();
        let file = written(&strips, 300, 400, PngValues::Rgba).unwrap();
        assert!(decode_file(&file).unwrap().rgba() == noise);
    }

    #[test]
    fn a_wrong_number_of_values_is_refused() {
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
