//! Text of `transposed.wgsl`.

use deep_inside_gpu::burn_wgpu::SourceTemplate;

use super::mask::MaskKind;
use super::shader::bindings;

/// Input channels that an invocation computes; a picture has three.
pub const CHANNELS: usize = 3;

/// Rows and columns of blocks, of `stride` x `stride` pixels each, that an invocation computes.
pub fn blocks(stride: usize) -> [usize; 2] {
    if stride <= 2 { [4, 2] } else { [1, 1] }
}

/// The gradient of a strided convolution with respect to its input.
pub fn template(kernel: usize, stride: usize, mask: MaskKind, accumulate: bool) -> SourceTemplate {
    let [rows, columns] = blocks(stride);
    // Windows that begin before the first block and still contain pixels of it.
    let reach = kernel.div_ceil(stride) - 1;
    let (mut offsets, mut products) = (Vec::new(), Vec::new());
    for (axis, start, count, width, length) in [
        ("y", "row", rows, "columns_out", "rows_out"),
        ("x", "column", columns, "1", "columns_out"),
    ] {
        for k in 0..count + reach {
            offsets.extend([
                format!("let {axis}_at{k} = i32({start}) + {k} - {reach};"),
                format!("let inside_{axis}{k} = ({axis}_at{k} >= 0) & ({axis}_at{k} < {length});"),
                format!("let {axis}{k} = u32(clamp({axis}_at{k}, 0, {length} - 1) * {width});"),
            ]);
        }
    }
    for y in 0..rows + reach {
        for x in 0..columns + reach {
            products.push(format!(
                "let d{y}_{x} = select(0.0, signal[plane + y{y} + x{x}], inside_y{y} & inside_x{x});"
            ));
        }
    }
    for tap in 0..kernel * kernel {
        let (ky, kx) = (tap / kernel, tap % kernel);
        products.push(format!("let w{tap} = weights[next + {tap}u];"));
        for r in 0..rows {
            for c in 0..columns {
                let (y, x) = (r * stride + ky % stride, c * stride + kx % stride);
                let (dy, dx) = (r + reach - ky / stride, c + reach - kx / stride);
                products.push(format!("sum{y}_{x} += w{tap} * d{dy}_{dx};"));
            }
        }
    }
    let (mut sums, mut finish) = (Vec::new(), Vec::new());
    for y in 0..rows * stride {
        for x in 0..columns * stride {
            sums.push(format!("var sum{y}_{x} = vec3f();"));
            finish.push(format!(
                "finish(first, area_in, channels, top + {y}, left + {x}, rows_in, columns_in, sum{y}_{x});"
            ));
        }
    }
    SourceTemplate::new(include_str!("transposed.wgsl"))
        .register("kernel", kernel.to_string())
        .register("stride", stride.to_string())
        .register("rows", rows.to_string())
        .register("columns", columns.to_string())
        .register("bindings", bindings(2, mask.buffers()))
        .register("offsets", offsets.join("\n  "))
        .register("sums", sums.join("\n  "))
        .register("products", products.join("\n    "))
        .register("finish", finish.join("\n  "))
        .register("epilogue", mask.epilogue(accumulate, 10))
}
