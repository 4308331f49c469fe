// β₂ of a step, and what is added to squared gradients so that no mean is zero. `state` as in update-state.ts.
const SMALLEST = 1e-30;

fn decay() -> f32 { return 1.0 - pow(state(0u), u.decay_rate); }
fn gradient(i: u32) -> f32 { return grad(u.first + i) * state(7u); }
