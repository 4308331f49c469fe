// Elementwise activations and their derivatives. KIND: 0 gelu (erf), 1 gelu (tanh), 2 relu, 3 silu, 4 tanh.

// Abramowitz and Stegun 7.1.26, |error| <= 1.5e-7.
fn erf(x: f32) -> f32 {
  let a = abs(x);
  let t = 1.0 / (1.0 + 0.3275911 * a);
  let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(x) * (1.0 - p * exp(-a * a));
}

// tanh overflows to NaN on some devices for large arguments; beyond 15 it is one in f32.
fn safe_tanh(x: f32) -> f32 { return tanh(clamp(x, -15.0, 15.0)); }

fn sigmoid(x: f32) -> f32 {
  let e = exp(-abs(x));
  return select(e / (1.0 + e), 1.0 / (1.0 + e), x >= 0.0);
}

fn activate(x: f32) -> f32 {
  switch (KIND) {
    case 0u: { return 0.5 * x * (1.0 + erf(x * 0.7071067811865476)); }
    case 1u: { return 0.5 * x * (1.0 + safe_tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))); }
    case 2u: { return max(x, 0.0); }
    case 3u: { return x * sigmoid(x); }
    default: { return safe_tanh(x); }
  }
}

fn derivative(x: f32) -> f32 {
  switch (KIND) {
    case 0u: {
      return 0.5 * (1.0 + erf(x * 0.7071067811865476)) + x * 0.3989422804014327 * exp(-0.5 * x * x);
    }
    case 1u: {
      let t = safe_tanh(0.7978845608028654 * (x + 0.044715 * x * x * x));
      return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * 0.7978845608028654 * (1.0 + 0.134145 * x * x);
    }
    case 2u: { return select(0.0, 1.0, x > 0.0); }
    case 3u: {
      let s = sigmoid(x);
      return s * (1.0 + x * (1.0 - s));
    }
    default: {
      let t = safe_tanh(x);
      return 1.0 - t * t;
    }
  }
}

fn activate4(v: vec4<f32>) -> vec4<f32> {
  return vec4<f32>(activate(v.x), activate(v.y), activate(v.z), activate(v.w));
}

fn derivative4(v: vec4<f32>) -> vec4<f32> {
  return vec4<f32>(derivative(v.x), derivative(v.y), derivative(v.z), derivative(v.w));
}
