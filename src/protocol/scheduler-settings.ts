// Settings of each learning-rate schedule (lr_scheduler_kwargs): names, types and ranges, as transformers has them.
// Called by the rules, which report faults, by `training-arguments.ts`, which needs the values, and by the table.

import { msg } from '#util/msg.ts';
import { parseJsonText, type TextFault, textFault } from './argument-texts.ts';
import { show } from './argument-value.ts';

export type ScheduleSetting = number | string | boolean | null;

interface Setting {
  readonly type: 'number' | 'whole' | 'flag' | readonly string[];
  readonly min?: number;
  /** The value must be above `min`, not equal to it. */
  readonly above?: boolean;
  /** The value must be below it. */
  readonly below?: number;
  readonly max?: number;
  /** null is the same as leaving it out. */
  readonly nullable?: boolean;
}

const CYCLES: Setting = { type: 'number', min: 0 };
const SHARE: Setting = { type: 'number', min: 0, max: 1 };
const COUNT: Setting = { type: 'whole', min: 0 };
const RATE: Setting = { type: 'number', min: 0 };
const SHAPE: Setting = { type: ['linear', 'cosine', '1-sqrt'] };
const FACTOR: Setting = { type: 'number', min: 0, above: true, below: 1 };

/** Exactly one of the two is needed. */
const FLOOR = { min_lr: { ...RATE, nullable: true }, min_lr_rate: { ...SHARE, nullable: true } };
const FOLLOWING = {
  mode: { type: ['min', 'max'] },
  factor: FACTOR,
  patience: COUNT,
  threshold: { type: 'number', min: 0 },
  threshold_mode: { type: ['rel', 'abs'] },
  cooldown: COUNT,
  min_lr: RATE,
  eps: RATE,
} as const satisfies Record<string, Setting>;

const SETTINGS = {
  linear: {},
  cosine: { num_cycles: CYCLES },
  cosine_with_restarts: { num_cycles: CYCLES },
  polynomial: { lr_end: RATE, power: { type: 'number', min: 0 } },
  constant: {},
  constant_with_warmup: {},
  inverse_sqrt: { timescale: { type: 'number', min: 0, above: true, nullable: true } },
  reduce_lr_on_plateau: FOLLOWING,
  cosine_with_min_lr: { num_cycles: CYCLES, ...FLOOR },
  cosine_warmup_with_min_lr: { num_cycles: CYCLES, ...FLOOR, warmup_lr_rate: { ...SHARE, nullable: true } },
  warmup_stable_decay: {
    num_decay_steps: COUNT,
    num_stable_steps: { ...COUNT, nullable: true },
    warmup_type: SHAPE,
    decay_type: SHAPE,
    min_lr_ratio: SHARE,
    num_cycles: CYCLES,
  },
  greedy: {
    ...FOLLOWING,
    warmup: COUNT,
    max_lr: RATE,
    verbose: { type: 'flag' },
    smooth: { type: 'flag' },
    window_size: { type: 'whole', min: 1 },
    reset_start: { type: 'whole', min: 1 },
  },
} as const satisfies Record<string, Readonly<Record<string, Setting>>>;

export type LrSchedulerType = keyof typeof SETTINGS;

export const LR_SCHEDULER_TYPES = Object.keys(SETTINGS) as LrSchedulerType[];

/** The rate follows an evaluation metric instead of the step. */
export function followsMetric(type: string): boolean {
  return type === 'reduce_lr_on_plateau' || type === 'greedy';
}

/** The rate starts at its peak, whatever warmup_steps says. */
export function ignoresWarmup(type: string): boolean {
  return type === 'constant' || followsMetric(type);
}

/** These take any settings and use none, as in HF. */
const DEAF: readonly string[] = ['constant', 'constant_with_warmup'];

export interface SchedulerKwargs {
  readonly kwargs: Readonly<Record<string, ScheduleSetting>>;
  readonly ignored: boolean;
}

