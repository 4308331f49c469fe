// Writes a text with a decoder, token by token, as transformers' `generate` with one beam.

import { GenerationSteps } from '#nn/generation-steps.ts';
import type { TrainableModel } from '#nn/trainable-model.ts';
import { TorchRandom } from '#util/torch-random.ts';
import type { ModelShape } from '../model-shape.ts';
import { chooseToken, type SamplingOptions } from './sampling.ts';

export interface GenerateOptions extends SamplingOptions {
  readonly maxNewTokens: number;
  /** Tokens that end the text; the one that does is given too. */
  readonly stopIds: ReadonlySet<number>;
  readonly seed: number;
  /** Default true: keys and values of what was read are kept. */
  readonly useCache?: boolean;
}

export interface GenerativeModel extends TrainableModel {
  readonly shape: ModelShape;
}

/** Greedy, to `maxNewTokens`. */
export const GREEDY: Omit<GenerateOptions, 'maxNewTokens' | 'stopIds'> = {
  doSample: false,
  temperature: 1,
  topK: 0,
  topP: 1,
  repetitionPenalty: 1,
  seed: 42,
};

/** The new tokens as they come. Ends at a stop token, after `maxNewTokens`, or at the model's longest input. */
export async function* generate(
  model: GenerativeModel,
  prompt: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<number> {
  const capacity = Math.min(prompt.length + options.maxNewTokens, model.shape.maxPositions);
  const steps = new GenerationSteps(model, capacity, options.useCache);
  const random = new TorchRandom(options.seed);
  const text = [...prompt];
  try {
    let logits = await steps.next(prompt);
    while (text.length < capacity) {
      const token = chooseToken(logits, text, options, random);
      text.push(token);
      yield token;
      if (options.stopIds.has(token) || text.length === capacity) return;
      logits = await steps.next([token]);
    }
  } finally {
    steps.dispose();
  }
}
