//! Text of `max_pool.wgsl`.

use deep_inside_gpu::burn_wgpu::SourceTemplate;

/// The maximum and the argmax of each window.
pub fn template(kernel: usize, stride: usize) -> SourceTemplate {
    let offsets = (0..kernel).map(|k| {
        format!(
            "let y{k} = min(row + {k}u, rows_in - 1u) * columns_in;\n  \
             let x{k} = min(column + {k}u, columns_in - 1u);"
        )
    });
    let taps = (1..kernel * kernel).map(|tap| {
        let (y, x) = (tap / kernel, tap % kernel);
        format!(
            "value = input[plane + y{y} + x{x}];\n  \
             wins = (value > best) | (is_nan(value) & !is_nan(best));\n  \
             best = select(best, value, wins);\n  \
             best_tap = select(best_tap, {tap}u, wins);"
        )
    });
    SourceTemplate::new(include_str!("max_pool.wgsl"))
        .register("kernel", kernel.to_string())
        .register("stride", stride.to_string())
        .register("offsets", offsets.collect::<Vec<_>>().join("\n  "))
        .register("taps", taps.collect::<Vec<_>>().join("\n  "))
}
