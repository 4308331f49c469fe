// dlogits = dloss · (softmax - (1 - e) · onehot - e / classes), zero for ignored rows.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = workgroup_index(group, groups) * WORKGROUP_SIZE + lane;
  if (i >= u.rows * u.classes) { return; }
  let row = i / u.classes;
  let label = labels(row);
  var d = 0.0;
  if (label != IGNORED) {
    let hit = select(0.0, 1.0 - u.smoothing, i % u.classes == u32(label));
    d = dloss(row) * (exp(logits(i) - lse(row)) - hit - u.smoothing / f32(u.classes));
  }
  dlogits_set(i, d);
}
