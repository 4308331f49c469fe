// A model's tokenizer: text → ids with special tokens, truncation and padding, as HF's tokenizers give them. The
// splitting itself is done by `@huggingface/tokenizers`; what surrounds it is here, because truncation has to come
// between the two.

import { Tokenizer } from '@huggingface/tokenizers';
import type { ModelFiles } from '#formats/model-files.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { Span } from './aligned-text.ts';
import { type ChatMessage, type ChatPart, ChatTemplate } from './chat-template.ts';
import { type AddedTokens, type TokenNotation, tokenizeWithOffsets } from './offsets.ts';
import {
  countSpecialTokens,
  readTemplate,
  type SpecialTokenTemplate,
  type TemplatePart,
} from './special-token-template.ts';
import { readNotation } from './token-notation.ts';
import { readTokenizerFiles, specialToken, type TokenizerConfig, type TokenizerFiles } from './tokenizer-files.ts';
import { truncatedLengths } from './truncation.ts';

export interface Encoding {
  readonly input_ids: readonly number[];
  readonly attention_mask: readonly number[];
  /** Only where `modelInputNames` has it. */
  readonly token_type_ids?: readonly number[];
  /** How many tokens truncation cut off. */
  readonly truncated: number;
  /** Those tokens, where there are any. */
  readonly cutIds?: readonly number[];
}

/** Words that were apart before, with the word of each token; null for special tokens. */
export interface WordEncoding extends Encoding {
  readonly wordIds: readonly (number | null)[];
}

/** A question with a part of its context. */
export interface ContextWindow extends Omit<Encoding, 'truncated' | 'cutIds'> {
  /** Where each token stands in the context; null for tokens of the question and special ones. */
  readonly offsets: readonly (Span | null)[];
  /** Place of the first special token, which stands for "no answer here". */
  readonly specialToken: number;
  /** Tokens of question and whole context together. */
  readonly length: number;
}

export interface EncodeOptions {
  /** Longest input in tokens, special tokens included; null: no truncation. */
  readonly maxLength: number | null;
  /** Default true. */
  readonly addSpecialTokens?: boolean;
}

export interface PadOptions {
  /** What to fill up with where the tokenizer has no padding token. Default: that is an error. */
  readonly fallbackId?: number | null;
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
  readonly eosToken: string | null;
  readonly eosTokenId: number | null;
  readonly maskToken: string | null;
  readonly maskTokenId: number | null;
  /** Of the tokens that stand for no text. */
  readonly specialIds: ReadonlySet<number>;
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
  readonly #notation: TokenNotation;
  readonly #chatTemplate: ChatTemplate | null;
  readonly #addedTokens: AddedTokens;
  /** Words that are apart already get a space before them, as with HF's `add_prefix_space`. */
  readonly wordsBeginWithSpace: boolean;

