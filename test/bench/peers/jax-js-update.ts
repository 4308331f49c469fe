// Adam and AdamW with clipping for jax-js, over dictionaries of arrays.

import { type Array as Jax, numpy as np } from '@jax-js/jax';
import { UPDATE_RULES, type UpdateName } from '../update-rules.ts';
import type { Arrays } from './jax-js-models.ts';

// Types, not interfaces: the library's trees have index signatures.
export type OptimizerState = Readonly<Record<'params' | 'first' | 'second', Arrays>>;

/** 1 - beta^t of both moments: arrays, since a JavaScript number would be compiled in. */
export type BiasCorrections = Readonly<Record<'first' | 'second', Jax>>;

/** torch's clip_grad_norm_: scales by maxNorm / (norm + 1e-6) where that is below 1. Spends the gradients. */
function clip(gradients: Arrays, maxNorm: number): Arrays {
  const squares = Object.values(gradients).map((g) => np.square(g.ref).sum());
  const norm = np.sqrt(squares.reduce((sum, square) => sum.add(square)));
  const scale = np.minimum(np.array(maxNorm).div(norm.add(1e-6)), 1);
  const clipped = Object.entries(gradients).map(([name, g]) => [name, g.mul(scale.ref)] as const);
  scale.dispose();
  return Object.fromEntries(clipped);
}

export function makeUpdate(name: UpdateName, learningRate: number) {
  const { beta1, beta2, epsilon, weightDecay, maxGradNorm } = UPDATE_RULES[name];

  const rule = (state: OptimizerState, raw: Arrays, corrections: BiasCorrections): OptimizerState => {
    const gradients = maxGradNorm === null ? raw : clip(raw, maxGradNorm);
    const params: Record<string, Jax> = {};
    const first: Record<string, Jax> = {};
    const second: Record<string, Jax> = {};
    for (const [name, gradient] of Object.entries(gradients)) {
      const parameter = state.params[name]!;
      const m = state.first[name]!.mul(beta1).add(gradient.ref.mul(1 - beta1));
      const v = state.second[name]!.mul(beta2).add(np.square(gradient).mul(1 - beta2));
      const direction = m.ref.div(corrections.first.ref).div(np.sqrt(v.ref.div(corrections.second.ref)).add(epsilon));
      const kept = parameter.ndim > 1 && weightDecay > 0 ? parameter.mul(1 - learningRate * weightDecay) : parameter;
      params[name] = kept.sub(direction.mul(learningRate));
      first[name] = m;
      second[name] = v;
    }
    corrections.first.dispose();
    corrections.second.dispose();
    return { params, first, second };
  };
  const biasCorrections = (count: number): BiasCorrections => ({
    first: np.array(1 - beta1 ** count),
    second: np.array(1 - beta2 ** count),
  });
  return { rule, biasCorrections };
}
