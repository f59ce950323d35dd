// The largest value of every {{ kernel }}x{{ kernel }} window at stride {{ stride }} (no padding; the last windows may hang over the edge) and which tap of its window it is, counted row by row; the first one wins ties, NaN wins over all.
//
// An output takes kernel^2 comparisons and reads (neighbours share most of them through the cache) and two writes: bound by memory, so one output an invocation, neighbours along a row.

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<storage, read_write> winners: array<u32>;
@group(0) @binding(3) var<storage, read> info: array<u32>;

// By the bits: WGSL lets compilers assume that no comparison sees a NaN.
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

  let at = id.y * groups.x * 64u + id.x;
  if (at >= planes * rows_out * columns_out) {
    return;
  }
  let column = at % columns_out * {{ stride }}u;
  let row = at / columns_out % rows_out * {{ stride }}u;
  let plane = at / columns_out / rows_out * rows_in * columns_in;

  // What hangs over the edge repeats the last row or column, which comes earlier and so wins.
  {{ places }}

  // A later value wins if it's larger or the first NaN; nothing is larger than a NaN.
  var best = input[plane + y0 + x0];
  var winner = 0u;
  var wins = false;
  var value = 0.0;
  {{ taps }}
  output[at] = best;
  winners[at] = winner;
}
