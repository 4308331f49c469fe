// The examples of each task, trained by the runner: every number of the log equals that of HF's Trainer.

import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

type Entry = Record<string, number>;

const EXAMPLES = join(import.meta.dirname, '../examples');
const runner = join(import.meta.dirname, '../../src/headless/train.mjs');
let out: string;

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'examples-'));
});
afterAll(() => rm(out, { recursive: true }));

/** How near a number has to be, relative to its size; the others must be equal. */
const TOLERANCES: Readonly<Record<string, number>> = {
  loss: 2e-4,
  eval_loss: 2e-4,
  train_loss: 2e-4,
  grad_norm: 2e-3,
  eval_precision: 1e-9,
  eval_recall: 1e-9,
  eval_f1: 1e-9,
  eval_accuracy: 1e-9,
  eval_exact_match: 1e-9,
};
const isTiming = (key: string): boolean => /_(runtime|per_second)$/.test(key);

describe.each(readdirSync(EXAMPLES).filter((name) => existsSync(join(EXAMPLES, name, 'expected.json'))))(
  '%s',
  (name) => {
    it('is trained as HF trains it', async () => {
      const folder = join(EXAMPLES, name);
      const run = promisify(execFile);
      const { stdout } = await run(process.execPath, [
        runner,
        '--config',
        join(folder, 'run.json'),
        '--output-dir',
        join(out, name),
      ]);
      const log = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Entry);
      const expected = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8')) as Entry[];
      expect(log.length).toBe(expected.length);
      for (const [i, theirs] of expected.entries()) {
        const ours = log[i]!;
        for (const [key, value] of Object.entries(theirs)) {
          const where = `${key} at step ${theirs.step}: ${ours[key]} against ${value}`;
          const allowed = (TOLERANCES[key] ?? 0) * Math.abs(value);
          expect(Math.abs(ours[key]! - value), where).toBeLessThanOrEqual(allowed);
        }
        const more = Object.keys(ours).filter((key) => !(key in theirs) && !isTiming(key));
        // What HF does not log, because nobody computes it there.
        expect(
          more.filter(
            (key) => !/^eval_(loss_per_token|perplexity|accuracy|.*_f1|per_class_.*|.*_(macro|weighted))$/.test(key),
          ),
        ).toEqual([]);
        if (ours.eval_perplexity !== undefined) expect(ours.eval_perplexity).toBeCloseTo(Math.exp(ours.eval_loss!), 9);
      }
    });
  },
);
