// JSON as HuggingFace's Python files have it: read with bare NaN and Infinity, written exactly as
// `json.dumps(value, indent=2, sort_keys=True) + "\n"` writes it.

import { type ErrorCode, StudioError } from '#util/studio-error.ts';
import { msg } from './msg.ts';

/** Of an object that was read: members that Python holds as floats though they are whole numbers. Spreading keeps it. */
const WHOLE_FLOATS = Symbol('whole floats');
type Container = Record<string, unknown> & { [WHOLE_FLOATS]?: ReadonlySet<string> };

/** Whoever walks through it must come to an end before the stack does. */
const MAX_DEPTH = 500;

/**
 * Parses JSON in which NaN, Infinity and -Infinity may stand as numbers. Which whole numbers are floats, such as 2.0, is
 * kept for `stringifyHfJson`: transformers refuses an integer where a config has a float.
 * @throws StudioError with `code` when it is not JSON, or nested without end.
 */
export function parseHfJson(text: string, fileName: string, code: ErrorCode = 'E-MODEL-CONFIG'): unknown {
  const mark = unusedMark(text);
  let [depth, deepest] = [0, 0];
  const plain = text.replace(/"(?:[^"\\]|\\.)*"|[[\]{}]|-?Infinity|NaN|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) => {
    if (token === '[' || token === '{') deepest = Math.max(deepest, ++depth);
    if (token === ']' || token === '}') depth -= 1;
    if (token === 'NaN' || isWholeFloat(token)) return `"${mark}${token}"`;
    // A number too large for a double is read as infinity.
    return token.endsWith('Infinity') ? token.replace('Infinity', '1e999') : token;
  });
  try {
    if (deepest > MAX_DEPTH) throw new Error(`it is nested ${deepest} deep`);
    const parsed: unknown = JSON.parse(plain);
    return plain.includes(mark) ? revive(parsed, mark) : parsed;
  } catch (cause) {
    throw new StudioError(
      code,
      msg`${fileName} is not valid JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        where: fileName,
        hint: msg`The file is damaged or was edited by hand. Download or export it again.`,
        cause,
      },
    );
  }
}

const isWholeFloat = (token: string): boolean =>
  token[0] !== '"' && /[.eE]/.test(token) && Number.isSafeInteger(Number(token));

/** A string that does not occur in the text. */
function unusedMark(text: string): string {
  let mark = 'number:';
  while (text.includes(mark)) mark += ':';
  return mark;
}

/** Puts the numbers back that were marked, in place. */
function revive(value: unknown, mark: string): unknown {
  if (typeof value === 'string' && value.startsWith(mark)) return Number(value.slice(mark.length));
  if (typeof value !== 'object' || value === null) return value;
  const container = value as Container;
  const floats = new Set<string>();
  for (const [key, element] of Object.entries(container)) {
    const revived = revive(element, mark);
    if (revived === element) continue;
    container[key] = revived;
    if (Number.isInteger(revived)) floats.add(key);
  }
  // Spreading copies what is enumerable; of a list that is its elements alone.
  if (floats.size > 0)
    Object.defineProperty(container, WHOLE_FLOATS, { value: floats, enumerable: !Array.isArray(container) });
  return container;
}

/** A copy whose members of these names are written as Python writes floats, 2 as 2.0. */
export function withFloats(
  value: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, unknown> {
  return Object.defineProperty({ ...value }, WHOLE_FLOATS, { value: new Set(names), enumerable: true });
}

/**
 * Plain data → JSON text, byte for byte as Python writes the same value, newline at the end included. Whole numbers
 * are written as integers, save where `parseHfJson` read them as floats or `withFloats` says so. Keys whose value is undefined are left out.
 */
export function stringifyHfJson(value: unknown): string {
  return `${format(value, '\n')}\n`;
}

function format(value: unknown, lineStart: string): string {
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'string') return formatString(value);
  if (typeof value === 'boolean' || value === null) return String(value);
  const inner = `${lineStart}  `;
  if (Array.isArray(value)) {
    return enclose(
      '[',
      value.map((element, i) => member(value, String(i), element ?? null, inner)),
      ']',
      lineStart,
    );
  }
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, element]) => element !== undefined);
    entries.sort(([a], [b]) => compareCodePoints(a, b));
    const members = entries.map(([key, element]) => `${formatString(key)}: ${member(value, key, element, inner)}`);
    return enclose('{', members, '}', lineStart);
  }
  throw new StudioError('E-INTERNAL', msg`A ${typeof value} can not be written as JSON.`);
}

function member(container: object, key: string, value: unknown, lineStart: string): string {
  const text = format(value, lineStart);
  const isFloat = (container as Container)[WHOLE_FLOATS]?.has(key) && /^-?\d+$/.test(text);
  return isFloat && typeof value === 'number' ? `${text}.0` : text;
}

function enclose(open: string, members: readonly string[], close: string, lineStart: string): string {
  if (members.length === 0) return open + close;
  return `${open}${lineStart}  ${members.join(`,${lineStart}  `)}${lineStart}${close}`;
}

function formatString(value: string): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A number as Python's `repr` prints it, whole numbers as integers. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (Object.is(value, -0)) return '-0.0';
  if (Number.isSafeInteger(value)) return String(value);
  const [mantissa, exponentText] = value.toExponential().split('e') as [string, string];
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 16) {
    const plain = exponent < 0 ? value.toFixed(decimalsOf(mantissa) - exponent) : String(value);
    return plain.includes('.') ? plain : `${plain}.0`;
  }
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

const decimalsOf = (mantissa: string): number => mantissa.split('.')[1]?.length ?? 0;

/** Python sorts strings by code point, JavaScript by UTF-16 unit. */
export function compareCodePoints(a: string, b: string): number {
  const right = b[Symbol.iterator]();
  for (const character of a) {
    const other = right.next();
    if (other.done) return 1;
    const difference = character.codePointAt(0)! - other.value.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return right.next().done ? 0 : -1;
}
