//! Text of `max_pool_backward.wgsl`.

use std::collections::{BTreeMap, BTreeSet};

use deep_inside_gpu::burn_wgpu::SourceTemplate;

use super::mask::MaskKind;
use super::shader::{bindings, describe};
use crate::kernels::Window;

/// Rows and columns of the block of pixels that an invocation computes.
pub fn block_size(window: &Window) -> [usize; 2] {
    if is_short(window) {
        window.stride
    } else {
        [1, 1]
    }
}

/// Whether the unrolled text for `window` is short enough to be compiled in a browser.
fn is_short(window: &Window) -> bool {
    window.taps() <= 25 && window.stride[0] * window.stride[1] <= 25
}

/// The gradient of a max-pool with respect to its input.
pub fn template(window: Window, mask: MaskKind) -> SourceTemplate {
    let argmax: &[&str] = if mask.distributes() { &[] } else { &["argmax"] };
    let buffers = [argmax, mask.buffers()].concat();
    let masked = if mask.distributes() {
        MaskKind::distributed_statements(7)
    } else {
        mask.statements(7)
    };
    let [rows, columns] = block_size(&window);
    let statements = if is_short(&window) {
        unrolled(&window, mask.distributes())
    } else {
        looped(&window, mask.distributes())
    };
    let finish = (0..rows * columns).map(|k| {
        let (y, x) = (k / columns, k % columns);
        format!("finish(first, top + {y}, left + {x}, rows_in, columns_in, sum{k});")
    });
    SourceTemplate::new(include_str!("max_pool_backward.wgsl"))
        .register("window", describe(&window))
        .register("block_rows", rows.to_string())
        .register("block_columns", columns.to_string())
        .register("bindings", bindings(1, &buffers))
        .register("mask", masked)
        .register("windows", statements.join("\n  "))
        .register("finish", finish.collect::<Vec<_>>().join("\n  "))
}

/// The taps along one axis that lie in the same block relative to the block of their window, by
/// this distance in blocks: `(k, the pixel's index in its block)`.
fn taps_by_block(window: &Window, axis: usize) -> BTreeMap<usize, Vec<(usize, usize)>> {
    let mut blocks = BTreeMap::<usize, Vec<_>>::new();
    for k in 0..window.kernel[axis] {
        let (shift, stride) = (k * window.dilation[axis], window.stride[axis]);
        blocks
            .entry(shift / stride)
            .or_default()
            .push((k, shift % stride));
    }
    blocks
}

