// The optimizer that the training arguments name.

import type { Parameter } from '#nn/parameter.ts';
import { Adafactor } from './adafactor.ts';
import { Adagrad } from './adagrad.ts';
import { AdamW } from './adamw.ts';
import { AdamW8bit } from './adamw-8bit.ts';
import { Lion } from './lion.ts';
import { makeParamGroups, type Optimizer, type ParamGroup } from './optimizer.ts';
import { Rmsprop } from './rmsprop.ts';
import { ScheduleFreeAdamW } from './schedule-free-adamw.ts';
import { Sgd } from './sgd.ts';

export interface OptimizerArguments {
  readonly optim: keyof typeof MAKE;
  /** What `optim_args` says; an optimizer takes the keys it knows. */
  readonly optimArgs: Readonly<Record<string, string | number | boolean>>;
  readonly weightDecay: number;
  readonly adamBeta1: number;
  readonly adamBeta2: number;
  readonly adamEpsilon: number;
  /** In whole updates. */
  readonly warmupSteps: number;
}

const adamOptions = ({ adamBeta1, adamBeta2, adamEpsilon }: OptimizerArguments) => ({
  betas: [adamBeta1, adamBeta2] as const,
  eps: adamEpsilon,
});

/** A number of `optim_args`. */
const setting = ({ optimArgs }: OptimizerArguments, key: string, fallback: number): number =>
  Number(optimArgs[key] ?? fallback);

const adamW = (groups: readonly ParamGroup[], args: OptimizerArguments): Optimizer =>
  new AdamW(groups, adamOptions(args));
const adamW8bit = (groups: readonly ParamGroup[], args: OptimizerArguments): Optimizer =>
  new AdamW8bit(groups, adamOptions(args));

const MAKE = {
  adamw_torch: adamW,
  adamw_torch_fused: adamW,
  adamw_8bit: adamW8bit,
  adamw_bnb_8bit: adamW8bit,
  adafactor: (groups: readonly ParamGroup[]): Optimizer => new Adafactor(groups),
  adagrad: (groups: readonly ParamGroup[], args: OptimizerArguments): Optimizer =>
    new Adagrad(groups, { lrDecay: setting(args, 'lr_decay', 0), eps: setting(args, 'eps', 1e-10) }),
  lion_32bit: (groups: readonly ParamGroup[], args: OptimizerArguments): Optimizer =>
    new Lion(groups, adamOptions(args).betas),
  rmsprop: (groups: readonly ParamGroup[], args: OptimizerArguments): Optimizer =>
    new Rmsprop(groups, {
      alpha: setting(args, 'alpha', 0.99),
      eps: setting(args, 'eps', 1e-8),
      momentum: setting(args, 'momentum', 0),
      centered: args.optimArgs['centered'] === true,
    }),
  schedule_free_adamw: (groups: readonly ParamGroup[], args: OptimizerArguments): Optimizer =>
    new ScheduleFreeAdamW(groups, {
      ...adamOptions(args),
      warmupSteps: args.warmupSteps,
      r: setting(args, 'r', 0),
      weightLrPower: setting(args, 'weight_lr_power', 2),
    }),
  sgd: (groups: readonly ParamGroup[], args: OptimizerArguments): Optimizer =>
    new Sgd(groups, {
      momentum: setting(args, 'momentum', 0),
      dampening: setting(args, 'dampening', 0),
      nesterov: args.optimArgs['nesterov'] === true,
    }),
};

export function createOptimizer(parameters: ReadonlyMap<string, Parameter>, args: OptimizerArguments): Optimizer {
  return MAKE[args.optim](makeParamGroups(parameters, args.weightDecay), args);
}
