// Texts of the page by their template, sentences from elsewhere by matching one.

import { afterEach, describe, expect, test } from 'vitest';
import { setCatalogue, t, translate } from '../../../../src/ui/language/translate.ts';

const catalogue = {
  'The file {0} has {1} rows.': '파일 {0}에 {1}개의 행이 있습니다.',
  'The file {0} can not be read: {1}': '파일 {0}을(를) 읽을 수 없습니다: {1}',
  '{0} rows': '{0}개의 행',
  'it is empty': '비어 있습니다',
  Start: '시작',
};

afterEach(() => setCatalogue({}));

describe('without a catalogue', () => {
  test('texts are English', () => {
    expect(t`The file ${'a.csv'} has ${3} rows.`).toBe('The file a.csv has 3 rows.');
    expect(translate('The file a.csv has 3 rows.')).toBe('The file a.csv has 3 rows.');
  });
});

describe('with a catalogue', () => {
  test('a text of the page is found by its template', () => {
    setCatalogue(catalogue);
    expect(t`Start`).toBe('시작');
    expect(t`The file ${'a.csv'} has ${3} rows.`).toBe('파일 a.csv에 3개의 행이 있습니다.');
  });

  test('a sentence is found by what it matches, and so are the parts of it', () => {
    setCatalogue(catalogue);
    expect(translate('The file a (b).csv has 3 rows.')).toBe('파일 a (b).csv에 3개의 행이 있습니다.');
    expect(translate('The file a.csv can not be read: it is empty')).toBe(
      '파일 a.csv을(를) 읽을 수 없습니다: 비어 있습니다',
    );
  });

  test('the template with more words of its own wins', () => {
    setCatalogue(catalogue);
    expect(translate('The file x has 2 rows.')).not.toContain('{');
    expect(translate('12 rows')).toBe('12개의 행');
  });

  test('what no catalogue has stays as it is', () => {
    setCatalogue(catalogue);
    expect(translate('my-model')).toBe('my-model');
    expect(t`Stop ${1}`).toBe('Stop 1');
  });
});
