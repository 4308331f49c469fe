// What an optimizer is: an update of parameters in place from their gradients, with a state that can be saved.

import type { Tensor } from '@tensorflow/tfjs';
import type { Parameter } from '#nn/parameter.ts';
import type { BlockRange, ParameterBlock } from './parameter-blocks.ts';

/** One range of a block to be updated, with its gradients. */
export interface BlockUpdate extends BlockRange {
  readonly block: ParameterBlock;
  /** f32 of the block's size, scaled and unclipped; `state` tells the factor (see update-state.ts). */
  readonly gradient: Tensor;
  /** Half-precision copies of the values, of the block's size, to be written along; null where there are none. */
  readonly half: Tensor | null;
}

/** The weights that gradients are taken at, and those that an evaluation and a checkpoint want. */
export type WeightsKind = 'trained' | 'averaged';
/** The half-precision copies of a block; null where there are none. */
export type HalfOf = (block: ParameterBlock) => Tensor | null;

export interface Optimizer {
  /** β₁ and β₂ whose bias corrections the update state keeps; 0 where an optimizer has none. */
  readonly betas: readonly [number, number];
  readonly blocks: readonly ParameterBlock[];
  /**
   * One update of all parameters that have a gradient.
   * @param lr f32 [1]
   */
  step(updates: readonly BlockUpdate[], state: Tensor, lr: Tensor): void;
  /** State tensors, such as `exp_avg.classifier.weight`: `<kind>.<parameter>`, or one name for the optimizer itself. */
  stateTensors(): ReadonlyMap<string, Tensor>;
  /** Of an optimizer that is evaluated with other weights than it trains: puts these into the parameters. */
  putWeights?(kind: WeightsKind, halfOf: HalfOf): void;
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

/** The parameters of a range with their first elements in its block. */
export function parametersIn({ block, first, size }: BlockUpdate) {
  const all = [...block.parameters].map(([name, parameter]) => ({ name, parameter, first: block.firstOf(name) }));
  return all.filter((each) => each.first >= first && each.first < first + size);
}
