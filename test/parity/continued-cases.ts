// Runs that leave for Python: together they take every branch of train.py.

import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const EXAMPLES = join(import.meta.dirname, '../examples');
/** Steps between checkpoints, and the one that leaves. */
export const SAVED_EVERY = 3;
export const LEAVES_AT = 6;

type Json = Readonly<Record<string, unknown>>;

export interface ContinuedCase {
  readonly example: string;
  /** Fields of run.json that are otherwise; a file is one of `file()`. */
  readonly config?: Json;
  readonly args?: Json;
  /** Begins in Python with the model, rather than with a checkpoint. */
  readonly fromModel?: boolean;
  /** Losses that can be compared; default: all. */
  readonly losses?: number;
  /** Validation sets. Default 1. */
  readonly sets?: number;
  /** Makes what `config` names, in the folder of the case. */
  readonly prepare?: (folder: string) => Promise<void>;
}

const inExample = (example: string, file: string): string => join(EXAMPLES, example, file);
const EVALUATED = { eval_strategy: 'steps', eval_steps: 3 };
/** One epoch has 7 updates, the last one of a single batch of two rows. */
const SHORT_UPDATE = { gradient_accumulation_steps: 2 };
const HELD_OUT = { validation_fraction: 0.25 };
const OWN_WEIGHTS = { adapter: undefined, merge_adapter: false };

async function rewriteRows(folder: string, example: string, rewrite: (row: Json, index: number) => Json) {
  const lines = (await readFile(inExample(example, 'train.jsonl'), 'utf8')).trim().split('\n');
  const rows = lines.map((line, i) => JSON.stringify(rewrite(JSON.parse(line) as Json, i)));
  await writeFile(join(folder, 'rows.jsonl'), `${rows.join('\n')}\n`);
}

export const CASES: Readonly<Record<string, ContinuedCase>> = {
  'several labels for pairs, accumulated': { example: 'text-classification', args: { ...SHORT_UPDATE, eval_steps: 3 } },
  'one label, smoothed, accumulated': {
    example: 'lora-classification',
    config: { ...OWN_WEIGHTS, validation_fraction: 0.15 },
    args: { ...EVALUATED, gradient_accumulation_steps: 3, label_smoothing_factor: 0.1 },
  },
  'numbers, accumulated': {
    example: 'lora-classification',
    config: { ...OWN_WEIGHTS, ...HELD_OUT, train_file: 'rows.jsonl' },
    args: { ...EVALUATED, ...SHORT_UPDATE, label_smoothing_factor: 0.1 },
    prepare: (folder) =>
      rewriteRows(folder, 'lora-classification', (row) => ({ ...row, label: String(row['text']).length / 40 })),
  },
  tags: { example: 'token-classification', args: { max_steps: 12, eval_steps: 3 } },
  'tags, of bytes': {
    example: 'token-classification',
    config: { model: inExample('question-answering', 'model') },
    args: { max_steps: 12, eval_steps: 3, ...SHORT_UPDATE },
  },
  'questions, some without an answer': {
    example: 'question-answering',
    config: { ...HELD_OUT, train_file: 'rows.jsonl', validation_file: undefined },
    args: { eval_steps: 3, ...SHORT_UPDATE },
    prepare: (folder) =>
      rewriteRows(folder, 'question-answering', ({ question, context, answers }, i) => ({
        question,
        // What takes two places in JavaScript takes one in Python.
        context: `😀 ${String(context)}`,
        answers: i % 4 === 0 ? '' : (answers as { text: string[] }).text[0]!,
      })),
  },
  'questions, several sets of them, with an eye on stopping': {
    example: 'question-answering',
    config: {
      validation_file: {
        first: inExample('question-answering', 'validation.jsonl'),
        second: inExample('question-answering', 'train.jsonl'),
      },
      early_stopping_patience: 9,
      early_stopping_threshold: 0.5,
    },
    args: { eval_steps: 3, metric_for_best_model: 'eval_first_f1' },
    sets: 2,
  },
  'hidden tokens': { example: 'fill-mask', config: HELD_OUT, args: { ...EVALUATED, ...SHORT_UPDATE } },
  'hidden words of a document': {
    example: 'fill-mask-whole-words',
    config: { ...HELD_OUT, train_file: inExample('text-generation', 'train.txt') },
    args: { ...EVALUATED, remove_unused_columns: true },
  },
  'a document, blocks held out': {
    example: 'text-generation',
    config: { ...HELD_OUT, validation_file: undefined },
    args: { eval_steps: 3 },
  },
  'prompts, packed, in windows': {
    example: 'text-generation-gemma3',
    config: {
      ...HELD_OUT,
      train_file: inExample('text-generation-prompts', 'train.jsonl'),
      validation_file: undefined,
      packing: true,
      max_length: 40,
    },
    args: { eval_steps: 3 },
  },
  'chats whose template marks the assistant, from the model': { example: 'text-generation-chats', fromModel: true },
  'chats by turns, packed': {
    example: 'text-generation-chats',
    config: { model: 'model', packing: true },
    prepare: async (folder) => {
      await cp(inExample('text-generation-chats', 'model'), join(folder, 'model'), { recursive: true });
      const template = join(folder, 'model/chat_template.jinja');
      const marked = await readFile(template, 'utf8');
      await writeFile(template, marked.replaceAll(/\{% (end)?generation %\}/g, ''));
    },
  },
  'an adapter that goes on, from the model': { example: 'lora-generation', fromModel: true },
  'a new adapter': {
    example: 'lora-classification',
    config: {
      ...HELD_OUT,
      adapter: undefined,
      merge_adapter: false,
      peft: { r: 4, target_modules: ['query', 'value'] },
    },
    args: { ...EVALUATED, ...SHORT_UPDATE },
  },
  // Its B is zero, so that A, which torch draws otherwise, has no part in the first loss.
  'a new adapter, from the model': {
    example: 'lora-generation',
    config: { ...OWN_WEIGHTS, peft: { r: 3, use_rslora: true, target_modules: 'all-linear' } },
    fromModel: true,
    losses: 1,
  },
};

/** Writes run.json into the folder of the case. */
export async function writeCase(folder: string, { example, config = {}, args = {}, prepare }: ContinuedCase) {
  await prepare?.(folder);
  const given = JSON.parse(await readFile(inExample(example, 'run.json'), 'utf8')) as Json;
  const files = ['model', 'adapter', 'train_file', 'validation_file'];
  const absolute = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      files.includes(name) ? inExample(example, String(value)) : value,
    ]),
  );
  const training_arguments = {
    ...(given['training_arguments'] as Json),
    save_strategy: 'steps',
    save_steps: SAVED_EVERY,
    disable_tqdm: true,
    ...args,
  };
  await writeFile(join(folder, 'run.json'), JSON.stringify({ ...absolute, ...config, training_arguments }));
}
