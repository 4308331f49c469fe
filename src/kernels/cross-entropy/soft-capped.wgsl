// The tanh of a logit over its cap, and the logit that comes of it. tanh overflows to NaN on some devices for large
// arguments; beyond 15 it is one in f32.
fn squashed(x: vec4<f32>) -> vec4<f32> { return tanh(clamp(x / u.cap, vec4<f32>(-15.0), vec4<f32>(15.0))); }
fn soft_capped(x: vec4<f32>) -> vec4<f32> {
  if (CAPPED) { return u.cap * squashed(x); }
  return x;
}
