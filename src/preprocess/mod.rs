//! From a [`Picture`](crate::Picture) to a network's input, and from maps over this input back to
//! the photo.

mod crops;
mod input_spec;
mod normalise;

pub use crops::{Crop, Crops, MeanMap, PhotoCrops};
pub use input_spec::{ChannelOrder, Fit, InputSpec};
