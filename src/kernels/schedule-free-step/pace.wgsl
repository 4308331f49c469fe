// One thread: the rate of a step after warm-up, and the share of the newest point in the average. Places in `pace` as in
// schedule-free-step.ts.
fn raised(x: f32, power: f32) -> f32 {
  if (power == 0.0) { return 1.0; }
  if (power == 2.0) { return x * x; }
  return select(pow(x, power), 0.0, x == 0.0);
}

@compute @workgroup_size(1)
fn main() {
  if (state(5u) != 0.0) { return; }
  let step = state(0u);
  let rate = lr(0u) * min(1.0, step / max(1.0, u.warmup_steps));
  let highest = max(rate, pace(1u));
  let weight = raised(step, u.r) * raised(highest, u.weight_lr_power);
  let sum = pace(2u) + weight;
  pace_set(0u, rate);
  pace_set(1u, highest);
  pace_set(2u, sum);
  pace_set(3u, select(weight / sum, 0.0, sum == 0.0));
}
