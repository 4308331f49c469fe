// Three chains of multiply-adds of four numbers a thread, enough to hide how long each takes and few enough for registers.
// What they come to is stored, and factors are no constants, so that compilers leave none out.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let f = vec4<f32>(u.factor);
  let b = vec4<f32>(u.addend);
  var r0 = vec4<f32>(f32(id.x));
  var r1 = r0 + 1.0;
  var r2 = r0 + 2.0;
  for (var round = 0u; round < u.rounds; round++) {
    r0 = r0 * f + b;
    r1 = r1 * f + b;
    r2 = r2 * f + b;
    r0 = r0 * f + b;
    r1 = r1 * f + b;
    r2 = r2 * f + b;
    r0 = r0 * f + b;
    r1 = r1 * f + b;
    r2 = r2 * f + b;
    r0 = r0 * f + b;
    r1 = r1 * f + b;
    r2 = r2 * f + b;
  }
  let sum = r0 + r1 + r2;
  y_set(id.x, sum.x + sum.y + sum.z + sum.w);
}
