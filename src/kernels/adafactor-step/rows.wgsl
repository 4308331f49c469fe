// A workgroup a row: the running mean of the squares of the row's gradients.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroup_index(group, groups);
  if (row >= u.rows || state(5u) != 0.0) { return; }
  var sum = 0.0;
  for (var column = lane; column < u.columns; column += WORKGROUP_SIZE) {
    let g = gradient(row * u.columns + column);
    sum += g * g + SMALLEST;
  }
  let total = row_sum(sum, lane);
  if (lane == 0u) {
    let kept = decay();
    let at = u.row_first + row;
    factors_set(at, kept * factors(at) + (1.0 - kept) * (total / f32(u.columns)));
  }
}
