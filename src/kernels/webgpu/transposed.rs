//! Text of `transposed.wgsl`.

use deep_inside_gpu::burn_wgpu::SourceTemplate;

use super::mask::MaskKind;
use super::shader::{bindings, describe};
use crate::kernels::Window;

/// Input channels that an invocation computes; a picture has three.
pub const CHANNELS: usize = 3;

/// Whether the text for `window` is short enough to be compiled in a browser.
pub fn is_short(window: &Window) -> bool {
    let [down, right] = window.stride;
    window.dilation == [1, 1] && down * right <= 16 && window.taps() <= 169
}

/// Rows and columns of blocks, of the stride's size, that an invocation computes.
fn blocks(window: &Window) -> [usize; 2] {
    if window.stride[0] * window.stride[1] <= 4 {
        [4, 2]
    } else {
        [1, 1]
    }
}

/// Rows and columns of pixels that an invocation computes.
pub fn tile_size(window: &Window) -> [usize; 2] {
    let blocks = blocks(window);
    std::array::from_fn(|axis| blocks[axis] * window.stride[axis])
}

/// The gradient of a strided convolution with respect to its input.
pub fn template(window: Window, mask: MaskKind, accumulate: bool) -> SourceTemplate {
    let Window { kernel, stride, .. } = window;
    let [rows, columns] = blocks(&window);
    // Windows that begin before the first block and still contain pixels of it.
    let reach = [0, 1].map(|axis: usize| kernel[axis].div_ceil(stride[axis]) - 1);
    let (mut offsets, mut products) = (Vec::new(), Vec::new());
    for (axis, start, count, width, length, reach) in [
        ("y", "row", rows, "columns_out", "rows_out", reach[0]),
        ("x", "column", columns, "1", "columns_out", reach[1]),
    ] {
        for k in 0..count + reach {
            offsets.extend([
                format!("let {axis}_at{k} = i32({start}) + {k} - {reach};"),
                format!("let inside_{axis}{k} = ({axis}_at{k} >= 0) & ({axis}_at{k} < {length});"),
                format!("let {axis}{k} = u32(clamp({axis}_at{k}, 0, {length} - 1) * {width});"),
            ]);
        }
    }
    for y in 0..rows + reach[0] {
        for x in 0..columns + reach[1] {
            products.push(format!(
                "let d{y}_{x} = select(0.0, signal[plane + y{y} + x{x}], inside_y{y} & inside_x{x});"
            ));
        }
    }
    for tap in 0..window.taps() {
        let (ky, kx) = (tap / kernel[1], tap % kernel[1]);
        products.push(format!("let w{tap} = weights[next + {tap}u];"));
        for r in 0..rows {
            for c in 0..columns {
                let (y, x) = (
                    r * stride[0] + ky % stride[0],
                    c * stride[1] + kx % stride[1],
                );
                let (dy, dx) = (r + reach[0] - ky / stride[0], c + reach[1] - kx / stride[1]);
                products.push(format!("sum{y}_{x} += w{tap} * d{dy}_{dx};"));
            }
        }
    }
    let (mut sums, mut finish) = (Vec::new(), Vec::new());
    for y in 0..rows * stride[0] {
        for x in 0..columns * stride[1] {
            sums.push(format!("var sum{y}_{x} = vec3f();"));
            finish.push(format!(
                "finish(first, area_in, channels, top + {y}, left + {x}, rows_in, columns_in, sum{y}_{x});"
            ));
        }
    }
    SourceTemplate::new(include_str!("transposed.wgsl"))
        .register("window", describe(&window))
        .register("taps", window.taps().to_string())
        .register("stride_rows", stride[0].to_string())
        .register("stride_columns", stride[1].to_string())
        .register("rows", rows.to_string())
        .register("columns", columns.to_string())
        .register("bindings", bindings(2, mask.buffers()))
        .register("offsets", offsets.join("\n  "))
        .register("sums", sums.join("\n  "))
        .register("products", products.join("\n    "))
        .register("finish", finish.join("\n  "))
        .register("epilogue", mask.epilogue(accumulate, 12))
}
