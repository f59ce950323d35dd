//! Everything that is left to chance.

use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Random numbers that depend on a seed alone: the same on every device.
pub struct Rng(ChaCha8Rng);

impl Rng {
    /// The sequence that belongs to `seed`.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// One of the independent sequences that belong to `seed`.
    pub fn stream(seed: u64, stream: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(stream);
        Self(random)
    }

    /// Uniform in `[low, high)`.
    pub fn uniform(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Either side of a coin.
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

    /// The same as plain values.
    pub fn normal_values(&mut self, count: usize, deviation: f32) -> Vec<f32> {
        (0..count)
            .map(|_| deviation * self.standard_normal())
            .collect()
    }

    /// Uniform in `[0, 1)`: the 24 bits that an f32 holds.
    fn unit(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / (1 << 24) as f32
    }
}
