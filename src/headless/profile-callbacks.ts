// `--profile`: times the kernels of a few updates, and tells of them as a table when the run is over.

import type { KernelProfile, KernelShare } from '#protocol/kernel-profile.ts';
import type { TrainerCallback } from '#trainer/callbacks/trainer-callback.ts';
import { StudioError } from '#util/studio-error.ts';
import { RunProfiler } from '#worker/run-profiler.ts';
import { say } from './say.ts';

const UPDATES = 3;
/** The first update compiles shaders, the second records the step. */
const WAIT = 2;

/** Of a run: the profiler's own, and one that starts it and reports. */
export function profileCallbacks(): TrainerCallback[] {
  const profiler = new RunProfiler();
  let report: Promise<string> = Promise.resolve('no update was left to profile');
  return [
    {
      name: 'ProfileStartCallback',
      onTrainBegin: ({ state }) => {
        const updates = state.maxSteps - state.globalStep;
        if (updates < 1) return;
        report = reportOf(async () => profiler.profile(UPDATES, Math.min(WAIT, updates - 1)));
      },
    },
    profiler.callback,
    { name: 'ProfileReportCallback', onTrainEnd: async () => say(await report) },
  ];
}

async function reportOf(profile: () => Promise<KernelProfile>): Promise<string> {
  try {
    return profileTable(await profile());
  } catch (error) {
    if (!(error instanceof StudioError)) throw error;
    return `profile: ${error.message} ${error.hint}`;
  }
}

type Column = readonly [title: string, cell: (kernel: KernelShare) => string];

const COLUMNS: readonly Column[] = [
  ['kernel', ({ name }) => name],
  ['dispatches', ({ dispatches }) => rounded(dispatches)],
  ['ms', ({ ms }) => ms.toFixed(3)],
  ['of time', ({ timeShare }) => percent(timeShare)],
  ['MB', ({ bytes }) => (bytes / 1e6).toFixed(2)],
  ['of bandwidth', ({ bandwidthShare }) => percent(bandwidthShare)],
  ['MFLOP', ({ flops }) => (flops === null ? '–' : (flops / 1e6).toFixed(1))],
  ['of multiply-adds', ({ computeShare }) => (computeShare === null ? '–' : percent(computeShare))],
];

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const rounded = (count: number): string => String(Math.round(count * 10) / 10);

/** The first column to the left, numbers to the right. */
export function profileTable({ updates, ms, bytesPerSecond, flopsPerSecond, kernels }: KernelProfile): string {
  const rows = [COLUMNS.map(([title]) => title), ...kernels.map((kernel) => COLUMNS.map(([, cell]) => cell(kernel)))];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return [
    `profile: ${ms.toFixed(2)} ms of kernels an update, mean of ${updates}; this device copies ${(bytesPerSecond / 1e9).toFixed(1)} GB/s and computes ${(flopsPerSecond / 1e9).toFixed(1)} GFLOP/s at best`,
    ...rows.map((row) => line(row).trimEnd()),
  ].join('\n');
}
