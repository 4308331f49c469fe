// The search space as a person types it: a line an argument. Pure.

import { DEFAULT_SEARCH_SPACE, isRange, type SearchSpace } from '#protocol/search-space.ts';

/** "learning_rate: 1e-6 .. 1e-4 log", "per_device_train_batch_size: 4, 8, 16": what `readSpace` reads. */
export function writeSpace(space: SearchSpace): string {
  return Object.entries(space)
    .map(([name, dimension]) => {
      if (!isRange(dimension)) return `${name}: ${dimension.map((value) => JSON.stringify(value)).join(', ')}`;
      const { low, high, log, step } = dimension;
      return `${name}: ${low} .. ${high}${log ? ' log' : ''}${step === undefined ? '' : ` step ${step}`}`;
    })
    .join('\n');
}

export const DEFAULT_SPACE = writeSpace(DEFAULT_SEARCH_SPACE);

const RANGE = /^(\S+)\s*\.\.\s*(\S+?)(\s+log)?(?:\s+step\s+(\S+))?$/;

/** What can not be read as a number or JSON stays text: the engine says what is wrong with it. */
export function readSpace(text: string): SearchSpace {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(':');
      const [name, rest] = at < 0 ? [line.trim(), ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
      const range = RANGE.exec(rest);
      if (!range) return [name, rest === '' ? [] : rest.split(',').map((value) => readValue(value.trim()))];
      const [, low, high, log, step] = range;
      return [
        name,
        {
          low: Number(low),
          high: Number(high),
          ...(log ? { log: true } : {}),
          ...(step === undefined ? {} : { step: Number(step) }),
        },
      ];
    }),
  );
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
