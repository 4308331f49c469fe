// The choice of the next token, with transformers' settings in transformers' order: repetition penalty, then temperature,
// top-k and top-p, then a draw.

import type { TorchRandom } from '#util/torch-random.ts';

export interface SamplingOptions {
  /** False: always the likeliest token. */
  readonly doSample: boolean;
  /** Above 0; below 1 makes likely tokens likelier. */
  readonly temperature: number;
  /** Only the k likeliest tokens are drawn from; 0: all. */
  readonly topK: number;
  /** Only the likeliest tokens that together have this probability, in (0, 1]. */
  readonly topP: number;
  /** Above 1 makes tokens that the text has already less likely; 1: no change. */
  readonly repetitionPenalty: number;
}

/** The id of the next token. @param logits f32 [V]; @param text all tokens before it. */
export function chooseToken(
  logits: Float32Array,
  text: readonly number[],
  options: SamplingOptions,
  random: TorchRandom,
): number {
  const scores = penalize(logits, text, options.repetitionPenalty);
  if (!options.doSample) return likeliest(scores);
  const order = Array.from(scores, (_, id) => id).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const kept = options.topK > 0 ? order.slice(0, options.topK) : order;
  const probabilities = softmax(kept.map((id) => scores[id]! / options.temperature));
  const nucleus = countNucleus(probabilities, options.topP);
  return kept[draw(probabilities.slice(0, nucleus), random)]!;
}

function penalize(logits: Float32Array, text: readonly number[], penalty: number): Float32Array {
  if (penalty === 1) return logits;
  const scores = Float32Array.from(logits);
  for (const id of new Set(text)) scores[id] = scores[id]! < 0 ? scores[id]! * penalty : scores[id]! / penalty;
  return scores;
}

function likeliest(scores: Float32Array): number {
  let best = 0;
  for (let id = 1; id < scores.length; id++) if (scores[id]! > scores[best]!) best = id;
  return best;
}

function softmax(scores: readonly number[]): number[] {
  const exps = scores.map((score) => Math.exp(score - scores[0]!));
  const sum = exps.reduce((total, value) => total + value, 0);
  return exps.map((value) => value / sum);
}

/** The fewest of the likeliest that together reach `topP`. */
function countNucleus(probabilities: readonly number[], topP: number): number {
  let sum = 0;
  const last = probabilities.findIndex((probability) => {
    sum += probability;
    return sum >= topP;
  });
  return last < 0 ? probabilities.length : last + 1;
}

function draw(weights: readonly number[], random: TorchRandom): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let rest = random.uniform() * total;
  const found = weights.findIndex((weight) => {
    rest -= weight;
    return rest < 0;
  });
  return found < 0 ? weights.length - 1 : found;
}
