// The options of `npm run bench`; main.ts explains them.

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Contestant } from './contestant.ts';
import { CONTESTANTS } from './contestants.ts';
import { type BenchStep, findStep, LARGE_STEPS, STEPS } from './steps.ts';
import { UPDATE_RULES, type UpdateName } from './update-rules.ts';

export const USAGE =
  'usage: npm run bench -- [--step ID]… [--only NAME]… [--large] [--browser] [--update adamw|adam] [--steps N] [--limit SECONDS] [--json FILE] [--write] [--write-reference] [--attention]';

export interface CommandLine {
  readonly steps: readonly BenchStep[];
  readonly contestants: readonly Contestant[];
  /** In Chromium instead of in Node, for those who train on WebGPU. */
  readonly browser: boolean;
  /** Null: the fullest rule of each contestant. */
  readonly update: UpdateName | null;
  readonly timedSteps: number;
  readonly limitSeconds: number;
  readonly json: string | null;
  readonly write: boolean;
  readonly writeReference: boolean;
  /** Compare the forms of attention, and nothing else. */
  readonly attention: boolean;
}

/** Throws an error that says what is wrong with the options. */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      step: { type: 'string', multiple: true },
      only: { type: 'string', multiple: true },
      large: { type: 'boolean', default: false },
      browser: { type: 'boolean', default: false },
      update: { type: 'string' },
      steps: { type: 'string', default: '5' },
      limit: { type: 'string', default: '900' },
      json: { type: 'string' },
      write: { type: 'boolean', default: false },
      'write-reference': { type: 'boolean', default: false },
      attention: { type: 'boolean', default: false },
    },
  });
  return {
    steps: values.step?.map(findStep) ?? [...STEPS, ...(values.large ? LARGE_STEPS : [])],
    contestants: values.only?.map(findContestant) ?? CONTESTANTS,
    browser: values.browser,
    update: values.update === undefined ? null : updateName(values.update),
    timedSteps: positive('--steps', values.steps),
    limitSeconds: positive('--limit', values.limit),
    // npm changes into the package's folder; paths are meant from where the person stands.
    json: values.json === undefined ? null : resolve(process.env['INIT_CWD'] ?? '.', values.json),
    write: values.write,
    writeReference: values['write-reference'],
    attention: values.attention,
  };
}

function findContestant(name: string): Contestant {
  const found = CONTESTANTS.find((known) => known.name === name);
  if (found) return found;
  throw new Error(`--only ${name}: the contestants are ${CONTESTANTS.map((known) => known.name).join(', ')}`);
}

function updateName(name: string): UpdateName {
  if (name in UPDATE_RULES) return name as UpdateName;
  throw new Error(`--update ${name}: the rules are ${Object.keys(UPDATE_RULES).join(', ')}`);
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`${option} ${text}: expected a whole number of 1 or more`);
}
