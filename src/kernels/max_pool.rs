//! Max-pooling.

use burn::backend::Dispatch;
use burn::tensor::{Int, Tensor};

use super::{InputRelu, Kernels, ReluMask};

/// Sizes of a max-pool with square windows and no padding. The last window may extend beyond the
/// edge ("ceil mode"), as in Caffe, but does not lie outside entirely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolShape {
    /// Side of the window.
    pub kernel: usize,
    /// Distance between windows.
    pub stride: usize,
}

impl PoolShape {
    /// Rows and columns of the output, from those of the input.
    pub fn output_size(&self, size: [usize; 2]) -> [usize; 2] {
        size.map(|length| {
            let windows = length.saturating_sub(self.kernel).div_ceil(self.stride) + 1;
            windows.min(length.div_ceil(self.stride))
        })
    }
}

/// The maximum of each window, and its argmax: the offset in the window, `ky * kernel + kx`, of the
/// first maximum.
pub fn max_pool(input: Tensor<4>, shape: PoolShape) -> (Tensor<4>, Tensor<4, Int>) {
    let (output, argmax) = Dispatch::max_pool(input.into_dispatch(), shape);
    (Tensor::from_dispatch(output), Tensor::from_dispatch(argmax))
}

/// Gradient of [`max_pool`] with respect to its input, of `size` `[rows, columns]`. If the input is
/// the output of a ReLU, `mask` applies that ReLU's rule to the result.
pub fn max_pool_backward(
    signal: Tensor<4>,
    argmax: Tensor<4, Int>,
    shape: PoolShape,
    size: [usize; 2],
    mask: Option<ReluMask>,
) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::max_pool_backward(
        signal.into_dispatch(),
        argmax.into_dispatch(),
        InputRelu::new(mask),
        shape,
        size,
    ))
}
