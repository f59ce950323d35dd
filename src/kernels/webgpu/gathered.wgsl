// The gradient of a convolution with {{ window }} with respect to its input, as in
// transposed.wgsl, for windows whose unrolled text would be too long.
//
// An input takes 2 * channels_out * taps / stride^2 FLOPs, and as many loads. An invocation computes one input,
// and neighbours lie along a row.

@group(0) @binding(0) var<storage, read> signal: array<f32>;
// [out, in, rows, columns], of one group after the other.
@group(0) @binding(1) var<storage, read> weights: array<f32>;
{{ bindings }}

const TAPS = {{ kernel_rows }}u * {{ kernel_columns }}u;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) grid: vec3u) {
  let out_total = info[0];
  let first_out = info[1];
  // Of one group, as are channels_in.
  let channels_out = info[2];
  let rows_out = info[3];
  let columns_out = info[4];
  let channels_in = info[5];
  let rows_in = info[6];
  let columns_in = info[7];
  let padding_top = info[8];
  let padding_left = info[9];
  let groups = info[10];
  let batch = info[11];

  let at = id.y * grid.x * 64u + id.x;
  let planes = groups * channels_in;
  if (at >= batch * planes * rows_in * columns_in) {
    return;
  }
  let row = at / columns_in % rows_in + padding_top;
  let column = at % columns_in + padding_left;
  let channel = at / columns_in / rows_in % planes;
  let picture = at / columns_in / rows_in / planes;
  let group = channel / channels_in;
  let area = rows_out * columns_out;
  let first = (picture * out_total + first_out + group * channels_out) * area;
  let first_weight = (group * channels_out * channels_in + channel % channels_in) * TAPS;

  var value = 0.0;
  for (var ky = 0u; ky < {{ kernel_rows }}u; ky++) {
    let down = ky * {{ dilation_rows }}u;
    // Below 0 it wraps to far beyond the last window.
    let y = (row - down) / {{ stride_rows }}u;
    if ((row - down) % {{ stride_rows }}u != 0u || y >= rows_out) {
      continue;
    }
    for (var kx = 0u; kx < {{ kernel_columns }}u; kx++) {
      let right = kx * {{ dilation_columns }}u;
      let x = (column - right) / {{ stride_columns }}u;
      if ((column - right) % {{ stride_columns }}u != 0u || x >= columns_out) {
        continue;
      }
      var next = first + y * columns_out + x;
      var weight = first_weight + ky * {{ kernel_columns }}u + kx;
      for (var k = 0u; k < channels_out; k++) {
        value += signal[next] * weights[weight];
        next += area;
        weight += channels_in * TAPS;
      }
    }
  }
  {{ epilogue }}
}
