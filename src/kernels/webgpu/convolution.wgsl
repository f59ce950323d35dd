// y = x * w: a zero-padded cross-correlation with {{ window }}.
// It reads a range of channels of one tensor and writes a range of channels of another; in groups, the ranges
// are divided into equal parts, and each part of the outputs reads one part of the inputs.
//
// An output takes 2 * channels_in * taps FLOPs and, without blocking, as many loads of 4 bytes. An
// invocation computes 8 channels of {{ rows }}x{{ columns }} pixels and keeps all sums in registers: each
// weight is used for {{ rows }} * {{ columns }} sums and each pixel for 8 per tap, so that one load serves
// about 8 multiply-adds. A software adapter spends its time on loads, not on arithmetic.
// Neighbouring invocations read neighbouring pixels and the same weights, so their loads coalesce. Pixels,
// channel blocks and batch share one index, so that small pictures fill whole workgroups, too.

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
{{ bindings }}

// Positions in a kernel.
const TAPS = {{ taps }}u;
// Channels per iteration; the weights of channels beyond the last are 0.
const CHUNK = {{ chunk }}u;

{{ functions }}

// Stores a pixel's channels: eight, or as many as are left.
fn finish(first: u32, area: u32, channels: u32, low_sums: vec4f, high_sums: vec4f) {
  {{ activations }}
  store(first, 0u < channels, low.x);
  store(first + area, 1u < channels, low.y);
  store(first + 2u * area, 2u < channels, low.z);
  store(first + 3u * area, 3u < channels, low.w);
  store(first + 4u * area, 4u < channels, high.x);
  store(first + 5u * area, 5u < channels, high.y);
  store(first + 6u * area, 6u < channels, high.z);
  store(first + 7u * area, 7u < channels, high.w);
}

fn store(at: u32, there: bool, value: f32) {
  if (there) {
    {{ epilogue }}
  }
}

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let in_total = info[0];
  let first_in = info[1];
  // Of one group, as are channels_out.
  let channels_in = info[2];
  let rows_in = info[3];
  let columns_in = info[4];
  let out_total = info[5];
  let first_out = info[6];
  let channels_out = info[7];
  let rows_out = info[8];
  let columns_out = info[9];
  let padding_top = i32(info[10]);
  let padding_left = i32(info[11]);
  let groups = info[12];
  let batch = info[13];

  let area_in = rows_in * columns_in;
  let area_out = rows_out * columns_out;
  {{ tiles }}
  let blocks_of_group = (channels_out + 7u) / 8u;
  let blocks = blocks_of_group * groups;
  if (id.x >= tiles * blocks * batch) {
    return;
  }
  let tile = id.x % tiles;
  let block = id.x / tiles % blocks;
  let picture = id.x / tiles / blocks;
  let group = block / blocks_of_group;
  let first_of_block = 8u * (block % blocks_of_group);

  {{ offsets }}

  {{ start }}
  {{ sums }}

  let base = (picture * in_total + first_in + group * channels_in) * area_in;
  var next = block * ((channels_in + CHUNK - 1u) / CHUNK) * CHUNK * TAPS * 2u;
  for (var channel = 0u; channel < channels_in; channel += CHUNK) {
    {{ products }}
    next += CHUNK * TAPS * 2u;
  }

  let first = (picture * out_total + first_out + group * channels_out + first_of_block) * area_out;
  let channels = channels_out - first_of_block;
  {{ finish }}
}
