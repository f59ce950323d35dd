//! The kernels' descriptors: what the text of each depends on.

use deep_inside_gpu::burn_wgpu::{KernelSource, SourceTemplate};
use deep_inside_gpu::cubecl::prelude::KernelId;

use super::convolution::{self, Tile};
use super::mask::MaskKind;
use super::pointwise::{self, Formula};
use super::{max_pool, max_pool_backward, relu_backward, transposed};

/// Invocations per workgroup of convolutions, forward and backward; `@workgroup_size` in their
/// templates.
pub const CONVOLUTION_GROUP: usize = 32;

/// Invocations per workgroup of all other kernels.
pub const PLANE_GROUP: usize = 64;

/// A kernel. Each different value is compiled once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shader {
    /// `convolution.wgsl`, with bias.
    Convolution {
        /// Side of the kernel.
        kernel: usize,
        /// Distance between windows.
        stride: usize,
        /// The pixels that an invocation computes.
        tile: Tile,
    },
    /// `convolution.wgsl` of rotated weights, without bias.
    ConvolutionBackward {
        /// Side of the kernel.
        kernel: usize,
        /// The pixels that an invocation computes.
        tile: Tile,
        /// Applied to the sums.
        mask: MaskKind,
        /// Whether the output is added to.
        accumulate: bool,
    },
    /// `transposed.wgsl`.
    Transposed {
        /// Side of the kernel.
        kernel: usize,
        /// Distance between windows.
        stride: usize,
        /// Applied to the sums.
        mask: MaskKind,
        /// Whether the output is added to.
        accumulate: bool,
    },
    /// `relu_backward.wgsl`.
    ReluBackward {
        /// The ReLU's rule.
        mask: MaskKind,
    },
    /// `max_pool.wgsl`.
    MaxPool {
        /// Side of the window.
        kernel: usize,
        /// Distance between windows.
        stride: usize,
    },
    /// `max_pool_backward.wgsl`.
    MaxPoolBackward {
        /// Side of the window.
        kernel: usize,
        /// Distance between windows.
        stride: usize,
        /// Applied to the sums.
        mask: MaskKind,
    },
    /// `pointwise.wgsl`.
    Pointwise(Formula),
}

impl Shader {
    /// Invocations per workgroup.
    pub fn group(&self) -> usize {
        match self {
            Shader::Convolution { .. }
            | Shader::ConvolutionBackward { .. }
            | Shader::Transposed { .. } => CONVOLUTION_GROUP,
            Shader::ReluBackward { .. }
            | Shader::MaxPool { .. }
            | Shader::MaxPoolBackward { .. }
            | Shader::Pointwise(_) => PLANE_GROUP,
        }
    }
}

impl KernelSource for Shader {
    fn source(&self) -> SourceTemplate {
        match *self {
            Shader::Convolution {
                kernel,
                stride,
                tile,
            } => convolution::forward(kernel, stride, tile),
            Shader::ConvolutionBackward {
                kernel,
                tile,
                mask,
                accumulate,
            } => convolution::backward(kernel, tile, mask, accumulate),
            Shader::Transposed {
                kernel,
                stride,
                mask,
                accumulate,
            } => transposed::template(kernel, stride, mask, accumulate),
            Shader::ReluBackward { mask } => relu_backward::template(mask),
            Shader::MaxPool { kernel, stride } => max_pool::template(kernel, stride),
            Shader::MaxPoolBackward {
                kernel,
                stride,
                mask,
            } => max_pool_backward::template(kernel, stride, mask),
            Shader::Pointwise(formula) => pointwise::template(formula),
        }
    }

    fn id(&self) -> KernelId {
        KernelId::new::<Self>().info(*self)
    }

    fn lang(&self) -> &'static str {
        "wgsl"
    }
}

/// WGSL declarations of the buffers `names`, bound from `first` on.
pub fn bindings(first: usize, names: &[&str]) -> String {
    let declarations = names.iter().enumerate().map(|(k, &name)| {
        let (access, element) = match name {
            "output" | "running_mean" | "running_square" => ("read_write", "f32"),
            "info" | "argmax" => ("read", "u32"),
            _ => ("read", "f32"),
        };
        let binding = first + k;
        format!("@group(0) @binding({binding}) var<storage, {access}> {name}: array<{element}>;")
    });
    declarations.collect::<Vec<_>>().join("\n")
}
