//! The kernels' texts, put together from the templates beside this file, and the order of weights that they want.

use deep_inside_gpu::burn_wgpu::{KernelSource, SourceTemplate};
use deep_inside_gpu::cubecl::prelude::KernelId;

use crate::kernels::{ConvolutionShape, ReluRule};

/// Output channels that one invocation of a convolution computes.
pub const OUTPUTS: usize = 8;

/// Channels of a picture that one invocation of a strided convolution's way back computes.
pub const COLOURS: usize = 3;

/// Invocations of a workgroup, of convolutions and their ways back; `@workgroup_size` in their templates.
pub const CONVOLUTION_GROUP: usize = 32;

/// Invocations of a workgroup, of pools, their ways back and what is done to each value by itself.
pub const PLANE_GROUP: usize = 64;

/// A kernel: what its text depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shader {
    /// `convolution.wgsl`, with bias.
    Convolution {
        /// Side of the kernel.
        kernel: usize,
        /// Distance between windows.
        stride: usize,
        /// Which pixels an invocation computes.
        tile: Tile,
    },
    /// The same, of turned weights and without bias.
    ConvolutionBack {
        /// Side of the kernel.
        kernel: usize,
        /// Which pixels an invocation computes.
        tile: Tile,
        /// The ReLU that its sums go back through.
        mask: MaskKind,
        /// Whether it adds to what is there.
        add: bool,
    },
    /// `transposed.wgsl`.
    Transposed {
        /// Side of the kernel.
        kernel: usize,
        /// Distance between windows.
        stride: usize,
        /// The ReLU that its sums go back through.
        mask: MaskKind,
        /// Whether it adds to what is there.
        add: bool,
    },
    /// `relu_back.wgsl`.
    ReluBack {
        /// The ReLU.
        mask: MaskKind,
    },
    /// `max_pool.wgsl`.
    MaxPool {
        /// Side of the window.
        kernel: usize,
        /// Distance between windows.
        stride: usize,
    },
    /// `max_pool_back.wgsl`.
    MaxPoolBack {
        /// Side of the window.
        kernel: usize,
        /// Distance between windows.
        stride: usize,
        /// The ReLU that its sums go back through.
        mask: MaskKind,
    },
    /// `pointwise.wgsl`.
    Pointwise(Formula),
}

/// What is done to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Formula {
    /// A sigmoid, times a range, less a mean for each channel.
    Squash,
    /// Its way back.
    SquashBack,
    /// A step of Adam.
    Adam,
}

impl Formula {
    /// The buffers.
    fn buffers(self) -> &'static [&'static str] {
        match self {
            Formula::Squash => &["input", "mean", "output", "info"],
            Formula::SquashBack => &["gradient", "squashed", "mean", "output", "info"],
            Formula::Adam => &["parameters", "gradient", "rates", "running_mean", "running_square", "output", "info"],
        }
    }

    /// With, behind the number of values: values of a plane, channels, range; or the fields of
    /// [`AdamDecays`](crate::kernels::AdamDecays) in their order.
    fn text(self) -> &'static str {
        match self {
            Formula::Squash => {
                "let small = exp(-abs(input[at]));
  let share = select(1.0, small, input[at] < 0.0) / (1.0 + small);
  let squashed = bitcast<f32>(info[3]) * share - mean[at / info[1] % info[2]];
  // By its bits, as in max_pool.wgsl: compilers may take it that there is no NaN.
  output[at] = select(squashed, input[at], (bitcast<u32>(input[at]) & 0x7fffffffu) > 0x7f800000u);"
            }
            Formula::SquashBack => {
                "let value = squashed[at] + mean[at / info[1] % info[2]];
  output[at] = gradient[at] * value * (1.0 - value / bitcast<f32>(info[3]));"
            }
            Formula::Adam => {
                "let mean_decay = bitcast<f32>(info[1]);
  let square_decay = bitcast<f32>(info[2]);
  let mean = mean_decay * running_mean[at] + (1.0 - mean_decay) * gradient[at];
  let square = square_decay * running_square[at] + (1.0 - square_decay) * gradient[at] * gradient[at];
  running_mean[at] = mean;
  running_square[at] = square;
  output[at] = rates[2] * parameters[at] + rates[0] * mean / (sqrt(square / rates[1]) + bitcast<f32>(info[3]));"
            }
        }
    }
}

