//! Results as pictures, in the photo's own frame. The page and the commands draw with these.

mod colour_maps;
mod intensity;
mod object_files;
mod overlay;
mod write_png;

pub use colour_maps::{COLOUR_MAPS, ColourMap};
pub use intensity::{Intensity, intensity, signed_intensity};
pub use object_files::{write_cutout, write_mask};
pub use overlay::{
    DIMMED_WHITE, GROUNDS, Ground, blend, overlay, overlay_rows, signed_table, table,
};
pub use write_png::{PngRows, PngValues, write_png};
