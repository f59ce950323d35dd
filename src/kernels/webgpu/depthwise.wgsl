// A depthwise convolution with {{ window }}, or its gradient with respect to the input: each plane of the
// output is computed from one plane of the input.
//
// An output takes 2 * taps FLOPs, for a transposition / stride^2, and it is bound by memory. An invocation
// computes a tile of {{ rows }}x{{ columns }} outputs, so that each value is read once for all outputs of the tile that
// use it. Neighbouring invocations compute neighbouring tiles of a row of tiles.

@group(0) @binding(0) var<storage, read> input: array<f32>;
// [channels, taps]
@group(0) @binding(1) var<storage, read> weights: array<f32>;
{{ bindings }}

{{ functions }}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) grid: vec3u) {
  let in_total = info[0];
  let first_in = info[1];
  let rows_in = i32(info[2]);
  let columns_in = i32(info[3]);
  let out_total = info[4];
  let first_out = info[5];
  let rows_out = i32(info[6]);
  let columns_out = i32(info[7]);
  let padding_top = i32(info[8]);
  let padding_left = i32(info[9]);
  let channels = info[10];
  let tiles_down = info[11];
  let tiles_across = info[12];
  let batch = info[13];

  let tile = id.y * grid.x * 64u + id.x;
  if (tile >= batch * channels * tiles_down * tiles_across) {
    return;
  }
  let tile_row = i32(tile / tiles_across % tiles_down);
  let tile_column = i32(tile % tiles_across);
  let channel = tile / tiles_across / tiles_down % channels;
  let picture = tile / tiles_across / tiles_down / channels;
  let plane = (picture * in_total + first_in + channel) * u32(rows_in * columns_in);
  let out_plane = (picture * out_total + first_out + channel) * u32(rows_out * columns_out);
  let weight = channel * {{ taps }}u;

  {{ products }}

  {{ finish }}
}

// Stores an output, if there is one.
fn finish(plane: u32, row: i32, column: i32, rows: i32, columns: i32, value: f32) {
  if (row >= 0 && row < rows && column >= 0 && column < columns) {
    let at = plane + u32(row * columns + column);
    {{ epilogue }}
  }
}
