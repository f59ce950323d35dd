// The gradient of a max-pool ({{ window }}) with respect to its input.
// An input receives the sum of the signals of the windows of which it is the maximum, masked by a ReLU rule.
// With the leaky rule it receives a part of each window's signal, in proportion to its value.
//
// An input takes an addition for each of its windows, about (kernel / stride)^2. It gathers from its windows, so
// nothing is written twice and no atomics are needed. It is bound by memory. An invocation computes a block of
// {{ block_rows }}x{{ block_columns }} inputs. If that is the stride, they share their windows, and each tap of a
// window meets exactly one of them. Blocks begin in the padding.

@group(0) @binding(0) var<storage, read> signal: array<f32>;
{{ bindings }}

fn finish(plane: u32, row: i32, column: i32, rows: u32, columns: u32, sum: f32) {
  if (row >= 0 && row < i32(rows) && column >= 0 && column < i32(columns)) {
    let at = plane + u32(row) * columns + u32(column);
    {{ mask }}
  }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let planes = info[0];
  let rows_in = info[1];
  let columns_in = info[2];
  let rows_out = i32(info[3]);
  let columns_out = i32(info[4]);
  let padding_row = info[5];
  let padding_column = info[6];

  let across = (columns_in + padding_column + {{ block_columns }}u - 1u) / {{ block_columns }}u;
  let down = (rows_in + padding_row + {{ block_rows }}u - 1u) / {{ block_rows }}u;
  let block = id.y * groups.x * 64u + id.x;
  if (block >= planes * across * down) {
    return;
  }
  let column = block % across;
  let row = block / across % down;
  let plane = block / across / down;
  let top = i32(row * {{ block_rows }}u) - i32(padding_row);
  let left = i32(column * {{ block_columns }}u) - i32(padding_column);

  {{ windows }}

  let first = plane * rows_in * columns_in;
  {{ finish }}
}
