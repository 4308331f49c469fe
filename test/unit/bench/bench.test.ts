// The pure parts of the benchmark: generator, batches, agreement, table, reasons of failures.

import { describe, expect, it } from 'vitest';
import { compareLosses } from '../../bench/agreement.ts';
import { readCommandLine } from '../../bench/command-line.ts';
import type { Measurement } from '../../bench/contestant.ts';
import { CONTESTANTS } from '../../bench/contestants.ts';
import { initialWeights } from '../../bench/initial-weights.ts';
import { readReference } from '../../bench/reference.ts';
import { median, type Row, toMarkdown } from '../../bench/report.ts';
import { withSection } from '../../bench/results-file.ts';
import { reasonIn } from '../../bench/run-measurement.ts';
import { type BertStep, bertBatch, findStep, flopsOf, type GptStep, gptBatch, STEPS } from '../../bench/steps.ts';

const gpt = findStep('gpt-2l') as GptStep;
const bert = findStep('minilm') as BertStep;

describe('initial weights', () => {
  it('are the same every time, of mean 0 and standard deviation 0.02', () => {
    const [first, second] = [initialWeights(gpt), initialWeights(gpt)];
    expect(first).toEqual(second);
    const values = first.find(({ name }) => name === 'transformer.h.1.mlp.c_fc.weight')!.data;
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
    expect(Math.abs(mean)).toBeLessThan(0.0005);
    expect(Math.abs(deviation - 0.02)).toBeLessThan(0.0005);
  });

  it('have the parameters of the models they name', () => {
    const count = (step: GptStep | BertStep): number =>
      initialWeights(step).reduce((sum, { data }) => sum + data.length, 0);
    // Embeddings, blocks of 12 d² + 13 d, last norm.
    expect(count(gpt)).toBe((256 + 64) * 64 + 2 * (12 * 64 ** 2 + 13 * 64) + 2 * 64);
    const layer = 4 * (384 ** 2 + 384) + 2 * 384 * 1536 + 1536 + 384 + 4 * 384;
    expect(count(bert)).toBe((30522 + 64 + 2) * 384 + 2 * 384 + 6 * layer + 384 ** 2 + 384 + 2 * 384 + 2);
  });

  it('differ from parameter to parameter', () => {
    const [tokens, positions] = initialWeights(gpt);
    expect(tokens!.data.slice(0, 64)).not.toEqual(positions!.data.slice(0, 64));
  });
});

describe('batches', () => {
  it('have as targets the tokens that follow', () => {
    const { ids, targets } = gptBatch(gpt);
    expect(ids.length).toBe(2 * 64);
    expect(targets.slice(0, 63)).toEqual(ids.slice(1, 64));
    expect(targets.slice(64, 127)).toEqual(ids.slice(65));
    expect(new Set(ids).size).toBeGreaterThan(80);
    expect(Math.max(...ids)).toBeLessThan(256);
  });

  it('pad each text by three tokens more than the one before', () => {
    const { mask, ids, labels } = bertBatch(bert);
    const lengths = Array.from({ length: 8 }, (_, row) => mask.slice(row * 64, row * 64 + 64).reduce((a, b) => a + b));
    expect(lengths).toEqual([64, 61, 58, 55, 52, 49, 46, 43]);
    expect(ids[64 + 61]).toBe(0);
    expect([...labels]).toEqual([0, 1, 0, 1, 0, 1, 0, 1]);
  });

  it('count three products, of 2 operations each, for every weight a token meets', () => {
    const attention = 2 * 64 * 64;
    const tied = 256 * 64;
    expect(flopsOf(gpt)).toBe(6 * 2 * 64 * (2 * (12 * 64 ** 2 + attention) + tied));
  });
});

