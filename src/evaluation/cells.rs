//! A photo divided into square cells, which can be covered.

use burn::tensor::Tensor;

use crate::device::read_back;
use crate::error::Error;
use crate::gradient::{Target, score};
use crate::image_input::Picture;
use crate::networks::{Network, softmax};
use crate::preprocess::{Crops, PhotoCrops};
use crate::saliency::SaliencyMap;

/// The size of the cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CellSettings {
    /// Side of a cell in pixels of the network's input; `None`: a 32nd of its longer side.
    pub side: Option<usize>,
}

/// The cells of one crop of a photo, the whole photo or its middle, in the order of a map.
pub struct Cells {
    /// The network's input, `[channels, rows, columns]`.
    planes: Vec<f32>,
    rows: usize,
    columns: usize,
    side: usize,
    /// Cells in a row of cells.
    across: usize,
    /// Of each cell, row-major: its place, from 0, by descending mean of the map. Of equal cells, the
    /// first comes first.
    pub places: Vec<usize>,
}

impl Cells {
    /// The cells of the view of `photo` that [`Engine::classify`](crate::Engine::classify) scores.
    ///
    /// # Errors
    /// `setting-out-of-range` for a side that leaves fewer than two cells, and 0.
    pub fn new(
        network: &Network,
        photo: &Picture,
        map: &SaliencyMap,
        settings: CellSettings,
    ) -> Result<Self, Error> {
        let spec = &network.input;
        let [rows, columns] = [spec.rows, spec.columns];
        let side = settings.side.unwrap_or(rows.max(columns).div_ceil(32));
        if side == 0 || side >= rows.max(columns) {
            return Err(Error::SettingOutOfRange(format!(
                "cells of {side} pixels do not divide an input of {rows} x {columns}"
            )));
        }
        let crops = PhotoCrops::new(photo, spec, Crops::One)?;
        let crop = crops.crops()[0];
        let [photo_rows, photo_columns] = crops.mean_map().size();
        let heat = map.sampled(photo_columns, photo_rows);
        let [down, across] = [rows.div_ceil(side), columns.div_ceil(side)];
        let mut sums = vec![(0.0, 0u32); down * across];
        for row in 0..rows {
            let start = (crop.top + row) * photo_columns + crop.left;
            for (column, &value) in heat[start..start + columns].iter().enumerate() {
                let (sum, count) = &mut sums[row / side * across + column / side];
                *sum += f64::from(value);
                *count += 1;
            }
        }
        let darkness: Vec<f64> = sums
            .iter()
            .map(|&(sum, count)| -sum / f64::from(count))
            .collect();
        Ok(Self {
            planes: crops.input(crop, spec),
            rows,
            columns,
            side,
            across,
            places: places(&darkness),
        })
    }

    /// The network's input with the cells covered that `covers` names by their row-major index.
    pub fn covered(&self, covers: impl Fn(usize) -> bool) -> Vec<f32> {
        let mut planes = self.planes.clone();
        for (row, values) in planes.chunks_exact_mut(self.columns).enumerate() {
            let first = row % self.rows / self.side * self.across;
            for (column, value) in values.iter_mut().enumerate() {
                if covers(first + column / self.side) {
                    *value = 0.0;
                }
            }
        }
        planes
    }
}

/// The place of each value, from 0, in ascending order. Of equal values, the first comes first.
pub fn places(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut places = vec![0; values.len()];
    for (place, &index) in order.iter().enumerate() {
        places[index] = place;
    }
    places
}

/// The target's value for each of `inputs`, with all class scores if it is a class: its posterior,
/// or the difference or the neuron's value. Computes `batch` of them together.
///
/// # Errors
/// As [`Target::probe`]; `gpu-lost`.
pub async fn values(
    network: &Network,
    target: &Target,
    inputs: &[Vec<f32>],
    batch: usize,
) -> Result<Vec<(f32, Vec<f32>)>, Error> {
    let mut values = Vec::with_capacity(inputs.len());
    for inputs in inputs.chunks(batch.max(1)) {
        let pictures = network.upload(inputs.concat(), network.input.dims(inputs.len()));
        match *target {
            Target::Class(class) => {
                target.probe(network, [network.input.rows, network.input.columns])?;
                let scores = read_back::<2>(network.scores(pictures)?).await?;
                let classes = scores.len() / inputs.len();
                for scores in scores.chunks_exact(classes) {
                    values.push((softmax(scores)[class], scores.to_vec()));
                }
            }
            Target::Difference { .. } | Target::Neuron { .. } => {
                let scores: Tensor<1> = score(network, pictures, target)?;
                let scores = read_back(scores).await?;
                values.extend(scores.into_iter().map(|value| (value, Vec::new())));
            }
        }
    }
    Ok(values)
}