/// Which pixels an invocation of a convolution computes, and how it goes through the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tile {
    /// 1x1: eight pixels from all over the plane, whatever its shape, so that hardly an invocation is idle.
    Points,
    /// Small kernels: a patch of 4 x 2 pixels, all places of the kernel written out, so that a value is read once for all that see it. On
    /// the software adapter 7 x 2 takes 0.8 of its time, but its 112 sums are more than the registers of many GPUs hold; 4 x 4 takes 0.8, 7 x 1 1.1.
    Patch,
    /// Larger kernels: the same patch, place by place.
    Loop,
}

impl Tile {
    /// The best one.
    pub fn of(shape: &ConvolutionShape) -> Self {
        match (shape.kernel, shape.stride, shape.padding) {
            (1, 1, 0) => Tile::Points,
            (..=3, _, _) => Tile::Patch,
            _ => Tile::Loop,
        }
    }

    /// Its rows and columns.
    fn size(self) -> [usize; 2] {
        match self {
            Tile::Points => [8, 1],
            Tile::Patch | Tile::Loop => [4, 2],
        }
    }

    /// Input channels that are taken in one round.
    pub fn chunk(self) -> usize {
        match self {
            Tile::Points => 2,
            Tile::Patch | Tile::Loop => 1,
        }
    }

    /// How many of them a result of so many rows and columns takes.
    pub fn count(self, [rows, columns]: [usize; 2]) -> usize {
        let size = self.size();
        match self {
            Tile::Points => (rows * columns).div_ceil(size[0]),
            Tile::Patch | Tile::Loop => rows.div_ceil(size[0]) * columns.div_ceil(size[1]),
        }
    }
}

/// Blocks of `stride` x `stride` pixels that an invocation of a strided convolution's way back computes: rows and columns.
pub fn blocks(stride: usize) -> [usize; 2] {
    if stride <= 2 { [4, 2] } else { [1, 1] }
}

/// What is done to a sum before it is written: nothing, or the way back through a ReLU.
#[derive(Clone, Copy)]
pub struct Mask(pub Option<ReluRule>);

/// The part of a [`Mask`] that is in a kernel's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MaskKind {
    /// No ReLU.
    Nothing,
    /// [`ReluRule::Gradient`].
    Gradient,
    /// [`ReluRule::DeconvNet`].
    DeconvNet,
    /// [`ReluRule::Guided`].
    Guided,
    /// [`ReluRule::Leaky`].
    Leaky,
}

impl Mask {
    /// The part that is in the text.
    pub fn kind(self) -> MaskKind {
        match self.0 {
            None => MaskKind::Nothing,
            Some(ReluRule::Gradient) => MaskKind::Gradient,
            Some(ReluRule::DeconvNet) => MaskKind::DeconvNet,
            Some(ReluRule::Guided) => MaskKind::Guided,
            Some(ReluRule::Leaky(_)) => MaskKind::Leaky,
        }
    }

    /// The part that is in the sizes: what a leaky rule lets through, as bits.
    pub fn share(self) -> u32 {
        match self.0 {
            Some(ReluRule::Leaky(share)) => share.to_bits(),
            None | Some(ReluRule::Gradient | ReluRule::DeconvNet | ReluRule::Guided) => 0,
        }
    }
}

