// The training steps that every contestant runs: shapes, batches and the work in them.

import { hashBits } from './initial-weights.ts';

/** GPT-2: pre-norm, learned positions, tanh GELU, a head tied to the token embedding. */
export interface GptStep {
  readonly family: 'gpt';
  readonly id: string;
  readonly layers: number;
  /** Width of the hidden states (d). */
  readonly hidden: number;
  readonly heads: number;
  readonly intermediate: number;
  readonly vocab: number;
  /** Texts in a batch (B). */
  readonly batch: number;
  /** Tokens of each text (T), which is also the number of positions. */
  readonly length: number;
  /** So small that the first losses fall steadily: a loss that jumps about magnifies rounding. */
  readonly learningRate: number;
}

/** BERT with a classifier: post-norm, erf GELU, token types, tanh pooler. */
export interface BertStep extends Omit<GptStep, 'family'> {
  readonly family: 'bert';
  readonly labels: number;
}

export type BenchStep = GptStep | BertStep;

/** Run unless told otherwise; small enough for a software adapter. */
export const STEPS: readonly BenchStep[] = [
  {
    family: 'gpt',
    id: 'gpt-2l',
    layers: 2,
    hidden: 64,
    heads: 4,
    intermediate: 256,
    vocab: 256,
    batch: 2,
    length: 64,
    learningRate: 1e-3,
  },
  {
    family: 'gpt',
    id: 'gpt-4l',
    layers: 4,
    hidden: 256,
    heads: 4,
    intermediate: 1024,
    vocab: 2048,
    batch: 4,
    length: 128,
    learningRate: 1e-3,
  },
  {
    family: 'bert',
    id: 'minilm',
    layers: 6,
    hidden: 384,
    heads: 12,
    intermediate: 1536,
    vocab: 30522,
    batch: 8,
    length: 64,
    labels: 2,
    learningRate: 5e-5,
  },
];

/** Run when named, or with --large: they want a real GPU. */
export const LARGE_STEPS: readonly BenchStep[] = [
  {
    family: 'bert',
    id: 'bert-base',
    layers: 12,
    hidden: 768,
    heads: 12,
    intermediate: 3072,
    vocab: 30522,
    batch: 16,
    length: 128,
    labels: 2,
    learningRate: 5e-6,
  },
  {
    family: 'gpt',
    id: 'gpt2-124m',
    layers: 12,
    hidden: 768,
    heads: 12,
    intermediate: 3072,
    vocab: 50257,
    batch: 1,
    length: 512,
    learningRate: 1e-4,
  },
];

export interface GptBatch {
  /** [B, T] row by row. */
  readonly ids: Int32Array;
  /** [B, T]: the token after each of `ids`; every position counts in the mean loss. */
  readonly targets: Int32Array;
}

export interface BertBatch {
  /** [B, T]; 0 from each text's length on. */
  readonly ids: Int32Array;
  /** [B, T]: 0 in the first half of the positions, 1 in the second. */
  readonly tokenTypes: Int32Array;
  /** [B, T]: 1 for a token, 0 for padding. */
  readonly mask: Int32Array;
  /** [B] classes. */
  readonly labels: Int32Array;
}

const TOKEN_STREAM = 0x70c3;

const token = (index: number, vocab: number): number => hashBits(TOKEN_STREAM, index) % vocab;

/** The one batch of a step, the same in every update. */
export function gptBatch({ batch, length, vocab }: GptStep): GptBatch {
  const at = (shift: number): Int32Array =>
    Int32Array.from({ length: batch * length }, (_, i) => {
      const row = Math.floor(i / length);
      return token(row * (length + 1) + (i % length) + shift, vocab);
    });
  return { ids: at(0), targets: at(1) };
}

/** The one batch of a step: each text is 3 tokens shorter than the one before, so that padding is part of the work. */
export function bertBatch({ batch, length, vocab, labels }: BertStep): BertBatch {
  const size = { length: batch * length };
  const mask = Int32Array.from(size, (_, i) => (i % length < length - 3 * Math.floor(i / length) ? 1 : 0));
  return {
    ids: Int32Array.from(size, (_, i) => (mask[i] === 1 ? token(i, vocab) : 0)),
    tokenTypes: Int32Array.from(size, (_, i) => (i % length < length / 2 ? 0 : 1)),
    mask,
    labels: Int32Array.from({ length: batch }, (_, row) => row % labels),
  };
}

/** Floating-point operations of one forward and backward pass: the matrix products, counted as 2 per multiply-add. */
export function flopsOf(step: BenchStep): number {
  const { layers, hidden, intermediate, vocab, batch, length } = step;
  const perToken = layers * (4 * hidden * hidden + 2 * hidden * intermediate + 2 * length * hidden);
  const head = step.family === 'gpt' ? vocab * hidden * length : hidden * (hidden + step.labels);
  // The backward pass has two products for each of the forward pass.
  return 3 * 2 * batch * (perToken * length + head);
}

/** Throws for an id that is not in the lists. */
export function findStep(id: string): BenchStep {
  const step = [...STEPS, ...LARGE_STEPS].find((known) => known.id === id);
  if (!step)
    throw new Error(
      `there is no step ${id}: the steps are ${[...STEPS, ...LARGE_STEPS].map(({ id }) => id).join(', ')}`,
    );
  return step;
}
