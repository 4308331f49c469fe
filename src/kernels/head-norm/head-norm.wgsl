// One head of one position a workgroup: queries and keys are divided by their root mean square, values passed on. Kept for
// the backward pass: rstd of all heads that are normalised.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroup_index(group, groups);
  if (row >= u.positions * u.all_heads) { return; }
  let head = row % u.all_heads;
  let base = row * u.head_size;
  if (head >= u.normed_heads) {
    for (var i = lane * 4u; i < u.head_size; i += WORKGROUP_SIZE * 4u) { y_set4(base + i, qkv4(base + i)); }
    return;
  }
  var squares = 0.0;
  for (var i = lane * 4u; i < u.head_size; i += WORKGROUP_SIZE * 4u) {
    let v = qkv4(base + i);
    squares += dot(v, v);
  }
  let r = 1.0 / sqrt(row_sum(squares, lane) / f32(u.head_size) + u.eps);
  for (var i = lane * 4u; i < u.head_size; i += WORKGROUP_SIZE * 4u) {
    y_set4(base + i, qkv4(base + i) * r * weight_at(head, i));
  }
  if (lane == 0u) { statistics_set(row / u.all_heads * u.normed_heads + head, r); }
}
