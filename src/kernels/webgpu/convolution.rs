//! Text of `convolution.wgsl`.

use std::collections::BTreeSet;

use deep_inside_gpu::burn_wgpu::SourceTemplate;

use super::mask::MaskKind;
use super::shader::{bindings, describe};
use crate::kernels::Window;

/// Output channels that an invocation computes.
pub const OUTPUTS: usize = 8;

/// The pixels that an invocation computes, and how it goes through the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tile {
    /// 1x1 kernels: eight pixels spread over the plane, whatever its shape, so that hardly any
    /// invocation is idle.
    Points,
    /// Small kernels: a patch of 4 x 2 pixels, all taps unrolled, so that each value is read once
    /// for all pixels that use it. On the software adapter 7 x 2 takes 0.8 of its time, but its 112
    /// sums are more than the registers of many GPUs hold; 4 x 4 takes 0.8, 7 x 1 1.1.
    Patch,
    /// Larger kernels: the same patch, in a loop over the taps.
    Loop,
}

impl Tile {
    /// The fastest one for `window`.
    pub fn of(window: &Window) -> Self {
        if *window == Window::square(1, 1, 0) {
            Tile::Points
        } else if window.taps() <= 9 {
            Tile::Patch
        } else {
            Tile::Loop
        }
    }

    /// Its rows and columns.
    fn size(self) -> [usize; 2] {
        match self {
            Tile::Points => [8, 1],
            Tile::Patch | Tile::Loop => [4, 2],
        }
    }

    /// Input channels per iteration.
    pub fn chunk(self) -> usize {
        match self {
            Tile::Points => 2,
            Tile::Patch | Tile::Loop => 1,
        }
    }

    /// The number of tiles that cover an output of this size.
    pub fn count(self, [rows, columns]: [usize; 2]) -> usize {
        let size = self.size();
        match self {
            Tile::Points => (rows * columns).div_ceil(size[0]),
            Tile::Patch | Tile::Loop => rows.div_ceil(size[0]) * columns.div_ceil(size[1]),
        }
    }
}

/// The forward pass, with bias and activation.
pub fn forward(window: Window, tile: Tile) -> SourceTemplate {
    let bias = "fn bias_of(group: u32, channel: u32) -> f32 {
  return bias[group * info[7] + min(channel, info[7] - 1u)];
}";
    let activation = activation_function(["vec4f", "vec4<bool>"], 14);
    let activations =
        ["low", "high"].map(|half| format!("let {half} = activation_of({half}_sums);"));
    let vector = |first: usize| {
        let biases = (first..first + 4).map(|k| format!("bias_of(group, first_of_block + {k}u)"));
        format!("vec4f({})", biases.collect::<Vec<_>>().join(", "))
    };
    let start = format!(
        "let low_start = {};\n  let high_start = {};",
        vector(0),
        vector(4)
    );
    Text::new(window, tile)
        .template(&["bias", "output", "info"], "output[at] = value;")
        .register("functions", format!("{bias}\n\n{activation}"))
        .register("activations", activations.join("\n  "))
        .register("start", start)
}

/// A WGSL function from sums to their activations, for values of type `T`, with conditions of type
/// `B`. Two words of `info`, from `word` on, say which activation: 0 for the identity, 1 for a ReLU,
/// 2 for one with an upper bound; and the bound.
pub fn activation_function([t, b]: [&str; 2], word: usize) -> String {
    // Not max and min: a NaN stays a NaN.
    format!(
        "fn activation_of(sum: {t}) -> {t} {{
  let positive = select(sum, {t}(), (sum < {t}()) & {b}(info[{word}] != 0u));
  let upper = {t}(bitcast<f32>(info[{}]));
  return select(positive, upper, (positive > upper) & {b}(info[{word}] == 2u));
}}",
        word + 1
    )
}

/// The gradient with respect to the input, for stride 1: a convolution with rotated weights.
pub fn backward(window: Window, tile: Tile, mask: MaskKind, accumulate: bool) -> SourceTemplate {
    let start = "let low_start = vec4f();\n  let high_start = vec4f();";
    Text::new(window, tile)
        .template(mask.buffers(), &mask.epilogue(accumulate, 14))
        .register("functions", "")
        .register(
            "activations",
            "let low = low_sums;\n  let high = high_sums;",
        )
        .register("start", start)
}

