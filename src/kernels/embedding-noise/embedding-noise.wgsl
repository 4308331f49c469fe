// y = x + magnitude · u, u uniform in [-1, 1): 24 bits of a word of noise for each element. Places beyond the end count as
// the last one: a device may take them for it, and must then write the same.
fn uniform_at(i: u32) -> f32 {
  return f32(threefry(u32(key(0u)), u32(key(1u)), min(i, u.size - 1u), u.site) >> 8u) * 1.1920928955078125e-7 - 1.0;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (workgroup_index(group, groups) * WORKGROUP_SIZE + lane) * 4u;
  if (i >= u.size) { return; }
  let noise = vec4<f32>(uniform_at(i), uniform_at(i + 1u), uniform_at(i + 2u), uniform_at(i + 3u));
  y_set4(i, x4(i) + magnitude(0u) * noise);
}