impl MaskKind {
    /// `sum` after it; a leaky rule's share is word `word` of the sizes.
    fn text(self, word: usize) -> String {
        match self {
            MaskKind::Nothing => "sum".to_owned(),
            MaskKind::Gradient => "select(0.0, sum, activation[at] != 0.0)".to_owned(),
            MaskKind::DeconvNet => "max(sum, 0.0)".to_owned(),
            MaskKind::Guided => "select(0.0, max(sum, 0.0), activation[at] != 0.0)".to_owned(),
            MaskKind::Leaky => format!("sum * select(bitcast<f32>(info[{word}]), 1.0, activation[at] != 0.0)"),
        }
    }

    /// Whether it depends on the ReLU's result: a buffer that is not read must not be bound.
    pub fn reads_activation(self) -> bool {
        match self {
            MaskKind::Nothing | MaskKind::DeconvNet => false,
            MaskKind::Gradient | MaskKind::Guided | MaskKind::Leaky => true,
        }
    }

    /// Whether a pool's signals go to all places of a window: its winners are not read then.
    pub fn shares_out(self) -> bool {
        match self {
            MaskKind::Leaky => true,
            MaskKind::Nothing | MaskKind::Gradient | MaskKind::DeconvNet | MaskKind::Guided => false,
        }
    }

    /// The last buffers of a kernel that writes `output`.
    fn buffers(self) -> &'static [&'static str] {
        if self.reads_activation() { &["activation", "output", "info"] } else { &["output", "info"] }
    }

    fn epilogue(self, add: bool, word: usize) -> String {
        let there = if add { " + output[at]" } else { "" };
        format!("let sum = value{there};\n    output[at] = {};", self.text(word))
    }
}

impl Shader {
    /// Invocations of a workgroup.
    pub fn group(&self) -> usize {
        match self {
            Shader::Convolution { .. } | Shader::ConvolutionBack { .. } | Shader::Transposed { .. } => CONVOLUTION_GROUP,
            Shader::ReluBack { .. } | Shader::MaxPool { .. } | Shader::MaxPoolBack { .. } | Shader::Pointwise(_) => PLANE_GROUP,
        }
    }
}

impl KernelSource for Shader {
    fn source(&self) -> SourceTemplate {
        match *self {
            Shader::Convolution { kernel, stride, tile } => {
                // Not max: a NaN stays one.
                let epilogue = "output[at] = select(value, 0.0, value < 0.0 && info[12] != 0u);";
                let bias = "fn bias_of(channel: u32) -> f32 {\n  return bias[min(channel, info[7] - 1u)];\n}";
                let vector = |first: usize| {
                    let of = |k| format!("bias_of(8u * block + {}u)", first + k);
                    format!("vec4f({}, {}, {}, {})", of(0), of(1), of(2), of(3))
                };
                let start = format!("let low_start = {};\n  let high_start = {};", vector(0), vector(4));
                convolution([kernel, stride], tile, &["bias", "output", "info"], epilogue)
                    .register("bias", bias)
                    .register("start", start)
            }
            Shader::ConvolutionBack { kernel, tile, mask, add } => {
                convolution([kernel, 1], tile, mask.buffers(), &mask.epilogue(add, 12))
                    .register("bias", "")
                    .register("start", "let low_start = vec4f();\n  let high_start = vec4f();")
            }
            Shader::Transposed { kernel, stride, mask, add } => transposed([kernel, stride], mask, add),
            Shader::ReluBack { mask } => SourceTemplate::new(include_str!("relu_back.wgsl"))
                .register("bindings", bindings(1, mask.buffers()))
                .register("mask", mask.text(8)),
            Shader::MaxPool { kernel, stride } => max_pool([kernel, stride]),
            Shader::MaxPoolBack { kernel, stride, mask } => max_pool_back([kernel, stride], mask),
            Shader::Pointwise(formula) => SourceTemplate::new(include_str!("pointwise.wgsl"))
                .register("bindings", bindings(0, formula.buffers()))
                .register("formula", formula.text()),
        }
    }

    fn id(&self) -> KernelId {
        KernelId::new::<Self>().info(*self)
    }

    fn lang(&self) -> &'static str {
        "wgsl"
    }
}

