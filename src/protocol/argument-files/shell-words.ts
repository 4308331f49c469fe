// Splits a shell command into words as a POSIX shell does: quotes, backslashes, joined lines, comments. Nothing is
// expanded. Called by `command-line-arguments.ts`.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

export interface ShellWord {
  readonly text: string;
  /** It holds a `$` or a backquote that a shell would replace. */
  readonly expands: boolean;
}

const BLANK = /(?:\s|\\\r?\n)+/y;
const COMMENT = /#[^\n]*/y;
const PLAIN = /(?:[^\s'"\\;|&<>]|\\[^\n])+/y;
const SINGLE = /'[^']*'/y;
const DOUBLE = /"(?:[^"\\]|\\[\s\S])*"/y;

/**
 * The words of each command: commands end at `;`, `|`, `&`, `<` or `>`. A new line does not end one: people paste
 * options line by line. @throws StudioError E-ARGS for a quote that is not closed.
 */
export function splitCommands(source: string): ShellWord[][] {
  const commands: ShellWord[][] = [[]];
  let at = 0;
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(source)?.[0] ?? null;
    at += found?.length ?? 0;
    return found;
  };
  while (at < source.length) {
    if (match(BLANK) !== null || match(COMMENT) !== null) continue;
    const word = takeWord(match);
    if (word) {
      commands.at(-1)!.push(word);
      continue;
    }
    if (/['"]/.test(source[at]!)) throw notClosed(source, at);
    at += 1;
    commands.push([]);
  }
  return commands.filter((words) => words.length > 0);
}

/** Pieces without a space between them are one word. */
function takeWord(match: (pattern: RegExp) => string | null): ShellWord | null {
  const pieces: ShellWord[] = [];
  for (;;) {
    const single = match(SINGLE);
    const piece = single ?? match(DOUBLE) ?? match(PLAIN);
    if (piece === null) break;
    pieces.push({ text: unquote(piece), expands: single === null && /(^|[^\\])[$`]/.test(piece) });
  }
  if (pieces.length === 0) return null;
  return { text: pieces.map(({ text }) => text).join(''), expands: pieces.some(({ expands }) => expands) };
}

function unquote(piece: string): string {
  if (piece.startsWith("'")) return piece.slice(1, -1);
  if (piece.startsWith('"')) return piece.slice(1, -1).replace(/\\(["\\$`])|\\\n/g, '$1');
  return piece.replace(/\\(.)/g, '$1');
}

function notClosed(source: string, at: number): StudioError {
  return new StudioError('E-ARGS', msg`A quote is opened and not closed: ${source.slice(at, at + 20).trim()}`, {
    where: msg`line ${source.slice(0, at).split('\n').length}`,
    hint: msg`Close the quote, or take the whole command.`,
  });
}

/** The same text as one word of a shell. */
export function quoteForShell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
