// Runs one measurement in a fresh process with a time limit, so that each library has a device and a heap of its own.

import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Measurement } from './contestant.ts';
import type { MeasurementRequest } from './measure.ts';

export type MeasurementResult =
  | { readonly kind: 'measured'; readonly measurement: Measurement }
  | { readonly kind: 'failed'; readonly reason: string };

/** Drivers keep compiled shaders on disk; the time to a first step is that of a first visit. */
const COLD_CACHES = { MESA_SHADER_CACHE_DISABLE: 'true', __GL_SHADER_DISK_CACHE: '0' };
const GRACE_MS = 5000;
/** What is kept of standard error to find the reason of a failure in. */
const STDERR_LIMIT = 20_000;

export function runMeasurement(request: MeasurementRequest, limitSeconds: number): Promise<MeasurementResult> {
  const child = fork(join(import.meta.dirname, 'bench.mjs'), ['measure', JSON.stringify(request)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, ...COLD_CACHES },
  });
  let errors = '';
  child.stderr!.on('data', (text: Buffer) => {
    errors = (errors + text.toString()).slice(-STDERR_LIMIT);
  });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGTERM');
    // A process that is busy in the driver does not hear it.
    setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
  }, limitSeconds * 1000);
  return new Promise((resolve) => {
    let measurement: Measurement | null = null;
    child.on('message', (message) => {
      measurement = message as Measurement;
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (measurement) resolve({ kind: 'measured', measurement });
      else if (timedOut) resolve({ kind: 'failed', reason: `stopped after ${limitSeconds} s` });
      else
        resolve({ kind: 'failed', reason: reasonIn(errors) ?? `ended with ${signal ?? `code ${code}`} and no word` });
    });
  });
}

/** The line that says most: the last error's message, else the first complaint of the device. */
export function reasonIn(errors: string): string | null {
  const lines = errors.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('Warning:'));
  const thrown = lines.findLast((line) => /^(\w*Error\b|\w+: )/.test(line));
  return (thrown ?? lines[0])?.trim().replace(/^Error: /, '') ?? null;
}
