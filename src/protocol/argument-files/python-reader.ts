// Reads Python literals out of source text: strings, numbers, True, False, None, lists, tuples, dicts. Nothing is ever
// run; whatever is no literal is skipped over and reported by the caller. Called by `python-arguments.ts`.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

/** Lists within lists; more than anybody writes. */
const MAX_DEPTH = 50;
const NUMBER = /(?:0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][-+]?\d[\d_]*)?)/y;
const NAME = /[A-Za-z_]\w*/y;
const STRING_START = /([A-Za-z]{0,2})('''|"""|'|")/y;
const CONSTANTS: ReadonlyMap<string, unknown> = new Map([
  ['True', true],
  ['False', false],
  ['None', null],
]);
const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** What stands here is Python, but not a literal. */
class NotLiteral extends Error {}

export class PythonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text.replaceAll('\r\n', '\n');
  }

  get done(): boolean {
    this.skipBlank();
    return this.#at >= this.#text.length;
  }

  /** Counted from 1. */
  get line(): number {
    return this.#text.slice(0, this.#at).split('\n').length;
  }

  fault(message: string): StudioError {
    return new StudioError('E-ARGS', message, {
      where: msg`line ${this.line}`,
      hint: msg`Correct the Python source, or write the arguments as JSON.`,
    });
  }

  /** Spaces, new lines, comments and joined lines. */
  skipBlank(): void {
    this.#match(/(?:\s|\\\n|#[^\n]*)*/y);
  }

  /** Whether `symbol` comes next; it is taken then. */
  take(symbol: string): boolean {
    this.skipBlank();
    if (!this.#text.startsWith(symbol, this.#at)) return false;
    this.#at += symbol.length;
    return true;
  }

  /** A name that is followed by a single `=`; null, and nothing taken, when there is none. */
  takeKeyword(): string | null {
    this.skipBlank();
    const start = this.#at;
    const name = this.#match(NAME);
    if (name !== null && this.take('=') && !this.#text.startsWith('=', this.#at)) return name;
    this.#at = start;
    return null;
  }

  /** Moves behind the opening bracket of the first call of a name that `wanted` fits. @returns whether there is one. */
  findCall(wanted: RegExp): boolean {
    let before = '';
    while (!this.done) {
      if (this.#skipString()) continue;
      const name = this.#match(NAME);
      if (name === null) this.#at += 1;
      else if (wanted.test(name) && before !== 'class' && before !== 'def' && this.take('(')) return true;
      before = name ?? before;
    }
    return false;
  }

  /** The literal that stands here. `NotLiteral` inside of it gives null, and the place behind the whole expression. */
  value(): { readonly value: unknown } | { readonly expression: string } {
    this.skipBlank();
    const start = this.#at;
    try {
      const value = this.#literal(0);
      this.skipBlank();
      if (this.#at >= this.#text.length || /[,)\]}]/.test(this.#text[this.#at]!)) return { value };
    } catch (thrown) {
      if (!(thrown instanceof NotLiteral)) throw thrown;
    }
    this.#at = start;
    this.#skipExpression();
    return { expression: this.#text.slice(start, this.#at).trim() };
  }

  #literal(depth: number): unknown {
    if (depth > MAX_DEPTH) throw this.fault(msg`The values are nested more than ${MAX_DEPTH} deep.`);
    this.skipBlank();
    const text = this.#strings();
    if (text !== null) return text;
    if (this.take('[')) return this.#elements(']', depth).items;
    if (this.take('(')) {
      const { items, comma } = this.#elements(')', depth);
      return items.length === 1 && !comma ? items[0] : items;
    }
    if (this.take('{')) return this.#dict(depth);
    return this.#numberOrConstant();
  }

  #numberOrConstant(): unknown {
    const sign = this.take('-') ? -1 : this.take('+') ? 1 : null;
    this.skipBlank();
    const digits = this.#match(NUMBER);
    if (digits !== null) return (sign ?? 1) * Number(digits.replaceAll('_', ''));
    const name = sign === null ? this.#match(NAME) : null;
    if (name === null || !CONSTANTS.has(name)) throw new NotLiteral();
    return CONSTANTS.get(name);
  }

  #elements(end: string, depth: number): { items: unknown[]; comma: boolean } {
    const items: unknown[] = [];
    let comma = false;
    while (!this.take(end)) {
      if (items.length > 0 && !comma) throw new NotLiteral();
      items.push(this.#literal(depth + 1));
      comma = this.take(',');
    }
    return { items, comma };
  }

  #dict(depth: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    let comma = true;
    while (!this.take('}')) {
      if (!comma) throw new NotLiteral();
      const key = this.#literal(depth + 1);
      if (!this.take(':') || (typeof key !== 'string' && typeof key !== 'number')) throw new NotLiteral();
      entries.push([String(key), this.#literal(depth + 1)]);
      comma = this.take(',');
    }
    return Object.fromEntries(entries);
  }

  /** One string, or several side by side, which Python joins. */
  #strings(): string | null {
    let joined: string | null = null;
    for (;;) {
      this.skipBlank();
      const start = this.#at;
      const quote = this.#stringStart();
      if (!quote) return joined;
      if (/[^ru]/i.test(quote.prefix)) {
        this.#at = start;
        throw new NotLiteral();
      }
      joined = (joined ?? '') + this.#stringBody(quote.quote, /r/i.test(quote.prefix));
    }
  }

  #stringStart(): { prefix: string; quote: string } | null {
    STRING_START.lastIndex = this.#at;
    const found = STRING_START.exec(this.#text);
    if (!found) return null;
    this.#at += found[0].length;
    return { prefix: found[1]!, quote: found[2]! };
  }

  /** Up to and with the closing quote. */
  #stringBody(quote: string, raw: boolean): string {
    let value = '';
    for (;;) {
      if (this.#text.startsWith(quote, this.#at)) {
        this.#at += quote.length;
        return value;
      }
      const character = this.#text[this.#at];
      if (character === undefined || (character === '\n' && quote.length === 1))
        throw this.fault(msg`A string is not closed.`);
      this.#at += 1;
      value += character === '\\' ? this.#escape(raw) : character;
    }
  }

  /** What a backslash and what follows it stand for. */
  #escape(raw: boolean): string {
    const next = this.#text[this.#at] ?? '';
    if (raw) {
      this.#at += next.length;
      return `\\${next}`;
    }
    const hex = this.#match(/x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}/y);
    const code = hex === null ? null : Number.parseInt(hex.slice(1), 16);
    if (code !== null && code <= 0x10ffff) return String.fromCodePoint(code);
    const octal = this.#match(/[0-7]{1,3}/y);
    if (octal !== null) return String.fromCodePoint(Number.parseInt(octal, 8));
    if (/[xuUN]/.test(next) || hex !== null) throw this.fault(msg`The escape \\${next} in a string can not be read.`);
    this.#at += next.length;
    // Python keeps the backslash of an escape that it does not know.
    return Object.hasOwn(ESCAPES, next) ? ESCAPES[next]! : `\\${next}`;
  }

  /** Skips a string of any kind; one that is not closed ends with its line. */
  #skipString(): boolean {
    const quote = this.#stringStart();
    if (!quote) return false;
    const body = quote.quote.length === 3 ? `[\\s\\S]*?${quote.quote}` : `(?:[^\\\\\\n${quote.quote}]|\\\\[\\s\\S])*.?`;
    if (this.#match(new RegExp(body, 'y')) === null) this.#at = this.#text.length;
    return true;
  }

  /** To the comma or bracket that ends an expression. */
  #skipExpression(): void {
    let open = 0;
    for (;;) {
      this.skipBlank();
      const character = this.#text[this.#at];
      if (character === undefined || (open === 0 && /[,)\]}]/.test(character))) return;
      if (this.#match(NAME) !== null && !/['"]/.test(this.#text[this.#at] ?? '')) continue;
      if (this.#skipString()) continue;
      if (/[([{]/.test(character)) open += 1;
      else if (/[)\]}]/.test(character)) open -= 1;
      this.#at += 1;
    }
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (!found) return null;
    this.#at += found[0].length;
    return found[0];
  }
}