/// The generated statements, by their place in the template.
///
/// Conditions in statements that are repeated for every pixel are joined by `&`. With `&&`, which
/// branches, browsers took minutes to compile them.
struct Text {
    window: Window,
    tile: Tile,
    tiles: Vec<String>,
    offsets: Vec<String>,
    products: Vec<String>,
    finish: Vec<String>,
}

/// Statements that load the weights of a tap.
fn load_weights(tap: usize) -> [String; 2] {
    [
        format!("let low{tap} = weights[next + {}u];", 2 * tap),
        format!("let high{tap} = weights[next + {}u];", 2 * tap + 1),
    ]
}

/// Statements that add to the sums of pixel `p` the weights of a tap times `value`.
fn multiply_add(tap: &str, p: usize, value: &str) -> [String; 2] {
    [
        format!("low_{p} += low{tap} * {value};"),
        format!("high_{p} += high{tap} * {value};"),
    ]
}

impl Text {
    fn new(window: Window, tile: Tile) -> Self {
        let mut text = Self {
            window,
            tile,
            tiles: Vec::new(),
            offsets: Vec::new(),
            products: Vec::new(),
            finish: Vec::new(),
        };
        match tile {
            Tile::Points => text.points(),
            Tile::Patch => {
                text.patch();
                text.unrolled_taps();
            }
            Tile::Loop => {
                text.patch();
                text.looped_taps();
            }
        }
        text
    }

    /// Row and column in the tile of each of its pixels.
    fn pixels(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let [rows, columns] = self.tile.size();
        (0..rows * columns).map(move |p| (p / columns, p % columns))
    }

    /// Everything of [`Tile::Points`].
    fn points(&mut self) {
        let pixels = self.pixels().count();
        let rest = pixels - 1;
        self.tiles
            .push(format!("let tiles = (area_out + {rest}u) / {pixels}u;"));
        for p in 0..pixels {
            self.offsets.push(format!(
                "let at{p} = min(tile + {p}u * tiles, area_in - 1u);"
            ));
            self.finish.extend([
                format!("if (tile + {p}u * tiles < area_out) {{"),
                format!(
                    "  finish(first + tile + {p}u * tiles, area_out, channels, low_{p}, high_{p});"
                ),
                "}".to_owned(),
            ]);
        }
        for c in 0..self.tile.chunk() {
            self.products.push(format!(
                "let plane{c} = base + min(channel + {c}u, channels_in - 1u) * area_in;"
            ));
            for p in 0..pixels {
                self.products
                    .push(format!("let x{c}_{p} = input[plane{c} + at{p}];"));
            }
            self.products.extend(load_weights(c));
            for p in 0..pixels {
                self.products
                    .extend(multiply_add(&c.to_string(), p, &format!("x{c}_{p}")));
            }
        }
    }

    /// What [`Tile::Patch`] and [`Tile::Loop`] have in common.
    fn patch(&mut self) {
        let [rows, columns] = self.tile.size();
        let [down, right] = self.window.stride;
        self.tiles.extend([
            format!(
                "let across = (columns_out + {}u) / {columns}u;",
                columns - 1
            ),
            format!(
                "let tiles = across * ((rows_out + {}u) / {rows}u);",
                rows - 1
            ),
        ]);
        self.offsets.extend([
            format!("let row = tile / across * {rows}u;"),
            format!("let column = tile % across * {columns}u;"),
            format!("let top = i32(row * {down}u) - padding_top;"),
            format!("let left = i32(column * {right}u) - padding_left;"),
        ]);
        for (p, (r, c)) in self.pixels().enumerate() {
            self.finish.extend([
                format!("if (row + {r}u < rows_out && column + {c}u < columns_out) {{"),
                format!(
                    "  finish(first + (row + {r}u) * columns_out + column + {c}u, area_out, channels, low_{p}, high_{p});"
                ),
                "}".to_owned(),
            ]);
        }
        self.products
            .push("let plane = base + channel * area_in;".to_owned());
    }

