// What an optimizer is: an update of parameters in place from their gradients, with a state that can be saved.

import type { Tensor, Variable } from '@tensorflow/tfjs';
import type { Parameter } from '#nn/parameter.ts';

export interface Optimizer {
  /** β₁ and β₂ whose bias corrections the update state keeps; 0 where an optimizer has none. */
  readonly betas: readonly [number, number];
  /**
   * One update of all parameters.
   * @param gradients f32 by parameter name, scaled and unclipped; `state` tells the factor (see update-state.ts).
   * @param lr f32 [1]
   */
  step(gradients: ReadonlyMap<string, Tensor>, state: Tensor, lr: Tensor): void;
  /** State tensors by `<kind>.<parameter>`, such as `exp_avg.classifier.weight`, in parameter order. */
  stateTensors(): ReadonlyMap<string, Variable>;
  /** PyTorch's hyperparameters of each group, for the checkpoint. */
  readonly paramGroups: readonly ParamGroup[];
  dispose(): void;
}

export interface ParamGroup {
  readonly weightDecay: number;
  /** In model order. */
  readonly parameters: ReadonlyMap<string, Parameter>;
}

/**
 * HF's two groups: decayed, then not. Norm layers and parameters whose lower-cased name says bias, layernorm, rmsnorm,
 * or has a component `norm` or `…_norm` are not decayed. Embeddings are.
 */
export function makeParamGroups(parameters: ReadonlyMap<string, Parameter>, weightDecay: number): ParamGroup[] {
  const all = [...parameters];
  return [
    { weightDecay, parameters: new Map(all.filter(([name, parameter]) => isDecayed(name, parameter))) },
    { weightDecay: 0, parameters: new Map(all.filter(([name, parameter]) => !isDecayed(name, parameter))) },
  ];
}

export function isDecayed(name: string, parameter: Parameter): boolean {
  return !parameter.isNorm && !/bias|layernorm|rmsnorm|(^|\.)norm(\.|$)|_norm(\.|$)/.test(name.toLowerCase());
}