/// All that a convolution's forward and backward pass have in common.
///
/// In what is written out for every pixel, conditions are joined by `&`: with `&&`, which branches, browsers took minutes to compile it.
fn convolution([kernel, stride]: [usize; 2], tile: Tile, buffers: &[&str], epilogue: &str) -> SourceTemplate {
    let [rows, columns] = tile.size();
    let (pixels, chunk) = (rows * columns, tile.chunk());
    let (row, column) = (|p: usize| p / columns, |p: usize| p % columns);
    let weights = |tap: usize| {
        [format!("let low{tap} = weights[next + {}u];", 2 * tap), format!("let high{tap} = weights[next + {}u];", 2 * tap + 1)]
    };
    let add = |tap: &str, p: usize, value: String| {
        [format!("low_{p} += low{tap} * {value};"), format!("high_{p} += high{tap} * {value};")]
    };
    let (mut tiles, mut places, mut products, mut finish) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    if tile == Tile::Points {
        tiles.push(format!("let tiles = (area_out + {}u) / {pixels}u;", pixels - 1));
        for p in 0..pixels {
            places.push(format!("let at{p} = min(tile + {p}u * tiles, area_in - 1u);"));
            finish.push(format!("if (tile + {p}u * tiles < area_out) {{"));
            finish.push(format!("  finish(first + tile + {p}u * tiles, area_out, channels, low_{p}, high_{p});"));
            finish.push("}".to_owned());
        }
        for c in 0..chunk {
            products.push(format!("let plane{c} = base + min(channel + {c}u, channels_in - 1u) * area_in;"));
            products.extend((0..pixels).map(|p| format!("let x{c}_{p} = input[plane{c} + at{p}];")));
            products.extend(weights(c));
            products.extend((0..pixels).flat_map(|p| add(&c.to_string(), p, format!("x{c}_{p}"))));
        }
    } else {
        tiles.push(format!("let across = (columns_out + {}u) / {columns}u;", columns - 1));
        tiles.push(format!("let tiles = across * ((rows_out + {}u) / {rows}u);", rows - 1));
        places.push(format!("let row = tile / across * {rows}u;"));
        places.push(format!("let column = tile % across * {columns}u;"));
        places.push("let top = i32(row * STRIDE) - padding;".to_owned());
        places.push("let left = i32(column * STRIDE) - padding;".to_owned());
        for p in 0..pixels {
            let (r, c) = (row(p), column(p));
            finish.push(format!("if (row + {r}u < rows_out && column + {c}u < columns_out) {{"));
            finish.push(format!(
                "  finish(first + (row + {r}u) * columns_out + column + {c}u, area_out, channels, low_{p}, high_{p});"
            ));
            finish.push("}".to_owned());
        }
        products.push("let plane = base + channel * area_in;".to_owned());
    }
    if tile == Tile::Patch {
        // Rows and columns that no place of the kernel meets, with a stride beyond it, are not read.
        let met = |count: usize| {
            let all = (count - 1) * stride + kernel;
            (0..all).filter(|n| (0..count).any(|p| (p * stride..p * stride + kernel).contains(n))).collect::<Vec<_>>()
        };
        let (ys, xs) = (met(rows), met(columns));
        for y in &ys {
            places.push(format!("let inside_y{y} = (top + {y} >= 0) & (top + {y} < i32(rows_in));"));
            places.push(format!("let y{y} = u32(clamp(top + {y}, 0, i32(rows_in) - 1)) * columns_in;"));
        }
        for x in &xs {
            places.push(format!("let inside_x{x} = (left + {x} >= 0) & (left + {x} < i32(columns_in));"));
            places.push(format!("let x{x} = u32(clamp(left + {x}, 0, i32(columns_in) - 1));"));
        }
        for (y, x) in ys.iter().flat_map(|y| xs.iter().map(move |x| (y, x))) {
            products.push(format!("let p{y}_{x} = select(0.0, input[plane + y{y} + x{x}], inside_y{y} & inside_x{x});"));
        }
        for tap in 0..kernel * kernel {
            products.extend(weights(tap));
            let seen = |p: usize| format!("p{}_{}", row(p) * stride + tap / kernel, column(p) * stride + tap % kernel);
            products.extend((0..pixels).flat_map(|p| add(&tap.to_string(), p, seen(p))));
        }
    }
    if tile == Tile::Loop {
        products.push("for (var tap = 0u; tap < TAPS; tap++) {".to_owned());
        products.push(format!("let y = top + i32(tap / {kernel}u);"));
        products.push(format!("let x = left + i32(tap % {kernel}u);"));
        products.push("let low = weights[next + 2u * tap];".to_owned());
        products.push("let high = weights[next + 2u * tap + 1u];".to_owned());
        for r in 0..rows {
            products.push(format!("let y{r} = y + {};", r * stride));
            products.push(format!("let inside_y{r} = (y{r} >= 0) & (y{r} < i32(rows_in));"));
            products.push(format!("let line{r} = plane + u32(clamp(y{r}, 0, i32(rows_in) - 1)) * columns_in;"));
        }
        for c in 0..columns {
            products.push(format!("let x{c} = x + {};", c * stride));
            products.push(format!("let inside_x{c} = (x{c} >= 0) & (x{c} < i32(columns_in));"));
            products.push(format!("let place{c} = u32(clamp(x{c}, 0, i32(columns_in) - 1));"));
        }
        for p in 0..pixels {
            let (r, c) = (row(p), column(p));
            products.push(format!("let p{p} = select(0.0, input[line{r} + place{c}], inside_y{r} & inside_x{c});"));
            products.extend(add("", p, format!("p{p}")));
        }
        products.push("}".to_owned());
    }
    let sums = (0..pixels).flat_map(|p| [format!("var low_{p} = low_start;"), format!("var high_{p} = high_start;")]);
    SourceTemplate::new(include_str!("convolution.wgsl"))
        .register("kernel", kernel.to_string())
        .register("stride", stride.to_string())
        .register("rows", rows.to_string())
        .register("columns", columns.to_string())
        .register("chunk", chunk.to_string())
        .register("bindings", bindings(2, buffers))
        .register("tiles", tiles.join("\n  "))
        .register("places", places.join("\n  "))
        .register("sums", sums.collect::<Vec<_>>().join("\n  "))
        .register("products", products.join("\n    "))
        .register("finish", finish.join("\n  "))
        .register("epilogue", epilogue)
}

