// The maximum of each of the {{ window }}, and its offset in the window, row-major (the
// argmax). Windows may extend beyond the edges. The first of equal values wins, and NaN wins over all.
//
// An output takes as many comparisons as a window has values, as many reads, most of them shared with
// neighbours through the cache, and two writes. It is bound by memory, so an invocation computes one output, and neighbours lie along a row.

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<storage, read_write> argmax: array<u32>;
@group(0) @binding(3) var<storage, read> info: array<u32>;

// By the bits: WGSL allows compilers to assume that no operand of a comparison is NaN.
fn is_nan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let planes = info[0];
  let rows_in = info[1];
  let columns_in = info[2];
  let rows_out = info[3];
  let columns_out = info[4];
  let padding_row = i32(info[5]);
  let padding_column = i32(info[6]);

  let at = id.y * groups.x * 64u + id.x;
  if (at >= planes * rows_out * columns_out) {
    return;
  }
  let column = at % columns_out * {{ stride_columns }}u;
  let row = at / columns_out % rows_out * {{ stride_rows }}u;
  let plane = at / columns_out / rows_out * rows_in * columns_in;

  {{ offsets }}

  // A later value wins if it is larger, or the first NaN. Nothing is larger than NaN.
  var best = {{ first }};
  var best_tap = 0u;
  var found = false;
  var wins = false;
  var value = 0.0;
  {{ taps }}
  output[at] = best;
  argmax[at] = best_tap;
}
