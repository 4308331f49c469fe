// Versions of Python packages that an export was tried with.

import { TENSORBOARD } from '#protocol/report-to.ts';
import { parseTrainingArguments } from '#protocol/training-arguments.ts';
import type { PythonRun } from './python-run.ts';

/** By package; a test holds them equal to those that fixtures are made with. */
export const PYTHON_VERSIONS = {
  torch: '2.13.0',
  transformers: '5.18.0',
  accelerate: '1.15.0',
  peft: '0.21.0',
  bitsandbytes: '0.50.2',
  schedulefree: '1.4.1',
  tensorboard: '2.21.0',
} as const;

type Package = keyof typeof PYTHON_VERSIONS;

/** requirements.txt: what train.py of this run imports, or its optimizer or tracker. */
export function requirements({ adapterConfig, rawArguments }: PythonRun): string {
  const parsed = parseTrainingArguments(rawArguments);
  const optim = parsed.ok ? parsed.args.optim : '';
  const optimizer = new Map<string, Package>([
    ['adamw_8bit', 'bitsandbytes'],
    ['adamw_bnb_8bit', 'bitsandbytes'],
    ['lion_32bit', 'bitsandbytes'],
    ['schedule_free_adamw', 'schedulefree'],
  ]).get(optim);
  const packages: Package[] = ['torch', 'transformers', 'accelerate'];
  if (adapterConfig) packages.push('peft');
  if (optimizer) packages.push(optimizer);
  if (parsed.ok && parsed.args.reportTo.includes(TENSORBOARD)) packages.push('tensorboard');
  return packages.map((name) => `${name}==${PYTHON_VERSIONS[name]}\n`).join('');
}
