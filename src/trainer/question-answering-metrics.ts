// Answers out of the logits of windows, and how well they match: exact match and F1 as in SQuAD's evaluation, in percent.

import type { AnswerFeature } from '#data/tasks/answer-feature.ts';
import type { NdArray } from '#util/nd-array.ts';
import type { EvalPrediction, Metrics } from './evaluation-loop.ts';

/** As HF's example script has them. */
const N_BEST = 20;
const MAX_ANSWER_TOKENS = 30;

interface Candidate {
  readonly text: string;
  readonly score: number;
}

/**
 * `computeMetrics` over logits [N, L, 2] of the windows of a validation set, in its order. Where a row may have no answer
 * (SQuAD 2), "no answer" is predicted when it scores higher than every span.
 */
export function questionAnsweringMetrics(features: readonly AnswerFeature[]): (prediction: EvalPrediction) => Metrics {
  const mayBeEmpty = features.some(({ answers }) => answers.length === 0);
  return ({ predictions }) => {
    const answers = predictAnswers(predictions!, features, mayBeEmpty);
    const scores = [...answers].map(([row, text]) =>
      scoreAnswer(text, features.find((each) => each.row === row)!.answers),
    );
    const mean = (values: readonly number[]): number =>
      (100 * values.reduce((sum, value) => sum + value, 0)) / Math.max(1, values.length);
    return {
      exact_match: mean(scores.map(({ exact }) => exact)),
      f1: mean(scores.map(({ f1 }) => f1)),
    };
  };
}

/** The best answer of each row, by its number. */
function predictAnswers(
  logits: NdArray,
  features: readonly AnswerFeature[],
  mayBeEmpty: boolean,
): ReadonlyMap<number, string> {
  const windows = new Map<number, number[]>();
  for (const [i, { row }] of features.entries()) windows.set(row, [...(windows.get(row) ?? []), i]);
  return new Map(
    [...windows].map(([row, indices]) => {
      const read = indices.map((i) => readWindow(logits, i, features[i]!));
      const best = read.flatMap(({ candidates }) => candidates).sort((a, b) => b.score - a.score)[0];
      const nowhere = Math.min(...read.map(({ nullScore }) => nullScore));
      return [row, mayBeEmpty && nowhere > (best?.score ?? Number.NEGATIVE_INFINITY) ? '' : (best?.text ?? '')];
    }),
  );
}

/** The best spans of one window of the context, and the score of "not here": that of the first token. */
export function readWindow(
  { data, shape }: NdArray,
  window: number,
  { offsets, context }: Pick<AnswerFeature, 'offsets' | 'context'>,
): { readonly candidates: readonly Candidate[]; readonly nullScore: number } {
  const length = shape[1]!;
  const logit = (token: number, which: 0 | 1): number => data[(window * length + token) * 2 + which]!;
  const best = (which: 0 | 1): number[] =>
    Array.from({ length: Math.min(length, offsets.length) }, (_, i) => i)
      .sort((a, b) => logit(b, which) - logit(a, which))
      .slice(0, N_BEST);
  const [starts, ends] = [best(0), best(1)];
  const candidates: Candidate[] = [];
  for (const start of starts) {
    for (const end of ends) {
      const [from, to] = [offsets[start], offsets[end]];
      if (!from || !to || end < start || end - start + 1 > MAX_ANSWER_TOKENS) continue;
      candidates.push({ text: context.slice(from[0], to[1]), score: logit(start, 0) + logit(end, 1) });
    }
  }
  return { candidates, nullScore: logit(0, 0) + logit(0, 1) };
}

const PUNCTUATION = /[!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]/g;

/** Lower case, without punctuation and articles, one space between words. */
function normalize(text: string): string[] {
  const bare = text
    .toLowerCase()
    .replace(PUNCTUATION, '')
    .replace(/\b(a|an|the)\b/g, ' ')
    .trim();
  return bare === '' ? [] : bare.split(/\s+/);
}

/** The better of all right answers counts; without any, only an empty answer is right. */
function scoreAnswer(answer: string, right: readonly string[]): { readonly exact: number; readonly f1: number } {
  const wanted = right.length === 0 ? [''] : right;
  const scores = wanted.map((each) => compare(normalize(answer), normalize(each)));
  return {
    exact: Math.max(...scores.map(({ exact }) => exact)),
    f1: Math.max(...scores.map(({ f1 }) => f1)),
  };
}

function compare(answer: readonly string[], right: readonly string[]): { readonly exact: number; readonly f1: number } {
  const exact = answer.join(' ') === right.join(' ') ? 1 : 0;
  if (answer.length === 0 || right.length === 0) return { exact, f1: exact };
  const left = [...right];
  const common = answer.filter((word) => {
    const at = left.indexOf(word);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  }).length;
  const [precision, recall] = [common / answer.length, common / right.length];
  return { exact, f1: common === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
}
