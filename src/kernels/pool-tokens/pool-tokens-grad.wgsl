// dx[b, token] = weights[b, token] · dy[b], four columns a thread.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let column_groups = (u.columns + 3u) / 4u;
  let place = workgroup_index(group, groups) * WORKGROUP_SIZE + lane;
  if (place >= u.batch * u.length * column_groups) { return; }
  let row = place / column_groups;
  let i = (place % column_groups) * 4u;
  dx_row_set(row * u.columns, i, weights(row) * dy_row((row / u.length) * u.columns, i));
}
