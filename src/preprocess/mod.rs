//! From a [`Picture`](crate::Picture) to a network's input, and from maps over this input back to
//! the photo.

mod normalise;
mod crops;

pub use crops::{Crop, Crops, MeanMap, PhotoCrops};

/// The input that a network was trained on: square colour pictures of `side` pixels, as three
/// planes of `range / 255 * pixel - mean`.
///
/// In the networks' manifest: `{"side": 227, "channels": "BGR", "range": 255, "mean":
/// [103.939, 116.779, 123.68]}`.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
pub struct InputSpec {
    /// Rows and columns.
    pub side: usize,
    /// Which colour each plane holds.
    pub channels: ChannelOrder,
    /// What a pixel value of 255 becomes, before the mean is subtracted.
    pub range: f32,
    /// Mean of the training pictures, one value per plane in the order of `channels`, on the scale
    /// of `range`.
    pub mean: [f32; 3],
}

/// The order of a network's colour planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ChannelOrder {
    /// Blue, green, red: networks trained with Caffe.
    Bgr,
    /// Red, green, blue.
    Rgb,
}

impl ChannelOrder {
    /// For each plane, the index of its colour in an RGBA pixel. Both orders are their own inverse,
    /// so this is also the plane of each of R, G and B.
    fn colours(self) -> [usize; 3] {
        match self {
            ChannelOrder::Bgr => [2, 1, 0],
            ChannelOrder::Rgb => [0, 1, 2],
        }
    }
}
