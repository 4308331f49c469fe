// An example as a person reads it: its tokens as text, and its label by name.

import type { Example } from '#data/dataset.ts';
import type { ProblemType } from '#protocol/messages.ts';
import type { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';
import type { Task } from '#util/task.ts';

interface Labelled {
  readonly task: Task;
  readonly problemType: ProblemType;
  readonly labels: readonly string[];
}

/** Characters that are shown of a long text. */
const SHOWN = 400;

export function exampleText(example: Example, tokenizer: PreTrainedTokenizer): string {
  const text = tokenizer.decode(Array.from(example['input_ids'] as ArrayLike<number>)).trim();
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

/** '' where an example has no label of its own. */
export function exampleLabel(example: Example, { task, problemType, labels }: Labelled): string {
  if (task !== 'text-classification') return '';
  const given = example['labels'];
  if (problemType === 'multi_label_classification')
    return labels.filter((_, i) => (given as ArrayLike<number>)[i] === 1).join(', ');
  const value = Number(given);
  return problemType === 'regression' ? String(value) : (labels[value] ?? String(value));
}
