// No text is missing: all that is marked has its Korean, with the same values, and no sentence is left unmarked.

import { describe, expect, test } from 'vitest';
import { ARGUMENT_GROUPS } from '#protocol/argument-spec.ts';
import { ARGUMENT_SPECS } from '#protocol/argument-specs.ts';
import { labelOf } from '../../../../src/ui/features/setup/arguments-model.ts';
import { korean } from '../../../../src/ui/language/ko/index.ts';
import { sourceTexts, textsOf } from '../../../setup/marked-texts.ts';

/** What is never shown on a page: the command line, files written for Python and the Hub, WGSL, the catalogues. */
const NOT_SHOWN = /src\/(headless|kernels|nn)\/|python-export\/|model-card|ui\/language\/|argument-specs?(-\w+)?\.ts$/;

const { marked, unmarked } = sourceTexts('src', (file) => !NOT_SHOWN.test(file));

const aboutArguments = [
  ...ARGUMENT_GROUPS,
  ...ARGUMENT_SPECS.flatMap((spec) => [labelOf(spec), spec.help, spec.reason, spec.unit, spec.unavailableReason]),
].filter((text) => text !== undefined);

/** Nothing to translate: values and signs alone. */
const hasWords = (template: string): boolean => /[A-Za-z]{2}/.test(template.replace(/\{\d+\}/g, ''));

const wanted = new Set([...marked.map(({ template }) => template).filter(hasWords), ...aboutArguments]);

const values = (template: string): string[] => (template.match(/\{\d+\}/g) ?? []).sort();

describe('the Korean catalogue', () => {
  test('has every text', () => {
    expect([...wanted].filter((template) => !Object.hasOwn(korean, template))).toEqual([]);
  });

  test('has no text that nothing says any more', () => {
    expect(Object.keys(korean).filter((template) => !wanted.has(template))).toEqual([]);
  });

  test('has the values of each text, once each', () => {
    const odd = Object.entries(korean).filter(([en, ko]) => values(en).join() !== values(ko).join());
    expect(odd).toEqual([]);
  });

  test('is Korean', () => {
    // What is a name in both languages reads alike; values alone are no language.
    const odd = Object.entries(korean).filter(([en, ko]) => !/[가-힣]/.test(ko) && ko !== en && hasWords(ko));
    expect(odd).toEqual([]);
  });
});

describe('the sources', () => {
  test('mark every sentence that is shown', () => {
    expect(unmarked).toEqual([]);
  });

  test('would be caught with a sentence that is not marked', () => {
    const source =
      "const a = 'The file is empty.'; const b = msg`It has " + '$' + '{n} rows.`; const c = <p>Open it</p>;';
    const found = textsOf('a.tsx', source);
    expect(found.unmarked.map(({ template }) => template)).toEqual(['The file is empty.', 'Open it']);
    expect(found.marked.map(({ template }) => template)).toEqual(['It has {0} rows.']);
  });
});
