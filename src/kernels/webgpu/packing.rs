//! The order of weights that the convolution kernels read.

/// Weights as `[blocks of outputs][inputs][taps][block]`, filled up with zeros: the number of
/// inputs to a multiple of `chunk`, the last block to `block` outputs. `weight` gives the weight of
/// an output channel, an input channel and a tap (a position in the kernel, row-major).
pub fn pack(
    outputs: usize,
    inputs: usize,
    taps: usize,
    chunk: usize,
    block: usize,
    weight: impl Fn(usize, usize, usize) -> f32,
) -> Vec<f32> {
    let padded_inputs = inputs.next_multiple_of(chunk);
    let mut packed = Vec::with_capacity(outputs.next_multiple_of(block) * padded_inputs * taps);
    for first in (0..outputs).step_by(block) {
        for input in 0..padded_inputs {
            for tap in 0..taps {
                packed.extend((first..first + block).map(|output| {
                    if output < outputs && input < inputs {
                        weight(output, input, tap)
                    } else {
                        0.0
                    }
                }));
            }
        }
    }
    packed
}
