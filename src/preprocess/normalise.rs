//! Converts pixel values to a network's input values and back.

use super::InputSpec;

impl InputSpec {
    /// RGBA pixels as the network's planes: `(range / 255 * value - mean) / std`.
    ///
    /// In: any number of pixels, row-major. Out: one plane per channel with one value per pixel, in
    /// the order of [`channels`](InputSpec::channels). Alpha is ignored.
    pub fn planes_from_pixels(&self, rgba: &[u8]) -> Vec<f32> {
        let scale = self.range / 255.0;
        let mut planes = Vec::with_capacity(rgba.len() / 4 * self.channels.planes());
        for (plane, (mean, std)) in self.mean.iter().zip(&self.std).enumerate() {
            planes.extend(rgba.chunks_exact(4).map(|pixel| {
                let value = f32::from(self.channels.value(plane, pixel));
                (scale * value - mean) / std
            }));
        }
        planes
    }

    /// The network's planes as opaque RGBA pixels: `255 / range * (value * std + mean)`, rounded
    /// and clamped to 0..=255. Grey becomes red, green and blue alike.
    ///
    /// The inverse of [`planes_from_pixels`](InputSpec::planes_from_pixels), for grey pixels if the
    /// network reads grey. NaN becomes 0.
    pub fn pixels_from_planes(&self, planes: &[f32]) -> Vec<u8> {
        let scale = 255.0 / self.range;
        let count = planes.len() / self.channels.planes();
        let mut rgba = vec![255; count * 4];
        for colour in 0..3 {
            let plane = self.channels.plane_of(colour);
            let (mean, std) = (self.mean[plane], self.std[plane]);
            for (pixel, value) in rgba.chunks_exact_mut(4).zip(&planes[plane * count..]) {
                // `as` clamps to 0..=255.
                pixel[colour] = (scale * (value * std + mean)).round() as u8;
            }
        }
        rgba
    }

    /// By how much each channel's input changes with a pixel value of 0 to 255: `range / 255 /
    /// std`.
    pub fn per_pixel_value(&self) -> Vec<f32> {
        let scale = self.range / 255.0;
        self.std.iter().map(|std| scale / std).collect()
    }

    /// Converts a gradient with respect to the network's planes to R, G and B planes of the
    /// gradient per unit of a 0..255 pixel value, or to one such plane of a grey picture. By the
    /// chain rule the factor is [`per_pixel_value`](InputSpec::per_pixel_value).
    pub fn gradient_per_pixel_value(&self, gradient: &[f32]) -> Vec<f32> {
        let factors = self.per_pixel_value();
        let count = gradient.len() / factors.len();
        let mut planes = Vec::with_capacity(gradient.len());
        for colour in 0..factors.len() {
            let plane = self.channels.plane_of(colour);
            let values = gradient[plane * count..][..count].iter();
            planes.extend(values.map(|value| factors[plane] * value));
        }
        planes
    }

    /// The same pictures with values of 0 to 255 and the mean subtracted, not divided by any
    /// standard deviation: times [`per_pixel_value`](InputSpec::per_pixel_value), they are this
    /// input.
    pub fn in_pixel_values(&self) -> InputSpec {
        let scale = 255.0 / self.range;
        InputSpec {
            range: 255.0,
            mean: self.mean.iter().map(|mean| scale * mean).collect(),
            std: vec![1.0; self.std.len()],
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ChannelOrder, Fit, InputSpec};

    fn spec(channels: ChannelOrder, range: f32, mean: &[f32], std: &[f32]) -> InputSpec {
        InputSpec {
            rows: 224,
            columns: 224,
            channels,
            range,
            mean: mean.to_vec(),
            std: std.to_vec(),
            fit: Fit::Squash,
        }
    }

    fn caffe() -> InputSpec {
        let mean = [103.939, 116.779, 123.68];
        spec(ChannelOrder::Bgr, 255.0, &mean, &[1.0; 3])
    }

    fn torchvision() -> InputSpec {
        let (mean, std) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
        spec(ChannelOrder::Rgb, 1.0, &mean, &std)
    }

    fn grey() -> InputSpec {
        spec(ChannelOrder::Grey, 1.0, &[0.5], &[0.25])
    }

    #[test]
    fn planes_are_in_the_order_of_channels_normalised_by_their_means_and_deviations() {
        let planes = caffe().planes_from_pixels(&[1, 2, 3, 255, 10, 20, 30, 255]);
        assert_eq!(
            planes,
            [
                3.0 - 103.939,
                30.0 - 103.939,
                2.0 - 116.779,
                20.0 - 116.779,
                1.0 - 123.68,
                10.0 - 123.68
            ]
        );
        let planes = torchvision().planes_from_pixels(&[255, 0, 51, 255]);
        let expected = [2.248_908_2, -2.035_714_3, -0.915_555_54];
        for (found, expected) in planes.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found}, not {expected}");
        }
        // Black and white.
        assert_eq!(
            grey().planes_from_pixels(&[0, 0, 0, 255, 255, 255, 255, 255]),
            [-2.0, 2.0]
        );
    }

    #[test]
    fn converting_pixels_back_and_forth_keeps_them() {
        let rgba: Vec<u8> = (0..=255)
            .flat_map(|value: u8| [value, 255 - value, value ^ 0x55, 255])
            .collect();
        let greys: Vec<u8> = (0..=255)
            .flat_map(|value: u8| [value, value, value, 255])
            .collect();
        for (spec, rgba) in [(caffe(), &rgba), (torchvision(), &rgba), (grey(), &greys)] {
            let back = spec.pixels_from_planes(&spec.planes_from_pixels(rgba));
            assert_eq!(&back, rgba);
        }
    }

    #[test]
    fn values_outside_the_pixel_range_are_clamped() {
        assert_eq!(
            caffe().pixels_from_planes(&[1e9, -1e9, f32::NAN]),
            [0, 0, 255, 255]
        );
    }

    #[test]
    fn gradients_are_converted_to_red_green_blue_per_pixel_value() {
        assert_eq!(
            caffe().gradient_per_pixel_value(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
            [5.0, 6.0, 3.0, 4.0, 1.0, 2.0]
        );
        let halves = spec(ChannelOrder::Rgb, 1.0, &[0.0; 3], &[1.0, 0.5, 2.0]);
        assert_eq!(
            halves.gradient_per_pixel_value(&[255.0, 510.0, -255.0]),
            [1.0, 4.0, -0.5]
        );
        assert_eq!(grey().gradient_per_pixel_value(&[255.0, 0.0]), [4.0, 0.0]);
    }

    #[test]
    fn pixel_values_times_their_factors_are_the_input() {
        let pixels = [200, 30, 4, 255];
        for spec in [caffe(), torchvision(), grey()] {
            let input = spec.planes_from_pixels(&pixels);
            let values = spec.in_pixel_values().planes_from_pixels(&pixels);
            for ((value, factor), input) in values.iter().zip(spec.per_pixel_value()).zip(input) {
                assert!((value * factor - input).abs() < 1e-5);
            }
        }
    }
}
