// The command line of the runner.

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { RESUME_CHOICES, type ResumeChoice } from './resume-arguments.ts';
import { say } from './say.ts';

const USAGE =
  'usage: npm run train -- --config run.json --output-dir out [--resume-from-checkpoint DIR [--resume-arguments override|keep]]';

export interface CommandLine {
  readonly config: string;
  readonly outputDir: string;
  readonly resumeFrom: string | null;
  readonly resumeArguments: ResumeChoice;
}

/** npm changes into the package's folder; paths are meant from where the person stands. */
const fromCaller = (path: string): string => resolve(process.env['INIT_CWD'] ?? '.', path);

/** Null: it is wrong, and was told how. */
export function readCommandLine(argv: readonly string[]): CommandLine | null {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        config: { type: 'string' },
        'output-dir': { type: 'string' },
        'resume-from-checkpoint': { type: 'string' },
        'resume-arguments': { type: 'string', default: 'override' },
      },
    });
    const resumeArguments = RESUME_CHOICES.find((choice) => choice === values['resume-arguments']);
    if (!resumeArguments) {
      say(`--resume-arguments is one of ${RESUME_CHOICES.join(', ')}.\n${USAGE}`);
      return null;
    }
    if (values.config && values['output-dir']) {
      const resumeFrom = values['resume-from-checkpoint'];
      return {
        config: fromCaller(values.config),
        outputDir: fromCaller(values['output-dir']),
        resumeFrom: resumeFrom === undefined ? null : fromCaller(resumeFrom),
        resumeArguments,
      };
    }
    say(`--config and --output-dir are needed.\n${USAGE}`);
  } catch (error) {
    say(`${(error as Error).message}\n${USAGE}`);
  }
  return null;
}