  private constructor(tokenizer: Tokenizer, { json, config, savedFiles, isBert, chatTemplate }: TokenizerFiles) {
    this.#tokenizer = tokenizer;
    this.#notation = readNotation(json);
    // HF loads byte-level tokenizers for separate words with add_prefix_space.
    this.wordsBeginWithSpace = this.#notation.byteLevel;
    this.#chatTemplate = chatTemplate === null ? null : new ChatTemplate(chatTemplate, config);
    const added = [...tokenizer.get_added_tokens_decoder().values()];
    this.#addedTokens = {
      raw: added.filter(({ normalized }) => !normalized),
      normalized: added.filter(({ normalized }) => normalized),
    };
    this.#template = readTemplate(json.post_processor);
    this.#spacesWideCjk = json.normalizer?.type === 'BertNormalizer' && json.normalizer.handle_chinese_chars !== false;
    this.savedFiles = savedFiles;
    this.padToken = specialToken(config, 'pad_token');
    this.padTokenId = this.padToken === null ? null : (tokenizer.token_to_id(this.padToken) ?? null);
    const idOf = (token: string | null): number | null =>
      token === null ? null : (tokenizer.token_to_id(token) ?? null);
    this.eosToken = specialToken(config, 'eos_token');
    this.eosTokenId = idOf(this.eosToken);
    this.maskToken = specialToken(config, 'mask_token');
    this.maskTokenId = idOf(this.maskToken);
    this.specialIds = new Set(
      ['pad_token', 'cls_token', 'sep_token', 'mask_token', 'bos_token', 'eos_token', 'unk_token'].flatMap(
        (name) => idOf(specialToken(config, name)) ?? [],
      ),
    );
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
        msg`tokenizer.json can not be used: ${cause instanceof Error ? cause.message : String(cause)}`,
        {
          where: 'tokenizer.json',
          hint: msg`The tokenizer is of a kind that is not supported, or the file is damaged.`,
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
    const assembled = assemble(parts, this.#cut(first, firstLength), this.#cut(second, secondLength));
    return {
      ...this.#encodingOf(assembled),
      truncated: first.length + second.length - firstLength - secondLength,
      ...withCut([...this.#rest(first, firstLength), ...this.#rest(second, secondLength)]),
    };
  }

  /** Words that are apart already → ids, as HF's `is_split_into_words`. @throws as `encode`. */
  encodeWords(words: readonly string[], { maxLength }: Pick<EncodeOptions, 'maxLength'>): WordEncoding {
    const tokens = words.flatMap((word, wordId) => this.#wordTokens(word).map((id) => ({ id, wordId })));
    const parts = this.#partsFor(false, true);
    const budget = maxLength === null ? Number.POSITIVE_INFINITY : this.#budget(maxLength, countSpecialTokens(parts));
    const length = Math.min(tokens.length, budget);
    const kept = this.#cut(tokens, length);
    const assembled = assemble(
      parts,
      kept.map(({ id }) => id),
      [],
    );
    return {
      ...this.#encodingOf(assembled),
      truncated: tokens.length - length,
      ...withCut(this.#rest(tokens, length).map(({ id }) => id)),
      wordIds: assembled.map(({ source }) => (source === null ? null : kept[source.index]!.wordId)),
    };
  }

  /** Ids with where each stands in the text, without special tokens. */
  encodeWithOffsets(text: string): { readonly ids: readonly number[]; readonly offsets: readonly Span[] } {
    const tokens = this.#offsetTokens(text);
    return { ids: tokens.map(({ id }) => id), offsets: tokens.map(({ span }) => span) };
  }

  /**
   * A question with its context in windows of at most `maxLength` tokens that share `stride` tokens, as HF's
   * `truncation="only_second"` with `return_overflowing_tokens`.
   * @param where the row, for errors.
   * @throws StudioError E-ARGS when the question leaves no room for the context.
   */
  encodeWindows(
    question: string,
    context: string,
    { maxLength, stride, where }: { maxLength: number; stride: number; where: string },
  ): ContextWindow[] {
    const asked = this.#ids(question);
    const { ids, offsets } = this.encodeWithOffsets(context);
    const parts = this.#partsFor(true, true);
    const room = maxLength - countSpecialTokens(parts) - asked.length;
    if (room <= stride && ids.length > room) throw noRoom(where, maxLength, asked.length, stride);
    return windows(ids.length, room, stride).map(([begin, end]) => {
      const assembled = assemble(parts, asked, ids.slice(begin, end));
      return {
        ...this.#encodingOf(assembled),
        offsets: assembled.map(({ source }) => (source?.kind === 'pair' ? offsets[begin + source.index]! : null)),
        specialToken: Math.max(
          0,
          assembled.findIndex(({ source }) => source === null),
        ),
        length: asked.length + ids.length + countSpecialTokens(parts),
      };
    });
  }

  /** 1 for each token of `encode(text, null, …)` that begins a word: one that does not touch the token before it. */
  wordStarts(text: string, maxLength: number | null): Uint8Array {
    const tokens = this.#offsetTokens(text);
    const parts = this.#partsFor(false, true);
    const budget = maxLength === null ? Number.POSITIVE_INFINITY : this.#budget(maxLength, countSpecialTokens(parts));
    const kept = this.#cut(tokens, Math.min(tokens.length, budget));
    const assembled = assemble(
      parts,
      kept.map(({ id }) => id),
      [],
    );
    return Uint8Array.from(assembled, ({ source }, i) => {
      if (source === null) return 1;
      const before = assembled[i - 1]?.source ?? null;
      return before === null || kept[before.index]!.span[1] !== kept[source.index]!.span[0] ? 1 : 0;
    });
  }

  /** A text in parts → ids, and for each whether the part in which it begins counts. */
  encodeParts(parts: readonly ChatPart[], addSpecialTokens: boolean): { ids: number[]; counts: boolean[] } {
    const text = parts.map((part) => part.text).join('');
    const tokens = this.#offsetTokens(text);
    const ends: number[] = [];
    for (const part of parts) ends.push((ends.at(-1) ?? 0) + part.text.length);
    const countsAt = (place: number): boolean => parts[ends.findIndex((end) => place < end)]?.counts ?? false;
    const template = this.#partsFor(false, addSpecialTokens).filter(
      // The end of a text is in the text already.
      (part, i, all) => part.kind !== 'special' || i < all.findIndex(({ kind }) => kind === 'text'),
    );
    const assembled = assemble(
      template,
      tokens.map(({ id }) => id),
      [],
    );
    return {
      ids: assembled.map(({ id }) => id),
      counts: assembled.map(({ source }) => source !== null && countsAt(tokens[source.index]!.span[0])),
    };
  }

  /** A chat as its template writes it, in parts. @throws StudioError E-TOKENIZER when there is no template. */
  chatParts(messages: readonly ChatMessage[], where: string): ChatPart[] {
    return this.#requireChatTemplate().parts(messages, where);
  }

  /** A chat up to where the assistant goes on. @throws as `chatParts`. */
  chatPrompt(messages: readonly ChatMessage[]): string {
    return this.#requireChatTemplate().render(messages, true, msg`the chat`);
  }

  /** The chat template marks what the assistant says itself. */
  get marksAssistant(): boolean {
    return this.#chatTemplate?.marks ?? false;
  }

  get hasChatTemplate(): boolean {
    return this.#chatTemplate !== null;
  }

  #requireChatTemplate(): ChatTemplate {
    if (this.#chatTemplate) return this.#chatTemplate;
    throw new StudioError('E-TOKENIZER', msg`The tokenizer has no chat template.`, {
      where: 'tokenizer_config.json, chat_template',
      hint: msg`Use an instruction-tuned model, add its chat_template.jinja, or use a prompt and a completion column.`,
      safe: msg`Nothing was started.`,
    });
  }

  /**
   * Makes rows equally long, as long as the longest: ids with the padding token, masks with 0, types with the padding type.
   * @throws StudioError E-TOKENIZER when the tokenizer has no padding token.
   */
  pad(
    encodings: readonly PaddableEncoding[],
    { padToMultipleOf = null, fallbackId = null }: PadOptions = {},
  ): PaddedEncodings {
    const padTokenId = this.padTokenId ?? fallbackId;
    if (padTokenId === null) {
      throw new StudioError(
        'E-TOKENIZER',
        msg`The tokenizer has no padding token, so texts of different length can not be put into one batch.`,
        {
          where: 'tokenizer_config.json, pad_token',
          hint: msg`Set pad_token in tokenizer_config.json to a token of the vocabulary.`,
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
    return this.#tokenizer.encode(this.#prepared(text), { add_special_tokens: false }).ids;
  }

  #prepared(text: string): string {
    return this.#spacesWideCjk ? text.replace(WIDE_CJK, ' $& ') : text;
  }

  #partsFor(isPair: boolean, addSpecialTokens: boolean): readonly TemplatePart[] {
    const parts = isPair ? this.#template.pair : this.#template.single;
    return addSpecialTokens ? parts : parts.filter(({ kind }) => kind !== 'special');
  }

  #budget(maxLength: number, specials: number): number {
    if (maxLength >= specials) return maxLength - specials;
    throw new StudioError(
      'E-ARGS',
      msg`A maximum length of ${maxLength} tokens leaves no room: the special tokens alone are ${specials}.`,
      {
        where: 'max_length',
        hint: msg`Choose at least ${specials + 1}; 128 is usual for sentences.`,
      },
    );
  }

  #cut<T>(tokens: readonly T[], length: number): readonly T[] {
    if (tokens.length === length) return tokens;
    return this.truncationSide === 'right' ? tokens.slice(0, length) : tokens.slice(tokens.length - length);
  }

  /** What `#cut` leaves behind. */
  #rest<T>(tokens: readonly T[], length: number): readonly T[] {
    return this.truncationSide === 'right' ? tokens.slice(length) : tokens.slice(0, tokens.length - length);
  }

  #encodingOf(assembled: readonly AssembledToken[]): Omit<Encoding, 'truncated' | 'cutIds'> {
    return {
      input_ids: assembled.map(({ id }) => id),
      ...(this.modelInputNames.includes('token_type_ids')
        ? { token_type_ids: assembled.map(({ typeId }) => typeId) }
        : {}),
      attention_mask: assembled.map(() => 1),
    };
  }

  #wordTokens(word: string): readonly number[] {
    return this.#ids(this.wordsBeginWithSpace && !word.startsWith(' ') ? ` ${word}` : word);
  }

