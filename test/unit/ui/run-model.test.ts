import { describe, expect, it } from 'vitest';
import { MetricColumns } from '#client/metric-columns.ts';
import type { LogEntry } from '#protocol/metrics.ts';
import type { RunState } from '#protocol/run-state.ts';
import { type ChartLine, describeMetric, mergeRows, verticalDomain } from '#ui/components/charts/chart-rows.ts';
import { readChartSettings } from '#ui/components/charts/chart-settings.ts';
import { groupMetrics } from '#ui/components/charts/group-metrics.ts';
import {
  bestCheckpoint,
  changeableArguments,
  checkpointMetrics,
  commandsFor,
  commitMessage,
  describeEntry,
  downloadName,
  latestEvaluation,
  typedChanges,
} from '#ui/features/run/run-model.ts';
import { checkpointAt } from '../client/run-detail.ts';

const allowed = (state: RunState): string[] =>
  Object.entries(commandsFor(state))
    .filter(([, can]) => can)
    .map(([name]) => name);

const EVALUATION: LogEntry = {
  step: 90,
  epoch: 1,
  eval_loss: 0.5,
  eval_accuracy: 0.75,
  eval_confusion_matrix: [
    [3, 1],
    [1, 3],
  ],
  eval_per_class_precision: [0.7, 0.8],
  eval_per_class_recall: [0.6, 0.9],
  eval_per_class_f1: [0.65, 0.85],
  eval_runtime: 2,
  eval_samples_per_second: 50,
};

describe('commands', () => {
  it('fit the state', () => {
    expect(allowed({ status: 'training' })).toEqual(['pause', 'saveNow', 'evaluateNow', 'stopSave', 'stopDiscard']);
    expect(allowed({ status: 'paused', reason: 'user' })).toEqual(['continue', 'saveNow', 'stopSave', 'stopDiscard']);
    expect(allowed({ status: 'paused', reason: 'storage-full' })).not.toContain('saveNow');
    expect(allowed({ status: 'preparing', phase: 'loading' })).toEqual(['stopDiscard']);
    expect(allowed({ status: 'finalizing' })).toEqual([]);
    expect(allowed({ status: 'completed' })).toEqual(['resumeWithChanges']);
    for (const status of ['stopped', 'interrupted', 'failed'] as const) {
      const state = { status, step: 1, saved: true, error: { code: 'E-INTERNAL', message: '' } } as RunState;
      expect(allowed(state)).toEqual(['resume', 'resumeWithChanges']);
    }
  });
});

describe('changes on resume', () => {
  const fields = changeableArguments({ learning_rate: 0.001, max_steps: 40 });
  it('begin with what the run was given, else with the defaults', () => {
    expect(fields.map(({ spec, value }) => [spec.name, value])).toEqual([
      ['learning_rate', 0.001],
      ['num_train_epochs', 3],
      ['max_steps', 40],
      ['per_device_train_batch_size', 8],
      ['gradient_accumulation_steps', 1],
    ]);
  });
  it('are what was typed differently, as numbers where they are', () => {
    const typed = {
      learning_rate: '1e-3',
      max_steps: ' 60 ',
      num_train_epochs: '3.0',
      per_device_train_batch_size: '',
    };
    expect(typedChanges(fields, typed)).toEqual({ max_steps: 60, per_device_train_batch_size: '' });
    expect(typedChanges(fields, { learning_rate: 'fast' })).toEqual({ learning_rate: 'fast' });
    expect(typedChanges(fields, {})).toEqual({});
  });
});

describe('the latest evaluation', () => {
  it('has metrics, scores per class and the matrix', () => {
    const found = latestEvaluation([EVALUATION, { step: 91, epoch: 1.01, loss: 0.3 }], ['no', 'yes']);
    expect(found).toEqual({
      step: 90,
      metrics: [
        ['eval_loss', 0.5],
        ['eval_accuracy', 0.75],
      ],
      confusion: [
        [3, 1],
        [1, 3],
      ],
      classes: [
        { label: 'no', precision: 0.7, recall: 0.6, f1: 0.65, rows: 4 },
        { label: 'yes', precision: 0.8, recall: 0.9, f1: 0.85, rows: 4 },
      ],
    });
  });

  it('is nothing before one, and plain for regression', () => {
    expect(latestEvaluation([{ step: 1, epoch: 0.1, loss: 1 }], [])).toBeNull();
    expect(latestEvaluation([{ step: 9, epoch: 1, eval_mse: 0.2 }], [])).toEqual({
      step: 9,
      metrics: [['eval_mse', 0.2]],
      confusion: null,
      classes: [],
    });
  });

  it('gives each metric a chart, speed none, averages of one kind the same', () => {
    const names = ['loss', 'eval_loss', 'eval_accuracy', 'eval_runtime', 'eval_samples_per_second', 'grad_norm'];
    const idsOf = (given: string[]): string[][] =>
      groupMetrics(given).map(({ metrics }) => metrics.map((m) => m.metric));
    expect(idsOf(names)).toEqual([['loss', 'eval_loss'], ['grad_norm'], ['eval_accuracy']]);
    expect(idsOf(['loss', 'eval_f1_macro', 'eval_f1_weighted', 'gpu_bytes'])).toEqual([
      ['loss'],
      ['gpu_bytes'],
      ['eval_f1_macro', 'eval_f1_weighted'],
    ]);
  });

  it('is a line in the log', () => {
    expect(describeEntry(EVALUATION)).not.toContain('confusion');
    expect(describeEntry({ step: 1, epoch: 0.1, loss: 0.52468, learning_rate: 5e-5 })).toBe(
      'loss 0.5247 · learning_rate 5e-5',
    );
  });
});

