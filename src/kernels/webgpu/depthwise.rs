//! Text of `depthwise.wgsl`.

use std::collections::BTreeSet;

use deep_inside_gpu::burn_wgpu::SourceTemplate;

use super::convolution::activation_function;
use super::mask::MaskKind;
use super::shader::{bindings, describe};
use crate::kernels::Window;

/// Taps up to which the text is unrolled.
const UNROLLED: usize = 25;

/// Rows and columns of outputs that an invocation computes, in a correlation.
const TILE: [usize; 2] = [2, 4];

/// Rows and columns of blocks, of the stride's size, that an invocation computes in a transposition.
const BLOCKS: [usize; 2] = [1, 2];

/// Whether the gradient with respect to the input is computed here.
pub fn computes_backward(window: &Window) -> bool {
    window.stride == [1, 1]
        || (window.taps() <= UNROLLED && window.stride.iter().all(|&stride| stride <= 4))
}

/// The number of tiles, per axis, that cover an output of `size`.
pub fn forward_tiles(size: [usize; 2]) -> [usize; 2] {
    [0, 1].map(|axis: usize| size[axis].div_ceil(TILE[axis]))
}

/// The same for the gradient of inputs of `size`.
pub fn backward_tiles(window: &Window, size: [usize; 2]) -> [usize; 2] {
    if window.stride == [1, 1] {
        return forward_tiles(size);
    }
    // Blocks begin in the padding.
    let before = window.padding.before();
    [0, 1]
        .map(|axis: usize| (size[axis] + before[axis]).div_ceil(BLOCKS[axis] * window.stride[axis]))
}

/// The forward pass, with bias and activation.
pub fn forward(window: Window) -> SourceTemplate {
    Text::correlation(&window, "bias[channel]", false)
        .template(
            &window,
            &["bias", "output", "info"],
            "output[at] = activation_of(value);",
        )
        .register("functions", activation_function(["f32", "bool"], 14))
}

/// The gradient with respect to the input. At stride 1 it is the correlation with rotated kernels,
/// whose padding is in `info`.
pub fn backward(window: Window, mask: MaskKind, accumulate: bool) -> SourceTemplate {
    let text = if window.stride == [1, 1] {
        Text::correlation(&window, "0.0", true)
    } else {
        Text::transposition(&window)
    };
    text.template(&window, mask.buffers(), &mask.epilogue(accumulate, 14))
        .register("functions", "")
}

/// The generated statements, by their place in the template.
struct Text {
    tile: [usize; 2],
    products: Vec<String>,
    finish: Vec<String>,
}

impl Text {
    fn correlation(window: &Window, start: &str, rotated: bool) -> Self {
        let [down, right] = window.stride;
        let mut products = vec![
            format!("let top = tile_row * {} - padding_top;", TILE[0] * down),
            format!(
                "let left = tile_column * {} - padding_left;",
                TILE[1] * right
            ),
        ];
        let mut finish = Vec::new();
        for (r, c) in positions(TILE) {
            products.push(format!("var sum{r}_{c} = {start};"));
            finish.push(format!(
                "finish(out_plane, tile_row * {} + {r}, tile_column * {} + {c}, rows_out, columns_out, sum{r}_{c});",
                TILE[0], TILE[1]
            ));
        }
        if window.taps() <= UNROLLED {
            products.extend(unrolled(window, rotated));
        } else {
            products.extend(looped(window, rotated));
        }
        Self {
            tile: TILE,
            products,
            finish,
        }
    }

    /// Every pixel takes the signals of the windows that contain it.
    fn transposition(window: &Window) -> Self {
        let Window {
            stride, dilation, ..
        } = *window;
        let tile = [0, 1].map(|axis: usize| BLOCKS[axis] * stride[axis]);
        let mut products = vec![
            format!("let top = tile_row * {} - padding_top;", tile[0]),
            format!("let left = tile_column * {} - padding_left;", tile[1]),
        ];
        let mut finish = Vec::new();
        for (y, x) in positions(tile) {
            products.push(format!("var sum{y}_{x} = 0.0;"));
            finish.push(format!(
                "finish(out_plane, top + {y}, left + {x}, rows_out, columns_out, sum{y}_{x});"
            ));
        }
        // The block in which a tap lies, seen from the block in which its window begins.
        let block = |axis: usize, k: usize| k * dilation[axis] / stride[axis];
        let shifts = |axis: usize| {
            let blocks = (0..BLOCKS[axis]).flat_map(|b| {
                (0..window.kernel[axis]).map(move |k| b as isize - block(axis, k) as isize)
            });
            blocks.collect()
        };
        let (rows, columns) = (shifts(0), shifts(1));
        products.extend(read(
            [&rows, &columns],
            [
                &format!("tile_row * {}", BLOCKS[0]),
                &format!("tile_column * {}", BLOCKS[1]),
            ],
        ));
        for (ky, kx) in positions(window.kernel) {
            let tap = ky * window.kernel[1] + kx;
            products.push(format!("let w{tap} = weights[weight + {tap}u];"));
            for (r, c) in positions(BLOCKS) {
                let y = r * stride[0] + ky * dilation[0] % stride[0];
                let x = c * stride[1] + kx * dilation[1] % stride[1];
                let up = name(r as isize - block(0, ky) as isize);
                let before = name(c as isize - block(1, kx) as isize);
                products.push(format!("sum{y}_{x} += w{tap} * v{up}_{before};"));
            }
        }
        Self {
            tile,
            products,
            finish,
        }
    }

