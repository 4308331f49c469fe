// The collator that goes with a task.

import type { TaskOptions } from '#protocol/task-options.ts';
import type { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';
import { DataCollatorForLanguageModeling } from '../collators/data-collator-for-language-modeling.ts';
import { DataCollatorForTokenLabels } from '../collators/data-collator-for-token-labels.ts';
import { DataCollatorWithPadding } from '../collators/data-collator-with-padding.ts';
import type { DataCollator } from '../data-loader.ts';
import type { TaskData } from './row-task.ts';
import { floatFieldsOf } from './text-classification.ts';

/** @param seed of what the collator draws. */
export function collatorFor(
  { task, problemType }: Pick<TaskData, 'task' | 'problemType'>,
  tokenizer: PreTrainedTokenizer,
  { mlmProbability, wholeWordMask }: TaskOptions,
  seed: number,
): DataCollator {
  switch (task) {
    case 'text-classification':
      return new DataCollatorWithPadding({ tokenizer, floatFields: floatFieldsOf(problemType) });
    case 'question-answering':
      return new DataCollatorWithPadding({ tokenizer });
    case 'token-classification':
      return new DataCollatorForTokenLabels({ tokenizer });
    case 'fill-mask':
      return new DataCollatorForLanguageModeling({ tokenizer, seed, mlmProbability, wholeWordMask });
    case 'text-generation':
      // Many decoders have no padding token; what is filled up is masked, so any token will do.
      return new DataCollatorForTokenLabels({ tokenizer, fallbackId: tokenizer.eosTokenId ?? 0 });
    default:
      return task satisfies never;
  }
}
