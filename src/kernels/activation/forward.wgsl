// y = f(x), four values a thread.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (workgroup_index(group, groups) * WORKGROUP_SIZE + lane) * 4u;
  if (i >= u.size) { return; }
  let v = x4(i);
  y_set4(i, vec4<f32>(activate(v.x), activate(v.y), activate(v.z), activate(v.w)));
}
