// The command line of the runner.

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { RESUME_CHOICES, type ResumeChoice } from './resume-arguments.ts';
import { say } from './say.ts';

const USAGE =
  'usage: npm run train -- --config run.json (--output-dir out | --continue-elsewhere FOLDER) [--resume-from-checkpoint DIR [--resume-arguments override|keep]] [--profile]';

export interface CommandLine {
  readonly config: string;
  readonly outputDir: string;
  readonly resumeFrom: string | null;
  readonly resumeArguments: ResumeChoice;
  /** Folder in which the run leaves for Python; null: it is trained here. */
  readonly continueElsewhere: string | null;
  /** Tell at the end which kernels took the time. */
  readonly profile: boolean;
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
        'continue-elsewhere': { type: 'string' },
        profile: { type: 'boolean', default: false },
      },
    });
    const resumeArguments = RESUME_CHOICES.find((choice) => choice === values['resume-arguments']);
    if (!resumeArguments) {
      say(`--resume-arguments is one of ${RESUME_CHOICES.join(', ')}.\n${USAGE}`);
      return null;
    }
    const { 'output-dir': outputDir, 'continue-elsewhere': elsewhere, 'resume-from-checkpoint': resumeFrom } = values;
    if (values.config && (outputDir === undefined) !== (elsewhere === undefined)) {
      return {
        config: fromCaller(values.config),
        outputDir: fromCaller(outputDir ?? '.'),
        resumeFrom: resumeFrom === undefined ? null : fromCaller(resumeFrom),
        resumeArguments,
        continueElsewhere: elsewhere === undefined ? null : fromCaller(elsewhere),
        profile: values.profile,
      };
    }
    say(`--config and one of --output-dir and --continue-elsewhere are needed.\n${USAGE}`);
  } catch (error) {
    say(`${(error as Error).message}\n${USAGE}`);
  }
  return null;
}
