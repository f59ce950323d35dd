//! A visitor's picture, from file bytes or raw pixels to a [`Picture`].
//!
//! Files come from anywhere: nothing in them is believed, and sizes are checked before memory is taken.

mod check_container;
mod decode_file;
mod first_look;
mod limits;
mod picture;
mod picture_builder;
mod picture_strips;
mod reduce_rows;
mod sniff;

pub use decode_file::decode_file;
pub use first_look::{media_type, stated_size};
pub use limits::{check_file_bytes, picture_size};
pub use picture::Picture;
pub use picture_builder::PictureBuilder;
pub use picture_strips::{PictureStrips, Strip};
