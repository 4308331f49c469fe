// Where each token stands in its text, as the `offsets` of HF's fast tokenizers. The stages of the tokenizer are run one
// by one, and what each does to the text is followed.

import type { Tokenizer } from '@huggingface/tokenizers';
import { normalizeAligned } from './aligned-normalizer.ts';
import { type AlignedText, rewrite, type Span, sliceAligned, unchanged } from './aligned-text.ts';

interface OffsetToken {
  /** As it is written, with the spaces that an added token takes along. */
  readonly token: string;
  /** [begin, end) in UTF-16 units of the text. */
  readonly span: Span;
}

/** How the tokenizer writes what it reads. */
export interface TokenNotation {
  /** Pre-tokens are bytes, each written as a letter. */
  readonly byteLevel: boolean;
  /** What pre-tokens have in place of a space, and before the first word; null: nothing. */
  readonly metaspace: string | null;
  /** Before tokens that continue a word; '' for none. */
  readonly continuation: string;
  /** After tokens that end a word; '' for none. */
  readonly endOfWord: string;
  /** The span of a token leaves out the spaces at its ends; null: it does not. */
  readonly trims: { readonly keepsFirst: boolean } | null;
}

/** Added tokens, which are found before anything else: in the text itself, or in the normalized one. */
export interface AddedTokens {
  readonly raw: readonly AddedToken[];
  readonly normalized: readonly AddedToken[];
}

interface AddedToken {
  readonly content: string;
  /** Takes the spaces before or after it along. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

const BYTE_TOKEN = /^<0x([0-9A-F]{2})>$/;

/** @param prepare what happens to a text before the tokenizer's own stages. */
export function tokenizeWithOffsets(
  tokenizer: Tokenizer,
  text: string,
  notation: TokenNotation,
  added: AddedTokens,
  prepare: (text: string) => string,
): OffsetToken[] {
  const sections = splitAt(rewrite(unchanged(text), prepare), added.raw);
  const tokens = sections.flatMap(({ aligned, isAdded }, sectionIndex) => {
    if (isAdded) return [whole(aligned)];
    const normal = normalizeAligned(aligned, tokenizer.normalizer);
    return splitAt(normal, added.normalized).flatMap((part) =>
      part.isAdded ? [whole(part.aligned)] : wordsOf(tokenizer, part.aligned, sectionIndex, notation),
    );
  });
  const { trims } = notation;
  return trims ? tokens.map((token, i) => trimmed(token, i === 0, trims.keepsFirst)) : tokens;
}

const spanOf = (spans: readonly Span[]): Span => [spans[0]?.[0] ?? 0, spans.at(-1)?.[1] ?? 0];
const whole = ({ text, spans }: AlignedText): OffsetToken => ({ token: text, span: spanOf(spans) });

interface Section {
  readonly aligned: AlignedText;
  readonly isAdded: boolean;
}

/** Cuts a text at added tokens, the longest that fits first. */
function splitAt(aligned: AlignedText, added: readonly AddedToken[]): Section[] {
  const { text } = aligned;
  const sections: Section[] = [];
  let start = 0;
  const cut = (end: number, isAdded: boolean): void => {
    if (end > start) sections.push({ aligned: sliceAligned(aligned, start, end), isAdded });
    start = end;
  };
  const initials = new Set(added.map(({ content }) => content[0]));
  for (let i = 0; i < text.length; ) {
    const found = initials.has(text[i]) ? longestAt(text, i, added) : null;
    if (found === null) {
      i++;
      continue;
    }
    const before = text.slice(start, i);
    cut(found.lstrip ? start + before.trimEnd().length : i, false);
    const end = i + found.content.length;
    const spaces = found.rstrip ? text.length - end - text.slice(end).trimStart().length : 0;
    cut(end + spaces, true);
    i = start;
  }
  cut(text.length, false);
  return sections;
}

function longestAt(text: string, at: number, added: readonly AddedToken[]): AddedToken | null {
  let longest: AddedToken | null = null;
  for (const token of added)
    if (token.content.length > (longest?.content.length ?? 0) && text.startsWith(token.content, at)) longest = token;
  return longest;
}

function wordsOf(
  tokenizer: Tokenizer,
  part: AlignedText,
  sectionIndex: number,
  notation: TokenNotation,
): OffsetToken[] {
  const { pre_tokenizer: preTokenizer, model } = tokenizer;
  const words = preTokenizer ? preTokenizer(part.text, { section_index: sectionIndex }) : [part.text];
  let at = 0;
  return words.flatMap((word) => {
    const found = locate(plainText(word, notation), part, at);
    at = found.end;
    return tokensOf(model!([word]), found.aligned, model!.unk_token ?? null, notation);
  });
}

const byteOfLetter = new Map<string, number>(byteLetters());

/** The letters that byte-level tokenizers write bytes as (GPT-2's table): printable bytes are themselves. */
function* byteLetters(): Generator<[string, number]> {
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    yield [String.fromCharCode(printable ? byte : next++), byte];
  }
}

