//! From a photo to a saliency map: crops, batches of passes, and the mean over the crops.

use burn::tensor::Tensor;

use super::{AttributionInput, Saliency, SaliencyMap, SaliencySettings};
use crate::device::read_back;
use crate::error::Error;
use crate::gradient::score;
use crate::image_input::Picture;
use crate::imaging::interpolate_grid;
use crate::networks::Network;
use crate::preprocess::PhotoCrops;
use crate::progress::Progress;

/// Computes the map of `photo`. For each crop, the method's attribution is reduced to its magnitude
/// and to its sum over the channels; both are un-mirrored and added where the crop lies in the
/// photo. Cells that several crops cover get their mean, and cells that none covers are 0: a
/// network with a centre crop does not see the margin of the photo.
///
/// Up to `batch` passes are computed together. `progress` counts passes, before each batch and
/// after the last.
///
/// # Errors
/// `setting-out-of-range`, `class-out-of-range`, `gpu-lost`, `cancelled` by `progress`.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use deep_inside::gradient::Target;
/// use deep_inside::image_input::decode_file;
/// use deep_inside::networks::Network;
/// use deep_inside::preprocess::Crops;
/// use deep_inside::progress::NoProgress;
/// use deep_inside::saliency::{SaliencySettings, saliency_map};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let weights = std::fs::read("weights/squeezenet1_1.onnx")?;
/// let network = Network::load("squeezenet1_1", &weights, &Device::flex())?;
/// let photo = decode_file(&std::fs::read("www/samples/chelsea.jpg")?)?;
///
/// let egyptian_cat = Target::Class(285);
/// let settings = SaliencySettings { crops: Crops::One, ..SaliencySettings::new(egyptian_cat) };
/// let saliency = pollster::block_on(saliency_map(&network, &photo, &settings, 1, &NoProgress))?;
///
/// // The map is on the grid of the network's input; it can be sampled at any size.
/// assert_eq!((saliency.map.rows, saliency.map.columns), (227, 227));
/// let in_photo = saliency.map.sampled(photo.width() as usize, photo.height() as usize);
/// assert_eq!(in_photo.len(), 451 * 300);
/// # Ok(())
/// # }
/// ```
pub async fn saliency_map(
    network: &Network,
    photo: &Picture,
    settings: &SaliencySettings,
    batch: usize,
    progress: &dyn Progress,
) -> Result<Saliency, Error> {
    settings.check()?;
    let method = settings.method;
    if let Some(reason) = method.undefined_for(network) {
        return Err(Error::SettingOutOfRange(format!(
            "{}: {reason}",
            method.title
        )));
    }
    let spec = &network.input;
    let photo = PhotoCrops::new(photo, spec, settings.crops)?;
    let (mut values, mut signed) = (photo.mean_map(), photo.mean_map());
    let (mut total_error, mut total_rise) = (0.0, 0.0);
    let passes = (method.passes)(settings);
    let total = photo.crops().len() * passes;
    let mut done = 0;
    // A method that sums passes gets one crop at a time, even if it is set to one pass.
    let sums_passes = (method.passes)(&SaliencySettings::new(settings.target.clone())) > 1;
    for crops in photo.crops().chunks(if sums_passes { 1 } else { batch }) {
        let planes = crops
            .iter()
            .flat_map(|&crop| photo.input(crop, spec))
            .collect();
        let input = AttributionInput {
            network,
            settings,
            pictures: network.upload(planes, spec.dims(crops.len())),
        };
        let mut attribution: Option<Tensor<4>> = None;
        for first in (0..passes).step_by(batch) {
            progress.report(done, total).await?;
            let range = first..passes.min(first + batch);
            done += crops.len() * range.len();
            let contribution = (method.attribute)(&input, range)?;
            attribution = Some(match attribution.take() {
                Some(sum) => sum + contribution,
                None => contribution,
            });
        }
        let attribution = attribution
            .ok_or_else(|| Error::Internal("a saliency method without a pass".to_owned()))?;
        let [_, _, rows, columns] = attribution.dims();
        let magnitude_and_sum = Tensor::cat(
            vec![
                (method.magnitude)(attribution.clone()),
                attribution.sum_dim(1),
            ],
            1,
        );
        let magnitude_and_sum = read_back(magnitude_and_sum).await?;
        for (&crop, maps) in crops
            .iter()
            .zip(magnitude_and_sum.chunks_exact(2 * rows * columns))
        {
            let (magnitudes, sums) = maps.split_at(rows * columns);
            for (mean, map) in [(&mut values, magnitudes), (&mut signed, sums)] {
                let map = interpolate_grid(map, [rows, columns], spec.columns, spec.rows);
                mean.add(crop, &map);
            }
            if method.complete {
                let rise = rise(&input).await?;
                total_error +=
                    (sums.iter().map(|&value| f64::from(value)).sum::<f64>() - rise).abs();
                total_rise += rise.abs();
            }
        }
    }
    progress.report(total, total).await?;
    let [rows, columns] = values.size();
    let map = SaliencyMap {
        values: values.values(),
        rows,
        columns,
    };
    Ok(Saliency {
        map,
        signed: signed.values(),
        completeness_gap: (method.complete && total_rise > 0.0).then_some(total_error / total_rise),
    })
}

/// The score of the input's only picture minus that of the mean picture.
async fn rise(input: &AttributionInput<'_>) -> Result<f64, Error> {
    let both = Tensor::cat(vec![input.pictures.clone(), input.pictures.zeros_like()], 0);
    let scores = read_back(score(input.network, both, &input.settings.target)?).await?;
    Ok(f64::from(scores[0]) - f64::from(scores[1]))
}