describe('agreement', () => {
  const reference = [5, 4, 2];

  it('holds within the tolerance of the precision', () => {
    expect(compareLosses([5, 4.002, 2], reference, 'f32')).toMatchObject({ kind: 'agrees' });
    expect(compareLosses([5, 4.02, 2], reference, 'f32')).toMatchObject({ kind: 'differs' });
    expect(compareLosses([5, 4.02, 2], reference, 'f16')).toMatchObject({ kind: 'agrees' });
    expect(compareLosses([5, 4.02, 2], reference, 'f32').largestDifference).toBeCloseTo(0.005, 10);
  });

  it.each([
    ['too few losses', [5, 4]],
    ['too many losses', [5, 4, 2, 1]],
    ['a loss that is not a number', [5, Number.NaN, 2]],
    ['an infinite loss', [5, 4, Number.POSITIVE_INFINITY]],
  ])('does not hold with %s', (_, losses) => {
    expect(compareLosses(losses, reference, 'bf16')).toEqual({ kind: 'differs', largestDifference: Infinity });
  });

  it('has reference losses for every step that runs by default', async () => {
    const losses = await readReference();
    for (const { id } of STEPS) {
      expect(losses[id]?.adamw).toHaveLength(5);
      expect(losses[id]?.adam).toHaveLength(5);
    }
  });
});

describe('report', () => {
  const measurement: Measurement = {
    adapter: 'a GPU',
    losses: [5, 4],
    firstStepMs: 2500,
    stepMs: [10, 30, 20],
    javaScriptMs: [1, 3, 2],
    gpu: { perStep: { dispatches: 100, submits: 2, bindGroups: 0, buffers: 0 }, peakBytes: 5e6 },
  };
  const row = (outcome: Row['outcome']): Row => ({
    step: 'gpt-2l',
    contestant: 'someone',
    precision: 'f32',
    update: 'adam',
    flops: 40e6,
    outcome,
  });
  const table = (outcome: Row['outcome']): string =>
    toMarkdown({ date: '2026-01-02', machine: 'm', command: 'c', versions: { library: '1.2.3' }, rows: [row(outcome)] })
      .split('\n')
      .at(-2)!;

  it('shows the figures of whoever agrees', () => {
    expect(table({ kind: 'agrees', largestDifference: 1e-6, measurement })).toBe(
      '| gpt-2l | someone f32 | adam | 1.0e-6 | 2.50 | 20.0 | 2.00 | 100 | 20.0 | 2 | 0 | 0 | 5.00 | 2.00 |',
    );
  });

  it('shows losses and no figures of whoever differs, and the reason of whoever failed', () => {
    const differs = table({ kind: 'differs', largestDifference: 0.5, measurement });
    expect(differs).toContain('**5.0e-1: not timed**, losses 5.0000, 4.0000');
    expect(differs).not.toContain('20.0');
    expect(table({ kind: 'failed', reason: 'stopped after 5 s' })).toContain('failed: stopped after 5 s');
  });

  it('takes the middle of the times', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });

  it('puts new results in front of earlier ones', () => {
    const once = withSection('', '## one\n');
    const twice = withSection(once, '## two\n');
    expect(twice.match(/^## \w+/gm)).toEqual(['## two', '## one']);
    expect(twice.match(/^# Benchmark results/gm)).toHaveLength(1);
  });
});

describe('failures', () => {
  it('give the message of the thrown error, without the noise of drivers', () => {
    const errors = 'Warning: limit reduced\nat line 3\nTypeError: no device\n    at main (x.ts:1:2)\n\nNode.js v20\n';
    expect(reasonIn(errors)).toBe('TypeError: no device');
    expect(reasonIn('Warning: limit reduced\n')).toBeNull();
  });
});

describe('command line', () => {
  it('narrows steps and contestants', () => {
    const chosen = readCommandLine(['--step', 'minilm', '--only', 'jax-js', '--steps', '3']);
    expect(chosen.steps).toEqual([bert]);
    expect(chosen.contestants.map(({ name }) => name)).toEqual(['jax-js']);
    expect(chosen.timedSteps).toBe(3);
    expect(readCommandLine([]).steps).toEqual(STEPS);
    expect(readCommandLine([]).contestants).toBe(CONTESTANTS);
  });

  it.each([
    [['--step', 'gpt-9'], /there is no step gpt-9: the steps are gpt-2l/],
    [['--only', 'nobody'], /the contestants are .*tfjs-stock/],
    [['--update', 'sgd'], /the rules are adamw, adam/],
    [['--steps', '0'], /--steps 0: expected a whole number/],
  ])('refuses %j', (argv, message) => {
    expect(() => readCommandLine(argv)).toThrow(message);
  });
});
