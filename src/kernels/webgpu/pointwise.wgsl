// A formula of the values at one index. It is bound by memory, so an invocation computes one value. The first
// word of `info` is the number of values.

{{ bindings }}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = id.y * groups.x * 64u + id.x;
  if (at >= info[0]) {
    return;
  }
  {{ formula }}
}
