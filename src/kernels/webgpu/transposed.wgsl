// The gradient of a convolution with {{ window }} with respect to its input:
// dx[i, y, x] = sum of dy[o, (y + padding - ky) / stride, (x + padding - kx) / stride] * w[o, i, ky, kx]
// over the o, ky, kx for which both divisions have no remainder.
//
// An input takes 2 * channels_out * taps / stride^2 FLOPs. All {{ stride_rows }}x{{ stride_columns }} pixels of a block
// read the same few values of dy, and each tap of the kernel is used by exactly one of them. An invocation
// computes {{ rows }}x{{ columns }} such blocks of 3 channels and keeps all sums in registers: each weight is
// used for {{ rows }} * {{ columns }} sums, and each value of dy for 3 per tap.

@group(0) @binding(0) var<storage, read> signal: array<f32>;
@group(0) @binding(1) var<storage, read> weights: array<vec3f>;
{{ bindings }}

const STRIDE_ROWS = {{ stride_rows }}u;
const STRIDE_COLUMNS = {{ stride_columns }}u;
const TAPS = {{ taps }}u;

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let out_total = info[0];
  let first_out = info[1];
  // Of one group, as are channels_in.
  let channels_out = info[2];
  let rows_out = i32(info[3]);
  let columns_out = i32(info[4]);
  let channels_in = info[5];
  let rows_in = info[6];
  let columns_in = info[7];
  let padding_top = info[8];
  let padding_left = info[9];
  let groups = info[10];
  let batch = info[11];

  let across = (columns_in + padding_left + STRIDE_COLUMNS * {{ columns }}u - 1u) / (STRIDE_COLUMNS * {{ columns }}u);
  let tiles = across * ((rows_in + padding_top + STRIDE_ROWS * {{ rows }}u - 1u) / (STRIDE_ROWS * {{ rows }}u));
  let blocks_of_group = (channels_in + 2u) / 3u;
  let blocks = blocks_of_group * groups;
  if (id.x >= tiles * blocks * batch) {
    return;
  }
  let block = id.x / tiles % blocks;
  let picture = id.x / tiles / blocks;
  let group = block / blocks_of_group;
  let first_of_block = 3u * (block % blocks_of_group);
  // Index of the first block, and of the last window (a position of dy) that starts in it.
  let row = id.x % tiles / across * {{ rows }}u;
  let column = id.x % tiles % across * {{ columns }}u;

  {{ offsets }}

  {{ sums }}

  let area = u32(rows_out * columns_out);
  var plane = (picture * out_total + first_out + group * channels_out) * area;
  var next = block * channels_out * TAPS;
  for (var channel = 0u; channel < channels_out; channel++) {
    {{ products }}
    plane += area;
    next += TAPS;
  }

  let top = i32(row * STRIDE_ROWS) - i32(padding_top);
  let left = i32(column * STRIDE_COLUMNS) - i32(padding_left);
  let area_in = rows_in * columns_in;
  let first = ((picture * groups + group) * channels_in + first_of_block) * area_in;
  let channels = min(3u, channels_in - first_of_block);
  {{ finish }}
}

// Stores the channels of a pixel, if it is in the picture.
fn finish(first: u32, area: u32, channels: u32, y: i32, x: i32, rows: u32, columns: u32, sum: vec3f) {
  if (y >= 0 && y < i32(rows) && x >= 0 && x < i32(columns)) {
    for (var i = 0u; i < channels; i++) {
      store(first + i * area + u32(y) * columns + u32(x), sum[i]);
    }
  }
}

fn store(at: u32, value: f32) {
  {{ epilogue }}
}