fn transposed([kernel, stride]: [usize; 2], mask: MaskKind, add: bool) -> SourceTemplate {
    let [rows, columns] = blocks(stride);
    // Windows that begin before the first block and still see it.
    let reach = kernel.div_ceil(stride) - 1;
    let (mut places, mut products) = (Vec::new(), Vec::new());
    for (axis, start, count, width) in [("y", "row", rows, "columns_out"), ("x", "column", columns, "1")] {
        let length = if axis == "y" { "rows_out" } else { "columns_out" };
        for k in 0..count + reach {
            places.push(format!("let {axis}_at{k} = i32({start}) + {k} - {reach};"));
            places.push(format!("let inside_{axis}{k} = ({axis}_at{k} >= 0) & ({axis}_at{k} < {length});"));
            places.push(format!("let {axis}{k} = u32(clamp({axis}_at{k}, 0, {length} - 1) * {width});"));
        }
    }
    for (y, x) in (0..rows + reach).flat_map(|y| (0..columns + reach).map(move |x| (y, x))) {
        products.push(format!("let d{y}_{x} = select(0.0, signal[plane + y{y} + x{x}], inside_y{y} & inside_x{x});"));
    }
    for (ky, kx) in (0..kernel).flat_map(|ky| (0..kernel).map(move |kx| (ky, kx))) {
        let tap = ky * kernel + kx;
        products.push(format!("let w{tap} = weights[next + {tap}u];"));
        for (r, c) in (0..rows).flat_map(|r| (0..columns).map(move |c| (r, c))) {
            let pixel = format!("sum{}_{}", r * stride + ky % stride, c * stride + kx % stride);
            products.push(format!("{pixel} += w{tap} * d{}_{};", r + reach - ky / stride, c + reach - kx / stride));
        }
    }
    let pixels = || (0..rows * stride).flat_map(|y| (0..columns * stride).map(move |x| (y, x)));
    let finish = |(y, x)| format!("finish(first, area_in, channels, top + {y}, left + {x}, rows_in, columns_in, sum{y}_{x});");
    SourceTemplate::new(include_str!("transposed.wgsl"))
        .register("kernel", kernel.to_string())
        .register("stride", stride.to_string())
        .register("rows", rows.to_string())
        .register("columns", columns.to_string())
        .register("bindings", bindings(2, mask.buffers()))
        .register("places", places.join("\n  "))
        .register("sums", pixels().map(|(y, x)| format!("var sum{y}_{x} = vec3f();")).collect::<Vec<_>>().join("\n  "))
        .register("products", products.join("\n    "))
        .register("finish", pixels().map(finish).collect::<Vec<_>>().join("\n  "))
        .register("epilogue", mask.epilogue(add, 10))
}

