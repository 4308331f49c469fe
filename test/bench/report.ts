// What a run of the benchmark found, as JSON and as a Markdown table.

import { type Agreement, TOLERANCE } from './agreement.ts';
import type { Measurement } from './contestant.ts';
import type { UpdateName } from './update-rules.ts';

export type Outcome =
  | (Agreement & { readonly measurement: Measurement })
  | { readonly kind: 'failed'; readonly reason: string };

export interface Row {
  readonly step: string;
  readonly contestant: string;
  readonly precision: string;
  readonly update: UpdateName;
  /** Floating-point operations of one update's matrix products. */
  readonly flops: number;
  readonly outcome: Outcome;
}

export interface Report {
  /** ISO date and time. */
  readonly date: string;
  readonly machine: string;
  readonly command: string;
  /** Versions of npm packages by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
}

const COLUMNS = [
  'step',
  'contestant',
  'update',
  'loss differs by',
  'first step s',
  'step ms',
  'JavaScript ms',
  'dispatches',
  'JavaScript µs a dispatch',
  'submits',
  'bind groups',
  'new buffers',
  'peak MB',
  'GFLOP/s',
] as const;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

const rounded = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const count = (value: number): string => String(Math.round(value));
const NOT_APPLICABLE = '–';

/** The cells from 'first step s' on; only for a contestant whose losses agree. */
function figures({ firstStepMs, stepMs, javaScriptMs, gpu }: Measurement, flops: number): string[] {
  const step = median(stepMs);
  const javaScript = javaScriptMs && median(javaScriptMs);
  return [
    rounded(firstStepMs / 1000),
    rounded(step),
    javaScript === null ? NOT_APPLICABLE : rounded(javaScript),
    ...(gpu
      ? [
          count(gpu.perStep.dispatches),
          javaScript === null ? NOT_APPLICABLE : rounded((javaScript * 1000) / gpu.perStep.dispatches),
          count(gpu.perStep.submits),
          count(gpu.perStep.bindGroups),
          count(gpu.perStep.buffers),
          rounded(gpu.peakBytes / 1e6),
        ]
      : Array.from({ length: 6 }, () => NOT_APPLICABLE)),
    rounded(flops / step / 1e6),
  ];
}

function cells({ step, contestant, precision, update, flops, outcome }: Row): string[] {
  const name = `${contestant} ${precision}`;
  if (outcome.kind === 'failed') return [step, name, update, `failed: ${outcome.reason.replaceAll('|', '/')}`];
  const difference = outcome.largestDifference.toExponential(1);
  if (outcome.kind === 'agrees') return [step, name, update, difference, ...figures(outcome.measurement, flops)];
  const losses = outcome.measurement.losses.map((loss) => loss.toFixed(4)).join(', ');
  return [step, name, update, `**${difference}: not timed**, losses ${losses}`];
}

const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;

/** The report under a heading with its date, as RESULTS.md holds it. */
export function toMarkdown({ date, machine, command, versions, rows }: Report): string {
  const measured = rows.flatMap(({ outcome }) => (outcome.kind === 'failed' ? [] : [outcome.measurement]));
  const adapters = [...new Set(measured.map(({ adapter }) => adapter))];
  const tolerances = Object.entries(TOLERANCE)
    .map(([precision, bound]) => `${bound} (${precision})`)
    .join(', ');
  return [
    `## ${date}`,
    '',
    `- Machine: ${machine}`,
    `- Adapters: ${adapters.join('; ')}`,
    `- Versions: ${Object.entries(versions)
      .map((entry) => entry.join(' '))
      .join(', ')}`,
    `- Command: \`${command}\``,
    `- First five losses within a relative ${tolerances} of PyTorch in float64`,
    '',
    line(COLUMNS),
    line(COLUMNS.map((_, i) => (i < 4 ? '---' : '---:'))),
    ...rows.map((row) => line([...cells(row), ...COLUMNS.map(() => '')].slice(0, COLUMNS.length))),
    '',
  ].join('\n');
}
