// A few real steps and evaluation batches of a run that is not kept: how long it will take on this device.

import type { RunMeasurement, RunSetup } from '#protocol/messages.ts';
import { parseTrainingArguments } from '#protocol/training-arguments.ts';
import { measuredSteps } from '#trainer/measured-steps.ts';
import { buildTrainer } from './build-trainer.ts';
import { examineOpened, sampleOpened, type TaskParts } from './prepare-task.ts';
import { parsedArguments } from './run-arguments.ts';

/** The first ones compile and record; they say nothing of the others. */
const WARM_UP = 3;
const TIMED = 5;

/** The engine is ready, and nothing trains. @throws StudioError for what does not fit together. */
export async function measureRun(parts: TaskParts & { readonly setup: RunSetup }): Promise<RunMeasurement> {
  const { setup, model } = parts;
  const { args: wanted, raw } = parsedArguments(setup);
  const parsed = parseTrainingArguments({
    ...raw,
    max_steps: WARM_UP + TIMED,
    eval_strategy: 'no',
    save_strategy: 'no',
    logging_strategy: 'no',
    load_best_model_at_end: false,
    push_to_hub: false,
    metric_for_best_model: null,
    lr_scheduler_type: 'constant',
    lr_scheduler_kwargs: null,
    warmup_steps: 0,
  });
  if (!parsed.ok) throw new Error(parsed.issues.map(({ message }) => message).join(' '));
  const sample = await sampleOpened(parts);
  const clock = measuredSteps(WARM_UP);
  const built = await buildTrainer({
    model,
    data: sample,
    taskOptions: setup.options,
    peft: setup.peft ?? null,
    adapter: model.adapter,
    args: parsed.args,
    onSample: () => undefined,
    options: { callbacks: [clock.callback] },
  });
  try {
    await built.trainer.train();
    const { validationRows } = await examineOpened(parts);
    const batches = Math.ceil(validationRows / wanted.perDeviceEvalBatchSize);
    const stepMs = clock.stepMs();
    // Forward alone is about a third of a step; of as many rows as a batch of evaluations has.
    const perRow = stepMs / 3 / (wanted.perDeviceTrainBatchSize * wanted.gradientAccumulationSteps);
    return {
      steps: TIMED,
      stepMs,
      evaluationMs: wanted.evalStrategy === 'no' ? 0 : batches * perRow * wanted.perDeviceEvalBatchSize,
    };
  } finally {
    built.trainer.dispose();
    built.network.dispose();
  }
}
