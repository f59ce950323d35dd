//! Seeded random numbers, the same on every device.

use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// A generator of random numbers that depend on the seed alone (ChaCha8).
pub struct Rng(ChaCha8Rng);

impl Rng {
    /// The generator with this seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// One of the independent streams with this seed.
    pub fn stream(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self(generator)
    }

    /// Uniform in `[low, high)`.
    pub fn uniform(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// `true` or `false` with equal probability.
    pub fn flip(&mut self) -> bool {
        self.0.next_u32() & 1 == 1
    }

    /// Normal with mean 0 and standard deviation 1 (Box & Muller).
    pub fn standard_normal(&mut self) -> f32 {
        let (radius, angle) = (1.0 - self.unit(), self.unit());
        (-2.0 * radius.ln()).sqrt() * (std::f32::consts::TAU * angle).cos()
    }

    /// A tensor of independent normal values with mean 0 and standard deviation `deviation`.
    pub fn normal_tensor<const D: usize>(
        &mut self,
        shape: [usize; D],
        deviation: f32,
        device: &Device,
    ) -> Tensor<D> {
        Tensor::from_data(
            TensorData::new(self.normal_values(shape.iter().product(), deviation), shape),
            device,
        )
    }

    /// `count` independent normal values with mean 0 and standard deviation `deviation`.
    pub fn normal_values(&mut self, count: usize, deviation: f32) -> Vec<f32> {
        (0..count)
            .map(|_| deviation * self.standard_normal())
            .collect()
    }

    /// Uniform in `[0, 1)`, with the 24 bits of an f32's significand.
    fn unit(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / (1 << 24) as f32
    }
}