fn max_pool([kernel, stride]: [usize; 2]) -> SourceTemplate {
    let place =
        |k| format!("let y{k} = min(row + {k}u, rows_in - 1u) * columns_in;\n  let x{k} = min(column + {k}u, columns_in - 1u);");
    let tap = |tap: usize| {
        let (y, x) = (tap / kernel, tap % kernel);
        format!(
            "value = input[plane + y{y} + x{x}];\n  wins = (value > best) | (is_nan(value) & !is_nan(best));\n  \
             best = select(best, value, wins);\n  winner = select(winner, {tap}u, wins);"
        )
    };
    SourceTemplate::new(include_str!("max_pool.wgsl"))
        .register("kernel", kernel.to_string())
        .register("stride", stride.to_string())
        .register("places", (0..kernel).map(place).collect::<Vec<_>>().join("\n  "))
        .register("taps", (1..kernel * kernel).map(tap).collect::<Vec<_>>().join("\n  "))
}

fn max_pool_back([kernel, stride]: [usize; 2], mask: MaskKind) -> SourceTemplate {
    let reach = kernel.div_ceil(stride);
    let winners: &[&str] = if mask.shares_out() { &[] } else { &["winners"] };
    let buffers = [winners, mask.buffers()].concat();
    let mut windows: Vec<String> = (0..stride * stride).map(|k| format!("var sum{k} = 0.0;")).collect();
    for k in 0..reach {
        for (axis, start, length) in [("y", "row", "rows_out"), ("x", "column", "columns_out")] {
            windows.push(format!("let {axis}{k} = i32({start}) - {k};"));
            windows.push(format!("let inside_{axis}{k} = ({axis}{k} >= 0) & ({axis}{k} < {length});"));
        }
    }
    if mask.shares_out() {
        // All that lies in a window with a pixel of the block: from `before` rows and columns before its first one on.
        let (before, across) = ((reach - 1) * stride, (reach - 1) * stride + kernel);
        for (axis, start, length) in [("y", "row", "rows_in"), ("x", "column", "columns_in")] {
            for k in 0..across {
                windows.push(format!("let place_{axis}{k} = i32({start} * {stride}u) + {k} - {before};"));
                windows.push(format!("let there_{axis}{k} = (place_{axis}{k} >= 0) & (place_{axis}{k} < i32({length}));"));
            }
        }
        for k in 0..across {
            windows.push(format!("let line{k} = (plane * rows_in + u32(clamp(place_y{k}, 0, i32(rows_in) - 1))) * columns_in;"));
            windows.push(format!("let across{k} = u32(clamp(place_x{k}, 0, i32(columns_in) - 1));"));
        }
        for (y, x) in (0..across).flat_map(|y| (0..across).map(move |x| (y, x))) {
            windows.push(format!("let value_{y}_{x} = select(0.0, activation[line{y} + across{x}], there_y{y} & there_x{x});"));
        }
    }
    for (up, before) in (0..reach).flat_map(|up| (0..reach).map(move |before| (up, before))) {
        let n = format!("{up}_{before}");
        windows.push(format!(
            "let at{n} = u32((i32(plane) * rows_out + clamp(y{up}, 0, rows_out - 1)) * columns_out + clamp(x{before}, 0, columns_out - 1));"
        ));
        windows.push(format!("let signal{n} = select(0.0, signal[at{n}], inside_y{up} & inside_x{before});"));
        if mask.shares_out() {
            // Of the window's values by their distance from the block.
            let of =
                |y: usize, x: usize| format!("value_{}_{}", y + (reach - 1 - up) * stride, x + (reach - 1 - before) * stride);
            let values: Vec<String> = (0..kernel * kernel).map(|tap| of(tap / kernel, tap % kernel)).collect();
            windows.push(format!("let total{n} = {};", values.join(" + ")));
            windows.push(format!("let share{n} = select(0.0, signal{n} / total{n}, total{n} > 0.0);"));
        } else {
            windows.push(format!("let winner{n} = winners[at{n}];"));
        }
        for y in up * stride..kernel.min((up + 1) * stride) {
            for x in before * stride..kernel.min((before + 1) * stride) {
                let pixel = (y % stride) * stride + x % stride;
                windows.push(if mask.shares_out() {
                    format!("sum{pixel} += share{n};")
                } else {
                    format!("sum{pixel} += select(0.0, signal{n}, winner{n} == {}u);", y * kernel + x)
                });
            }
        }
    }
    let finish = |k| {
        let (down, right) = (k / stride, k % stride);
        format!("finish(first, row * {stride}u + {down}u, column * {stride}u + {right}u, rows_in, columns_in, sum{k});")
    };
    SourceTemplate::new(include_str!("max_pool_back.wgsl"))
        .register("kernel", kernel.to_string())
        .register("stride", stride.to_string())
        .register("bindings", bindings(1, &buffers))
        .register("mask", if mask.shares_out() { "sum * activation[at]".to_owned() } else { mask.text(5) })
        .register("windows", windows.join("\n  "))
        .register("finish", (0..stride * stride).map(finish).collect::<Vec<_>>().join("\n  "))
}