describe('checkpoints', () => {
  it('to keep: the best, the final, the latest', () => {
    const [first, second] = [{ ...checkpointAt(1), isLatest: false }, checkpointAt(2)];
    expect(bestCheckpoint([])).toBeNull();
    expect(bestCheckpoint([first, second])?.step).toBe(2);
    expect(bestCheckpoint([{ ...first, name: 'final' }, second])?.step).toBe(1);
    expect(
      bestCheckpoint([
        { ...first, name: 'final' },
        { ...second, isBest: true },
      ])?.step,
    ).toBe(2);
  });

  it('show at most three metrics, the loss first', () => {
    const metrics = { eval_weighted_f1: 1, eval_accuracy: 1, eval_macro_f1: 1, eval_loss: 1, eval_runtime: 9 };
    expect(checkpointMetrics([{ ...checkpointAt(1), metrics }])).toEqual([
      'eval_loss',
      'eval_accuracy',
      'eval_macro_f1',
    ]);
    expect(checkpointMetrics([checkpointAt(1)])).toEqual([]);
  });

  it('have a file name that every system takes', () => {
    expect(downloadName('my run: 1/2', 'checkpoint-40')).toBe('my-run-1-2-checkpoint-40.zip');
    expect(commitMessage({ name: 'final', step: 64 })).toBe('End of training');
    expect(commitMessage({ name: 'checkpoint-40', step: 40 })).toBe('Training in progress, step 40');
  });
});

describe('mergeRows', () => {
  const columns = new MetricColumns();
  for (let step = 1; step <= 2000; step++) columns.append({ step, epoch: step / 1000, loss: 1 / step });
  columns.append({ step: 1000, epoch: 1, eval_loss: 0.5 });
  columns.append({ step: 2000, epoch: 2, eval_loss: 0.4 });
  const line = (metric: string, kind: ChartLine['kind']): ChartLine => ({
    key: metric,
    metric,
    columns,
    label: metric,
    kind,
    color: 'black',
  });
  const lines = [line('loss', 'curve'), line('eval_loss', 'points')];
  const settings = readChartSettings(new URLSearchParams());

  it('puts curves and evaluations in one ascending list of few rows', () => {
    const { rows } = mergeRows(lines, settings);
    const x = rows.map((row) => row.x ?? 0);
    expect(rows.length).toBeLessThanOrEqual(600);
    expect(x).toEqual([...x].sort((a, b) => a - b));
    expect(rows.filter((row) => row.eval_loss !== undefined).map((row) => [row.x, row.eval_loss])).toEqual([
      [1000, 0.5],
      [2000, 0.4],
    ]);
    expect(rows.some((row) => row['eval_loss:smooth'] !== undefined)).toBe(false);
    expect(rows.at(-1)?.['loss:smooth']).toBeGreaterThan(1 / 2000);
  });

  it('counts in epochs, and does without metrics that are not there', () => {
    const { rows } = mergeRows([lines[1]!, line('none', 'exact')], { ...settings, axis: 'epoch' });
    expect(rows).toEqual([
      { x: 1, eval_loss: 0.5 },
      { x: 2, eval_loss: 0.4 },
    ]);
    expect(describeMetric(lines[1]!)).toBe('0.5 → 0.4');
    expect(describeMetric(line('none', 'exact'))).toBe('no values yet');
  });

  it('leaves out what a logarithmic axis has no place for', () => {
    const odd = new MetricColumns();
    for (const [step, loss] of [
      [1, 0],
      [2, -1],
      [3, 2],
    ] as const)
      odd.append({ step, epoch: 0, loss });
    const { rows } = mergeRows([{ ...line('loss', 'exact'), columns: odd }], { ...settings, logY: true });
    expect(rows.flatMap((row) => row.loss ?? [])).toEqual([2]);
  });

  it('reads how charts are drawn from an address, whatever it says', () => {
    expect(readChartSettings(new URLSearchParams('x=active&smooth=7&logy=1&from=3&to=9'))).toEqual({
      ...settings,
      axis: 'active',
      smoothing: 0.99,
      logY: true,
      range: [3, 9],
    });
    expect(readChartSettings(new URLSearchParams('x=moon&smooth=a&from=9&to=3'))).toEqual(settings);
  });
});

describe('verticalDomain', () => {
  it('leaves values that differ to the chart', () => {
    expect(
      verticalDomain([
        { x: 1, loss: 0.7 },
        { x: 2, loss: 0.6 },
      ]),
    ).toEqual(['auto', 'auto']);
    expect(verticalDomain([])).toEqual(['auto', 'auto']);
  });

  it('puts a single value between round bounds, zero too', () => {
    const rows = [{ x: 1, loss: 0.7562, 'loss:smooth': 0.7562 + 1e-12 }];
    expect(verticalDomain(rows)).toEqual([expect.closeTo(0.6), expect.closeTo(0.9)]);
    expect(verticalDomain([{ x: 1, learning_rate: 0 }])).toEqual([-1, 2]);
  });
});
