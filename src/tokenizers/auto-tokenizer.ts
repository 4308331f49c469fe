// A model's tokenizer: text → ids with special tokens, truncation and padding, as HF's tokenizers give them. The
// splitting itself is done by `@huggingface/tokenizers`; what surrounds it is here, because truncation has to come
// between the two.

import { Tokenizer } from '@huggingface/tokenizers';
import type { ModelFiles } from '#formats/model-files.ts';
import { StudioError } from '#util/studio-error.ts';
import {
  countSpecialTokens,
  readTemplate,
  type SpecialTokenTemplate,
  type TemplatePart,
} from './special-token-template.ts';
import { readTokenizerFiles, specialToken, type TokenizerConfig, type TokenizerFiles } from './tokenizer-files.ts';
import { truncatedLengths } from './truncation.ts';

export interface Encoding {
  readonly input_ids: readonly number[];
  readonly attention_mask: readonly number[];
  /** Only where `modelInputNames` has it. */
  readonly token_type_ids?: readonly number[];
  /** How many tokens truncation cut off. */
  readonly truncated: number;
}

export interface EncodeOptions {
  /** Longest input in tokens, special tokens included; null: no truncation. */
  readonly maxLength: number | null;
  /** Default true. */
  readonly addSpecialTokens?: boolean;
}

export interface PadOptions {
  /** Round the length up to a multiple of this; null (default): not. */
  readonly padToMultipleOf?: number | null;
}

/** Numbers of one text, in whatever array a data set keeps them. */
export type TokenRow = readonly number[] | Int32Array | Uint8Array;

/** What `pad` takes of an encoding; without a mask, every token counts. */
export interface PaddableEncoding {
  readonly input_ids: TokenRow;
  readonly attention_mask?: TokenRow;
  readonly token_type_ids?: TokenRow;
}

/** Rows of one length. */
export interface PaddedEncodings {
  readonly input_ids: readonly (readonly number[])[];
  readonly attention_mask: readonly (readonly number[])[];
  readonly token_type_ids?: readonly (readonly number[])[];
}

type Side = 'left' | 'right';

