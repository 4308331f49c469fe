import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';
import fixture from '../../fixtures/data/tokenizer-cases.json' with { type: 'json' };

const DATA = join(import.meta.dirname, '../../fixtures/data');

/** The files of a fixture tokenizer, with some of them changed (null: left out). */
function filesOf(name: string, changes: Record<string, string | null> = {}): Map<string, Blob> {
  const folder = join(DATA, `tokenizer-${name}`);
  const texts = Object.fromEntries(
    readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8') as string | null]),
  );
  return new Map(
    Object.entries({ ...texts, ...changes }).flatMap(([file, text]) =>
      text === null ? [] : [[file, new Blob([text])] as const],
    ),
  );
}

function configWith(name: string, settings: object): string {
  const text = readFileSync(join(DATA, `tokenizer-${name}/tokenizer_config.json`), 'utf8');
  return JSON.stringify({ ...(JSON.parse(text) as object), ...settings });
}

type Case = [
  text: string,
  pair: string | null,
  maxLength: number | null,
  special: boolean,
  ids: number[],
  types: number[] | null,
];

function check(tokenizer: PreTrainedTokenizer, cases: Case[]): void {
  for (const [text, pair, maxLength, addSpecialTokens, ids, types] of cases) {
    const { truncated, cutIds: _, ...encoding } = tokenizer.encode(text, pair, { maxLength, addSpecialTokens });
    const expected = {
      input_ids: ids,
      attention_mask: ids.map(() => 1),
      ...(types === null ? {} : { token_type_ids: types }),
    };
    expect(encoding, JSON.stringify([text, pair, maxLength, addSpecialTokens])).toEqual(expected);
    const whole = tokenizer.encode(text, pair, { maxLength: null, addSpecialTokens }).input_ids.length;
    expect(truncated).toBe(whole - ids.length);
  }
}

describe.each(['wordpiece', 'bpe'] as const)('PreTrainedTokenizer with %s', (name) => {
  const expected = fixture[name];

  it('gives the ids, types and truncation that transformers gives', async () => {
    const tokenizer = await PreTrainedTokenizer.fromFiles(filesOf(name));
    expect(expected.cases.length).toBeGreaterThan(300);
    check(tokenizer, expected.cases as Case[]);
  });

  it('truncates and pads on the left where the config says so', async () => {
    const config = configWith(name, { truncation_side: 'left', padding_side: 'left' });
    check(
      await PreTrainedTokenizer.fromFiles(filesOf(name, { 'tokenizer_config.json': config })),
      expected.left as Case[],
    );
  });

  it.each(['right', 'left'] as const)('pads on the %s', async (side) => {
    const config = configWith(name, { truncation_side: side, padding_side: side });
    const tokenizer = await PreTrainedTokenizer.fromFiles(filesOf(name, { 'tokenizer_config.json': config }));
    const texts = (expected.cases as Case[])
      .filter(([, , maxLength], i) => maxLength === null && i % 8 === 0)
      .map(([text]) => text)
      .slice(3, 6);
    const padded = tokenizer.pad(
      texts.map((text) => tokenizer.encode(text, null, { maxLength: 14 })),
      { padToMultipleOf: 8 },
    );
    expect(padded).toEqual(expected.padded[side]);
  });

  it('decodes', async () => {
    const tokenizer = await PreTrainedTokenizer.fromFiles(filesOf(name));
    for (const [ids, text] of expected.decoded as [number[], string][]) expect(tokenizer.decode(ids)).toBe(text);
    expect(tokenizer.decode([])).toBe('');
  });

  it('keeps its files unchanged', async () => {
    const { savedFiles } = await PreTrainedTokenizer.fromFiles(
      filesOf(name, { 'config.json': '{"model_type": "bert"}' }),
    );
    expect([...savedFiles.keys()].sort()).toEqual(['tokenizer.json', 'tokenizer_config.json']);
    expect(savedFiles.get('tokenizer.json')).toBe(readFileSync(join(DATA, `tokenizer-${name}/tokenizer.json`), 'utf8'));
  });
});

