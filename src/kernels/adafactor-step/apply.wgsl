// p ← p·(1 − lr·wd) − lr · update / max(1, rms of the update), in place. Every workgroup adds the parts of the norm up in
// the same order. A step whose gradients overflowed changes nothing.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  var squares = 0.0;
  for (var part = lane; part < u.parts; part += WORKGROUP_SIZE) { squares += scratch(1u + part); }
  let rms = sqrt(row_sum(squares, lane) / f32(u.size));
  let first = workgroup_index(group, groups) * CHUNK;
  if (first >= u.size || state(5u) != 0.0) { return; }
  let end = min(first + CHUNK, u.size);
  let rate = lr(0u);
  for (var i = first + lane * 4u; i < end; i += WORKGROUP_SIZE * 4u) {
    let p = p4(u.first + i);
    var d = vec4<f32>(0.0);
    for (var k = 0u; k < 4u; k++) { if (i + k < u.size) { d[k] = direction(i + k); } }
    let p1 = p * (1.0 - rate * u.weight_decay) - (rate / max(1.0, rms)) * d;
    p_set4(u.first + i, p1);
    half_set4(u.first + i, p1);
  }
}
