// A text with, for each of its characters, the part of the original text that it came from: what normalizers and
// pre-tokenizers change, add or drop is followed, so that tokens can be told where they stand.

/** A stretch of the original text: [begin, end) in UTF-16 units. */
export type Span = readonly [begin: number, end: number];

export interface AlignedText {
  readonly text: string;
  /** One for each UTF-16 unit of `text`; empty ([i, i]) where a character was added. */
  readonly spans: readonly Span[];
}

/** A letter with the marks that belong to it: what normalizers change together. */
const UNITS = /\P{M}\p{M}*|\p{M}+/gu;

export function sliceAligned({ text, spans }: AlignedText, begin: number, end: number): AlignedText {
  return { text: text.slice(begin, end), spans: spans.slice(begin, end) };
}

/** The original itself, from `begin` on; both halves of a character outside the basic plane stand where all of it does. */
export function unchanged(text: string, begin = 0): AlignedText {
  const spans: Span[] = [];
  for (const character of text) {
    const at = begin + spans.length;
    for (let k = 0; k < character.length; k++) spans.push([at, at + character.length]);
  }
  return { text, spans };
}

/**
 * Follows a function that rewrites texts letter by letter (lower case, accents, compatibility forms), and may add or drop
 * a few characters besides.
 */
export function rewrite({ text, spans }: AlignedText, change: (text: string) => string): AlignedText {
  const changed = change(text);
  if (changed === text) return { text, spans };
  const letters: Span[] = [];
  let together = '';
  for (const { 0: unit, index } of text.matchAll(UNITS)) {
    const to = change(unit);
    // What was put before or after a letter stands where the letter stands; a letter that is composed of several, where
    // the first of them stood, as in HF's tokenizers.
    const inside = Math.max(0, to.indexOf(unit));
    for (let k = 0; k < to.length; k++)
      letters.push(spans[index + Math.max(0, Math.min(k - inside, unit.length - 1))]!);
    together += to;
  }
  // Of one length, they differ in letters whose form depends on their neighbours.
  const same = together === changed || together.length === changed.length;
  return { text: changed, spans: same ? letters : follow(together, letters, changed, spans) };
}

/** Each match gives way to `content`, which stands where the last character of the match stood. */
export function replace({ text, spans }: AlignedText, pattern: RegExp | string, content: string): AlignedText {
  const found: Span[] = [];
  let at = 0;
  const changed = text.replaceAll(pattern, (match: string, ...rest: unknown[]) => {
    const index = rest.find((value) => typeof value === 'number') as number;
    found.push(...spans.slice(at, index));
    const place = spans[index + match.length - 1] ?? [0, 0];
    for (let k = 0; k < content.length; k++) found.push(place);
    at = index + match.length;
    return content;
  });
  return { text: changed, spans: [...found, ...spans.slice(at)] };
}

/** `content` stands where the first character stands. */
export function prepend({ text, spans }: AlignedText, content: string): AlignedText {
  const place = spans[0] ?? [0, 0];
  return { text: content + text, spans: [...new Array<Span>(content.length).fill(place), ...spans] };
}

/** How far ahead to look for where two texts agree again. */
const LOOK_AHEAD = 32;

/** Carries spans over from one text to another that differs here and there. */
function follow(from: string, spans: readonly Span[], to: string, original: readonly Span[]): Span[] {
  const result: Span[] = [];
  let at = 0;
  const begin = original[0]?.[0] ?? 0;
  for (let i = 0; i < to.length; i++) {
    const found = agree(from, at, to, i);
    if (found === null) {
      // Added: it stands between what came before and what comes next.
      const place = result.at(-1)?.[1] ?? spans[at]?.[0] ?? begin;
      result.push([place, place]);
    } else {
      result.push(spans[found]!);
      at = found + 1;
    }
  }
  return result;
}

/** The place at or after `at` where `from` goes on as `to` does from i; null when the character was added. */
function agree(from: string, at: number, to: string, i: number): number | null {
  if (from[at] === to[i]) return at;
  for (let skip = 1; skip <= LOOK_AHEAD && at + skip < from.length; skip++) {
    if (from[at + skip] === to[i] && (i + 1 >= to.length || from[at + skip + 1] === to[i + 1])) return at + skip;
  }
  return null;
}
