// Every text of the sources that is marked for translation, by its template, and what looks like one and is not marked.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ESTree, parseSync } from 'vite';
import { templateOf } from '#util/msg.ts';

export interface SourceText {
  readonly file: string;
  readonly template: string;
}

export interface SourceTexts {
  readonly marked: readonly SourceText[];
  /** Sentences in plain strings, and letters in plain JSX. */
  readonly unmarked: readonly SourceText[];
}

/** Reads all files below `folder` that `wanted` wants. */
export function sourceTexts(folder: string, wanted: (file: string) => boolean): SourceTexts {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts') && wanted(file));
  const all = files.map((file) => textsOf(file, readFileSync(file, 'utf8')));
  return { marked: all.flatMap(({ marked }) => marked), unmarked: all.flatMap(({ unmarked }) => unmarked) };
}

/** The texts of one file. */
export function textsOf(file: string, source: string): SourceTexts {
  const marked: SourceText[] = [];
  const unmarked: SourceText[] = [];
  visit(parseSync(file, source).program, (node) => {
    if (node.type === 'ImportDeclaration' || isInternal(node)) return false;
    if (node.type === 'TaggedTemplateExpression' && isMark(node)) {
      marked.push({ file, template: templateOfQuasi(node.quasi) });
      visit(node.quasi.expressions, (inner) => collect(inner, file, marked, unmarked));
      return false;
    }
    return collect(node, file, marked, unmarked);
  });
  return { marked, unmarked };
}

type Node = ESTree.Node;

/** False: nothing below the node counts. */
function collect(node: Node, file: string, marked: SourceText[], unmarked: SourceText[]): boolean {
  if (node.type === 'TaggedTemplateExpression' && isMark(node)) {
    marked.push({ file, template: templateOfQuasi(node.quasi) });
    return true;
  }
  if (node.type === 'CallExpression' && isPlural(node)) marked.push(...pluralForms(node, file));
  const plain = plainText(node);
  if (plain !== null && (isSentence(plain) || node.type === 'JSXText')) unmarked.push({ file, template: plain });
  return true;
}

/** Alike in every language. */
const NAMES = /^(Atelier|transformers)$/;

/** Strings, templates and text between tags; null for everything else. */
function plainText(node: Node): string | null {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type === 'TemplateLiteral') return templateOfQuasi(node);
  if (node.type !== 'JSXText' || NAMES.test(node.value.trim()) || !/[A-Za-z]{2}/.test(node.value)) return null;
  return node.value.trim();
}

/** Begins as a sentence, has several words and ends as one. */
const isSentence = (text: string): boolean => /^["{A-Z(]/.test(text) && /[a-z]{2,} .*[.?!]$/s.test(text);

const isMark = ({ tag }: ESTree.TaggedTemplateExpression): boolean =>
  tag.type === 'Identifier' && (tag.name === 'msg' || tag.name === 't');

const isPlural = ({ callee }: ESTree.CallExpression): boolean =>
  callee.type === 'Identifier' && callee.name === 'plural';

/** `plural(count, 'row')` says "{0} row" or "{0} rows". */
function pluralForms({ arguments: given }: ESTree.CallExpression, file: string): SourceText[] {
  const words = given.flatMap((node) =>
    node.type === 'Literal' && typeof node.value === 'string' ? [node.value] : [],
  );
  const [one, many = `${one}s`] = words;
  return one === undefined ? [] : [one, many].map((word) => ({ file, template: `{0} ${word}` }));
}

/** `new Error(…)` and `console.warn(…)` tell of a fault in the program, to whoever mends it. */
const isInternal = (node: Node): boolean =>
  (node.type === 'NewExpression' && node.callee.type === 'Identifier' && node.callee.name === 'Error') ||
  (node.type === 'CallExpression' &&
    node.callee.type === 'MemberExpression' &&
    node.callee.object.type === 'Identifier' &&
    node.callee.object.name === 'console');

const templateOfQuasi = ({ quasis }: ESTree.TemplateLiteral): string =>
  templateOf(quasis.map(({ value }) => value.cooked ?? ''));

function visit(value: unknown, enter: (node: Node) => boolean): void {
  if (typeof value !== 'object' || value === null) return;
  if ('type' in value && typeof value.type === 'string' && !enter(value as Node)) return;
  for (const inner of Object.values(value)) visit(inner, enter);
}
