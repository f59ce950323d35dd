//! Text of `max_pool_backward.wgsl`.

use deep_inside_gpu::burn_wgpu::SourceTemplate;

use super::mask::MaskKind;
use super::shader::bindings;

/// The gradient of a max-pool with respect to its input.
pub fn template(kernel: usize, stride: usize, mask: MaskKind) -> SourceTemplate {
    let argmax: &[&str] = if mask.distributes() { &[] } else { &["argmax"] };
    let buffers = [argmax, mask.buffers()].concat();
    let masked = if mask.distributes() {
        "sum * activation[at]".to_owned()
    } else {
        mask.expression(5)
    };
    let finish = (0..stride * stride).map(|k| {
        let (y, x) = (k / stride, k % stride);
        format!(
            "finish(first, row * {stride}u + {y}u, column * {stride}u + {x}u, rows_in, columns_in, sum{k});"
        )
    });
    SourceTemplate::new(include_str!("max_pool_backward.wgsl"))
        .register("kernel", kernel.to_string())
        .register("stride", stride.to_string())
        .register("bindings", bindings(1, &buffers))
        .register("mask", masked)
        .register(
            "windows",
            windows(kernel, stride, mask.distributes()).join("\n  "),
        )
        .register("finish", finish.collect::<Vec<_>>().join("\n  "))
}

/// Statements that add up, in `sum0` and so on, what the windows send to each pixel of a block of
/// `stride` x `stride` pixels.
fn windows(kernel: usize, stride: usize, distributes: bool) -> Vec<String> {
    // Windows per axis that contain pixels of the block.
    let reach = kernel.div_ceil(stride);
    let mut lines: Vec<String> = (0..stride * stride)
        .map(|k| format!("var sum{k} = 0.0;"))
        .collect();
    for k in 0..reach {
        for (axis, start, length) in [("y", "row", "rows_out"), ("x", "column", "columns_out")] {
            lines.push(format!("let {axis}{k} = i32({start}) - {k};"));
            lines.push(format!(
                "let inside_{axis}{k} = ({axis}{k} >= 0) & ({axis}{k} < {length});"
            ));
        }
    }
    if distributes {
        lines.extend(window_values(kernel, stride));
    }
    for up in 0..reach {
        for before in 0..reach {
            let n = format!("{up}_{before}");
            lines.push(format!(
                "let at{n} = u32((i32(plane) * rows_out + clamp(y{up}, 0, rows_out - 1)) * columns_out + clamp(x{before}, 0, columns_out - 1));"
            ));
            lines.push(format!(
                "let signal{n} = select(0.0, signal[at{n}], inside_y{up} & inside_x{before});"
            ));
            if distributes {
                // The window's values, by their distance from the block's first value.
                let (top, left) = ((reach - 1 - up) * stride, (reach - 1 - before) * stride);
                let values: Vec<String> = (0..kernel * kernel)
                    .map(|tap| format!("value_{}_{}", top + tap / kernel, left + tap % kernel))
                    .collect();
                lines.push(format!("let total{n} = {};", values.join(" + ")));
                lines.push(format!(
                    "let ratio{n} = select(0.0, signal{n} / total{n}, total{n} > 0.0);"
                ));
            } else {
                lines.push(format!("let argmax{n} = argmax[at{n}];"));
            }
            for y in up * stride..kernel.min((up + 1) * stride) {
                for x in before * stride..kernel.min((before + 1) * stride) {
                    let pixel = (y % stride) * stride + x % stride;
                    let tap = y * kernel + x;
                    lines.push(if distributes {
                        format!("sum{pixel} += ratio{n};")
                    } else {
                        format!("sum{pixel} += select(0.0, signal{n}, argmax{n} == {tap}u);")
                    });
                }
            }
        }
    }
    lines
}

/// Statements that read all values that share a window with a pixel of the block; 0 outside of the
/// input.
fn window_values(kernel: usize, stride: usize) -> Vec<String> {
    let reach = kernel.div_ceil(stride);
    // The first value is this many rows and columns before the block.
    let before = (reach - 1) * stride;
    let across = before + kernel;
    let mut lines = Vec::new();
    for (axis, start, length) in [("y", "row", "rows_in"), ("x", "column", "columns_in")] {
        for k in 0..across {
            lines.push(format!(
                "let index_{axis}{k} = i32({start} * {stride}u) + {k} - {before};"
            ));
            lines.push(format!(
                "let exists_{axis}{k} = (index_{axis}{k} >= 0) & (index_{axis}{k} < i32({length}));"
            ));
        }
    }
    for k in 0..across {
        lines.push(format!(
            "let line{k} = (plane * rows_in + u32(clamp(index_y{k}, 0, i32(rows_in) - 1))) * columns_in;"
        ));
        lines.push(format!(
            "let across{k} = u32(clamp(index_x{k}, 0, i32(columns_in) - 1));"
        ));
    }
    for y in 0..across {
        for x in 0..across {
            lines.push(format!(
                "let value_{y}_{x} = select(0.0, activation[line{y} + across{x}], exists_y{y} & exists_x{x});"
            ));
        }
    }
    lines
}