/** CJK characters beyond the 16-bit range, which the library does not set apart as BERT's normalizer does. */
const WIDE_CJK = /[\u{20000}-\u{2a6df}\u{2a700}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;
/** HF writes 1e30 for "no limit". */
const NO_LIMIT = 1e15;

export class PreTrainedTokenizer {
  readonly padToken: string | null;
  readonly padTokenId: number | null;
  readonly padTokenTypeId: number;
  readonly paddingSide: Side;
  readonly truncationSide: Side;
  /** Infinity where the tokenizer names no limit. */
  readonly modelMaxLength: number;
  readonly modelInputNames: readonly string[];
  /** One more than the largest id. */
  readonly vocabSize: number;
  /** The files to keep beside a trained model, text unchanged. */
  readonly savedFiles: ReadonlyMap<string, string>;
  readonly #tokenizer: Tokenizer;
  readonly #template: SpecialTokenTemplate;
  readonly #spacesWideCjk: boolean;

  private constructor(tokenizer: Tokenizer, { json, config, savedFiles, isBert }: TokenizerFiles) {
    this.#tokenizer = tokenizer;
    this.#template = readTemplate(json.post_processor);
    this.#spacesWideCjk = json.normalizer?.type === 'BertNormalizer' && json.normalizer.handle_chinese_chars !== false;
    this.savedFiles = savedFiles;
    this.padToken = specialToken(config, 'pad_token');
    this.padTokenId = this.padToken === null ? null : (tokenizer.token_to_id(this.padToken) ?? null);
    this.padTokenTypeId = numberOf(config, 'pad_token_type_id') ?? 0;
    this.paddingSide = sideOf(config, 'padding_side');
    this.truncationSide = sideOf(config, 'truncation_side');
    const limit = numberOf(config, 'model_max_length') ?? Number.POSITIVE_INFINITY;
    this.modelMaxLength = limit > NO_LIMIT ? Number.POSITIVE_INFINITY : limit;
    this.modelInputNames = inputNamesOf(config, isBert);
    this.vocabSize = 1 + [...tokenizer.get_vocab().values()].reduce((largest, id) => Math.max(largest, id), -1);
  }

  /** @throws StudioError E-TOKENIZER when files are missing, unreadable or of an unsupported kind. */
  static async fromFiles(files: ModelFiles): Promise<PreTrainedTokenizer> {
    const read = await readTokenizerFiles(files);
    try {
      // The post-processor is applied here, after truncation.
      return new PreTrainedTokenizer(new Tokenizer({ ...read.json, post_processor: null }, read.config), read);
    } catch (cause) {
      if (cause instanceof StudioError) throw cause;
      throw new StudioError(
        'E-TOKENIZER',
        `tokenizer.json can not be used: ${cause instanceof Error ? cause.message : String(cause)}`,
        {
          where: 'tokenizer.json',
          hint: 'The tokenizer is of a kind that is not supported, or the file is damaged.',
          cause,
        },
      );
    }
  }

  /**
   * Text, or text and pair, → ids. A pair that is empty is still a pair: every row of a data set has the same form.
   * @throws StudioError E-ARGS when `maxLength` leaves no room for the special tokens.
   */
  encode(text: string, textPair: string | null, { maxLength, addSpecialTokens = true }: EncodeOptions): Encoding {
    const first = this.#ids(text);
    const second = textPair === null ? [] : this.#ids(textPair);
    const parts = this.#partsFor(textPair !== null, addSpecialTokens);
    const budget = maxLength === null ? Number.POSITIVE_INFINITY : this.#budget(maxLength, countSpecialTokens(parts));
    const [firstLength, secondLength] = truncatedLengths(first.length, second.length, budget);
    const ids: number[] = [];
    const typeIds: number[] = [];
    for (const part of parts) {
      const piece = this.#piece(part, first, firstLength, second, secondLength);
      for (const id of piece) {
        ids.push(id);
        typeIds.push(part.typeId);
      }
    }
    return {
      input_ids: ids,
      ...(this.modelInputNames.includes('token_type_ids') ? { token_type_ids: typeIds } : {}),
      attention_mask: ids.map(() => 1),
      truncated: first.length + second.length - firstLength - secondLength,
    };
  }

  /**
   * Makes rows equally long, as long as the longest: ids with the padding token, masks with 0, types with the padding type.
   * @throws StudioError E-TOKENIZER when the tokenizer has no padding token.
   */
  pad(encodings: readonly PaddableEncoding[], { padToMultipleOf = null }: PadOptions = {}): PaddedEncodings {
    const { padTokenId } = this;
    if (padTokenId === null) {
      throw new StudioError(
        'E-TOKENIZER',
        'The tokenizer has no padding token, so texts of different length can not be put into one batch.',
        {
          where: 'tokenizer_config.json, pad_token',
          hint: 'Set pad_token in tokenizer_config.json to a token of the vocabulary.',
        },
      );
    }
    const longest = Math.max(0, ...encodings.map(({ input_ids: ids }) => ids.length));
    const length = padToMultipleOf === null ? longest : Math.ceil(longest / padToMultipleOf) * padToMultipleOf;
    const padRow = (row: TokenRow, value: number): number[] => {
      const padding = Array.from({ length: length - row.length }, () => value);
      return this.paddingSide === 'right' ? [...row, ...padding] : [...padding, ...row];
    };
    const maskOf = (encoding: PaddableEncoding): TokenRow =>
      encoding.attention_mask ?? new Uint8Array(encoding.input_ids.length).fill(1);
    const typed = encodings.every(({ token_type_ids: types }) => types !== undefined);
    return {
      input_ids: encodings.map((encoding) => padRow(encoding.input_ids, padTokenId)),
      ...(typed
        ? { token_type_ids: encodings.map((encoding) => padRow(encoding.token_type_ids!, this.padTokenTypeId)) }
        : {}),
      attention_mask: encodings.map((encoding) => padRow(maskOf(encoding), 0)),
    };
  }

  /** Ids → readable text, without special tokens. */
  decode(ids: readonly number[]): string {
    if (ids.length === 0) return '';
    return this.#tokenizer.decode([...ids], { skip_special_tokens: true, clean_up_tokenization_spaces: false });
  }

  /** The token of each id; a question mark for an id that is none. */
  tokens(ids: readonly number[]): string[] {
    return ids.map((id) => this.#tokenizer.id_to_token(id) ?? '?');
  }

  #ids(text: string): readonly number[] {
    const spaced = this.#spacesWideCjk ? text.replace(WIDE_CJK, ' $& ') : text;
    return this.#tokenizer.encode(spaced, { add_special_tokens: false }).ids;
  }

  #partsFor(isPair: boolean, addSpecialTokens: boolean): readonly TemplatePart[] {
    const parts = isPair ? this.#template.pair : this.#template.single;
    return addSpecialTokens ? parts : parts.filter(({ kind }) => kind !== 'special');
  }

  #budget(maxLength: number, specials: number): number {
    if (maxLength >= specials) return maxLength - specials;
    throw new StudioError(
      'E-ARGS',
      `A maximum length of ${maxLength} tokens leaves no room: the special tokens alone are ${specials}.`,
      {
        where: 'max_length',
        hint: `Choose at least ${specials + 1}; 128 is usual for sentences.`,
      },
    );
  }

  #piece(
    part: TemplatePart,
    first: readonly number[],
    firstLength: number,
    second: readonly number[],
    secondLength: number,
  ): readonly number[] {
    if (part.kind === 'special') return part.ids;
    return part.kind === 'text' ? this.#cut(first, firstLength) : this.#cut(second, secondLength);
  }

  #cut(ids: readonly number[], length: number): readonly number[] {
    if (ids.length === length) return ids;
    return this.truncationSide === 'right' ? ids.slice(0, length) : ids.slice(ids.length - length);
  }
}

function numberOf(config: TokenizerConfig, name: string): number | null {
  const value = config[name];
  return typeof value === 'number' ? value : null;
}

const sideOf = (config: TokenizerConfig, name: string): Side => (config[name] === 'left' ? 'left' : 'right');

function inputNamesOf(config: TokenizerConfig, isBert: boolean): readonly string[] {
  const { model_input_names: names } = config;
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
  const isDeberta = typeof config.tokenizer_class === 'string' && config.tokenizer_class.startsWith('Deberta');
  return isBert || isDeberta ? ['input_ids', 'token_type_ids', 'attention_mask'] : ['input_ids', 'attention_mask'];
}
