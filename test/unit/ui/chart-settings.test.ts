// How charts are drawn, to the address and back.

import { expect, it } from 'vitest';
import { readChartSettings, writeChartSettings } from '#ui/components/charts/chart-settings.ts';

it('comes back as it was written, and leaves other parts of the address alone', () => {
  const settings = {
    axis: 'wall',
    smoothing: 0.25,
    logX: false,
    logY: true,
    hidesOutliers: true,
    range: [10, 20],
  } as const;
  const params = writeChartSettings(new URLSearchParams('over=a,b'), settings);
  expect(readChartSettings(params)).toEqual(settings);
  expect(params.get('over')).toBe('a,b');
});

it('says nothing of what is as usual', () => {
  const usual = readChartSettings(new URLSearchParams());
  expect(writeChartSettings(new URLSearchParams('x=epoch&logy=1&from=1&to=2'), usual).toString()).toBe('');
});
