// How torch lays out the state of the optimizers: which tensors each parameter has, and what a parameter group says.
// Called by `checkpoint-to-torch.ts`.

import { TorchFloat, type TorchKey, TorchTuple, type TorchValue } from '#formats/torch-values.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';

export interface TorchOptimizer {
  /** Besides the tensors, each parameter has a count of its steps. */
  readonly countsSteps: boolean;
  /** Tensors of each parameter, by the names that they have here too. */
  readonly kinds: readonly string[];
  /** Hyperparameters of a group in torch's order, between `lr` and `initial_lr`. */
  readonly hyperparameters: readonly (readonly [TorchKey, TorchValue])[];
}

/** Null for an optimizer whose state torch would not understand. */
export function torchOptimizer(args: TrainingArguments): TorchOptimizer | null {
  switch (args.optim) {
    case 'adamw_torch':
    case 'adamw_torch_fused':
      return adamW(args);
    case 'sgd':
      return sgd(args);
    default:
      return null;
  }
}

const float = (value: number): TorchFloat => new TorchFloat(value);

function adamW({ optim, adamBeta1, adamBeta2, adamEpsilon }: TrainingArguments): TorchOptimizer {
  return {
    countsSteps: true,
    kinds: ['exp_avg', 'exp_avg_sq'],
    hyperparameters: [
      ['betas', new TorchTuple([float(adamBeta1), float(adamBeta2)])],
      ['eps', float(adamEpsilon)],
      ['amsgrad', false],
      ['maximize', false],
      ['foreach', null],
      ['capturable', false],
      ['differentiable', false],
      // Without it the fused rule would round its last bits in another way.
      ['fused', optim === 'adamw_torch_fused' ? true : null],
      ['decoupled_weight_decay', true],
    ],
  };
}

function sgd({ optimArgs }: TrainingArguments): TorchOptimizer {
  const momentum = Number(optimArgs['momentum'] ?? 0);
  return {
    countsSteps: false,
    kinds: momentum === 0 ? [] : ['momentum_buffer'],
    hyperparameters: [
      ['momentum', momentum],
      ['dampening', Number(optimArgs['dampening'] ?? 0)],
      ['nesterov', optimArgs['nesterov'] === true],
      ['maximize', false],
      ['foreach', null],
      ['differentiable', false],
      ['fused', null],
    ],
  };
}