describe('PreTrainedTokenizer', () => {
  it('tells its settings', async () => {
    const tokenizer = await PreTrainedTokenizer.fromFiles(filesOf('wordpiece'));
    expect(tokenizer).toMatchObject({
      padToken: '[PAD]',
      padTokenId: 0,
      padTokenTypeId: 0,
      paddingSide: 'right',
      truncationSide: 'right',
      modelMaxLength: 64,
      modelInputNames: ['input_ids', 'token_type_ids', 'attention_mask'],
    });
    expect(tokenizer.vocabSize).toBeGreaterThan(200);
    expect(tokenizer.tokens([2, 3, 99999])).toEqual(['[CLS]', '[SEP]', '?']);
  });

  it('reads a special token written as an object, and no limit written as 1e30', async () => {
    const config = configWith('wordpiece', { pad_token: { content: '[MASK]', lstrip: false }, model_max_length: 1e30 });
    const tokenizer = await PreTrainedTokenizer.fromFiles(filesOf('wordpiece', { 'tokenizer_config.json': config }));
    expect(tokenizer).toMatchObject({ padTokenId: 4, modelMaxLength: Infinity });
  });

  it('obeys model_input_names', async () => {
    const config = configWith('wordpiece', { model_input_names: ['input_ids', 'attention_mask'] });
    const tokenizer = await PreTrainedTokenizer.fromFiles(filesOf('wordpiece', { 'tokenizer_config.json': config }));
    expect(tokenizer.encode('the', null, { maxLength: null })).not.toHaveProperty('token_type_ids');
  });

  it('builds a BERT tokenizer from vocab.txt alone', async () => {
    const { model } = JSON.parse(readFileSync(join(DATA, 'tokenizer-wordpiece/tokenizer.json'), 'utf8')) as {
      model: { vocab: Record<string, number> };
    };
    const vocab = Object.entries(model.vocab)
      .sort(([, a], [, b]) => a - b)
      .map(([token]) => `${token}\n`)
      .join('');
    const tokenizer = await PreTrainedTokenizer.fromFiles(
      filesOf('wordpiece', { 'tokenizer.json': null, 'vocab.txt': vocab }),
    );
    check(tokenizer, fixture.wordpiece.cases as Case[]);
  });

  it('obeys do_lower_case of a BERT tokenizer', async () => {
    const config = configWith('wordpiece', { do_lower_case: false });
    const tokenizer = await PreTrainedTokenizer.fromFiles(filesOf('wordpiece', { 'tokenizer_config.json': config }));
    expect(tokenizer.encode('THE the', null, { maxLength: null }).input_ids).not.toEqual(
      tokenizer.encode('the the', null, { maxLength: null }).input_ids,
    );
  });

  it('refuses a maximum length below the special tokens', async () => {
    const tokenizer = await PreTrainedTokenizer.fromFiles(filesOf('wordpiece'));
    expect(() => tokenizer.encode('the', 'ferry', { maxLength: 2 })).toThrow(
      /2 tokens leaves no room: the special tokens alone are 3/,
    );
  });

  it('refuses to pad without a padding token', async () => {
    const config = configWith('bpe', { pad_token: null });
    const tokenizer = await PreTrainedTokenizer.fromFiles(filesOf('bpe', { 'tokenizer_config.json': config }));
    expect(() => tokenizer.pad([tokenizer.encode('the', null, { maxLength: null })])).toThrow(/no padding token/);
  });

  it.each<[string, Record<string, string | null>, RegExp]>([
    ['no tokenizer', { 'tokenizer.json': null }, /no tokenizer\.json\. Only tokenizer_config\.json is there/],
    ['JSON that is cut off', { 'tokenizer.json': '{"model": {' }, /tokenizer\.json is not valid JSON/],
    ['a file without a model', { 'tokenizer.json': '{"added_tokens": []}' }, /no model with a vocabulary/],
    [
      'a lacking special token',
      { 'tokenizer_config.json': configWith('wordpiece', { cls_token: '[START]' }) },
      /lacks the special token \[START\]/,
    ],
  ])('refuses %s', async (_, changes, message) => {
    const failure = PreTrainedTokenizer.fromFiles(filesOf('wordpiece', changes));
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ code: 'E-TOKENIZER', hint: expect.any(String) });
  });

  it('refuses kinds it does not know', async () => {
    const json = JSON.parse(readFileSync(join(DATA, 'tokenizer-bpe/tokenizer.json'), 'utf8')) as object;
    const strange = { ...json, post_processor: { type: 'Novel' } };
    await expect(
      PreTrainedTokenizer.fromFiles(filesOf('bpe', { 'tokenizer.json': JSON.stringify(strange) })),
    ).rejects.toThrow(/post_processor of type Novel/);
    const odd = { ...json, pre_tokenizer: { type: 'Novel' } };
    await expect(
      PreTrainedTokenizer.fromFiles(filesOf('bpe', { 'tokenizer.json': JSON.stringify(odd) })),
    ).rejects.toMatchObject({ code: 'E-TOKENIZER' });
  });
});
