import { expect, it } from 'vitest';
import { profileTable } from '#headless/profile-callbacks.ts';

it('a profile is a table, the names to the left and the numbers to the right', () => {
  const kernel = { dispatches: 2, ms: 1.5, timeShare: 0.75, bytes: 4e6, bandwidthShare: 0.5 };
  const text = profileTable({
    updates: 3,
    ms: 2,
    bytesPerSecond: 4e9,
    flopsPerSecond: 5e10,
    kernels: [
      { name: 'matmul', ...kernel, flops: 1e6, computeShare: 0.25 },
      { name: 'add', ...kernel, ms: 0.5, timeShare: 0.25, flops: null, computeShare: null },
    ],
  });
  expect(text.split('\n')).toEqual([
    'profile: 2.00 ms of kernels an update, mean of 3; this device copies 4.0 GB/s and computes 50.0 GFLOP/s at best',
    'kernel  dispatches     ms  of time    MB  of bandwidth  MFLOP  of multiply-adds',
    'matmul           2  1.500   75.0 %  4.00        50.0 %    1.0            25.0 %',
    'add              2  0.500   25.0 %  4.00        50.0 %      –                 –',
  ]);
});
