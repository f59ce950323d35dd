// What is done to each value by itself; bound by memory, so one value an invocation. The first word of the sizes is their number.

{{ bindings }}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = id.y * groups.x * 64u + id.x;
  if (at >= info[0]) {
    return;
  }
  {{ formula }}
}
