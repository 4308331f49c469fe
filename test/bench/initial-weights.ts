// The initial weights of a step, under HuggingFace's parameter names: a pure function of the step, computed from integer
// hashes so that every contestant, in any engine, starts from the same bits.

import type { BenchStep, BertStep, GptStep } from './steps.ts';

export interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

type Fill = 'normal' | 'ones' | 'zeros';
type Declaration = readonly [name: string, shape: readonly number[], fill: Fill];

const STANDARD_DEVIATION = 0.02;

/** 32 well-mixed bits for a place in a stream (the finalizer of MurmurHash3 over a Weyl sequence). */
export function hashBits(stream: number, index: number): number {
  let bits = (Math.imul(stream, 0x85ebca6b) + Math.imul(index + 1, 0x9e3779b9)) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** Bell-shaped numbers of mean 0: the sum of four uniform bytes, which needs no function that engines round differently. */
function fillNormal(data: Float32Array, stream: number): void {
  // A uniform byte has the variance (256² - 1) / 12.
  const scale = STANDARD_DEVIATION / Math.sqrt((4 * (256 ** 2 - 1)) / 12);
  for (let i = 0; i < data.length; i += 1) {
    const bits = hashBits(stream, i);
    const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
    data[i] = (sum - 510) * scale;
  }
}

const norm = (name: string, hidden: number): Declaration[] => [
  [`${name}.weight`, [hidden], 'ones'],
  [`${name}.bias`, [hidden], 'zeros'],
];

/** `kernel` is [inputs, outputs] in GPT-2 and [outputs, inputs] in BERT, as HuggingFace stores them. */
const dense = (name: string, kernel: readonly [number, number], outputs: number): Declaration[] => [
  [`${name}.weight`, kernel, 'normal'],
  [`${name}.bias`, [outputs], 'zeros'],
];

function declareGpt({ layers, hidden: d, intermediate, vocab, length }: GptStep): Declaration[] {
  const blocks = Array.from({ length: layers }, (_, layer) => {
    const at = `transformer.h.${layer}`;
    return [
      ...norm(`${at}.ln_1`, d),
      ...dense(`${at}.attn.c_attn`, [d, 3 * d], 3 * d),
      ...dense(`${at}.attn.c_proj`, [d, d], d),
      ...norm(`${at}.ln_2`, d),
      ...dense(`${at}.mlp.c_fc`, [d, intermediate], intermediate),
      ...dense(`${at}.mlp.c_proj`, [intermediate, d], d),
    ];
  });
  return [
    ['transformer.wte.weight', [vocab, d], 'normal'],
    ['transformer.wpe.weight', [length, d], 'normal'],
    ...blocks.flat(),
    ...norm('transformer.ln_f', d),
  ];
}

function declareBert({ layers, hidden: d, intermediate, vocab, length, labels }: BertStep): Declaration[] {
  const blocks = Array.from({ length: layers }, (_, layer) => {
    const at = `bert.encoder.layer.${layer}`;
    return [
      ...['query', 'key', 'value'].flatMap((part) => dense(`${at}.attention.self.${part}`, [d, d], d)),
      ...dense(`${at}.attention.output.dense`, [d, d], d),
      ...norm(`${at}.attention.output.LayerNorm`, d),
      ...dense(`${at}.intermediate.dense`, [intermediate, d], intermediate),
      ...dense(`${at}.output.dense`, [d, intermediate], d),
      ...norm(`${at}.output.LayerNorm`, d),
    ];
  });
  return [
    ['bert.embeddings.word_embeddings.weight', [vocab, d], 'normal'],
    ['bert.embeddings.position_embeddings.weight', [length, d], 'normal'],
    ['bert.embeddings.token_type_embeddings.weight', [2, d], 'normal'],
    ...norm('bert.embeddings.LayerNorm', d),
    ...blocks.flat(),
    ...dense('bert.pooler.dense', [d, d], d),
    ...dense('classifier', [labels, d], labels),
  ];
}

/** All parameters of a step's model, in one fixed order. */
export function initialWeights(step: BenchStep): Weight[] {
  const declarations = step.family === 'gpt' ? declareGpt(step) : declareBert(step);
  return declarations.map(([name, shape, fill], stream) => {
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    if (fill === 'ones') data.fill(1);
    if (fill === 'normal') fillNormal(data, stream);
    return { name, shape, data };
  });
}
