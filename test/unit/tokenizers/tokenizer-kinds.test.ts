// Each kind of tokenizer that model families have, beside transformers: ids, places in the text, words that were apart
// before, windows of a long context, and chats.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';
import type { ChatMessage } from '#tokenizers/chat-template.ts';
import cases from '../../fixtures/data/tokenizers/cases.json' with { type: 'json' };

const DATA = join(import.meta.dirname, '../../fixtures/data/tokenizers');

function open(kind: string, changes: Record<string, string> = {}): Promise<PreTrainedTokenizer> {
  const folder = join(DATA, kind);
  const files = new Map(readdirSync(folder).map((name) => [name, new Blob([readFileSync(join(folder, name))])]));
  for (const [name, text] of Object.entries(changes)) files.set(name, new Blob([text]));
  return PreTrainedTokenizer.fromFiles(files);
}

type Pair = readonly number[];
interface Kind {
  readonly texts: readonly (readonly [text: string, ids: number[], offsets: Pair[]])[];
  readonly pairs: readonly (readonly [text: string, pair: string, ids: number[]])[];
  readonly words: readonly (readonly [words: string[], ids: number[], wordIds: (number | null)[]])[];
  readonly windows: readonly (readonly [
    question: string,
    context: string,
    length: number,
    stride: number,
    rows: (readonly [ids: number[], offsets: (Pair | null)[]])[],
  ])[];
  readonly chats: readonly (readonly [messages: ChatMessage[], ids: number[], mask: number[]])[];
  readonly decoded: readonly (readonly [ids: number[], text: string])[];
}

/** Python counts characters; here places are UTF-16 units. */
function inCharacters(text: string, offsets: readonly (readonly [number, number] | null)[]) {
  const at = (place: number): number => [...text.slice(0, place)].length;
  return offsets.map((offset) => offset && [at(offset[0]), at(offset[1])]);
}

describe.each(Object.entries(cases as unknown as Record<string, Kind>))('%s', (kind, expected) => {
  it('gives the ids that transformers gives', async () => {
    const tokenizer = await open(kind);
    for (const [text, ids] of expected.texts)
      expect(tokenizer.encode(text, null, { maxLength: null, addSpecialTokens: false }).input_ids, text).toEqual(ids);
    for (const [text, pair, ids] of expected.pairs)
      expect(tokenizer.encode(text, pair, { maxLength: null }).input_ids, `${text} | ${pair}`).toEqual(ids);
  });

  it('tells where each token stands', async () => {
    const tokenizer = await open(kind);
    for (const [text, ids, offsets] of expected.texts) {
      const found = tokenizer.encodeWithOffsets(text);
      expect(found.ids, text).toEqual(ids);
      expect(inCharacters(text, found.offsets), JSON.stringify(text)).toEqual(offsets);
    }
  });

  it('never places a token at half a character', async () => {
    const text = '😑 a 🔥';
    for (const [begin, end] of (await open(kind)).encodeWithOffsets(text).offsets)
      expect(text.slice(begin, end)).not.toMatch(/\p{Surrogate}/u);
  });

  it('keeps words apart that were apart', async () => {
    const tokenizer = await open(kind);
    for (const [words, ids, wordIds] of expected.words) {
      const found = tokenizer.encodeWords(words, { maxLength: 12 });
      expect(found.input_ids, words.join('|')).toEqual(ids);
      expect(found.wordIds, words.join('|')).toEqual(wordIds);
    }
  });

  it('reads a long context in windows', async () => {
    const tokenizer = await open(kind);
    for (const [question, context, maxLength, stride, rows] of expected.windows) {
      const found = tokenizer.encodeWindows(question, context, { maxLength, stride, where: 'row' });
      expect(found.map(({ input_ids }) => input_ids)).toEqual(rows.map(([ids]) => ids));
      expect(found.map(({ offsets }) => inCharacters(context, offsets))).toEqual(rows.map(([, offsets]) => offsets));
    }
  });

  it('gives texts back', async () => {
    const tokenizer = await open(kind);
    for (const [ids, text] of expected.decoded) expect(tokenizer.decode(ids)).toBe(text);
  });

  if (expected.chats.length > 0) {
    it('writes chats, and tells what the assistant wrote', async () => {
      const tokenizer = await open(kind);
      for (const [messages, ids, mask] of expected.chats) {
        const found = tokenizer.encodeParts(tokenizer.chatParts(messages, 'row'), false);
        expect(found.ids).toEqual(ids);
        // Where the template marks nothing itself, the end of the line belongs to the turn.
        const marked = found.counts.map(Number);
        expect(marked.filter((counts, i) => counts < mask[i]!)).toEqual([]);
        expect(mask.filter((counts) => counts === 1).length).toBeGreaterThan(0);
      }
    });
  }
});
