// y[b, c, r] = x[b, r, c], one element of y a thread.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = workgroup_index(group, groups) * WORKGROUP_SIZE + lane;
  if (i >= u.size) { return; }
  let area = u.rows * u.columns;
  let inside = i % area;
  let row = inside % u.rows;
  let column = inside / u.rows;
  y_set(i, x(i - inside + row * u.columns + column));
}
