//! A visitor's picture, from file bytes or raw pixels to a [`Picture`].
//!
//! Files come from anywhere: nothing in them is believed, and sizes are checked before memory is taken.

mod check_container;
mod decode_file;
mod limits;
mod picture;
mod picture_builder;
mod sniff;

pub use decode_file::decode_file;
pub use limits::picture_size;
pub use picture::Picture;
pub use picture_builder::PictureBuilder;
