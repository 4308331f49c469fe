// Four columns a thread: each column of the first heads is turned with its partner half the rotated part away; the others
// are passed on. Turned back in the backward pass.
fn turned(base: u32, d: u32, angle: u32) -> f32 {
  let c = table(angle);
  let s = select(table(angle + u.half), -table(angle + u.half), INVERSE);
  if (d < u.half) { return x(base + d) * c - x(base + d + u.half) * s; }
  return x(base + d) * c + x(base + d - u.half) * s;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (workgroup_index(group, groups) * WORKGROUP_SIZE + lane) * 4u;
  if (i >= u.size) { return; }
  let head = i % u.width / u.head_size;
  let d = i % u.head_size;
  if (head >= u.heads || d >= 2u * u.half) {
    y_set4(i, x4(i));
    return;
  }
  let angles = i / u.width % u.length * 2u * u.half;
  let base = i - d;
  if (IN_FOURS) {
    let first = d < u.half;
    let partner = x4(base + select(d - u.half, d + u.half, first));
    let angle = angles + select(d - u.half, d, first);
    let sines = select(table4(angle + u.half), -table4(angle + u.half), INVERSE);
    y_set4(i, x4(i) * table4(angle) + select(partner, -partner, first) * sines);
    return;
  }
  var v = x4(i);
  for (var k = 0u; k < 4u; k++) {
    if (d + k < 2u * u.half) { v[k] = turned(base, d + k, angles + (d + k) % u.half); }
  }
  y_set4(i, v);
}
