// The gradient of a max-pool ({{ kernel }}x{{ kernel }} windows at stride {{ stride }}) with respect to its input.
// An input receives the sum of the signals of the windows of which it is the maximum, masked by a ReLU rule.
// With the leaky rule it receives a part of each window's signal, in proportion to its value.
//
// An input takes at most ceil(kernel / stride)^2 additions. It gathers from its windows, so nothing is written
// twice and no atomics are needed. It is bound by memory. An invocation computes a block of
// {{ stride }}x{{ stride }} inputs, because they share their windows, and each tap of a window meets exactly one of them.

@group(0) @binding(0) var<storage, read> signal: array<f32>;
{{ bindings }}

fn finish(plane: u32, row: u32, column: u32, rows: u32, columns: u32, sum: f32) {
  if (row < rows && column < columns) {
    let at = plane + row * columns + column;
    output[at] = {{ mask }};
  }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let planes = info[0];
  let rows_in = info[1];
  let columns_in = info[2];
  let rows_out = i32(info[3]);
  let columns_out = i32(info[4]);

  let across = (columns_in + {{ stride }}u - 1u) / {{ stride }}u;
  let down = (rows_in + {{ stride }}u - 1u) / {{ stride }}u;
  let block = id.y * groups.x * 64u + id.x;
  if (block >= planes * across * down) {
    return;
  }
  let column = block % across;
  let row = block / across % down;
  let plane = block / across / down;

  {{ windows }}

  let first = plane * rows_in * columns_in;
  {{ finish }}
}
