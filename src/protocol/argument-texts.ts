// Arguments that hide a little language: lr_scheduler_kwargs (JSON) and optim_args ("key=value,key=value").
// Called by the rules, which report their faults, and by `training-arguments.ts`, which needs their values.

import { show } from './argument-value.ts';

export interface TextFault {
  readonly error: string;
  readonly hint: string;
}

const SCHEDULE_KEYS: Readonly<Record<string, readonly string[]>> = {
  cosine: ['num_cycles'],
  polynomial: ['lr_end', 'power'],
};
/** These take any settings and use none, as in HF. */
const DEAF_SCHEDULES: readonly string[] = ['constant', 'constant_with_warmup'];

export interface SchedulerKwargs {
  readonly kwargs: Readonly<Record<string, number>>;
  readonly ignored: boolean;
}

/** Reads lr_scheduler_kwargs (null, an object or its JSON text) for a schedule. Unknown keys and non-numbers are faults. */
export function parseSchedulerKwargs(type: string, value: unknown): SchedulerKwargs | TextFault {
  const hint = 'Write it as an object, such as {"num_cycles": 0.5}.';
  const given = typeof value === 'string' ? parseJson(value) : value;
  if (given === null) return { kwargs: {}, ignored: false };
  if (typeof given !== 'object' || Array.isArray(given))
    return { error: `lr_scheduler_kwargs is ${show(value)}, not an object.`, hint };
  const entries = Object.entries(given ?? {});
  if (DEAF_SCHEDULES.includes(type)) return { kwargs: {}, ignored: entries.length > 0 };
  const known = SCHEDULE_KEYS[type] ?? [];
  const stranger = entries.find(([key]) => !known.includes(key));
  if (stranger) {
    const takes = known.length > 0 ? `It takes: ${known.join(', ')}.` : 'It takes none.';
    return { error: `The schedule "${type}" has no setting "${stranger[0]}".`, hint: takes };
  }
  const wrong = entries.find(([, setting]) => typeof setting !== 'number' || !Number.isFinite(setting));
  if (wrong) return { error: `lr_scheduler_kwargs: ${wrong[0]} must be a number, but is ${show(wrong[1])}.`, hint };
  return { kwargs: Object.fromEntries(entries.map(([key, setting]) => [key, Number(setting)])), ignored: false };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the caller reports the text as it stands.
    return text;
  }
}

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
