//! Max-pooling.

use burn::backend::Dispatch;
use burn::tensor::{Int, Tensor};

use super::{InputRelu, Kernels, ReluMask, Window};

/// What happens where the last window does not fit into the padded plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// It is left out.
    Floor,
    /// It extends beyond the edge if it starts in the input or in the padding before it: `ceil_mode`
    /// of PyTorch and ONNX, and Caffe's rule.
    Ceil,
}

/// Sizes of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolShape {
    /// Its windows. In a max-pool padding never wins.
    pub window: Window,
    /// What happens to the last window.
    pub rounding: Rounding,
}

impl PoolShape {
    /// Square windows without padding, of which the last one may extend beyond the edge, as in
    /// Caffe.
    pub const fn square(kernel: usize, stride: usize) -> Self {
        Self {
            window: Window::square(kernel, stride, 0),
            rounding: Rounding::Ceil,
        }
    }

    /// Rows and columns of the output, from those of the input.
    pub fn output_size(&self, size: [usize; 2]) -> [usize; 2] {
        let Window {
            stride, padding, ..
        } = self.window;
        let (before, after, span) = (padding.before(), padding.after(), self.window.span());
        match self.rounding {
            Rounding::Floor => self.window.count(size),
            Rounding::Ceil => std::array::from_fn(|axis| {
                let first_end = size[axis] + before[axis];
                let rest = (first_end + after[axis]).saturating_sub(span[axis]);
                let last = rest.div_ceil(stride[axis]);
                last + usize::from(last * stride[axis] < first_end)
            }),
        }
    }

    /// Whether every window over an input of `size` has a value in the input.
    ///
    /// # Errors
    /// A sentence about a window that has none, or about numbers as in [`Window::check`].
    pub fn check(&self, size: [usize; 2]) -> Result<(), String> {
        self.window.check()?;
        let Window {
            kernel,
            stride,
            dilation,
            padding,
        } = self.window;
        let output = self.output_size(size);
        for axis in [0, 1] {
            let before = padding.before()[axis];
            let has_value = |window: usize| {
                let start = window * stride[axis];
                let first = before.saturating_sub(start).div_ceil(dilation[axis]);
                first < kernel[axis] && start + first * dilation[axis] < before + size[axis]
            };
            if output[axis] == 0 || !(0..output[axis]).all(has_value) {
                return Err(format!(
                    "a window of {kernel:?} has no value in an input of {size:?}"
                ));
            }
        }
        Ok(())
    }
}

/// The maximum of each window, and its argmax: the offset in the window, `ky * kernel[1] + kx`, of
/// the first maximum. Every window must have a value in the input.
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
