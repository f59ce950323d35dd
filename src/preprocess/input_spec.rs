//! What a network reads: the size, the channels and the values of its input.

use serde::Deserialize;

/// The input that a network was trained on: pictures of `rows` x `columns` pixels, as planes of
/// `(pixel / 255 * range - mean) / std`.
///
/// In the networks' manifest: `{"side": 227, "channels": "BGR", "range": 255, "mean": [103.939,
/// 116.779, 123.68]}`. `rows` and `columns` may replace `side`; `std` is 1 when it is left out, and
/// the fit a squash unless there is the fraction `crop` of a centre crop.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "StoredSpec")]
pub struct InputSpec {
    /// Rows of a picture.
    pub rows: usize,
    /// Columns of a picture.
    pub columns: usize,
    /// Which colour each plane holds.
    pub channels: ChannelOrder,
    /// What a pixel value of 255 becomes, before the mean is subtracted.
    pub range: f32,
    /// Mean of the training pictures, one value per plane in the order of `channels`, on the scale
    /// of `range`.
    pub mean: Vec<f32>,
    /// Standard deviation of the training pictures, above 0, likewise.
    pub std: Vec<f32>,
    /// How a photo becomes a picture of this size.
    pub fit: Fit,
}

/// The order of a network's colour planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum ChannelOrder {
    /// Blue, green, red: networks trained with Caffe.
    #[serde(rename = "BGR")]
    Bgr,
    /// Red, green, blue.
    #[serde(rename = "RGB")]
    Rgb,
    /// One plane: the luma of the picture.
    #[serde(rename = "grey")]
    Grey,
}

/// How a photo becomes a picture of the input's size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fit {
    /// The whole photo is resized; rows and columns are scaled each by its own factor.
    Squash,
    /// The photo is resized at its own aspect ratio, and the middle is cropped: of the shorter
    /// side, this fraction, above 0 and at most 1.
    CentreCrop(f64),
}

impl ChannelOrder {
    /// The number of planes: 3, or 1 for grey.
    pub fn planes(self) -> usize {
        match self {
            ChannelOrder::Bgr | ChannelOrder::Rgb => 3,
            ChannelOrder::Grey => 1,
        }
    }

    /// The plane of the colour with this index in an RGBA pixel. Each order is its own inverse, so
    /// this is also the index of the colour of a plane.
    pub(super) fn plane_of(self, colour: usize) -> usize {
        match self {
            ChannelOrder::Bgr => 2 - colour,
            ChannelOrder::Rgb => colour,
            ChannelOrder::Grey => 0,
        }
    }

    /// The value of `plane` at an RGBA pixel. Luma is ITU-R BT.601's, rounded as Pillow rounds it.
    pub(super) fn value(self, plane: usize, pixel: &[u8]) -> u8 {
        if self != ChannelOrder::Grey {
            return pixel[self.plane_of(plane)];
        }
        let [red, green, blue] = [0, 1, 2].map(|colour: usize| u32::from(pixel[colour]));
        ((red * 19_595 + green * 38_470 + blue * 7_471 + 0x8000) >> 16) as u8
    }
}

impl InputSpec {
    /// `[batch, channels, rows, columns]` of a batch of pictures.
    pub fn dims(&self, batch: usize) -> [usize; 4] {
        [batch, self.channels.planes(), self.rows, self.columns]
    }
}

/// An [`InputSpec`] as the manifest has it.
#[derive(Deserialize)]
struct StoredSpec {
    side: Option<usize>,
    rows: Option<usize>,
    columns: Option<usize>,
    channels: ChannelOrder,
    range: f32,
    mean: Vec<f32>,
    std: Option<Vec<f32>>,
    crop: Option<f64>,
}

impl TryFrom<StoredSpec> for InputSpec {
    type Error = &'static str;

    fn try_from(stored: StoredSpec) -> Result<Self, Self::Error> {
        let rows = stored.rows.or(stored.side);
        let (Some(rows), Some(columns)) = (rows, stored.columns.or(stored.side)) else {
            return Err("an input needs a side, or rows and columns");
        };
        let planes = stored.channels.planes();
        let std = stored.std.unwrap_or_else(|| vec![1.0; planes]);
        if [stored.mean.len(), std.len()] != [planes; 2] {
            return Err("an input needs one mean, and one std if any, for each channel");
        }
        Ok(Self {
            rows,
            columns,
            channels: stored.channels,
            range: stored.range,
            mean: stored.mean,
            std,
            fit: stored.crop.map_or(Fit::Squash, Fit::CentreCrop),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_the_manifest_are_read() {
        let squeezenet =
            r#"{"side": 227, "channels": "BGR", "range": 255, "mean": [103.939, 116.779, 123.68]}"#;
        assert_eq!(
            serde_json::from_str::<InputSpec>(squeezenet).unwrap(),
            InputSpec {
                rows: 227,
                columns: 227,
                channels: ChannelOrder::Bgr,
                range: 255.0,
                mean: vec![103.939, 116.779, 123.68],
                std: vec![1.0; 3],
                fit: Fit::Squash,
            }
        );
        let grey = r#"{"rows": 32, "columns": 96, "channels": "grey", "range": 1, "mean": [0.5],
            "std": [0.25], "crop": 0.875}"#;
        let grey: InputSpec = serde_json::from_str(grey).unwrap();
        assert_eq!(grey.dims(2), [2, 1, 32, 96]);
        assert_eq!((grey.std, grey.fit), (vec![0.25], Fit::CentreCrop(0.875)));
    }

    #[test]
    fn rows_without_a_size_or_with_too_few_means_are_refused() {
        for row in [
            r#"{"rows": 32, "channels": "grey", "range": 1, "mean": [0.5]}"#,
            r#"{"side": 32, "channels": "RGB", "range": 1, "mean": [0.5]}"#,
            r#"{"side": 32, "channels": "grey", "range": 1, "mean": [0.5], "std": []}"#,
        ] {
            assert!(serde_json::from_str::<InputSpec>(row).is_err(), "{row}");
        }
    }

    #[test]
    fn grey_is_the_luma_of_pillow() {
        // Image.new('RGB', (1, 1), colour).convert('L').getpixel((0, 0)), pillow 13.0.0.
        for (pixel, luma) in [
            ([255, 0, 0, 255], 76),
            ([0, 255, 0, 255], 150),
            ([0, 0, 255, 255], 29),
            ([12, 200, 99, 255], 132),
            ([77, 77, 77, 255], 77),
            ([255, 255, 255, 255], 255),
        ] {
            assert_eq!(ChannelOrder::Grey.value(0, &pixel), luma, "{pixel:?}");
        }
    }
}
