//! Feature maps with more or fewer rows and columns.

use super::Import;
use crate::error::Error;
use crate::graph::operators::{AxisWeights, Resample};

pub fn resize(import: &mut Import<'_, '_>, index: usize) -> Result<(), Error> {
    let input = import.plain_argument(index, 0)?;
    let [channels, rows, columns] = import.feature_map(index, input)?;
    let node = &import.nodes[index];
    let method = Method::of(import, index)?;
    // Before version 11 there is no region of interest; before version 9 scales are an attribute.
    let region = node.op_type == "Resize" && node.version >= 11;
    let scales = match import.floats(index, if region { 2 } else { 1 })? {
        None => node.floats("scales")?.map(<[f32]>::to_vec),
        scales => scales,
    };
    let scales = scales.filter(|scales| !scales.is_empty());
    let sizes = if region {
        import.integers(index, 3, "sizes")?
    } else {
        None
    };
    let axes = node.ints("axes")?;
    let axes = axes.map_or_else(|| vec![0, 1, 2, 3], <[i64]>::to_vec);
    let place = |axis: i64| {
        let mut axes = axes.iter();
        axes.position(|&given| given == axis || given == axis - 4)
    };
    // Of all axes that are resized the same scale, the smallest or the largest.
    let policy = node.text("keep_aspect_ratio_policy")?.unwrap_or("stretch");
    let common = match (policy, &sizes) {
        ("stretch", _) | (_, None) => None,
        ("not_larger" | "not_smaller", Some(sizes)) => {
            let (Some(down), Some(across), 2) = (place(2), place(3), axes.len()) else {
                return Err(import.unsupported(index, "it resizes the batch or the channels"));
            };
            let scale = |k: usize, length| sizes.get(k).map(|&size| size as f64 / length as f64);
            let scales = [scale(down, rows), scale(across, columns)];
            let scales = scales.into_iter().flatten();
            Some(match policy {
                "not_larger" => scales.fold(f64::INFINITY, f64::min),
                _ => scales.fold(0.0, f64::max),
            })
        }
        (other, _) => return Err(import.unsupported(index, format!("the policy {other}"))),
    };
    let mut weights = Vec::with_capacity(2);
    for (axis, length) in [(2, rows), (3, columns)] {
        let size = match (&sizes, &scales, place(axis)) {
            (_, _, None) => (length, 1.0),
            _ if let Some(scale) = common => ((scale * length as f64).round() as usize, scale),
            (Some(sizes), _, Some(k)) => {
                let size = sizes.get(k).and_then(|&size| usize::try_from(size).ok());
                let size = size.ok_or_else(|| import.corrupt(index, "a size is missing"))?;
                (size, size as f64 / length as f64)
            }
            (None, Some(scales), Some(k)) => {
                let scale = scales.get(k).copied().unwrap_or(1.0);
                (
                    (f64::from(scale) * length as f64).floor() as usize,
                    f64::from(scale),
                )
            }
            (None, None, _) => return Err(import.corrupt(index, "it has no sizes")),
        };
        weights.push(method.weights(length, size));
    }
    let is_resized = |axis: i64, length: usize| {
        let scale = |k: usize| match &sizes {
            Some(sizes) => sizes.get(k).is_some_and(|&size| size != length as i64),
            None => scales
                .as_ref()
                .is_some_and(|scales| scales.get(k).is_some_and(|&scale| scale != 1.0)),
        };
        place(axis).is_some_and(scale)
    };
    if is_resized(0, 1) || is_resized(1, channels) {
        return Err(import.unsupported(index, "it resizes the batch or the channels"));
    }
    let Ok(axes) = <[AxisWeights; 2]>::try_from(weights) else {
        return Err(import.corrupt(index, "it has no sizes"));
    };
    let operator = Resample {
        kind: "resize",
        axes,
    };
    let node = import.add(index, operator, &[input])?;
    import.set_plain(index, node);
    Ok(())
}

/// How an output position is made of input positions.
struct Method<'a> {
    mode: &'a str,
    coordinates: &'a str,
    nearest: &'a str,
    cubic: f64,
    exclude_outside: bool,
    /// Whether the filter widens where the output is smaller.
    smooth: bool,
}

