// Metrics of a tagger: precision, recall and F1 of whole entities, as seqeval counts them in its default mode, and the
// accuracy of tags.

import { IGNORE_INDEX } from '#util/ignore-index.ts';
import type { NdArray } from '#util/nd-array.ts';
import type { EvalPrediction, Metrics } from './evaluation-loop.ts';

/** [begin, end] words of an entity of a kind. */
type Entity = string;

/** `computeMetrics` over logits [N, L, C] and labels [N, M], M ≤ L, whose -100 are left out. */
export function tokenClassificationMetrics(labels: readonly string[]): (prediction: EvalPrediction) => Metrics {
  return ({ predictions, labelIds }) => {
    const rows = tagRows(predictions!, labelIds!, labels);
    const kinds = new Map<string, { correct: number; predicted: number; true: number }>();
    const countOf = (kind: string) => {
      const known = kinds.get(kind) ?? { correct: 0, predicted: 0, true: 0 };
      kinds.set(kind, known);
      return known;
    };
    let [right, total] = [0, 0];
    for (const { predicted, truth } of rows) {
      const [found, wanted] = [entitiesIn(predicted), entitiesIn(truth)];
      for (const [entity, kind] of found) {
        const count = countOf(kind);
        count.predicted += 1;
        if (wanted.has(entity)) count.correct += 1;
      }
      for (const kind of wanted.values()) countOf(kind).true += 1;
      right += truth.filter((tag, i) => tag === predicted[i]).length;
      total += truth.length;
    }
    return {
      ...overall([...kinds.values()]),
      accuracy: ratio(right, total),
      ...Object.fromEntries(
        [...kinds].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, count]) => [`${kind}_f1`, overall([count]).f1]),
      ),
    };
  };
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

function overall(counts: readonly { correct: number; predicted: number; true: number }[]) {
  const sum = (name: 'correct' | 'predicted' | 'true'): number => counts.reduce((all, each) => all + each[name], 0);
  const [precision, recall] = [ratio(sum('correct'), sum('predicted')), ratio(sum('correct'), sum('true'))];
  return { precision, recall, f1: ratio(2 * precision * recall, precision + recall) };
}

/** Tags of the tokens that carry one. */
function tagRows(logits: NdArray, labelIds: NdArray, labels: readonly string[]) {
  const [rows, length, classes] = logits.shape as [number, number, number];
  const width = labelIds.shape[1]!;
  return Array.from({ length: rows }, (_, row) => {
    const predicted: string[] = [];
    const truth: string[] = [];
    for (let i = 0; i < width; i++) {
      const label = labelIds.data[row * width + i]!;
      if (label === IGNORE_INDEX) continue;
      truth.push(labels[label]!);
      predicted.push(labels[largest(logits.data, (row * length + i) * classes, classes)]!);
    }
    return { predicted, truth };
  });
}

function largest(data: NdArray['data'], from: number, count: number): number {
  let best = 0;
  for (let j = 1; j < count; j++) if (data[from + j]! > data[from + best]!) best = j;
  return best;
}

/** Entities of a row, each with its kind: the prefix of a tag is its first letter, the kind what comes after the dash. */
function entitiesIn(tags: readonly string[]): Map<Entity, string> {
  const found = new Map<Entity, string>();
  let [begin, prefix, kind] = [0, 'O', ''];
  for (let i = 0; i <= tags.length; i++) {
    const [nextPrefix, nextKind] = partsOf(tags[i] ?? 'O');
    if (ends(prefix, kind, nextPrefix, nextKind)) found.set(`${begin} ${i - 1} ${kind}`, kind);
    if (begins(prefix, kind, nextPrefix, nextKind)) begin = i;
    [prefix, kind] = [nextPrefix, nextKind];
  }
  return found;
}

function partsOf(tag: string): [prefix: string, kind: string] {
  const rest = tag.slice(1);
  return [tag[0]!, rest.slice(rest.indexOf('-') + 1) || '_'];
}

function ends(prefix: string, kind: string, nextPrefix: string, nextKind: string): boolean {
  if (prefix === 'E' || prefix === 'S') return true;
  if ((prefix === 'B' || prefix === 'I') && 'BSO'.includes(nextPrefix)) return true;
  return prefix !== 'O' && prefix !== '.' && kind !== nextKind;
}

function begins(prefix: string, kind: string, nextPrefix: string, nextKind: string): boolean {
  if (nextPrefix === 'B' || nextPrefix === 'S') return true;
  if ('ESO'.includes(prefix) && (nextPrefix === 'E' || nextPrefix === 'I')) return true;
  return nextPrefix !== 'O' && nextPrefix !== '.' && kind !== nextKind;
}
