//! Converts pixel values to a network's input values and back.

use super::InputSpec;

impl InputSpec {
    /// RGBA pixels as the network's planes: `range / 255 * value - mean`.
    ///
    /// In: any number of pixels, row-major. Out: three planes with one value per pixel, in the
    /// order of [`channels`](InputSpec::channels). Alpha is ignored.
    pub fn planes_from_pixels(&self, rgba: &[u8]) -> Vec<f32> {
        let scale = self.range / 255.0;
        let mut planes = Vec::with_capacity(rgba.len() / 4 * 3);
        for (colour, mean) in self.channels.colours().into_iter().zip(self.mean) {
            planes.extend(
                rgba.chunks_exact(4)
                    .map(|pixel| scale * f32::from(pixel[colour]) - mean),
            );
        }
        planes
    }

    /// The network's planes as opaque RGBA pixels: `255 / range * (value + mean)`, rounded and
    /// clamped to 0..=255.
    ///
    /// The inverse of [`planes_from_pixels`](InputSpec::planes_from_pixels). NaN becomes 0.
    pub fn pixels_from_planes(&self, planes: &[f32]) -> Vec<u8> {
        let scale = 255.0 / self.range;
        let count = planes.len() / 3;
        let mut rgba = vec![255; count * 4];
        for (plane, (colour, mean)) in self
            .channels
            .colours()
            .into_iter()
            .zip(self.mean)
            .enumerate()
        {
            for (pixel, value) in rgba.chunks_exact_mut(4).zip(&planes[plane * count..]) {
                // `as` clamps to 0..=255.
                pixel[colour] = (scale * (value + mean)).round() as u8;
            }
        }
        rgba
    }

    /// Converts a gradient with respect to the network's planes to R, G and B planes of the
    /// gradient per unit of a 0..255 pixel value. By the chain rule the factor is `range / 255`.
    pub fn gradient_per_pixel_value(&self, gradient: &[f32]) -> Vec<f32> {
        let scale = self.range / 255.0;
        let count = gradient.len() / 3;
        let mut planes = Vec::with_capacity(gradient.len());
        for plane in self.channels.colours() {
            planes.extend(
                gradient[plane * count..][..count]
                    .iter()
                    .map(|value| scale * value),
            );
        }
        planes
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ChannelOrder, InputSpec};

    const CAFFE: InputSpec = InputSpec {
        side: 227,
        channels: ChannelOrder::Bgr,
        range: 255.0,
        mean: [103.939, 116.779, 123.68],
    };
    const UNIT_RGB: InputSpec = InputSpec {
        side: 224,
        channels: ChannelOrder::Rgb,
        range: 1.0,
        mean: [0.485, 0.456, 0.406],
    };

    #[test]
    fn a_manifest_row_is_read() {
        let row =
            r#"{"side": 227, "channels": "BGR", "range": 255, "mean": [103.939, 116.779, 123.68]}"#;
        assert_eq!(serde_json::from_str::<InputSpec>(row).unwrap(), CAFFE);
    }

    #[test]
    fn planes_are_in_the_order_of_channels_with_their_means_subtracted() {
        let planes = CAFFE.planes_from_pixels(&[1, 2, 3, 255, 10, 20, 30, 255]);
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
        let unit = UNIT_RGB.planes_from_pixels(&[255, 0, 0, 255]);
        assert!((unit[0] - 0.515).abs() < 1e-6 && unit[1] == -0.456 && unit[2] == -0.406);
    }

    #[test]
    fn converting_pixels_back_and_forth_keeps_them() {
        let rgba: Vec<u8> = (0..=255)
            .flat_map(|value: u8| [value, 255 - value, value ^ 0x55, 255])
            .collect();
        for spec in [CAFFE, UNIT_RGB] {
            assert_eq!(
                spec.pixels_from_planes(&spec.planes_from_pixels(&rgba)),
                rgba
            );
        }
    }

    #[test]
    fn values_outside_the_pixel_range_are_clamped() {
        assert_eq!(
            CAFFE.pixels_from_planes(&[1e9, -1e9, f32::NAN]),
            [0, 0, 255, 255]
        );
    }

    #[test]
    fn gradients_are_converted_to_red_green_blue_per_pixel_value() {
        assert_eq!(
            CAFFE.gradient_per_pixel_value(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
            [5.0, 6.0, 3.0, 4.0, 1.0, 2.0]
        );
        assert_eq!(
            UNIT_RGB.gradient_per_pixel_value(&[255.0, 510.0, -255.0]),
            [1.0, 2.0, -1.0]
        );
    }
}
