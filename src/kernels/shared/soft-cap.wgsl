// cap · tanh(x / cap), and its derivative told by the result. tanh overflows to NaN on some devices for large arguments;
// beyond 15 it is one in f32.
fn soft_cap(x: f32, cap: f32) -> f32 { return cap * tanh(clamp(x / cap, -15.0, 15.0)); }

fn soft_cap_slope(y: f32, cap: f32) -> f32 {
  let t = y / cap;
  return 1.0 - t * t;
}