/// Statements that add up, in `sum0` and so on, what the windows send to each pixel of a block.
/// Each tap of a window meets exactly one pixel of a block.
fn unrolled(window: &Window, distributes: bool) -> Vec<String> {
    let [rows, columns] = window.stride;
    let mut lines: Vec<String> = (0..rows * columns)
        .map(|k| format!("var sum{k} = 0.0;"))
        .collect();
    let blocks = [0, 1].map(|axis| taps_by_block(window, axis));
    for (axis, start, length) in [("y", "row", "rows_out"), ("x", "column", "columns_out")] {
        for k in blocks[usize::from(axis == "x")].keys() {
            lines.push(format!("let {axis}{k} = i32({start}) - {k};"));
            lines.push(format!(
                "let inside_{axis}{k} = ({axis}{k} >= 0) & ({axis}{k} < {length});"
            ));
        }
    }
    if distributes {
        lines.extend(window_values(window, &blocks));
    }
    for (up, row_taps) in &blocks[0] {
        for (before, column_taps) in &blocks[1] {
            let n = format!("{up}_{before}");
            lines.push(format!(
                "let at{n} = u32((i32(plane) * rows_out + clamp(y{up}, 0, rows_out - 1)) * columns_out + clamp(x{before}, 0, columns_out - 1));"
            ));
            lines.push(format!(
                "let signal{n} = select(0.0, signal[at{n}], inside_y{up} & inside_x{before});"
            ));
            if distributes {
                let values = taps(window).map(|(ky, kx)| value_name(window, *up, *before, ky, kx));
                let values: Vec<String> = values.collect();
                lines.push(format!("let total{n} = {};", values.join(" + ")));
                lines.push(format!(
                    "let ratio{n} = select(0.0, signal{n} / total{n}, total{n} > 0.0);"
                ));
            } else {
                lines.push(format!("let argmax{n} = argmax[at{n}];"));
            }
            for (ky, y) in row_taps {
                for (kx, x) in column_taps {
                    let pixel = y * columns + x;
                    let tap = ky * window.kernel[1] + kx;
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

/// Rows and columns of the positions in a window.
fn taps(window: &Window) -> impl Iterator<Item = (usize, usize)> + use<> {
    let [rows, columns] = window.kernel;
    (0..rows).flat_map(move |ky| (0..columns).map(move |kx| (ky, kx)))
}

/// Name of the value at a tap of the window that begins some blocks before this one. `m` stands for
/// minus: rows and columns are counted from the block's first.
fn value_name(window: &Window, up: usize, before: usize, ky: usize, kx: usize) -> String {
    let name = |axis: usize, block: usize, k: usize| {
        let shift = k * window.dilation[axis];
        match shift.checked_sub(block * window.stride[axis]) {
            Some(after) => after.to_string(),
            None => format!("m{}", block * window.stride[axis] - shift),
        }
    };
    format!("value_{}_{}", name(0, up, ky), name(1, before, kx))
}

/// Statements that read all values that share a window with a pixel of the block; 0 outside of the
/// input.
fn window_values(
    window: &Window,
    blocks: &[BTreeMap<usize, Vec<(usize, usize)>>; 2],
) -> Vec<String> {
    let shifts = [0, 1].map(|axis: usize| {
        let starts = blocks[axis].keys().map(|block| block * window.stride[axis]);
        let taps = starts.flat_map(|start| {
            (0..window.kernel[axis])
                .map(move |k| (k * window.dilation[axis]) as isize - start as isize)
        });
        taps.collect::<BTreeSet<isize>>()
    });
    let name = |shift: isize| {
        let sign = if shift < 0 { "m" } else { "" };
        format!("{sign}{}", shift.unsigned_abs())
    };
    let mut lines = Vec::new();
    for (axis, start, length, shifts) in [
        ("y", "top", "rows_in", &shifts[0]),
        ("x", "left", "columns_in", &shifts[1]),
    ] {
        for &shift in shifts {
            let k = name(shift);
            lines.extend([
                format!("let index_{axis}{k} = {start} + {shift};"),
                format!(
                    "let exists_{axis}{k} = (index_{axis}{k} >= 0) & (index_{axis}{k} < i32({length}));"
                ),
            ]);
        }
    }
    for &shift in &shifts[0] {
        let k = name(shift);
        lines.push(format!(
            "let line{k} = (plane * rows_in + u32(clamp(index_y{k}, 0, i32(rows_in) - 1))) * columns_in;"
        ));
    }
    for &shift in &shifts[1] {
        let k = name(shift);
        lines.push(format!(
            "let across{k} = u32(clamp(index_x{k}, 0, i32(columns_in) - 1));"
        ));
    }
    for y in shifts[0].iter().map(|&shift| name(shift)) {
        for x in shifts[1].iter().map(|&shift| name(shift)) {
            lines.push(format!(
                "let value_{y}_{x} = select(0.0, activation[line{y} + across{x}], exists_y{y} & exists_x{x});"
            ));
        }
    }
    lines
}

/// Statements that add up, in `sum0`, what the windows send to one pixel.
fn looped(window: &Window, distributes: bool) -> Vec<String> {
    let Window {
        kernel: [rows, columns],
        stride: [down, right],
        dilation: [apart_rows, apart_columns],
        ..
    } = window;
    let window_start = |axis: &str, start: &str, apart: &usize, stride: &usize, length: &str| {
        [
            // Below 0 it wraps to far beyond the last window.
            format!("let start_{axis} = {start} - k{axis} * {apart}u;"),
            format!(
                "if (start_{axis} % {stride}u != 0u || start_{axis} / {stride}u >= u32({length})) {{ continue; }}"
            ),
        ]
    };
    let mut lines = vec![
        "var sum0 = 0.0;".to_owned(),
        format!("for (var ky = 0u; ky < {rows}u; ky++) {{"),
    ];
    lines.extend(window_start("y", "row", apart_rows, down, "rows_out"));
    lines.push(format!("for (var kx = 0u; kx < {columns}u; kx++) {{"));
    lines.extend(window_start(
        "x",
        "column",
        apart_columns,
        right,
        "columns_out",
    ));
    lines.push(format!(
        "let at = (plane * u32(rows_out) + start_y / {down}u) * u32(columns_out) + start_x / {right}u;"
    ));
    if distributes {
        lines.extend([
            "var total = 0.0;".to_owned(),
            format!("for (var y = 0u; y < {rows}u; y++) {{"),
            format!("let line = start_y + y * {apart_rows}u - padding_row;"),
            "if (line >= rows_in) { continue; }".to_owned(),
            format!("for (var x = 0u; x < {columns}u; x++) {{"),
            format!("let pixel = start_x + x * {apart_columns}u - padding_column;"),
            "if (pixel < columns_in) {".to_owned(),
            "total += activation[(plane * rows_in + line) * columns_in + pixel];".to_owned(),
            "} } }".to_owned(),
            "sum0 += select(0.0, signal[at] / total, total > 0.0);".to_owned(),
        ]);
    } else {
        lines.push(format!(
            "sum0 += select(0.0, signal[at], argmax[at] == ky * {columns}u + kx);"
        ));
    }
    lines.push("} }".to_owned());
    lines
}
