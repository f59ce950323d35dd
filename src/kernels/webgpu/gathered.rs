//! Text of `gathered.wgsl`.

use deep_inside_gpu::burn_wgpu::SourceTemplate;

use super::mask::MaskKind;
use super::shader::{bindings, describe};
use crate::kernels::Window;

/// The gradient of a strided convolution with respect to its input, for any window.
pub fn template(window: Window, mask: MaskKind, accumulate: bool) -> SourceTemplate {
    let Window {
        kernel,
        stride,
        dilation,
        ..
    } = window;
    let mut template = SourceTemplate::new(include_str!("gathered.wgsl"))
        .register("window", describe(&window))
        .register("bindings", bindings(2, mask.buffers()))
        .register("epilogue", mask.epilogue(accumulate, 12));
    for (name, [rows, columns]) in [
        ("kernel", kernel),
        ("stride", stride),
        ("dilation", dilation),
    ] {
        template = template
            .register(format!("{name}_rows"), rows.to_string())
            .register(format!("{name}_columns"), columns.to_string());
    }
    template
}
