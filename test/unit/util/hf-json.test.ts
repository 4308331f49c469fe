import { describe, expect, it } from 'vitest';
import { formatNumber, parseHfJson, stringifyHfJson, withFloats } from '#util/hf-json.ts';
import fixture from '../../fixtures/data/hf-json.json' with { type: 'json' };

describe('stringifyHfJson', () => {
  it('writes what json.dumps writes', () => {
    expect(stringifyHfJson(JSON.parse(fixture.value))).toBe(fixture.text);
  });

  it('spells floats as Python does', () => {
    expect(fixture.floats.map(([value]) => formatNumber(value as number))).toEqual(
      fixture.floats.map(([, text]) => text),
    );
  });

  it('leaves undefined members out and writes non-finite numbers bare', () => {
    expect(stringifyHfJson({ b: undefined, a: [Number.NaN, Infinity, -Infinity, -0] })).toBe(
      '{\n  "a": [\n    NaN,\n    Infinity,\n    -Infinity,\n    -0.0\n  ]\n}\n',
    );
  });
});

describe('parseHfJson', () => {
  it('reads bare NaN and infinities, but not inside strings', () => {
    const text = '{"a": NaN, "b": [Infinity, -Infinity, 1e-05], "c": "NaN and \\"Infinity", "not-a-number": "NaN"}';
    expect(parseHfJson(text, 'x.json')).toEqual({
      a: Number.NaN,
      b: [Infinity, -Infinity, 1e-5],
      c: 'NaN and "Infinity',
      'not-a-number': 'NaN',
    });
  });

  it('keeps whole floats apart from integers, also in a copy', () => {
    const text = '{\n  "a": 2.0,\n  "b": [\n    -0.0,\n    1,\n    10000.0\n  ],\n  "c": 2,\n  "d": "3.0"\n}\n';
    const read = parseHfJson(text, 'x.json') as Record<string, unknown>;
    expect([read['a'], read['b'], read['c']]).toEqual([2, [-0, 1, 10_000], 2]);
    expect(stringifyHfJson(read)).toBe(text);
    expect(stringifyHfJson({ ...read, b: 1, c: 0.5 })).toBe(
      '{\n  "a": 2.0,\n  "b": 1,\n  "c": 0.5,\n  "d": "3.0"\n}\n',
    );
  });

  it('writes whole numbers as floats where it is told to', () => {
    const copy = withFloats({ a: 2, b: 2, c: 0.5, d: Number.NaN, e: 1e22 }, ['a', 'c', 'd', 'e', 'absent']);
    expect(stringifyHfJson(copy)).toBe('{\n  "a": 2.0,\n  "b": 2,\n  "c": 0.5,\n  "d": NaN,\n  "e": 1e+22\n}\n');
  });

  it('names the file it can not read', () => {
    expect(() => parseHfJson('{"a": }', 'config.json')).toThrow(/config\.json is not valid JSON/);
    expect(() => parseHfJson('{', 'tokenizer.json', 'E-TOKENIZER')).toThrow(
      expect.objectContaining({ code: 'E-TOKENIZER' }),
    );
  });
});
