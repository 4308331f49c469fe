// The optimizers that work here, and optim_args, which hides a little language: "key=value,key=value".
// Called by the rules, which report its faults, and by `training-arguments.ts`, which needs its values.

import { msg } from '#util/msg.ts';
import { type TextFault, textFault } from './argument-texts.ts';
import { show } from './argument-value.ts';

export const OPTIMIZERS = [
  'adamw_torch',
  'adamw_torch_fused',
  'adamw_8bit',
  'adamw_bnb_8bit',
  'adafactor',
  'adagrad',
  'lion_32bit',
  'rmsprop',
  'schedule_free_adamw',
  'sgd',
] as const;
export type OptimizerName = (typeof OPTIMIZERS)[number];

export type OptimArg = string | number | boolean;

export interface OptimArgs {
  readonly args: Readonly<Record<string, OptimArg>>;
  readonly warning?: string;
}

/** What a setting may be. */
type SettingKind = 'number' | 'not negative' | 'bool';

/** The settings that HF's Trainer takes of optim_args; for the other optimizers it takes none. */
const SETTINGS: Readonly<Record<string, Readonly<Record<string, SettingKind>>>> = {
  sgd: { momentum: 'not negative', dampening: 'number', nesterov: 'bool' },
  adagrad: { lr_decay: 'not negative', eps: 'not negative' },
  rmsprop: { momentum: 'not negative', alpha: 'not negative', eps: 'not negative', centered: 'bool' },
  schedule_free_adamw: { weight_lr_power: 'number', r: 'number' },
};

/** Reads optim_args for an optimizer. */
export function parseOptimArgs(optim: string, value: unknown): OptimArgs | TextFault {
  if (typeof value !== 'string' || value.trim() === '') return { args: {} };
  const settings = SETTINGS[optim];
  if (!settings) return { args: {}, warning: msg`optim_args have no effect with ${optim}${insteadOf(optim)}.` };
  const pairs = value.split(',').map((pair) => pair.split('=').map((part) => part.trim()));
  const broken = pairs.find((pair) => pair.length !== 2 || pair.includes(''));
  if (broken)
    return textFault(msg`optim_args: "${broken.join('=')}" is not of the form key=value.`, exampleFor(settings));
  const all = pairs.map(([key = '', text = '']) => [key, readArg(text)] as const);
  const stranger = all.find(([key]) => !Object.hasOwn(settings, key) && key !== 'weight_decay');
  if (stranger)
    return textFault(
      msg`optim_args: ${optim} has no setting "${stranger[0]}".`,
      msg`It takes: ${Object.keys(settings).join(', ')}.`,
    );
  const args = Object.fromEntries(all.filter(([key]) => key !== 'weight_decay'));
  const fault = checkArgs(optim, settings, args);
  if (fault) return fault;
  const decay = all.some(([key]) => key === 'weight_decay');
  return decay
    ? { args, warning: msg`weight_decay inside optim_args has no effect; set the argument weight_decay.` }
    : { args };
}

function insteadOf(optim: string): string {
  if (optim === 'adafactor') return '';
  return msg`; use adam_beta1 and adam_beta2${optim === 'lion_32bit' ? '' : msg` and adam_epsilon`}`;
}

function exampleFor(settings: Readonly<Record<string, SettingKind>>): string {
  const pairs = Object.entries(settings).map(([key, kind]) => `${key}=${kind === 'bool' ? 'true' : '0.9'}`);
  return msg`Write ${[pairs[0], pairs.at(-1)].join(',')}.`;
}

/** Python's True and False, JSON's, numbers, or text. */
function readArg(text: string): OptimArg {
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

const EXPECTED: Readonly<Record<SettingKind, string>> = {
  number: msg`a number`,
  'not negative': msg`a number of at least 0`,
  bool: msg`true or false`,
};

function isOfKind(kind: SettingKind, value: OptimArg): boolean {
  if (kind === 'bool') return typeof value === 'boolean';
  return typeof value === 'number' && (kind === 'number' || value >= 0);
}

function checkArgs(
  optim: string,
  settings: Readonly<Record<string, SettingKind>>,
  args: Readonly<Record<string, OptimArg>>,
): TextFault | null {
  const hint = exampleFor(settings);
  for (const [key, value] of Object.entries(args)) {
    const kind = settings[key]!;
    if (!isOfKind(kind, value))
      return textFault(msg`optim_args: ${key} must be ${EXPECTED[kind]}, but is ${show(value)}.`, hint);
  }
  const { momentum = 0, dampening = 0, nesterov = false } = args;
  if (optim === 'sgd' && nesterov === true && (momentum === 0 || dampening !== 0))
    return textFault(msg`optim_args: nesterov needs a momentum above 0 and no dampening.`, hint);
  return null;
}
