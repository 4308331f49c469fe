import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatDuration,
  formatNumber,
  formatParameters,
  formatPercent,
  formatTime,
  metricLabel,
  plural,
} from '#ui/format.ts';

describe('format', () => {
  it('writes numbers with four significant digits', () => {
    expect([0.123456, 12.3456, 0, -0.5, 12345.6].map(formatNumber)).toEqual(['0.1235', '12.35', '0', '-0.5', '12,346']);
    expect([5e-5, 1.23456e-5, 1e-8].map(formatNumber)).toEqual(['5e-5', '1.235e-5', '1e-8']);
    expect([Number.NaN, Number.POSITIVE_INFINITY].map(formatNumber)).toEqual(['not a number', '∞']);
  });

  it('writes sizes', () => {
    expect([0, 999, 1000, 5_700_000, 123_456_789, 2.5e9].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 KB',
      '5.7 MB',
      '123 MB',
      '2.5 GB',
    ]);
    expect([512, 4_385_920, 1.1e8].map(formatParameters)).toEqual(['512', '4.4 M', '110.0 M']);
  });

  it('writes times and shares', () => {
    expect([0, 75_000, 7_389_000, 59_600].map(formatDuration)).toEqual(['0:00', '1:15', '2:03:09', '1:00']);
    expect([formatPercent(0.43), formatPercent(0.7129, 1)]).toEqual(['43 %', '71.3 %']);
  });

  it('writes words', () => {
    expect(metricLabel('eval_macro_f1')).toBe('macro f1');
    expect([plural(1, 'row'), plural(1600, 'row'), plural(2, 'entry', 'entries')]).toEqual([
      '1 row',
      '1,600 rows',
      '2 entries',
    ]);
  });

  it('names the year of another year only', () => {
    const now = new Date(2026, 10, 23, 12).getTime();
    expect(formatTime(new Date(2026, 4, 3, 15, 7).getTime(), now, 'en')).not.toContain('2026');
    expect(formatTime(new Date(2025, 4, 3, 15, 7).getTime(), now, 'en')).toContain('2025');
    expect(formatTime(new Date(2025, 4, 3, 15, 7).getTime(), now, 'ko')).toMatch(/2025년 5월 3일/);
  });
});
