// cap · tanh(x / cap), four values a thread. tanh overflows to NaN on some devices for large arguments; beyond 15 it is one
// in f32.
fn soft_cap(x: f32, cap: f32) -> f32 { return cap * tanh(clamp(x / cap, -15.0, 15.0)); }

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (workgroup_index(group, groups) * WORKGROUP_SIZE + lane) * 4u;
  if (i >= u.size) { return; }
  let x = x4(i);
  y_set4(i, vec4<f32>(soft_cap(x.x, u.cap), soft_cap(x.y, u.cap), soft_cap(x.z, u.cap), soft_cap(x.w, u.cap)));
}
