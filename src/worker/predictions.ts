// What the logits of each task mean for a typed text.

import type { Prediction, ProblemType, Scored } from '#protocol/messages.ts';
import type { RunRecord } from '#storage/schema.ts';
import type { Encoding, PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';
import { readWindow } from '#trainer/question-answering-metrics.ts';
import { msg } from '#util/msg.ts';
import type { NdArray } from '#util/nd-array.ts';
import { StudioError } from '#util/studio-error.ts';

export interface PredictionInput {
  readonly text: string;
  readonly textPair?: string | undefined;
}

/** An input as the model sees it, and what to make of its logits. */
export interface Interpreter {
  readonly encodings: readonly Omit<Encoding, 'truncated'>[];
  readonly read: (logits: NdArray) => Prediction;
}

type Run = Pick<RunRecord, 'setup' | 'labels' | 'problemType'>;

/** How a gap is typed, whatever the model's mask token. */
const GAP = '___';
const SHOWN = 5;

/** @throws StudioError E-ARGS for an input that says nothing to the task. */
export function interpreterFor(input: PredictionInput, run: Run, tokenizer: PreTrainedTokenizer): Interpreter {
  switch (run.setup.task) {
    case 'text-classification':
      return labelReader(input, run, tokenizer);
    case 'token-classification':
      return tagReader(input, run, tokenizer);
    case 'question-answering':
      return answerReader(input, run, tokenizer);
    case 'fill-mask':
      return gapReader(input, run, tokenizer);
    case 'text-generation':
      throw new StudioError('E-STATE', msg`A model that writes text is tried by letting it write.`);
    default:
      return run.setup.task satisfies never;
  }
}

function labelReader(input: PredictionInput, run: Run, tokenizer: PreTrainedTokenizer): Interpreter {
  const { maxLength } = run.setup;
  const encoding = tokenizer.encode(input.text, input.textPair ?? null, { maxLength });
  return {
    encodings: [encoding],
    read: ({ data }) => ({
      kind: 'labels',
      scores: scoresOf([...data], run.problemType),
      labels: run.labels,
      tokens: tokenizer.tokens(encoding.input_ids),
    }),
  };
}

/** Softmax, independent sigmoids, or the value itself. */
export function scoresOf(logits: readonly number[], problemType: ProblemType): number[] {
  switch (problemType) {
    case 'single_label_classification':
      return softmax(logits);
    case 'multi_label_classification':
      return logits.map((logit) => 1 / (1 + Math.exp(-logit)));
    case 'regression':
      return [...logits];
    default:
      return problemType satisfies never;
  }
}

function softmax(logits: readonly number[]): number[] {
  const top = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const exps = logits.map((logit) => Math.exp(logit - top));
  const sum = exps.reduce((total, value) => total + value, 0);
  return exps.map((value) => value / sum);
}

function tagReader({ text }: PredictionInput, run: Run, tokenizer: PreTrainedTokenizer): Interpreter {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const encoding = tokenizer.encodeWords(words, { maxLength: run.setup.maxLength });
  return {
    encodings: [encoding],
    read: ({ data, shape }) => ({
      kind: 'tags',
      words: encoding.wordIds.flatMap((word, i) => {
        if (word === null || word === encoding.wordIds[i - 1]) return [];
        return [{ word: words[word]!, ...best(rowOf(data, i, shape[2]!), run.labels, 1)[0]! }];
      }),
    }),
  };
}

const rowOf = (data: NdArray['data'], row: number, width: number): number[] => [
  ...data.subarray(row * width, (row + 1) * width),
];

function best(logits: readonly number[], labels: readonly string[], count: number): Scored[] {
  const scores = softmax(logits);
  const order = scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  return order.slice(0, count).map((i) => ({ label: labels[i] ?? String(i), score: scores[i]! }));
}

function answerReader({ text, textPair = '' }: PredictionInput, run: Run, tokenizer: PreTrainedTokenizer): Interpreter {
  const { maxLength, options } = run.setup;
  const windows = tokenizer.encodeWindows(text, textPair, {
    maxLength,
    stride: options.docStride,
    where: msg`The question`,
  });
  return {
    encodings: windows,
    read: (logits) => {
      const found = windows.flatMap(
        ({ offsets }, i) => readWindow(logits, i, { offsets, context: textPair }).candidates,
      );
      // The same words may be found in two windows.
      const byText = new Map<string, number>();
      for (const { text: answer, score } of found)
        byText.set(answer, Math.max(score, byText.get(answer) ?? Number.NEGATIVE_INFINITY));
      const answers = [...byText].sort((a, b) => b[1] - a[1]).slice(0, SHOWN);
      const shares = softmax(answers.map(([, score]) => score));
      return { kind: 'answers', answers: answers.map(([label], i) => ({ label, score: shares[i]! })) };
    },
  };
}

function gapReader({ text }: PredictionInput, run: Run, tokenizer: PreTrainedTokenizer): Interpreter {
  const { maskToken, maskTokenId } = tokenizer;
  const typed = maskToken === null ? text : text.replaceAll(GAP, maskToken);
  const encoding = tokenizer.encode(typed, null, { maxLength: run.setup.maxLength });
  const gaps = encoding.input_ids.flatMap((id, i) => (id === maskTokenId ? [i] : []));
  if (gaps.length === 0) {
    throw new StudioError('E-ARGS', msg`The text has no gap within ${run.setup.maxLength} tokens.`, {
      hint: msg`Write ${GAP} in place of a word.`,
    });
  }
  return {
    encodings: [encoding],
    read: ({ data, shape }) => ({
      kind: 'gaps',
      gaps: gaps.map((at) => {
        const width = shape[2]!;
        const scores = softmax(rowOf(data, at, width));
        const order = scores
          .map((_, i) => i)
          .sort((a, b) => scores[b]! - scores[a]!)
          .slice(0, SHOWN);
        return order.map((id) => ({
          label: tokenizer.decode([id]).trim() || tokenizer.tokens([id])[0]!,
          score: scores[id]!,
        }));
      }),
    }),
  };
}
