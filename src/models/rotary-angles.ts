// The angles of rotary position embeddings: from the rope settings of a config.json to cosines and sines. As in
// transformers frequencies and angles are rounded to float32, and positions are 0, 1, 2, …

import type { Tensor } from '@tensorflow/tfjs';
import type { ForwardContext } from '#nn/forward-context.ts';
import { msg } from '#util/msg.ts';
import { ConfigReader, type JsonObject } from './pretrained-config.ts';

interface RopeBase {
  /** Base of the wavelengths. */
  readonly theta: number;
}

/** How the frequencies are stretched for long texts, by HF's `rope_type`. */
export type RopeConfig = RopeBase &
  (
    | { readonly type: 'default' }
    | { readonly type: 'linear'; readonly factor: number }
    | {
        readonly type: 'llama3';
        readonly factor: number;
        readonly lowFrequencyFactor: number;
        readonly highFrequencyFactor: number;
        /** Positions of the texts that the model was first trained on. */
        readonly originalPositions: number;
      }
  );

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null;

/** The object under a name; an empty one where there is none. */
export function objectAt(json: JsonObject, name: string): JsonObject {
  const value = json[name];
  return isObject(value) ? value : {};
}

/**
 * The rope settings of a model with one kind of layers, in the fields of version 5 of transformers (`rope_parameters`) or
 * of version 4 (`rope_theta`, `rope_scaling`).
 * @throws StudioError E-MODEL-CONFIG for a `rope_type` that is not supported.
 */
export function readRope(json: JsonObject, maxPositions: number): RopeConfig {
  const given = [json['rope_scaling'], json['rope_parameters']].find(isObject) ?? {};
  return ropeOf({ rope_theta: json['rope_theta'], ...given }, 10_000, maxPositions);
}

/** @param fields of `rope_parameters`, or of its part for one kind of layers. */
export function ropeOf(fields: JsonObject, defaultTheta: number, maxPositions: number): RopeConfig {
  const read = new ConfigReader({ ...fields, rope_type: fields['rope_type'] ?? fields['type'] });
  const theta = read.number('rope_theta', defaultTheta);
  const factor = fields['partial_rotary_factor'] ?? 1;
  if (factor !== 1) throw read.wrong('partial_rotary_factor', factor, msg`1: whole heads are turned`);
  const type = read.oneOf('rope_type', ['default', 'linear', 'llama3'], 'default');
  switch (type) {
    case 'default':
      return { type, theta };
    case 'linear':
      return { type, theta, factor: read.positive('factor') };
    case 'llama3':
      return {
        type,
        theta,
        factor: read.positive('factor'),
        lowFrequencyFactor: read.positive('low_freq_factor'),
        highFrequencyFactor: read.positive('high_freq_factor'),
        originalPositions: read.positiveInteger('original_max_position_embeddings', maxPositions),
      };
    default:
      return type satisfies never;
  }
}

/** Radians per position of each of the D/2 pairs of columns. */
export function inverseFrequencies(rope: RopeConfig, headSize: number): Float32Array {
  return Float32Array.from({ length: headSize / 2 }, (_, pair) => {
    const frequency = Math.fround(1 / Math.fround(rope.theta ** Math.fround((2 * pair) / headSize)));
    switch (rope.type) {
      case 'default':
        return frequency;
      case 'linear':
        return frequency / rope.factor;
      case 'llama3':
        return llama3Frequency(frequency, rope);
      default:
        return rope satisfies never;
    }
  });
}

/** Short waves stay, long ones are stretched by the factor, with a smooth passage between (Llama 3.1). */
function llama3Frequency(frequency: number, rope: RopeConfig & { readonly type: 'llama3' }): number {
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalPositions } = rope;
  const waves = (originalPositions * frequency) / (2 * Math.PI);
  if (waves < low) return frequency / factor;
  if (waves > high) return frequency;
  const smooth = (waves - low) / (high - low);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}

/** The angles of one setting, for any length. */
export class AngleTable {
  readonly #frequencies: Float32Array;
  #table = new Float32Array(0);

  constructor(rope: RopeConfig, headSize: number) {
    this.#frequencies = inverseFrequencies(rope, headSize);
  }

  /** f32 [L, D]: of each position from `first` on the cosines of its D/2 angles, then their sines. */
  rows(length: number, first = 0): Float32Array {
    const width = 2 * this.#frequencies.length;
    const end = (first + length) * width;
    // Longer than asked for: a text that is being written grows by single tokens.
    if (this.#table.length < end) this.#table = this.#make(2 * (first + length));
    return this.#table.subarray(first * width, end);
  }

  #make(length: number): Float32Array<ArrayBuffer> {
    const half = this.#frequencies.length;
    const table = new Float32Array(2 * half * length);
    for (let position = 0; position < length; position++) {
      this.#frequencies.forEach((frequency, pair) => {
        const angle = Math.fround(position * frequency);
        table[2 * half * position + pair] = Math.cos(angle);
        table[2 * half * position + half + pair] = Math.sin(angle);
      });
    }
    return table;
  }
}

/** The angles of all layers of a model; layers with the same settings share one object for them. */
export class RotaryAngles {
  readonly #layers: readonly { readonly rope: RopeConfig }[];
  readonly #headSize: number;
  readonly #tables: ReadonlyMap<RopeConfig, AngleTable>;

  constructor(layers: readonly { readonly rope: RopeConfig }[], headSize: number) {
    this.#layers = layers;
    this.#headSize = headSize;
    this.#tables = new Map(layers.map(({ rope }) => [rope, new AngleTable(rope, headSize)]));
  }

  /**
   * For each layer the table that the operation `rotary` takes, f32 [L, D]. Positions count from 0, also where texts share
   * a row: only distances matter. With a cache they go on from what it holds.
   */
  feed(length: number, context: ForwardContext): Tensor[] {
    const shape = [length, this.#headSize];
    const fed = new Map(
      [...this.#tables].map(([rope, table]) => [
        rope,
        context.feed((source) => table.rows(length, source.cached), shape),
      ]),
    );
    return this.#layers.map(({ rope }) => fed.get(rope)!);
  }
}
