// The optimizer that the training arguments name.

import type { Parameter } from '#nn/parameter.ts';
import { Adafactor, adafactorBytes } from './adafactor.ts';
import { Adagrad } from './adagrad.ts';
import { AdamW } from './adamw.ts';
import { AdamW8bit, adamW8bitBytes } from './adamw-8bit.ts';
import { Lion } from './lion.ts';
import { makeParamGroups, type Optimizer, type ParamGroup } from './optimizer.ts';
import { Rmsprop, type RmspropOptions } from './rmsprop.ts';
import { ScheduleFreeAdamW } from './schedule-free-adamw.ts';
import { Sgd } from './sgd.ts';

export interface OptimizerArguments {
  readonly optim: keyof typeof KINDS;
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

interface OptimizerKind {
  readonly make: (groups: readonly ParamGroup[], args: OptimizerArguments) => Optimizer;
  /** Of the state that a checkpoint holds for a parameter. */
  readonly stateBytes: (parameter: Parameter, args: OptimizerArguments) => number;
}

/** So many float32 numbers beside every number of a parameter. */
const beside =
  (count: (args: OptimizerArguments) => number): OptimizerKind['stateBytes'] =>
  ({ size }, args) =>
    4 * size * count(args);

const adamW: OptimizerKind = {
  make: (groups, args) => new AdamW(groups, adamOptions(args)),
  stateBytes: beside(() => 2),
};
const adamW8bit: OptimizerKind = {
  make: (groups, args) => new AdamW8bit(groups, adamOptions(args)),
  stateBytes: adamW8bitBytes,
};

const KINDS = {
  adamw_torch: adamW,
  adamw_torch_fused: adamW,
  adamw_8bit: adamW8bit,
  adamw_bnb_8bit: adamW8bit,
  adafactor: { make: (groups) => new Adafactor(groups), stateBytes: adafactorBytes },
  adagrad: {
    make: (groups, args) =>
      new Adagrad(groups, { lrDecay: setting(args, 'lr_decay', 0), eps: setting(args, 'eps', 1e-10) }),
    stateBytes: beside(() => 1),
  },
  lion_32bit: {
    make: (groups, args) => new Lion(groups, adamOptions(args).betas),
    stateBytes: beside(() => 1),
  },
  rmsprop: {
    make: (groups, args) => new Rmsprop(groups, rmspropOptions(args)),
    stateBytes: beside((args) => {
      const { momentum, centered } = rmspropOptions(args);
      return 1 + (momentum > 0 ? 1 : 0) + (centered ? 1 : 0);
    }),
  },
  schedule_free_adamw: {
    make: (groups, args) =>
      new ScheduleFreeAdamW(groups, {
        ...adamOptions(args),
        warmupSteps: args.warmupSteps,
        r: setting(args, 'r', 0),
        weightLrPower: setting(args, 'weight_lr_power', 2),
      }),
    stateBytes: beside(() => 3),
  },
  sgd: {
    make: (groups, args) =>
      new Sgd(groups, {
        momentum: setting(args, 'momentum', 0),
        dampening: setting(args, 'dampening', 0),
        nesterov: args.optimArgs['nesterov'] === true,
      }),
    stateBytes: beside((args) => (setting(args, 'momentum', 0) === 0 ? 0 : 1)),
  },
} as const satisfies Record<string, OptimizerKind>;

const rmspropOptions = (args: OptimizerArguments): RmspropOptions => ({
  alpha: setting(args, 'alpha', 0.99),
  eps: setting(args, 'eps', 1e-8),
  momentum: setting(args, 'momentum', 0),
  centered: args.optimArgs['centered'] === true,
});

export function createOptimizer(parameters: ReadonlyMap<string, Parameter>, args: OptimizerArguments): Optimizer {
  return KINDS[args.optim].make(makeParamGroups(parameters, args.weightDecay), args);
}

/** Bytes of the optimizer's state in a checkpoint. */
export function optimizerStateBytes(parameters: Iterable<Parameter>, args: OptimizerArguments): number {
  const { stateBytes }: OptimizerKind = KINDS[args.optim];
  return [...parameters].reduce((sum, parameter) => sum + stateBytes(parameter, args), 0);
}
