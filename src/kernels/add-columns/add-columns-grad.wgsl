// ddelta = scale · the columns of dy that it was added to; four columns a thread.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let column_groups = (u.columns + 3u) / 4u;
  let place = workgroup_index(group, groups) * WORKGROUP_SIZE + lane;
  if (place >= u.rows * column_groups) { return; }
  let row = place / column_groups;
  let i = (place % column_groups) * 4u;
  var v = vec4<f32>(0.0);
  for (var k = 0u; k < 4u; k++) {
    if (i + k < u.columns) { v[k] = u.scale * dy(row * u.wide + u.first + i + k); }
  }
  ddelta_row_set(row * u.columns, i, v);
}