const bytesOf = (letters: string): number[] => Array.from(letters, (letter) => byteOfLetter.get(letter) ?? 0);

/** A pre-token as it stood in the normalized text. */
function plainText(word: string, { byteLevel, metaspace }: TokenNotation): string {
  if (byteLevel) return new TextDecoder().decode(Uint8Array.from(bytesOf(word)));
  return metaspace === null ? word : word.replaceAll(metaspace, ' ');
}

/** Finds a word in the part from `at` on; spaces before it that are not there were added. */
function locate(word: string, part: AlignedText, at: number): { aligned: AlignedText; end: number } {
  const begin = part.text.indexOf(word, at);
  const added = word.startsWith(' ') ? part.text.indexOf(word.slice(1), at) : -1;
  if (added >= 0 && (begin < 0 || added < begin)) {
    const end = added + word.length - 1;
    const { spans } = sliceAligned(part, added, end);
    return { aligned: { text: word, spans: [spans[0] ?? part.spans.at(-1) ?? [0, 0], ...spans] }, end };
  }
  const from = Math.max(begin, at);
  return { aligned: sliceAligned(part, from, from + word.length), end: from + word.length };
}

/** The tokens of one word along its characters. */
function tokensOf(
  tokens: readonly string[],
  word: AlignedText,
  unknown: string | null,
  notation: TokenNotation,
): OffsetToken[] {
  const cells = notation.byteLevel ? byteCells(word) : [...word.spans];
  let at = 0;
  let bytes: Span[] = [];
  return tokens.map((token, i) => {
    const byte = !notation.byteLevel && BYTE_TOKEN.test(token);
    if (byte) {
      // The bytes of one character, each a token: they share its span.
      if (bytes.length === 0) {
        const size = word.text.codePointAt(at)! > 0xffff ? 2 : 1;
        const count = new TextEncoder().encode(word.text.slice(at, at + size)).length;
        bytes = new Array<Span>(count).fill(spanOf(cells.slice(at, at + size)));
        at += size;
      }
      return { token, span: bytes.pop()! };
    }
    const length =
      token === unknown ? unknownLength(tokens, i, word.text, at, notation) : surfaceOf(token, i, notation).length;
    const span = spanOf(cells.slice(at, at + length));
    at += length;
    return { token, span };
  });
}

/** The spans of the bytes of a word: all bytes of a character have its span. */
function byteCells({ text, spans }: AlignedText): Span[] {
  let at = 0;
  return Array.from(text).flatMap((character) => {
    const span = spanOf(spans.slice(at, at + character.length));
    at += character.length;
    return new Array<Span>(new TextEncoder().encode(character).length).fill(span);
  });
}

function surfaceOf(token: string, i: number, { continuation, endOfWord }: TokenNotation): string {
  const begin = i > 0 && continuation !== '' && token.startsWith(continuation) ? continuation.length : 0;
  const end = endOfWord !== '' && token.endsWith(endOfWord) ? endOfWord.length : 0;
  return token.slice(begin, token.length - end);
}

/** An unknown token stands for all up to where the known ones after it go on. */
function unknownLength(
  tokens: readonly string[],
  i: number,
  word: string,
  at: number,
  notation: TokenNotation,
): number {
  const rest = tokens.slice(i + 1);
  const stop = rest.findIndex((token) => token === tokens[i] || BYTE_TOKEN.test(token));
  const known = (stop < 0 ? rest : rest.slice(0, stop))
    .map((token, k) => surfaceOf(token, i + 1 + k, notation))
    .join('');
  const next = known === '' ? -1 : word.indexOf(known, at + 1);
  return (next < 0 ? word.length : next) - at;
}

/** Spaces at the ends of a token belong to nobody, except that the first token may keep the one before it. */
function trimmed({ token, span: [begin, end] }: OffsetToken, isFirst: boolean, keepsFirst: boolean): OffsetToken {
  const left = /^[\sĠ]*/.exec(token)![0].length;
  const right = /[\sĠ]*$/.exec(token)![0].length;
  const start = keepsFirst && (isFirst || begin === 0) ? begin : Math.min(begin + left, end);
  return { token, span: [start, end >= right ? Math.max(end - right, start) : end] };
}
