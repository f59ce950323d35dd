//! Prompts: where the object is, and the seeds and unary costs that follow.

use super::bounding_box::BoundingBox;
use super::candidates::ObjectMaps;
use super::seeds::Seeds;
use super::settings::{CutSettings, SeedUse};
use crate::error::Error;
use crate::graph_cut::pixel_graph::LARGEST_COST;
use crate::image_input::Picture;
use crate::imaging::gaussian_blur;
use crate::saliency::SaliencyMap;

/// The prompt of a cut.
#[derive(Debug, Clone, Copy)]
pub enum Prompt<'a> {
    /// The object is where the map is high. The map may have any size; it covers the whole photo.
    Saliency(&'a SaliencyMap),
    /// The object is where these maps are high, and its size is to be found.
    Object(ObjectMaps<'a>),
    /// The object is in this box, in photo pixels, and everything outside is background, as in
    /// GrabCut. The part of the box outside the photo is ignored.
    Rectangle(BoundingBox),
}

/// What a prompt determines for the pixels of a working picture.
pub struct Initialisation {
    /// Row-major indices of the pixels from which the background's and the object's colour models
    /// are estimated.
    pub seeds: [Vec<u32>; 2],
    /// By pixel: unary costs of the labels background and object, to be added to the colour
    /// models'.
    pub unary_bias: Vec<[f32; 2]>,
}

impl Prompt<'_> {
    /// Seeds and unary bias for a working picture of `width` x `height` pixels of `photo`.
    ///
    /// # Errors
    /// `setting-out-of-range` when a quantile is out of its range, the map's size does not match
    /// its values, a value is negative or not finite, or no pixel of the working picture lies
    /// inside or outside the rectangle; `no-object-found` when the map is constant.
    pub fn initialise(
        self,
        photo: &Picture,
        [width, height]: [usize; 2],
        settings: &CutSettings,
    ) -> Result<Initialisation, Error> {
        match self {
            Prompt::Saliency(map) | Prompt::Object(ObjectMaps { map, .. }) => {
                from_saliency(map, width, height, settings)
            }
            Prompt::Rectangle(inside) => from_rectangle(inside, photo, width, height),
        }
    }
}

/// # Errors
/// `setting-out-of-range` when the map's size does not match its values, there are none, or one is
/// negative or not finite.
pub fn check_map(map: &SaliencyMap) -> Result<(), Error> {
    let valid = map.rows.checked_mul(map.columns) == Some(map.values.len())
        && !map.values.is_empty()
        && map
            .values
            .iter()
            .all(|value| value.is_finite() && *value >= 0.0);
    valid.then_some(()).ok_or_else(|| {
        Error::SettingOutOfRange(
            "the saliency map must have rows x columns finite values of at least 0".into(),
        )
    })
}

fn from_saliency(
    map: &SaliencyMap,
    width: usize,
    height: usize,
    settings: &CutSettings,
) -> Result<Initialisation, Error> {
    check_map(map)?;
    let map = gaussian_blur(
        &map.sampled(width, height),
        width,
        settings.blur * width.max(height) as f64,
    );
    let seeds = Seeds::from_map(
        &map,
        settings.foreground_quantile,
        settings.background_quantile,
    )?;

    let weight = settings.saliency_weight as f32;
    let span = seeds.upper - seeds.lower;
    let mut unary_bias: Vec<[f32; 2]> = map
        .iter()
        .map(|value| {
            let salience = if span > 0.0 {
                ((value - seeds.lower) / span).clamp(0.0, 1.0)
            } else {
                0.5
            };
            [weight * salience, weight * (1.0 - salience)]
        })
        .collect();
    if settings.seeds == SeedUse::Hard {
        for (pixels, other_label) in [(&seeds.foreground, 0), (&seeds.background, 1)] {
            for &pixel in pixels {
                unary_bias[pixel as usize][other_label] = LARGEST_COST;
            }
        }
    }
    Ok(Initialisation {
        seeds: [seeds.background, seeds.foreground],
        unary_bias,
    })
}

fn from_rectangle(
    rectangle: BoundingBox,
    photo: &Picture,
    width: usize,
    height: usize,
) -> Result<Initialisation, Error> {
    // A working pixel is inside if its centre is.
    let span = |start: u32, length: u32, photo: u32, working: usize| {
        let scale = working as f64 / f64::from(photo);
        // The first working pixel whose centre is not before a coordinate of the photo.
        let first_from = |coordinate: u64| {
            let scaled = coordinate.min(photo.into()) as f64 * scale;
            ((scaled - 0.5).ceil().max(0.0) as usize).min(working)
        };
        first_from(start.into())..first_from(u64::from(start) + u64::from(length))
    };
    let columns = span(rectangle.x, rectangle.width, photo.width(), width);
    let rows = span(rectangle.y, rectangle.height, photo.height(), height);
    let mut seeds: [Vec<u32>; 2] = Default::default();
    let mut unary_bias = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let inside = rows.contains(&y) && columns.contains(&x);
            seeds[usize::from(inside)].push((y * width + x) as u32);
            unary_bias.push([0.0, if inside { 0.0 } else { LARGEST_COST }]);
        }
    }
    if seeds.iter().any(Vec::is_empty) {
        return Err(Error::SettingOutOfRange(
            "the rectangle must leave some of the photo inside and some outside".into(),
        ));
    }
    Ok(Initialisation { seeds, unary_bias })
}
