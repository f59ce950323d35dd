//! From a picture file's bytes, or raw pixels, to a [`Picture`].
//!
//! Files are untrusted: every claim in them is checked, and sizes before memory is allocated.

mod bmp_header;
mod check_webp;
mod colour;
mod decode_file;
mod decode_jpeg;
mod decode_other;
mod decoded;
mod first_look;
mod jpeg_structure;
mod limits;
mod picture;
mod picture_builder;
mod picture_strips;
mod reduce_rows;
#[cfg(any(target_family = "wasm", test))]
mod small_jpeg_decoder;
mod sniff;
#[cfg(not(target_family = "wasm"))]
mod whole_jpeg_decoder;

pub use decode_file::decode_file;
pub use first_look::{media_type, stated_size};
pub use limits::{check_file_bytes, picture_size};
pub use picture::Picture;
pub use picture_builder::PictureBuilder;
pub use picture_strips::{PictureStrips, Strip};
