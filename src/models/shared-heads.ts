// Heads that families share: a map of each token's state, to labels or to a vocabulary, and one of the last token's.

import type { Tensor } from '@tensorflow/tfjs';
import { dropout } from '#kernels/dropout/dropout.ts';
import type { ForwardContext } from '#nn/forward-context.ts';
import type { Linear } from '#nn/linear.ts';
import type { Module } from '#nn/module.ts';
import { vocabularyLogits } from '#nn/vocabulary-head.ts';
import { lastToken } from './last-token.ts';
import type { ModelShape } from './model-shape.ts';
import type { HeadedLayers } from './task-model.ts';
import type { TextInputs } from './text-inputs.ts';

/** Tokens → the state of each [B, L, D]. */
interface BaseModel extends Module {
  forward(inputs: TextInputs, context: ForwardContext): Tensor;
}

/** A module with HF's name for it. */
type Named<M extends Module> = readonly [name: string, module: M];

/**
 * Logits [B, L, C], as …ForTokenClassification and …ForQuestionAnswering.
 * @param probability of dropping an element of a state.
 */
export function tokenHead(base: Named<BaseModel>, head: Named<Linear>, probability: number): HeadedLayers {
  return {
    modules: Object.fromEntries<Module>([base, head]),
    logits: (inputs, context) => {
      const hidden = base[1].forward(inputs, context);
      return head[1].forward(dropout(hidden, probability, context.dropoutKey), context);
    },
  };
}

/** Logits [B, L, V] over a vocabulary. */
export const vocabularyLayers = (
  modules: HeadedLayers['modules'],
  vocabulary: NonNullable<HeadedLayers['vocabulary']>,
): HeadedLayers => ({
  modules,
  vocabulary,
  logits: (inputs, context) => vocabularyLogits(vocabulary(inputs, context), context),
});

/** Logits [B, C], as GenericForSequenceClassification. */
export function lastTokenHead(base: Named<BaseModel>, head: Named<Linear>, shape: ModelShape): HeadedLayers {
  return {
    modules: Object.fromEntries<Module>([base, head]),
    logits: (inputs, context) => {
      const hidden = base[1].forward(inputs, context);
      return head[1].forward(lastToken(hidden, inputs, shape, context), context);
    },
  };
}