  /** @throws StudioError E-TOKENIZER when the stages, run one by one, do not give what they give together. */
  #offsetTokens(text: string): { readonly id: number; readonly span: Span }[] {
    const ids = this.#ids(text);
    const spans = tokenizeWithOffsets(this.#tokenizer, text, this.#notation, this.#addedTokens, (given) =>
      this.#prepared(given),
    );
    if (spans.length !== ids.length) {
      throw new StudioError('E-TOKENIZER', msg`This tokenizer does not tell where its tokens stand in a text.`, {
        where: 'tokenizer.json',
        hint: msg`Use a model with a BERT, byte-level or SentencePiece tokenizer for this task.`,
      });
    }
    return spans.map(({ span }, i) => ({ id: ids[i]!, span }));
  }
}

/** A token of an input: special, or number `index` of the text or its pair. */
interface AssembledToken {
  readonly id: number;
  readonly typeId: number;
  readonly source: { readonly kind: 'text' | 'pair'; readonly index: number } | null;
}

const withCut = (cutIds: readonly number[]): Pick<Encoding, 'cutIds'> => (cutIds.length > 0 ? { cutIds } : {});

function assemble(
  parts: readonly TemplatePart[],
  first: readonly number[],
  second: readonly number[],
): AssembledToken[] {
  return parts.flatMap((part): AssembledToken[] => {
    const { typeId } = part;
    if (part.kind === 'special') return part.ids.map((id) => ({ id, typeId, source: null }));
    const { kind } = part;
    return (kind === 'text' ? first : second).map((id, index) => ({ id, typeId, source: { kind, index } }));
  });
}

/** [begin, end) of windows over `length` tokens: at least one, even of nothing. */
function windows(length: number, room: number, stride: number): [number, number][] {
  const found: [number, number][] = [];
  for (let begin = 0; found.length === 0 || found.at(-1)![1] < length; begin += room - stride)
    found.push([begin, Math.min(begin + room, length)]);
  return found;
}

function noRoom(where: string, maxLength: number, question: number, stride: number): StudioError {
  return new StudioError(
    'E-ARGS',
    msg`${where}: the question has ${question} tokens, which leaves too little of ${maxLength} for a context read in windows that share ${stride}.`,
    {
      where: 'max_length, doc_stride',
      hint: msg`Raise max_length, or lower doc_stride.`,
      safe: msg`Nothing was started.`,
    },
  );
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
