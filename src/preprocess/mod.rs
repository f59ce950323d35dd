//! From a [`Picture`](crate::Picture) to what a network reads, and from what it says about its
//! input back to the photo.

mod normalise;
mod crops;

pub use crops::{Crop, Crops, MeanMap, PhotoCrops};

/// What a network was trained to read: square colour pictures of `side` pixels, as three planes of
/// `range / 255 * pixel - mean`.
///
/// In the weights' manifest it reads `{"side": 227, "channels": "BGR", "range": 255, "mean":
/// [103.939, 116.779, 123.68]}`.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
pub struct InputSpec {
    /// Rows and columns.
    pub side: usize,
    /// Which colour each plane holds.
    pub channels: ChannelOrder,
    /// What a pixel value of 255 becomes, before the mean is taken off.
    pub range: f32,
    /// Mean of the training pictures, one value per plane (in the order of `channels`), in units of
    /// `range`.
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
    /// For each plane, the place of its colour in an RGBA pixel. Both orders are their own inverse,
    /// so this is also, for each of R, G and B, the plane that holds it.
    fn colours(self) -> [usize; 3] {
        match self {
            ChannelOrder::Bgr => [2, 1, 0],
            ChannelOrder::Rgb => [0, 1, 2],
        }
    }
}
