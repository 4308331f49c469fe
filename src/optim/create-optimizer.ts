// The optimizer that the training arguments name.

import type { Parameter } from '#nn/parameter.ts';
import { AdamW } from './adamw.ts';
import { makeParamGroups, type Optimizer } from './optimizer.ts';
import { Sgd } from './sgd.ts';

export interface OptimizerArguments {
  readonly optim: 'adamw_torch' | 'adamw_torch_fused' | 'sgd';
  readonly optimArgs: Readonly<Record<string, string | number | boolean>>;
  readonly weightDecay: number;
  readonly adamBeta1: number;
  readonly adamBeta2: number;
  readonly adamEpsilon: number;
}

export function createOptimizer(parameters: ReadonlyMap<string, Parameter>, args: OptimizerArguments): Optimizer {
  const groups = makeParamGroups(parameters, args.weightDecay);
  switch (args.optim) {
    case 'adamw_torch':
    case 'adamw_torch_fused':
      return new AdamW(groups, { betas: [args.adamBeta1, args.adamBeta2], eps: args.adamEpsilon });
    case 'sgd':
      return new Sgd(groups, {
        momentum: Number(args.optimArgs['momentum'] ?? 0),
        dampening: Number(args.optimArgs['dampening'] ?? 0),
        nesterov: args.optimArgs['nesterov'] === true,
      });
    default:
      return args.optim satisfies never;
  }
}