/// Declarations of the buffers from binding `first` on.
fn bindings(first: usize, names: &[&str]) -> String {
    let declare = |(k, name): (usize, &&str)| {
        let (access, element) = match *name {
            "output" | "running_mean" | "running_square" => ("read_write", "f32"),
            "info" | "winners" => ("read", "u32"),
            _ => ("read", "f32"),
        };
        format!("@group(0) @binding({}) var<storage, {access}> {name}: array<{element}>;", first + k)
    };
    names.iter().enumerate().map(declare).collect::<Vec<_>>().join("\n")
}

/// Weights as the kernels read them: `[blocks of outputs][inputs, a multiple of chunk][taps][block]`, filled up with zeros. `weight` is that of an output, an
/// input and a tap.
pub fn pack(
    outputs: usize,
    inputs: usize,
    taps: usize,
    chunk: usize,
    block: usize,
    weight: impl Fn(usize, usize, usize) -> f32,
) -> Vec<f32> {
    let mut packed = Vec::with_capacity(outputs.next_multiple_of(block) * inputs.next_multiple_of(chunk) * taps);
    for first in (0..outputs).step_by(block) {
        for (input, tap) in (0..inputs.next_multiple_of(chunk)).flat_map(|input| (0..taps).map(move |tap| (input, tap))) {
            let of = |output| if output < outputs && input < inputs { weight(output, input, tap) } else { 0.0 };
            packed.extend((first..first + block).map(of));
        }
    }
    packed
}
