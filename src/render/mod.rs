//! Draws results as pictures of the photo's size, for the page and for the examples.

mod colour_maps;
mod intensity;
mod overlay;
mod png_files;
mod write_png;

pub use colour_maps::{COLOUR_MAPS, ColourMap};
pub use intensity::{Intensity, intensity, signed_intensity};
pub use overlay::{
    Colours, DIMMED_WHITE, GROUNDS, Ground, MapLayer, blend, blend_signs, overlay, overlay_rows,
    signed_table, signed_table_over_photo, table,
};
pub use png_files::{write_cutout, write_mask, write_overlay};
pub use write_png::write_png;
