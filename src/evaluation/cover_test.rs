//! The cover test: the target's value before and after the brightest cells of a map are covered.

use super::cells::{CellSettings, Cells, places, values};
use crate::error::Error;
use crate::gradient::Target;
use crate::image_input::Picture;
use crate::networks::Network;
use crate::rng::Rng;
use crate::saliency::SaliencyMap;

/// What a cover test covers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoverTestSettings {
    /// The share of the cells that is covered, above 0 and below 1.
    pub share: f64,
    /// The cells.
    pub cells: CellSettings,
    /// How many random covers are averaged, 1..=100.
    pub draws: usize,
    /// Seed of the random covers.
    pub seed: u64,
}

impl Default for CoverTestSettings {
    fn default() -> Self {
        Self {
            share: 0.1,
            cells: CellSettings::default(),
            draws: 5,
            seed: 0,
        }
    }
}

/// The target's values: posteriors of a class, or a neuron's values.
#[derive(Debug, Clone, PartialEq)]
pub struct CoverTest {
    /// For the photo.
    pub before: f32,
    /// With the map's brightest cells covered.
    pub after: f32,
    /// With as many random cells covered: the mean of some draws.
    pub random: f32,
    /// All class scores behind `after`; empty for a neuron.
    pub scores_after: Vec<f32>,
}

/// Covers `map`'s brightest cells, and as many at random, with the mean colour; two forward passes
/// and one for each draw, `batch` of them together. The photo is seen as
/// [`Engine::classify`](crate::Engine::classify) sees it, cells by the mean of the map in them.
///
/// # Errors
/// `setting-out-of-range` for settings out of range, `class-out-of-range`, `gpu-lost`.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use deep_inside::evaluation::{CoverTestSettings, cover_test};
/// use deep_inside::gradient::Target;
/// use deep_inside::image_input::decode_file;
/// use deep_inside::networks::Network;
/// use deep_inside::progress::NoProgress;
/// use deep_inside::saliency::{SaliencySettings, saliency_map};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> { pollster::block_on(async {
/// let weights = std::fs::read("weights/squeezenet1_1.onnx")?;
/// let network = Network::load("squeezenet1_1", &weights, &Device::flex())?;
/// let photo = decode_file(&std::fs::read("www/samples/red-panda.jpg")?)?;
/// let red_panda = Target::Class(387);
///
/// let settings = SaliencySettings::new(red_panda.clone());
/// let map = saliency_map(&network, &photo, &settings, 1, &NoProgress).await?.map;
/// let settings = CoverTestSettings { share: 0.3, ..CoverTestSettings::default() };
/// let test = cover_test(&network, &photo, &map, &red_panda, &settings, 1).await?;
/// assert!(test.after < test.random && test.random < test.before);
/// # Ok(()) }) }
/// ```
pub async fn cover_test(
    network: &Network,
    photo: &Picture,
    map: &SaliencyMap,
    target: &Target,
    settings: &CoverTestSettings,
    batch: usize,
) -> Result<CoverTest, Error> {
    let &CoverTestSettings {
        share, draws, seed, ..
    } = settings;
    if !(share > 0.0 && share < 1.0) {
        return Err(Error::SettingOutOfRange(format!(
            "the share must be above 0 and below 1, not {share}"
        )));
    }
    if !(1..=100).contains(&draws) {
        return Err(Error::SettingOutOfRange(format!(
            "there must be 1..100 draws, not {draws}"
        )));
    }
    let cells = Cells::new(network, photo, map, settings.cells)?;
    let count = cells.places.len();
    let covered = ((share * count as f64).round() as usize).clamp(1, count - 1);
    let mut inputs = vec![
        cells.covered(|_| false),
        cells.covered(|cell| cells.places[cell] < covered),
    ];
    let mut rng = Rng::new(seed);
    for _ in 0..draws {
        let keys: Vec<f64> = (0..count)
            .map(|_| f64::from(rng.uniform(0.0, 1.0)))
            .collect();
        let random = places(&keys);
        inputs.push(cells.covered(|cell| random[cell] < covered));
    }
    let mut found = values(network, target, &inputs, batch).await?.into_iter();
    let mut next = || {
        let missing = || Error::Internal("a forward pass without a value".to_owned());
        found.next().ok_or_else(missing)
    };
    let (before, _) = next()?;
    let (after, scores_after) = next()?;
    let random = found.map(|(value, _)| value).sum::<f32>() / draws as f32;
    Ok(CoverTest {
        before,
        after,
        random,
        scores_after,
    })
}
