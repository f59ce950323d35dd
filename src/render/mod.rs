//! Results as pictures to look at and to keep. Everything lies in the photo's own frame.

mod colour_maps;
mod object_files;
mod overlay;
mod write_png;

pub use colour_maps::{COLOUR_MAPS, ColourMap};
pub use object_files::{write_cutout, write_mask};
pub use overlay::{Ground, blend, overlay, table};
pub use write_png::{PngRows, PngValues, write_png};
