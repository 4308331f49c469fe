// Callbacks that a person wrote: modules that run.json names, compiled like the rest of the runner.

import { existsSync } from 'node:fs';
import { nearestNames } from '#protocol/nearest-names.ts';
import { CALLBACK_EVENTS, type TrainerCallback } from '#trainer/callbacks/trainer-callback.ts';
import { StudioError } from '#util/studio-error.ts';

/** Compiles and runs a module of TypeScript or JavaScript. @param path absolute. */
export type LoadModule = (path: string) => Promise<Readonly<Record<string, unknown>>>;

const FIELDS: readonly string[] = ['name', 'exportState', 'restoreState', ...CALLBACK_EVENTS];

/**
 * A new callback of each module: its default export is a function that gives one.
 * @throws StudioError E-ARGS when a module can not be run, or gives no callback.
 */
export async function loadCallbacks(paths: readonly string[], loadModule: LoadModule): Promise<TrainerCallback[]> {
  const callbacks: TrainerCallback[] = [];
  for (const path of paths) callbacks.push(await loadCallback(path, loadModule));
  return callbacks;
}

async function loadCallback(path: string, loadModule: LoadModule): Promise<TrainerCallback> {
  if (!existsSync(path)) throw wrong(path, 'is not there');
  let made: unknown;
  try {
    const { default: make } = await loadModule(path);
    if (typeof make !== 'function') throw wrong(path, 'has no default export that is a function');
    made = await make();
  } catch (cause) {
    if (cause instanceof StudioError) throw cause;
    throw wrong(path, `can not be run: ${(cause as Error).message}`, cause);
  }
  return checkCallback(path, made);
}

function checkCallback(path: string, made: unknown): TrainerCallback {
  if (typeof made !== 'object' || made === null) throw wrong(path, 'gives no callback');
  const { name } = made as { name?: unknown };
  if (typeof name !== 'string' || name === '') throw wrong(path, 'gives a callback without a name');
  const strange = Object.keys(made).find((field) => /^on[A-Z]/.test(field) && !FIELDS.includes(field));
  if (strange === undefined) return made as TrainerCallback;
  const near = nearestNames(strange, CALLBACK_EVENTS).join(' or ');
  throw wrong(path, `answers to ${strange}, which is no event${near ? `. Perhaps ${near} is meant` : ''}`);
}

const wrong = (path: string, problem: string, cause?: unknown): StudioError =>
  new StudioError('E-ARGS', `The callback ${path} ${problem}.`, {
    where: `run.json: callbacks, ${path}`,
    hint: 'A callback is a module like: export default () => ({ name: "Mine", onLog({ logs }) { console.error(logs); } })',
    safe: 'Nothing was started.',
    cause,
  });