impl<'a> Method<'a> {
    fn of(import: &Import<'a, '_>, index: usize) -> Result<Self, Error> {
        let node = &import.nodes[index];
        let old = node.op_type == "Upsample" || node.version < 11;
        let coordinates = if old { "asymmetric" } else { "half_pixel" };
        let nearest = if old { "floor" } else { "round_prefer_floor" };
        let method = Self {
            mode: node.text("mode")?.unwrap_or("nearest"),
            coordinates: node
                .text("coordinate_transformation_mode")?
                .unwrap_or(coordinates),
            nearest: node.text("nearest_mode")?.unwrap_or(nearest),
            cubic: f64::from(node.float("cubic_coeff_a")?.unwrap_or(-0.75)),
            exclude_outside: node.int("exclude_outside")?.unwrap_or(0) != 0,
            smooth: node.int("antialias")?.unwrap_or(0) != 0,
        };
        let known = ["nearest", "linear", "bilinear", "cubic"].contains(&method.mode)
            && [
                "half_pixel",
                "half_pixel_symmetric",
                "pytorch_half_pixel",
                "align_corners",
                "asymmetric",
            ]
            .contains(&method.coordinates)
            && ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]
                .contains(&method.nearest);
        if !known {
            let reason = format!("the mode {} with {}", method.mode, method.coordinates);
            return Err(import.unsupported(index, reason));
        }
        Ok(method)
    }

    /// The weights of an axis of this length, for an output of this size.
    fn weights(&self, length: usize, (size, scale): (usize, f64)) -> AxisWeights {
        let mut weights = vec![0.0f32; size * length];
        let last = length as i64 - 1;
        for (k, row) in weights.chunks_exact_mut(length.max(1)).enumerate() {
            let at = self.coordinate(k as f64, length as f64, size as f64, scale);
            let mut taps: Vec<(i64, f64)> = match self.mode {
                "nearest" => vec![(self.nearest_to(at), 1.0)],
                mode => {
                    let narrow = if self.smooth { scale.min(1.0) } else { 1.0 };
                    let reach = if mode == "cubic" { 2.0 } else { 1.0 } / narrow;
                    let weight = |entry: i64| match (entry as f64 - at) * narrow {
                        distance if mode == "cubic" => self.cubic_weight(distance),
                        distance => (1.0 - distance.abs()).max(0.0),
                    };
                    let entries = (at - reach).ceil() as i64..=(at + reach).floor() as i64;
                    entries.map(|entry| (entry, weight(entry))).collect()
                }
            };
            if self.exclude_outside || self.smooth {
                if self.exclude_outside {
                    taps.retain(|(entry, _)| (0..=last).contains(entry));
                }
                let sum: f64 = taps.iter().map(|(_, weight)| weight).sum();
                taps.iter_mut().for_each(|(_, weight)| *weight /= sum);
            }
            for (entry, weight) in taps {
                row[entry.clamp(0, last) as usize] += weight as f32;
            }
        }
        AxisWeights {
            length: size,
            weights,
        }
    }

    /// Where an output position lies in the input.
    fn coordinate(&self, k: f64, length: f64, size: f64, scale: f64) -> f64 {
        let half_pixel = (k + 0.5) / scale - 0.5;
        match self.coordinates {
            "asymmetric" => k / scale,
            "align_corners" | "pytorch_half_pixel" if size == 1.0 => 0.0,
            // The output's length before it is rounded.
            "align_corners" => k * (length - 1.0) / (scale * length - 1.0),
            "half_pixel_symmetric" => {
                let adjustment = size / (scale * length);
                length / 2.0 * (1.0 - adjustment) + half_pixel
            }
            _ => half_pixel,
        }
    }

    fn nearest_to(&self, at: f64) -> i64 {
        let rounded = match self.nearest {
            "floor" => at.floor(),
            "ceil" => at.ceil(),
            "round_prefer_ceil" => (at + 0.5).floor(),
            _ => (at - 0.5).ceil(),
        };
        rounded as i64
    }

    /// The cubic convolution kernel (Keys 1981) at a distance of at most 2.
    fn cubic_weight(&self, distance: f64) -> f64 {
        let (d, a) = (distance.abs(), self.cubic);
        if d <= 1.0 {
            ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0
        } else {
            ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a
        }
    }
}
