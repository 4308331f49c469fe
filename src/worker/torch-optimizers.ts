// How torch lays out the state of the optimizers: which tensors each parameter has, and what a parameter group says.
// Called by `checkpoint-to-torch.ts`.

import { TorchFloat, type TorchKey, TorchTuple, type TorchValue } from '#formats/torch-values.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';

export interface TorchOptimizer {
  /** How the count of a parameter's steps lies beside its tensors: as a tensor, as a number, or not at all. */
  readonly counts: 'tensor' | 'number' | null;
  /** Tensors of a parameter by the names that they have here, in torch's order. @param has whether it has one. */
  readonly kindsOf: (has: (kind: string) => boolean) => readonly string[];
  /** What else a parameter has; numbers that are written anew in every step, which 0 stands for. */
  readonly scalars?: readonly string[];
  /** Where its library nests the tensors, and what it calls them there. */
  readonly nested?: { readonly key: string; readonly names: Readonly<Record<string, string>> };
  /** Hyperparameters of a group in torch's order, between `lr` and `initial_lr`. */
  readonly hyperparameters: readonly (readonly [TorchKey, TorchValue])[];
}

/** bitsandbytes hides its tensors from whoever gathers the state of shards. */
export const BITSANDBYTES_KEY = '__bnb_optimizer_quant_state__';

/**
 * Null for an optimizer whose state is not written for Python: schedule-free AdamW keeps the point that it trains at
 * beside what its library knows, and moments of 8 bits lie in another order here.
 */
export function torchOptimizer(args: TrainingArguments): TorchOptimizer | null {
  switch (args.optim) {
    case 'adamw_torch':
    case 'adamw_torch_fused':
      return adamW(args);
    case 'adafactor':
      return adafactor();
    case 'adagrad':
      return adagrad(args);
    case 'lion_32bit':
      return lion(args);
    case 'rmsprop':
      return rmsprop(args);
    case 'sgd':
      return sgd(args);
    case 'adamw_8bit':
    case 'adamw_bnb_8bit':
    case 'schedule_free_adamw':
      return null;
    default:
      return args.optim satisfies never;
  }
}

const float = (value: number): TorchFloat => new TorchFloat(value);

function adamW({ optim, adamBeta1, adamBeta2, adamEpsilon }: TrainingArguments): TorchOptimizer {
  return {
    counts: 'tensor',
    kindsOf: () => ['exp_avg', 'exp_avg_sq'],
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
    counts: null,
    kindsOf: () => (momentum === 0 ? [] : ['momentum_buffer']),
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

function adafactor(): TorchOptimizer {
  return {
    counts: 'number',
    kindsOf: (has) => (has('exp_avg_sq') ? ['exp_avg_sq'] : ['exp_avg_sq_row', 'exp_avg_sq_col']),
    // Of the parameter before the step; read by no step that the Trainer sets up.
    scalars: ['RMS'],
    hyperparameters: [
      ['eps', new TorchTuple([float(1e-30), float(1e-3)])],
      ['clip_threshold', float(1)],
      ['decay_rate', float(-0.8)],
      ['beta1', null],
      ['scale_parameter', false],
      ['relative_step', false],
      ['warmup_init', false],
    ],
  };
}

/** A setting of optim_args is a float in Python, torch's default 0 is not. */
const given = (args: TrainingArguments['optimArgs'], key: string): TorchValue =>
  args[key] === undefined ? 0 : float(Number(args[key]));

function adagrad({ optimArgs }: TrainingArguments): TorchOptimizer {
  return {
    counts: 'tensor',
    kindsOf: () => ['sum'],
    hyperparameters: [
      ['lr_decay', given(optimArgs, 'lr_decay')],
      ['eps', float(Number(optimArgs['eps'] ?? 1e-10))],
      ['initial_accumulator_value', 0],
      ['foreach', null],
      ['maximize', false],
      ['differentiable', false],
      ['fused', null],
    ],
  };
}

function rmsprop({ optimArgs }: TrainingArguments): TorchOptimizer {
  const hasMomentum = Number(optimArgs['momentum'] ?? 0) > 0;
  const centered = optimArgs['centered'] === true;
  return {
    counts: 'tensor',
    kindsOf: () => ['square_avg', ...(hasMomentum ? ['momentum_buffer'] : []), ...(centered ? ['grad_avg'] : [])],
    hyperparameters: [
      ['momentum', given(optimArgs, 'momentum')],
      ['alpha', float(Number(optimArgs['alpha'] ?? 0.99))],
      ['eps', float(Number(optimArgs['eps'] ?? 1e-8))],
      ['centered', centered],
      ['capturable', false],
      ['foreach', null],
      ['maximize', false],
      ['differentiable', false],
    ],
  };
}

function lion({ adamBeta1, adamBeta2 }: TrainingArguments): TorchOptimizer {
  return {
    counts: 'number',
    kindsOf: () => ['exp_avg'],
    nested: { key: BITSANDBYTES_KEY, names: { exp_avg: 'state1' } },
    hyperparameters: [
      ['betas', new TorchTuple([float(adamBeta1), float(adamBeta2)])],
      ['eps', float(0)],
    ],
  };
}
