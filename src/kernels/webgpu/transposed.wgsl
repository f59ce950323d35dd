// The gradient of a convolution with {{ kernel }}x{{ kernel }} kernels at stride {{ stride }} with respect to its input:
// dx[i, y, x] = sum of dy[o, (y + padding - ky) / stride, (x + padding - kx) / stride] * w[o, i, ky, kx]
// over the o, ky, kx for which both divisions have no remainder.
//
// An input takes 2 * channels_out * (kernel / stride)^2 FLOPs. All {{ stride }}x{{ stride }} pixels of a block
// read the same few values of dy, and each tap of the kernel is used by exactly one of them. An invocation
// computes {{ rows }}x{{ columns }} such blocks of 3 channels and keeps all sums in registers: each weight is
// used for {{ rows }} * {{ columns }} sums, and each value of dy for 3 per tap.

@group(0) @binding(0) var<storage, read> signal: array<f32>;
@group(0) @binding(1) var<storage, read> weights: array<vec3f>;
{{ bindings }}

const STRIDE = {{ stride }}u;
const TAPS = {{ kernel }}u * {{ kernel }}u;

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let out_total = info[0];
  let first_out = info[1];
  let channels_out = info[2];
  let rows_out = i32(info[3]);
  let columns_out = i32(info[4]);
  let channels_in = info[5];
  let rows_in = info[6];
  let columns_in = info[7];
  let padding = info[8];
  let batch = info[9];

  let across = (columns_in + padding + STRIDE * {{ columns }}u - 1u) / (STRIDE * {{ columns }}u);
  let tiles = across * ((rows_in + padding + STRIDE * {{ rows }}u - 1u) / (STRIDE * {{ rows }}u));
  let groups = (channels_in + 2u) / 3u;
  if (id.x >= tiles * groups * batch) {
    return;
  }
  let group = id.x / tiles % groups;
  let picture = id.x / tiles / groups;
  // Index of the first block, and of the last window (a position of dy) that starts in it.
  let row = id.x % tiles / across * {{ rows }}u;
  let column = id.x % tiles % across * {{ columns }}u;

  {{ offsets }}

  {{ sums }}

  let area = u32(rows_out * columns_out);
  var plane = (picture * out_total + first_out) * area;
  var next = group * channels_out * TAPS;
  for (var channel = 0u; channel < channels_out; channel++) {
    {{ products }}
    plane += area;
    next += TAPS;
  }

  let top = i32(row * STRIDE) - i32(padding);
  let left = i32(column * STRIDE) - i32(padding);
  let area_in = rows_in * columns_in;
  let first = (picture * channels_in + 3u * group) * area_in;
  let channels = min(3u, channels_in - 3u * group);
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
