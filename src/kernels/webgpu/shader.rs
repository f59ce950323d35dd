//! The kernels' descriptors: what the text of each depends on.

use deep_inside_gpu::burn_wgpu::{KernelSource, SourceTemplate};
use deep_inside_gpu::cubecl::prelude::KernelId;

use super::convolution::{self, Tile};
use super::mask::MaskKind;
use super::pointwise::{self, Formula};
use super::{depthwise, gathered, max_pool, max_pool_backward, relu_backward, transposed};
use crate::kernels::Window;

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
        /// The windows, without padding.
        window: Window,
        /// The pixels that an invocation computes.
        tile: Tile,
    },
    /// `convolution.wgsl` of rotated weights, without bias.
    ConvolutionBackward {
        /// The windows, without padding.
        window: Window,
        /// The pixels that an invocation computes.
        tile: Tile,
        /// Applied to the sums.
        mask: MaskKind,
        /// Whether the output is added to.
        accumulate: bool,
    },
    /// `transposed.wgsl`.
    Transposed {
        /// The windows, without padding.
        window: Window,
        /// Applied to the sums.
        mask: MaskKind,
        /// Whether the output is added to.
        accumulate: bool,
    },
    /// `gathered.wgsl`.
    Gathered {
        /// The windows, without padding.
        window: Window,
        /// Applied to the sums.
        mask: MaskKind,
        /// Whether the output is added to.
        accumulate: bool,
    },
    /// `depthwise.wgsl`, with bias.
    Depthwise {
        /// The windows, without padding.
        window: Window,
    },
    /// The gradient by `depthwise.wgsl`.
    DepthwiseBackward {
        /// The windows, without padding.
        window: Window,
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
        /// The windows, without padding.
        window: Window,
        /// Whether the last row or column stands for those beyond it.
        clamps: bool,
    },
    /// `max_pool_backward.wgsl`.
    MaxPoolBackward {
        /// The windows, without padding.
        window: Window,
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
            Shader::Gathered { .. }
            | Shader::Depthwise { .. }
            | Shader::DepthwiseBackward { .. }
            | Shader::ReluBackward { .. }
            | Shader::MaxPool { .. }
            | Shader::MaxPoolBackward { .. }
            | Shader::Pointwise(_) => PLANE_GROUP,
        }
    }
}

impl KernelSource for Shader {
    fn source(&self) -> SourceTemplate {
        match *self {
            Shader::Convolution { window, tile } => convolution::forward(window, tile),
            Shader::ConvolutionBackward {
                window,
                tile,
                mask,
                accumulate,
            } => convolution::backward(window, tile, mask, accumulate),
            Shader::Transposed {
                window,
                mask,
                accumulate,
            } => transposed::template(window, mask, accumulate),
            Shader::Gathered {
                window,
                mask,
                accumulate,
            } => gathered::template(window, mask, accumulate),
            Shader::Depthwise { window } => depthwise::forward(window),
            Shader::DepthwiseBackward {
                window,
                mask,
                accumulate,
            } => depthwise::backward(window, mask, accumulate),
            Shader::ReluBackward { mask } => relu_backward::template(mask),
            Shader::MaxPool { window, clamps } => max_pool::template(window, clamps),
            Shader::MaxPoolBackward { window, mask } => max_pool_backward::template(window, mask),
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

/// The windows in words, for a comment.
pub fn describe(window: &Window) -> String {
    let Window {
        kernel: [rows, columns],
        stride: [down, right],
        dilation,
        ..
    } = window;
    let dilation = match dilation {
        [1, 1] => String::new(),
        [down, right] => format!(", dilated by {down}x{right}"),
    };
    format!("{rows}x{columns} windows at stride {down}x{right}{dilation}")
}
