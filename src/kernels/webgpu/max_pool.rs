//! Text of `max_pool.wgsl`.

use deep_inside_gpu::burn_wgpu::SourceTemplate;

use super::shader::describe;
use crate::kernels::Window;

/// Whether the last row or column may stand for those beyond it, because its own tap comes earlier
/// in the same window: if windows have no gaps and begin in the input.
pub fn may_clamp(window: &Window) -> bool {
    window.dilation == [1, 1] && window.padding.before() == [0, 0]
}

/// The maximum and the argmax of each window.
pub fn template(window: Window, clamps: bool) -> SourceTemplate {
    let Window {
        kernel,
        stride,
        dilation,
        ..
    } = window;
    let mut offsets = Vec::new();
    for (axis, start, length, width) in [
        ("y", "row", "rows_in", "columns_in"),
        ("x", "column", "columns_in", "1u"),
    ] {
        let number = usize::from(axis == "x");
        for k in 0..kernel[number] {
            let shift = k * dilation[number];
            if clamps {
                offsets.push(format!(
                    "let {axis}{k} = min({start} + {shift}u, {length} - 1u) * {width};"
                ));
                continue;
            }
            offsets.extend([
                format!("let {axis}_at{k} = i32({start} + {shift}u) - padding_{start};"),
                format!(
                    "let inside_{axis}{k} = ({axis}_at{k} >= 0) & ({axis}_at{k} < i32({length}));"
                ),
                format!(
                    "let {axis}{k} = u32(clamp({axis}_at{k}, 0, i32({length}) - 1)) * {width};"
                ),
            ]);
        }
    }
    let taps = (0..window.taps()).map(|tap| {
        let (y, x) = (tap / kernel[1], tap % kernel[1]);
        let mut lines = vec![format!("value = input[plane + y{y} + x{x}];")];
        if clamps {
            lines.push("wins = (value > best) | (is_nan(value) & !is_nan(best));".to_owned());
        } else {
            // The first value in the input wins whatever it is.
            lines.extend([
                "wins = !found | (value > best) | (is_nan(value) & !is_nan(best));".to_owned(),
                format!("wins = wins & inside_y{y} & inside_x{x};"),
                "found = found | wins;".to_owned(),
            ]);
        }
        lines.extend([
            "best = select(best, value, wins);".to_owned(),
            format!("best_tap = select(best_tap, {tap}u, wins);"),
        ]);
        lines.join("\n  ")
    });
    // With clamping, the first tap is in the input.
    let (first, skipped) = if clamps {
        ("input[plane + y0 + x0]", 1)
    } else {
        ("0.0", 0)
    };
    SourceTemplate::new(include_str!("max_pool.wgsl"))
        .register("window", describe(&window))
        .register("stride_rows", stride[0].to_string())
        .register("stride_columns", stride[1].to_string())
        .register("offsets", offsets.join("\n  "))
        .register("first", first)
        .register("taps", taps.skip(skipped).collect::<Vec<_>>().join("\n  "))
}
