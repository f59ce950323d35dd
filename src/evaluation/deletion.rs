//! Deletion and insertion: the target's value as cells are covered, or uncovered, in the order of a
//! map (Petsiuk, Das & Saenko 2018, RISE, arXiv 1806.07421).

use super::cells::{CellSettings, Cells, values};
use crate::error::Error;
use crate::gradient::Target;
use crate::image_input::Picture;
use crate::networks::Network;
use crate::progress::Progress;
use crate::saliency::SaliencyMap;

/// The target's values, posteriors of a class or a neuron's values, by the share of the cells that
/// is covered or uncovered.
#[derive(Debug, Clone, PartialEq)]
pub struct DeletionCurves {
    /// Shares, ascending from 0 to 1.
    pub shares: Vec<f64>,
    /// With this share of the cells covered, the brightest first. A low curve is a faithful map.
    pub deletion: Vec<f32>,
    /// With all but this share covered, the brightest uncovered first. A high curve is a faithful
    /// map.
    pub insertion: Vec<f32>,
}

impl DeletionCurves {
    /// Areas under both curves, by the trapezoidal rule: the means of their values.
    pub fn areas(&self) -> [f64; 2] {
        [&self.deletion, &self.insertion].map(|curve| {
            let heights = curve
                .windows(2)
                .map(|pair| f64::from(pair[0] + pair[1]) / 2.0);
            let widths = self.shares.windows(2).map(|pair| pair[1] - pair[0]);
            heights
                .zip(widths)
                .map(|(height, width)| height * width)
                .sum()
        })
    }
}

/// Covers and uncovers in `steps` steps of about as many cells: `2 * steps` forward passes, `batch`
/// of them together. `progress` counts them. Covered cells have the mean colour.
///
/// # Errors
/// `setting-out-of-range` unless `steps` is 1..=100, and for the cells' side; `class-out-of-range`;
/// `gpu-lost`; `cancelled` by `progress`.
pub async fn deletion_curves(
    network: &Network,
    photo: &Picture,
    map: &SaliencyMap,
    target: &Target,
    (steps, cells): (usize, CellSettings),
    batch: usize,
    progress: &dyn Progress,
) -> Result<DeletionCurves, Error> {
    if !(1..=100).contains(&steps) {
        return Err(Error::SettingOutOfRange(format!(
            "there must be 1..100 steps, not {steps}"
        )));
    }
    let cells = Cells::new(network, photo, map, cells)?;
    let (count, places) = (cells.places.len(), &cells.places);
    let ends: Vec<usize> = (0..=steps)
        .map(|step| (step * count + steps / 2) / steps)
        .collect();
    // Covering all is the start of the insertion, and uncovering all that of the deletion.
    let mut inputs: Vec<Vec<f32>> = ends
        .iter()
        .map(|&end| cells.covered(|cell| places[cell] < end))
        .collect();
    let inner = &ends[1..steps];
    inputs.extend(
        inner
            .iter()
            .map(|&end| cells.covered(|cell| places[cell] >= end)),
    );
    let total = inputs.len();
    let mut found = Vec::with_capacity(total);
    for inputs in inputs.chunks(batch.max(1)) {
        progress.report(found.len(), total).await?;
        let values = values(network, target, inputs, batch).await?;
        found.extend(values.into_iter().map(|(value, _)| value));
    }
    progress.report(total, total).await?;
    let (deletion, inner) = found.split_at(steps + 1);
    let insertion = [&deletion[steps..], inner, &deletion[..1]].concat();
    Ok(DeletionCurves {
        shares: ends.iter().map(|&end| end as f64 / count as f64).collect(),
        deletion: deletion.to_vec(),
        insertion,
    })
}
