// Parameters in the order of PyTorch's `named_parameters()`, by which optimizer.pt numbers what it holds.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildModel } from '#models/auto-model.ts';
import { type JsonObject, labelsOf } from '#models/pretrained-config.ts';
import { fixtureFolder } from '../setup/fixtures.ts';
import { taskOf } from '../setup/model-case.ts';
import { runPython } from '../setup/run-command.ts';

/** A weight that transformers names after the head, which shares it, and we after the embedding. */
const SHARED: Readonly<Record<string, string>> = {
  'lm_head.decoder.weight': 'roberta.embeddings.word_embeddings.weight',
};

/** Fixtures of RoBERTa stand for XLM-RoBERTa too. */
function casesIn(path: string): { path: string; architecture: string; config: JsonObject }[] {
  const config = JSON.parse(readFileSync(path, 'utf8')) as JsonObject;
  const architecture = (config['architectures'] as string[])[0]!;
  const given = { path, architecture, config };
  if (config['model_type'] !== 'roberta') return [given];
  const changed = { path, architecture: `XLM${architecture}`, config: { ...config, model_type: 'xlm-roberta' } };
  return [given, changed];
}

it('every head of every family', { timeout: 120_000 }, async () => {
  const folder = fixtureFolder('models');
  const cases = readdirSync(folder).flatMap((name) => casesIn(join(folder, name, 'config.json')));
  const pairs = cases.map(({ path, architecture }) => [path, architecture]);
  const theirs = (await runPython(join(import.meta.dirname, 'parameter_names.py'), pairs)) as string[][];
  for (const [i, { architecture, config }] of cases.entries()) {
    const head = { task: taskOf(architecture), labels: labelsOf(config), problemType: 'regression' } as const;
    const expected = theirs[i]!.map((name) => SHARED[name] ?? name);
    expect([...buildModel(config, head).namedParameters().keys()], architecture).toEqual(expected);
  }
});