/** Reads lr_scheduler_kwargs (null, an object or its JSON text) for a schedule, and holds each value against its type. */
export function parseSchedulerKwargs(type: string, value: unknown): SchedulerKwargs | TextFault {
  const given = typeof value === 'string' ? parseJsonText(value) : value;
  if (given !== null && (typeof given !== 'object' || Array.isArray(given))) {
    const message = msg`lr_scheduler_kwargs is ${show(value)}, not an object.`;
    return textFault(message, msg`Write it as an object, such as {"num_cycles": 0.5}.`);
  }
  const entries = Object.entries(given ?? {});
  if (DEAF.includes(type)) return { kwargs: {}, ignored: entries.length > 0 };
  const known: Readonly<Record<string, Setting>> = Object.hasOwn(SETTINGS, type)
    ? SETTINGS[type as LrSchedulerType]
    : {};
  for (const [name, setting] of entries) {
    const fault = checkSetting(type, known, name, setting);
    if (fault) return fault;
  }
  const kwargs = Object.fromEntries(entries) as Record<string, ScheduleSetting>;
  return checkTogether(type, kwargs) ?? { kwargs, ignored: false };
}

function checkSetting(
  type: string,
  known: Readonly<Record<string, Setting>>,
  name: string,
  value: unknown,
): TextFault | null {
  const setting = Object.hasOwn(known, name) ? known[name] : undefined;
  if (!setting) {
    const names = Object.keys(known);
    const takes = names.length > 0 ? msg`It takes: ${names.join(', ')}.` : msg`It takes none.`;
    return textFault(msg`The schedule "${type}" has no setting "${name}".`, takes);
  }
  if ((value === null && setting.nullable) || fits(setting, value)) return null;
  const perGroup = Array.isArray(value) ? msg` A list for each parameter group is not available here.` : '';
  return textFault(
    msg`lr_scheduler_kwargs: ${name} must be ${describe(setting)}, but is ${show(value)}.${perGroup}`,
    msg`Correct the value, or leave it out to get its default.`,
  );
}

function fits({ type, min, above, below, max }: Setting, value: unknown): boolean {
  if (type === 'flag') return typeof value === 'boolean';
  if (Array.isArray(type)) return type.includes(value);
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  if (type === 'whole' && !Number.isInteger(value)) return false;
  const low = min !== undefined && (above ? value <= min : value < min);
  return !low && !(below !== undefined && value >= below) && !(max !== undefined && value > max);
}

function describe({ type, min, above, below, max }: Setting): string {
  if (type === 'flag') return msg`true or false`;
  if (type !== 'number' && type !== 'whole') return msg`one of ${type.join(', ')}`;
  const bounds = [
    min === undefined ? null : `${above ? 'above' : msg`at least`} ${min}`,
    below === undefined ? null : msg`below ${below}`,
    max === undefined ? null : msg`at most ${max}`,
  ].filter((bound) => bound !== null);
  const kind = type === 'whole' ? msg`a whole number` : msg`a number`;
  return bounds.length > 0 ? `${kind} (${bounds.join(' and ')})` : kind;
}

/** What settings demand of each other. */
function checkTogether(type: string, kwargs: SchedulerKwargs['kwargs']): TextFault | null {
  const has = (name: string): boolean => kwargs[name] != null;
  if (type === 'warmup_stable_decay' && !has('num_decay_steps')) {
    return textFault(
      msg`The schedule "warmup_stable_decay" needs num_decay_steps: how many of the last updates the rate falls over.`,
      msg`Write {"num_decay_steps": 100}.`,
    );
  }
  if (type !== 'cosine_with_min_lr' && type !== 'cosine_warmup_with_min_lr') return null;
  if (has('min_lr') !== has('min_lr_rate')) return null;
  const problem = has('min_lr') ? msg`both are given` : msg`neither is given`;
  return textFault(
    msg`The schedule "${type}" needs either min_lr (a rate) or min_lr_rate (a share of learning_rate): ${problem}.`,
    msg`Write {"min_lr_rate": 0.1}.`,
  );
}
