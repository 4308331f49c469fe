// dlogits = dloss · scale · (softmax - (1 - e) · onehot - e / classes), zero for ignored rows; four classes a thread.
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
  let base = row * u.columns;
  let label = labels(u.first + row);
  var d = vec4<f32>(0.0);
  if (label != IGNORED) {
    let hit = vec4<u32>(i, i + 1u, i + 2u, i + 3u) == vec4<u32>(u32(label));
    let logit = logits_row(base, i);
    let p = exp(soft_capped(logit) - rows(u.all + u.first + row));
    d = dloss(0u) * scale(0u) * (p - select(vec4<f32>(0.0), vec4<f32>(1.0 - u.smoothing), hit) - u.smoothing / f32(u.columns));
    if (CAPPED) {
      let t = squashed(logit);
      d *= 1.0 - t * t;
    }
  }
  dlogits_row_set(base, i, d);
}
