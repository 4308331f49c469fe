// y = x / (1 - p) where the element is kept, else 0. The backward pass is the same map of the gradient. Places beyond the
// end count as the last one: a device may take them for it, and must then write the same.
fn kept(i: u32) -> f32 {
  return select(0.0, u.scale, threefry(u32(key(0u)), u32(key(1u)), min(i, u.size - 1u), u.site) >= u.threshold);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (workgroup_index(group, groups) * WORKGROUP_SIZE + lane) * 4u;
  if (i >= u.size) { return; }
  y_set4(i, x4(i) * vec4<f32>(kept(i), kept(i + 1u), kept(i + 2u), kept(i + 3u)));
}
