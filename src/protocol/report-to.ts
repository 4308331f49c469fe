// report_to: the trackers that HuggingFace's Trainer knows, and what becomes of them here.

import { msg } from '#util/msg.ts';
import type { ArgumentIssue } from './argument-spec.ts';
import { show } from './argument-value.ts';

/** The one that works without a service, so it is all that "all" finds. */
export const TENSORBOARD = 'tensorboard';

const TRACKERS: readonly unknown[] = [
  TENSORBOARD,
  'azure_ml',
  'clearml',
  'codecarbon',
  'comet_ml',
  'dagshub',
  'dvclive',
  'flyte',
  'kubeflow',
  'mlflow',
  'neptune',
  'swanlab',
  'trackio',
  'wandb',
];

/** The trackers named, as HF resolves them. @param value of any form that HF takes. */
export function trackersOf(value: unknown): readonly unknown[] {
  const named: readonly unknown[] = Array.isArray(value) ? value : [value ?? 'none'];
  if (named.length !== 1) return named;
  if (named[0] === 'none') return [];
  return named[0] === 'all' ? [TENSORBOARD] : named;
}

export function checkReportTo(value: unknown): readonly ArgumentIssue[] {
  const trackers = trackersOf(value);
  const unknown = trackers.find((tracker) => !TRACKERS.includes(tracker));
  const about = (level: ArgumentIssue['level'], message: string, hint: string): ArgumentIssue => ({
    name: 'report_to',
    level,
    message,
    hint,
  });
  if (unknown !== undefined)
    return [
      about(
        'error',
        msg`report_to names ${show(unknown)}, which HuggingFace's Trainer does not know.`,
        msg`Use "tensorboard", "none" or "all"; kept without effect are ${TRACKERS.slice(1).join(', ')}.`,
      ),
    ];
  const services = trackers.filter((tracker) => tracker !== TENSORBOARD);
  const notes: ArgumentIssue[] = [];
  if (services.length < trackers.length)
    notes.push(
      about(
        'note',
        msg`report_to: the runner writes event files of TensorBoard.`,
        msg`In the studio, download them from the log of the run.`,
      ),
    );
  if (services.length > 0)
    notes.push(
      about(
        'note',
        msg`report_to: ${services.join(', ')} kept but not called, since nothing leaves this device.`,
        msg`In the studio, download the log from the page of the run; the runner prints it.`,
      ),
    );
  return notes;
}
