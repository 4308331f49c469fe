// From English to the language of the page. `t` translates what the page itself says; `translate` what reaches it as an
// English sentence: errors, warnings, notices, explanations of arguments.

import { templateOf } from '#util/msg.ts';

/** English templates (`util/msg.ts`) and what they are in another language, with the same `{0}`, `{1}` …. */
export type Catalogue = Readonly<Record<string, string>>;

interface Pattern {
  readonly match: RegExp;
  readonly template: string;
}

let catalogue: Catalogue = {};
let patterns: readonly Pattern[] | null = null;

/** From here on texts are read from this catalogue; an empty one leaves them in English. */
export function setCatalogue(next: Catalogue): void {
  catalogue = next;
  patterns = null;
}

/** A text of the page, in its language. */
export function t(parts: TemplateStringsArray, ...values: readonly unknown[]): string {
  const template = templateOf(parts);
  return fill(catalogue[template] ?? template, values);
}

/** An English sentence in the language of the page. What no catalogue has, such as a name, stays as it is. */
export function translate(english: string): string {
  const exact = catalogue[english];
  if (exact !== undefined) return exact;
  patterns ??= patternsOf(catalogue);
  for (const { match, template } of patterns) {
    const found = match.exec(english);
    if (found) return fill(catalogue[template]!, found.slice(1).map(translate));
  }
  return english;
}

const fill = (template: string, values: readonly unknown[]): string =>
  template.replace(/\{(\d+)\}/g, (_, index: string) => String(values[Number(index)] ?? ''));

/** Templates with values, those with the most words of their own first: they are the least likely to match by chance. */
function patternsOf(entries: Catalogue): readonly Pattern[] {
  const own = (template: string): number => template.replace(/\{\d+\}/g, '').length;
  return Object.keys(entries)
    .filter((template) => /\{0\}/.test(template))
    .sort((a, b) => own(b) - own(a))
    .map((template) => ({ match: patternOf(template), template }));
}

const patternOf = (template: string): RegExp =>
  new RegExp(
    `^${template
      .split(/\{\d+\}/)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('([\\s\\S]*?)')}$`,
  );
