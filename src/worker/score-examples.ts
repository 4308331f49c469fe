// The loss of single validation rows under a model, and what the model says of them.

import type { DataCollator } from '#data/data-loader.ts';
import type { Dataset, Example } from '#data/dataset.ts';
import type { TaskData } from '#data/tasks/row-task.ts';
import { ForwardSteps } from '#nn/forward-steps.ts';
import { disposeTensors, readNdArray } from '#nn/tensor-access.ts';
import type { TrainableModel } from '#nn/trainable-model.ts';
import type { ScoredExample } from '#protocol/messages.ts';
import type { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';
import { yieldToEventLoop } from '#util/event-loop.ts';
import { msg } from '#util/msg.ts';
import type { NdArray } from '#util/nd-array.ts';
import { StudioError } from '#util/studio-error.ts';
import { exampleLabel, exampleText } from './example-text.ts';
import { scoresOf } from './predictions.ts';

/** More rows are represented by evenly spaced ones. */
const MOST = 400;

export interface ScoredExamples {
  readonly examples: readonly ScoredExample[];
  /** Validation rows in all. */
  readonly total: number;
}

/** The validation rows: of several sets the first. @throws StudioError E-STATE when there are none. */
export function validationRows({ validation }: Pick<TaskData, 'validation'>): Dataset {
  const dataset = validation && 'get' in validation ? (validation as Dataset) : Object.values(validation ?? {})[0];
  if (dataset && dataset.length > 0) return dataset;
  throw new StudioError('E-STATE', msg`This run has no validation rows.`, {
    hint: msg`Hold rows back, or give a validation file, in the next run.`,
  });
}

/** @param collator of evaluations. */
export async function scoreExamples(
  model: TrainableModel,
  data: TaskData,
  { collator, tokenizer }: { readonly collator: DataCollator; readonly tokenizer: PreTrainedTokenizer },
): Promise<ScoredExamples> {
  const dataset = validationRows(data);
  const stride = Math.ceil(dataset.length / MOST);
  const steps = new ForwardSteps(model, { storage: 'f32', labelSmoothing: 0 });
  // The logits of a language model are its whole vocabulary for each token: nobody reads them here.
  const wantsLogits = data.task === 'text-classification' || data.task === 'token-classification';
  const examples: ScoredExample[] = [];
  try {
    for (let row = 0; row < dataset.length; row += stride) {
      const example = dataset.get(row);
      const { loss, logits } = steps.run(collator.collate([example]), wantsLogits);
      const [lossValue, values] = [loss && (await readNdArray(loss)), logits && (await readNdArray(logits))];
      disposeTensors([loss, logits].filter((tensor) => tensor !== null));
      examples.push({
        row,
        text: exampleText(example, tokenizer),
        label: exampleLabel(example, data),
        loss: lossValue?.data[0] ?? Number.NaN,
        ...(values ? saidOf(values, example, data) : NOTHING_SAID),
      });
      await yieldToEventLoop();
    }
  } finally {
    steps.dispose();
  }
  return { examples, total: dataset.length };
}

type Said = Pick<ScoredExample, 'predicted' | 'probability'>;
const NOTHING_SAID: Said = { predicted: '', probability: null };

function saidOf(logits: NdArray, example: Example, data: TaskData): Said {
  if (data.task === 'token-classification') return tagsRight(logits, example);
  const scores = scoresOf([...logits.data], data.problemType);
  if (data.problemType === 'regression') return { predicted: String(scores[0]), probability: null };
  if (data.problemType === 'multi_label_classification')
    return { predicted: data.labels.filter((_, i) => scores[i]! > 0.5).join(', '), probability: null };
  const best = scores.indexOf(Math.max(...scores));
  return { predicted: data.labels[best] ?? String(best), probability: scores[best]! };
}

/** Tokens without a tag of their own are left out. */
function tagsRight({ data, shape }: NdArray, example: Example): Said {
  const labels = example['labels'] as ArrayLike<number>;
  const width = shape[2]!;
  let [right, all] = [0, 0];
  for (let i = 0; i < labels.length; i++) {
    if (labels[i]! < 0) continue;
    const scores = data.subarray(i * width, (i + 1) * width);
    all++;
    if (scores.indexOf(Math.max(...scores)) === labels[i]) right++;
  }
  return { predicted: msg`${right} of ${all} tags right`, probability: null };
}
