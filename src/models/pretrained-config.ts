// Reading config.json: typed fields with defaults, refused by name where a value is unusable.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Reads fields of one config.json; a wrong type names the field. */
export class ConfigReader {
  readonly #json: JsonObject;

  constructor(json: JsonObject) {
    this.#json = json;
  }

  positiveInteger(name: string, fallback?: number): number {
    const value = this.#json[name] ?? fallback;
    if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
    throw this.wrong(name, value, msg`a positive integer`);
  }

  number(name: string, fallback: number): number {
    const value = this.#json[name] ?? fallback;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.wrong(name, value, msg`a number`);
  }

  /** A number above zero that must be there. */
  positive(name: string): number {
    const value = this.#json[name];
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
    throw this.wrong(name, value, msg`a number above 0`);
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.#json[name] ?? fallback;
    if (typeof value === 'boolean') return value;
    throw this.wrong(name, value, msg`true or false`);
  }

  /** A dropout probability: in [0, 1). */
  probability(name: string, fallback: number): number {
    const value = this.number(name, fallback);
    if (value >= 0 && value < 1) return value;
    throw this.wrong(name, value, msg`a probability of at least 0 and less than 1`);
  }

  oneOf<const T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const value = this.#json[name] ?? fallback;
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    throw this.wrong(name, value, msg`one of ${choices.join(', ')}`);
  }

  /** @param fallback id where config.json has no such field; null: none. */
  padToken(fallback: number | null): { readonly padTokenId: number; readonly hasPadToken: boolean } {
    const value = this.#json['pad_token_id'] === undefined ? fallback : this.#json['pad_token_id'];
    // Some converters write -1 for "none".
    if (value === null || value === -1) return { padTokenId: 0, hasPadToken: false };
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0)
      return { padTokenId: value, hasPadToken: true };
    throw this.wrong('pad_token_id', value, msg`a token id`);
  }

  /** Refuses a switch that this implementation does not have. */
  mustBeOff(name: string): void {
    const value = this.#json[name];
    if (value !== undefined && value !== null && value !== false)
      throw this.wrong(name, value, msg`false: it is not supported`);
  }

  /** The error for a field whose value can not be used. */
  wrong(name: string, value: unknown, expected: string): StudioError {
    return new StudioError(
      'E-MODEL-CONFIG',
      msg`In config.json, "${name}" is ${JSON.stringify(value) ?? 'missing'}; it must be ${expected}.`,
      {
        where: msg`config.json: ${name}`,
        hint: msg`Choose another model, or correct config.json if it was edited by hand.`,
        safe: msg`Nothing was loaded or changed.`,
      },
    );
  }
}

/** Labels in index order from `id2label`, else generic ones for `num_labels`; HF's default is two. */
export function labelsOf(json: JsonObject): string[] {
  const id2label = json['id2label'];
  if (typeof id2label === 'object' && id2label !== null) {
    const named = id2label as Record<string, unknown>;
    const count = Object.keys(named).length;
    return Array.from({ length: count }, (_, i) => String(named[String(i)] ?? `LABEL_${i}`));
  }
  const count = typeof json['num_labels'] === 'number' ? json['num_labels'] : 2;
  return genericLabels(count);
}

const genericLabels = (count: number): string[] => Array.from({ length: count }, (_, i) => `LABEL_${i}`);
