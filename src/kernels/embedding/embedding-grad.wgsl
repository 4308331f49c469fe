// dweight[id, column] = scale · sum of dy over the positions of that id, in order, four columns a thread. Rows of absent
// ids are left as they are.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let column_groups = (u.columns + 3u) / 4u;
  let place = workgroup_index(group, groups) * WORKGROUP_SIZE + lane;
  if (place >= u.tokens * column_groups) { return; }
  let token_group = place / column_groups;
  let id = token_groups(token_group);
  if (id < 0) { return; }
  let i = (place % column_groups) * 4u;
  let base = u32(id) * u.columns;
  let positions = 2u * u.tokens + 1u;
  let end = u32(token_groups(u.tokens + token_group + 1u));
  var sum = vec4<f32>(0.0);
  for (var at = u32(token_groups(u.tokens + token_group)); at < end; at++) {
    sum += dy_row(u32(token_groups(positions + at)) * u.columns, i);
  }
  sum *= u.scale;
  if (ACCUMULATE) { sum += dweight_row(base, i); }
  dweight_row_set(base, i, sum);
}
