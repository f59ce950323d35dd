//! What says where the object is.

use super::bounding_box::BoundingBox;
use super::pixel_graph::LARGEST_COST;
use super::seeds::Seeds;
use super::settings::{CutSettings, SeedUse};
use crate::error::Error;
use crate::image_input::Picture;
use crate::imaging::gaussian_blur;
use crate::saliency::SaliencyMap;

/// What a cut starts from.
#[derive(Debug, Clone, Copy)]
pub enum Prompt<'a> {
    /// The object is where the map is high. The map may be of any size; it covers the picture edge
    /// to edge.
    Saliency(&'a SaliencyMap),
    /// The object is in this box, in photo pixels, and everything outside is background, as in
    /// GrabCut. What of it lies outside the photo does not count.
    Rectangle(BoundingBox),
}

/// What a guide says of a working picture's pixels.
pub struct Start {
    /// The numbers of the pixels from which the background's and the object's colour models are
    /// estimated.
    pub sides: [Vec<u32>; 2],
    /// What each pixel costs as background and as object apart from its colour.
    pub unary_bias: Vec<[f32; 2]>,
}

impl Prompt<'_> {
    /// The start on a picture of `width` x `height` pixels that `photo` was reduced to.
    ///
    /// # Errors
    /// `setting-out-of-range` when a quantile or the map is not what its description says, or the
    /// rectangle leaves nothing of the picture inside or outside; `no-object-found` when the map is
    /// the same everywhere.
    pub fn start(
        self,
        photo: &Picture,
        [width, height]: [usize; 2],
        settings: &CutSettings,
    ) -> Result<Start, Error> {
        match self {
            Prompt::Saliency(map) => of_saliency(map, width, height, settings),
            Prompt::Rectangle(inside) => of_rectangle(inside, photo, width, height),
        }
    }
}

fn of_saliency(
    map: &SaliencyMap,
    width: usize,
    height: usize,
    settings: &CutSettings,
) -> Result<Start, Error> {
    let valid = map.rows.checked_mul(map.columns) == Some(map.values.len())
        && !map.values.is_empty()
        && map
            .values
            .iter()
            .all(|value| value.is_finite() && *value >= 0.0);
    if !valid {
        return Err(Error::SettingOutOfRange(
            "the saliency map must have rows x columns finite values of at least 0".into(),
        ));
    }
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
        for (numbers, other_label) in [(&seeds.foreground, 0), (&seeds.background, 1)] {
            for &number in numbers {
                unary_bias[number as usize][other_label] = LARGEST_COST;
            }
        }
    }
    Ok(Start {
        sides: [seeds.background, seeds.foreground],
        unary_bias,
    })
}

fn of_rectangle(
    rectangle: BoundingBox,
    photo: &Picture,
    width: usize,
    height: usize,
) -> Result<Start, Error> {
    // A pixel of the working picture is inside when its centre is.
    let span = |start: u32, length: u32, photo: u32, working: usize| {
        let scale = working as f64 / f64::from(photo);
        let place = |position: u64| {
            ((position.min(photo.into()) as f64 * scale - 0.5)
                .ceil()
                .max(0.0) as usize)
                .min(working)
        };
        place(start.into())..place(u64::from(start) + u64::from(length))
    };
    let columns = span(rectangle.x, rectangle.width, photo.width(), width);
    let rows = span(rectangle.y, rectangle.height, photo.height(), height);
    let mut sides: [Vec<u32>; 2] = Default::default();
    let mut unary_bias = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let inside = rows.contains(&y) && columns.contains(&x);
            sides[usize::from(inside)].push((y * width + x) as u32);
            unary_bias.push([0.0, if inside { 0.0 } else { LARGEST_COST }]);
        }
    }
    if sides.iter().any(Vec::is_empty) {
        return Err(Error::SettingOutOfRange(
            "the rectangle must leave some of the photo inside and some outside".into(),
        ));
    }
    Ok(Start { sides, unary_bias })
}
