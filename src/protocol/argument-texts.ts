// optim_args, which hides a little language: "key=value,key=value".
// Called by the rules, which report its faults, and by `training-arguments.ts`, which needs its values.

import { show } from './argument-value.ts';

export interface TextFault {
  readonly error: string;
  readonly hint: string;
}

export const textFault = (error: string, hint: string): TextFault => ({ error, hint });

export type OptimArg = string | number | boolean;

export interface OptimArgs {
  readonly args: Readonly<Record<string, OptimArg>>;
  readonly warning?: string;
}

const SGD_KEYS: readonly string[] = ['momentum', 'dampening', 'nesterov'];

/** Reads optim_args for an optimizer; only sgd has any. */
export function parseOptimArgs(optim: string, value: unknown): OptimArgs | TextFault {
  if (typeof value !== 'string' || value.trim() === '') return { args: {} };
  if (optim !== 'sgd')
    return {
      args: {},
      warning: `optim_args have no effect with ${optim}; use adam_beta1, adam_beta2 and adam_epsilon.`,
    };
  const pairs = value.split(',').map((pair) => pair.split('=').map((part) => part.trim()));
  const broken = pairs.find((pair) => pair.length !== 2 || pair.includes(''));
  if (broken)
    return {
      error: `optim_args: "${broken.join('=')}" is not of the form key=value.`,
      hint: 'Write momentum=0.9,nesterov=true.',
    };
  const all = pairs.map(([key = '', text = '']) => [key, readArg(text)] as const);
  const stranger = all.find(([key]) => !SGD_KEYS.includes(key) && key !== 'weight_decay');
  if (stranger)
    return { error: `optim_args: sgd has no setting "${stranger[0]}".`, hint: `It takes: ${SGD_KEYS.join(', ')}.` };
  const args = Object.fromEntries(all.filter(([key]) => key !== 'weight_decay'));
  const fault = checkSgdArgs(args);
  if (fault) return fault;
  const decay = all.some(([key]) => key === 'weight_decay');
  return decay
    ? { args, warning: 'weight_decay inside optim_args has no effect; set the argument weight_decay.' }
    : { args };
}

/** Python's True and False, JSON's, numbers, or text. */
function readArg(text: string): OptimArg {
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

function checkSgdArgs({
  momentum = 0,
  dampening = 0,
  nesterov = false,
}: Readonly<Record<string, OptimArg>>): TextFault | null {
  const hint = 'Write momentum=0.9,nesterov=true.';
  if (typeof momentum !== 'number' || momentum < 0)
    return { error: `optim_args: momentum must be a number of at least 0, but is ${show(momentum)}.`, hint };
  if (typeof dampening !== 'number')
    return { error: `optim_args: dampening must be a number, but is ${show(dampening)}.`, hint };
  if (typeof nesterov !== 'boolean')
    return { error: `optim_args: nesterov must be true or false, but is ${show(nesterov)}.`, hint };
  if (nesterov && (momentum === 0 || dampening !== 0))
    return { error: 'optim_args: nesterov needs a momentum above 0 and no dampening.', hint };
  return null;
}
