// The whole lines at the beginning of a piece of a file, as text with `\n` line ends; and the way back from a place in
// that text to bytes of the file.

import { decodeUtf8, type Place } from './decode-text.ts';

const [LINE_FEED, CARRIAGE_RETURN] = [10, 13];

export class LineText {
  readonly text: string;
  readonly #bytes: Uint8Array;

  /**
   * @param isLast nothing comes after these bytes, so that the last line needs no end.
   * @throws as `decodeUtf8`.
   */
  constructor(bytes: Uint8Array, isLast: boolean, place: Place) {
    this.#bytes = isLast ? bytes : bytes.subarray(0, wholeLines(bytes));
    const decoded = decodeUtf8(this.#bytes, place);
    this.text = decoded.includes('\r') ? decoded.replace(/\r\n?/g, '\n') : decoded;
  }

  /** Bytes and line ends of the text's first characters, which end with a line. */
  before(characters: number): { readonly bytes: number; readonly lineEnds: number } {
    const lineEnds = countLineEnds(this.text, characters);
    if (characters >= this.text.length) return { bytes: this.#bytes.length, lineEnds };
    let at = 0;
    for (let left = lineEnds; left > 0; at++) {
      const byte = this.#bytes[at];
      if (byte === LINE_FEED || (byte === CARRIAGE_RETURN && this.#bytes[at + 1] !== LINE_FEED)) left--;
    }
    return { bytes: at, lineEnds };
  }
}

/** Bytes up to the last line end. A carriage return at the very end may be half of one. */
function wholeLines(bytes: Uint8Array): number {
  const end = bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length;
  const whole = bytes.subarray(0, end);
  return Math.max(whole.lastIndexOf(LINE_FEED), whole.lastIndexOf(CARRIAGE_RETURN)) + 1;
}

/** Line ends among the first characters. */
export function countLineEnds(source: string, characters = source.length): number {
  let count = 0;
  for (let at = source.indexOf('\n'); at !== -1 && at < characters; at = source.indexOf('\n', at + 1)) count++;
  return count;
}