    fn template(self, window: &Window, buffers: &[&str], epilogue: &str) -> SourceTemplate {
        SourceTemplate::new(include_str!("depthwise.wgsl"))
            .register("window", describe(window))
            .register("rows", self.tile[0].to_string())
            .register("columns", self.tile[1].to_string())
            .register("taps", window.taps().to_string())
            .register("bindings", bindings(2, buffers))
            .register("products", self.products.join("\n  "))
            .register("finish", self.finish.join("\n  "))
            .register("epilogue", epilogue)
    }
}

/// Rows and columns of a grid, row by row.
fn positions([rows, columns]: [usize; 2]) -> impl Iterator<Item = (usize, usize)> {
    (0..rows).flat_map(move |row| (0..columns).map(move |column| (row, column)))
}

/// A number in a name of WGSL; `m` stands for minus.
fn name(number: isize) -> String {
    let sign = if number < 0 { "m" } else { "" };
    format!("{sign}{}", number.unsigned_abs())
}

/// Statements that read the values in these rows and columns, counted from a start, as `v0_0` and
/// so on; 0 outside of the plane.
fn read(shifts: [&BTreeSet<isize>; 2], starts: [&str; 2]) -> Vec<String> {
    let mut lines = Vec::new();
    for (axis, length, width, start, shifts) in [
        ("y", "rows_in", "columns_in", starts[0], shifts[0]),
        ("x", "columns_in", "1", starts[1], shifts[1]),
    ] {
        for &shift in shifts {
            let k = name(shift);
            lines.extend([
                format!("let {axis}_at{k} = {start} + {shift};"),
                format!("let inside_{axis}{k} = ({axis}_at{k} >= 0) & ({axis}_at{k} < {length});"),
                format!("let {axis}{k} = u32(clamp({axis}_at{k}, 0, {length} - 1) * {width});"),
            ]);
        }
    }
    for y in shifts[0].iter().map(|&shift| name(shift)) {
        for x in shifts[1].iter().map(|&shift| name(shift)) {
            lines.push(format!(
                "let v{y}_{x} = select(0.0, input[plane + y{y} + x{x}], inside_y{y} & inside_x{x});"
            ));
        }
    }
    lines
}

fn unrolled(window: &Window, rotated: bool) -> Vec<String> {
    let Window {
        kernel,
        stride,
        dilation,
        ..
    } = *window;
    let shifts = |axis: usize| {
        let taps = (0..TILE[axis]).flat_map(|p| {
            (0..kernel[axis]).map(move |k| (p * stride[axis] + k * dilation[axis]) as isize)
        });
        taps.collect()
    };
    let (rows, columns) = (shifts(0), shifts(1));
    let mut lines = read([&rows, &columns], ["top", "left"]);
    for (ky, kx) in positions(kernel) {
        let tap = ky * kernel[1] + kx;
        let at = if rotated {
            window.taps() - 1 - tap
        } else {
            tap
        };
        lines.push(format!("let w{tap} = weights[weight + {at}u];"));
        for (r, c) in positions(TILE) {
            let (y, x) = (
                r * stride[0] + ky * dilation[0],
                c * stride[1] + kx * dilation[1],
            );
            lines.push(format!("sum{r}_{c} += w{tap} * v{y}_{x};"));
        }
    }
    lines
}

fn looped(window: &Window, rotated: bool) -> Vec<String> {
    let Window {
        kernel: [rows, columns],
        stride,
        dilation,
        ..
    } = *window;
    let tap = format!("ky * {columns}u + kx");
    let at = if rotated {
        format!("{}u - ({tap})", rows * columns - 1)
    } else {
        tap
    };
    let mut lines = vec![
        format!("for (var ky = 0u; ky < {rows}u; ky++) {{"),
        format!("for (var kx = 0u; kx < {columns}u; kx++) {{"),
        format!("let w = weights[weight + {at}];"),
        format!("let tap_row = top + i32(ky) * {};", dilation[0]),
        format!("let tap_column = left + i32(kx) * {};", dilation[1]),
    ];
    let shifts = |axis: usize| {
        (0..TILE[axis])
            .map(|p| (p * stride[axis]) as isize)
            .collect()
    };
    lines.extend(read([&shifts(0), &shifts(1)], ["tap_row", "tap_column"]));
    for (r, c) in positions(TILE) {
        let (y, x) = (r * stride[0], c * stride[1]);
        lines.push(format!("sum{r}_{c} += w * v{y}_{x};"));
    }
    lines.push("} }".to_owned());
    lines
}
