// y = base, plus the scaled delta in its columns; four columns a thread.
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
  var v = base_row(row * u.columns, i);
  for (var k = 0u; k < 4u; k++) {
    let column = i + k;
    if (column >= u.first && column < u.first + u.width) {
      v[k] += u.scale * delta(row * u.width + column - u.first);
    }
  }
  y_row_set(row * u.columns, i, v);
}
