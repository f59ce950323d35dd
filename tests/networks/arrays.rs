//! Arrays of the files here, and values on the device.

use burn::tensor::{Device, Tensor, TensorData};
use deep_inside::graph::Value;
use pollster::block_on;
use safetensors::SafeTensors;

/// A float32 array of a file.
pub fn floats(file: &SafeTensors<'_>, key: &str) -> (Vec<usize>, Vec<f32>) {
    let view = file.tensor(key).unwrap();
    assert_eq!(view.dtype(), safetensors::Dtype::F32, "{key}");
    let (values, _) = view.data().as_chunks();
    let values = values.iter().map(|&bytes| f32::from_le_bytes(bytes));
    (view.shape().to_vec(), values.collect())
}

/// The device of the tests.
pub fn device() -> Device {
    Device::flex()
}

/// Values on the device.
pub fn to_device(values: Vec<f32>, sizes: &[usize]) -> Value {
    let count = values.len();
    let tensor = Tensor::<1>::from_data(TensorData::new(values, [count]), &device());
    Value::from(tensor).with_sizes(sizes)
}

/// Values from the device.
pub fn from_device(value: Value) -> Vec<f32> {
    let count = value.sizes().iter().product();
    let data = block_on(value.reshape::<1>([count]).into_data_async()).unwrap();
    data.try_to_vec().unwrap()
}

/// |found - expected| / |expected|.
pub fn relative_difference(found: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let square = |value: f64| value * value;
    let pairs = found.iter().zip(expected);
    let difference: f64 = pairs
        .map(|(&a, &b)| square(f64::from(a) - f64::from(b)))
        .sum();
    let norm: f64 = expected.iter().map(|&b| square(f64::from(b))).sum();
    (difference / norm).sqrt()
}
