//! Arithmetic on pictures, grids and masks that knows neither networks nor maps: resizing, blurring,
//! interpolation, connected components.

mod blur;
mod components;
mod interpolate;
mod resize;

pub use blur::gaussian_blur;
pub use components::{Components, Split, keep_components};
pub use interpolate::{interpolate_grid, interpolation_weights};
pub use resize::{Filter, fit_within, resize};
