// The headless runner: `npm run train -- --config run.json --output-dir out [--resume-from-checkpoint DIR
// [--resume-arguments keep]] [--profile]`, or with `--continue-elsewhere FOLDER` in place of the output folder, to go on in Python.
// Log entries go to standard output, one JSON object a line; progress and notices go to standard error.

import { StudioError } from '#util/studio-error.ts';
import { readCommandLine } from './command-line.ts';
import { say } from './say.ts';
import { run } from './train-run.ts';
import type { LoadModule } from './user-callbacks.ts';

/**
 * @param loadModule runs the modules that run.json names.
 * @returns the exit code: 0 when trained to the end, or to a signal that enable_jit_checkpoint waits for; 1 for bad input
 * or a failure; 2 for a wrong command line.
 */
export async function main(argv: readonly string[], loadModule: LoadModule): Promise<number> {
  const commandLine = readCommandLine(argv);
  if (!commandLine) return 2;
  try {
    await run(commandLine, loadModule);
    return 0;
  } catch (error) {
    reportError(error);
    return 1;
  }
}

function reportError(error: unknown): void {
  if (!(error instanceof StudioError)) {
    say(`E-INTERNAL: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return;
  }
  say(`${error.code}: ${error.message}`);
  if (error.where) say(`Where: ${error.where}`);
  if (error.hint) say(`What to do: ${error.hint}`);
  if (error.safe) say(error.safe);
}