    fn unrolled_taps(&mut self) {
        let Window {
            kernel,
            stride,
            dilation,
            ..
        } = self.window;
        let [rows, columns] = self.tile.size();
        // Between windows, and between the values of a window, some rows and columns may meet no
        // tap. They are not read.
        let read = |axis: usize, count: usize| {
            let taps = (0..count).flat_map(|p| {
                (0..kernel[axis]).map(move |k| p * stride[axis] + k * dilation[axis])
            });
            taps.collect::<BTreeSet<_>>()
        };
        let (read_rows, read_columns) = (read(0, rows), read(1, columns));
        for y in &read_rows {
            self.offsets.extend([
                format!("let inside_y{y} = (top + {y} >= 0) & (top + {y} < i32(rows_in));"),
                format!("let y{y} = u32(clamp(top + {y}, 0, i32(rows_in) - 1)) * columns_in;"),
            ]);
        }
        for x in &read_columns {
            self.offsets.extend([
                format!("let inside_x{x} = (left + {x} >= 0) & (left + {x} < i32(columns_in));"),
                format!("let x{x} = u32(clamp(left + {x}, 0, i32(columns_in) - 1));"),
            ]);
        }
        for y in &read_rows {
            for x in &read_columns {
                self.products.push(format!(
                    "let p{y}_{x} = select(0.0, input[plane + y{y} + x{x}], inside_y{y} & inside_x{x});"
                ));
            }
        }
        for tap in 0..self.window.taps() {
            self.products.extend(load_weights(tap));
            let (ky, kx) = (tap / kernel[1], tap % kernel[1]);
            for (p, (r, c)) in self.pixels().enumerate() {
                let (y, x) = (
                    r * stride[0] + ky * dilation[0],
                    c * stride[1] + kx * dilation[1],
                );
                self.products
                    .extend(multiply_add(&tap.to_string(), p, &format!("p{y}_{x}")));
            }
        }
    }

    fn looped_taps(&mut self) {
        let Window {
            kernel,
            stride,
            dilation,
            ..
        } = self.window;
        let [rows, columns] = self.tile.size();
        self.products.extend([
            "for (var tap = 0u; tap < TAPS; tap++) {".to_owned(),
            format!(
                "let y = top + i32(tap / {}u * {}u);",
                kernel[1], dilation[0]
            ),
            format!(
                "let x = left + i32(tap % {}u * {}u);",
                kernel[1], dilation[1]
            ),
            "let low = weights[next + 2u * tap];".to_owned(),
            "let high = weights[next + 2u * tap + 1u];".to_owned(),
        ]);
        for r in 0..rows {
            self.products.extend([
                format!("let y{r} = y + {};", r * stride[0]),
                format!("let inside_y{r} = (y{r} >= 0) & (y{r} < i32(rows_in));"),
                format!(
                    "let line{r} = plane + u32(clamp(y{r}, 0, i32(rows_in) - 1)) * columns_in;"
                ),
            ]);
        }
        for c in 0..columns {
            self.products.extend([
                format!("let x{c} = x + {};", c * stride[1]),
                format!("let inside_x{c} = (x{c} >= 0) & (x{c} < i32(columns_in));"),
                format!("let offset{c} = u32(clamp(x{c}, 0, i32(columns_in) - 1));"),
            ]);
        }
        for (p, (r, c)) in self.pixels().enumerate() {
            self.products.push(format!(
                "let p{p} = select(0.0, input[line{r} + offset{c}], inside_y{r} & inside_x{c});"
            ));
            self.products.extend(multiply_add("", p, &format!("p{p}")));
        }
        self.products.push("}".to_owned());
    }

    fn template(self, buffers: &[&str], epilogue: &str) -> SourceTemplate {
        let [rows, columns] = self.tile.size();
        let sums: Vec<String> = (0..rows * columns)
            .flat_map(|p| {
                [
                    format!("var low_{p} = low_start;"),
                    format!("var high_{p} = high_start;"),
                ]
            })
            .collect();
        SourceTemplate::new(include_str!("convolution.wgsl"))
            .register("window", describe(&self.window))
            .register("taps", self.window.taps().to_string())
            .register("rows", rows.to_string())
            .register("columns", columns.to_string())
            .register("chunk", self.tile.chunk().to_string())
            .register("bindings", bindings(2, buffers))
            .register("tiles", self.tiles.join("\n  "))
            .register("offsets", self.offsets.join("\n  "))
            .register("sums", sums.join("\n  "))
            .register("products", self.products.join("\n    "))
            .register("finish", self.finish.join("\n  "))
            .register("epilogue", epilogue)
    }
}
