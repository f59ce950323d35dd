//! Text of `relu_backward.wgsl`.

use deep_inside_gpu::burn_wgpu::SourceTemplate;

use super::mask::MaskKind;
use super::shader::bindings;

/// The backward pass of a ReLU by itself.
pub fn template(mask: MaskKind) -> SourceTemplate {
    SourceTemplate::new(include_str!("relu_backward.wgsl"))
        .register("bindings", bindings(1, mask.buffers()))
        .register("mask", mask.statements(8))
}
