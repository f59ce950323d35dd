//! Results as pictures to look at and to keep. Everything lies in the photo's own frame.

mod colour_maps;
mod cutout;
mod overlay;
mod write_png;

pub use colour_maps::{COLOUR_MAPS, ColourMap};
pub use cutout::cutout;
pub use overlay::{Ground, blend, overlay, table};
pub use write_png::{write_grey_png, write_png};
