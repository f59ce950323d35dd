// The backward pass of a ReLU by itself. The signal has strides of its own: it may be in any order, or repeat
// its values along an axis, as at the start of a backward pass, where it is equal at all positions of a channel.
//
// A value takes one or two reads and a write. It is bound by memory, so an invocation computes one value.

@group(0) @binding(0) var<storage, read> signal: array<f32>;
{{ bindings }}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let batch = info[0];
  let channels = info[1];
  let rows = info[2];
  let columns = info[3];

  let at = id.y * groups.x * 64u + id.x;
  if (at >= batch * channels * rows * columns) {
    return;
  }
  // Of each axis, the index times the stride.
  let column = at % columns * info[7];
  let row = at / columns % rows * info[6];
  let channel = at / columns / rows % channels * info[5];
  let picture = at / columns / rows / channels * info[4];
  let sum = signal[picture + channel + row + column];
  {{ mask }}
}
