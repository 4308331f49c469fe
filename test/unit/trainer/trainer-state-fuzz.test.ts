// trainer_state.json as HF wrote it comes back byte for byte; one that somebody or something has changed is read, or refused
// with a StudioError.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EarlyStoppingCallback } from '#trainer/callbacks/early-stopping-callback.ts';
import { fromTrainerStateJson, pointAt, toTrainerStateJson } from '#trainer/trainer-state.ts';
import { parseHfJson, stringifyHfJson } from '#util/hf-json.ts';
import { Mt19937 } from '#util/mt19937.ts';
import { StudioError } from '#util/studio-error.ts';
import { fixtureFolder } from '../../setup/fixtures.ts';

type Json = Record<string, unknown>;

const folder = fixtureFolder('trajectories');
const CASES = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

/** The file as HF writes it. */
function fileOf(name: string): string {
  const { state } = parseHfJson(readFileSync(join(folder, name, 'expected.json'), 'utf8'), name) as { state: Json };
  return stringifyHfJson(state);
}

const read = (text: string) => fromTrainerStateJson(parseHfJson(text, 'trainer_state.json', 'E-CHECKPOINT'));

it.each(CASES)("HF's file of %s comes back byte for byte", (name) => {
  const text = fileOf(name);
  expect(stringifyHfJson(toTrainerStateJson(read(text)))).toBe(text);
});

/** Reads the file and does with it what a resumed run does. */
function outcome(text: string): 'read' | 'refused' {
  try {
    const state = read(text);
    for (const saved of Object.values(state.statefulCallbacks).flat()) new EarlyStoppingCallback().restoreState(saved);
    pointAt(state, state.globalStep);
    const again = stringifyHfJson(toTrainerStateJson(state));
    expect(stringifyHfJson(toTrainerStateJson(read(again)))).toBe(again);
    return 'read';
  } catch (thrown) {
    if (!(thrown instanceof StudioError)) throw thrown;
    expect(thrown.code).toBe('E-CHECKPOINT');
    return 'refused';
  }
}

const JUNK = (
  'null true NaN Infinity -Infinity 1e999 -0.0 1e22 123456789012345678901234567890 "" "text" [] {} [null] {"step":1} ' +
  '[{"step":"1"}] [[[[]]]] {"__proto__":{"step":1}}'
).split(' ');

describe('a changed file', () => {
  it('with other values, without some, or with more of them', () => {
    const random = new Mt19937(9);
    const below = (n: number): number => random.nextUint32() % n;
    const outcomes = { read: 0, refused: 0 };
    for (let trial = 0; trial < 600; trial++) {
      const text = fileOf(CASES[trial % CASES.length]!);
      const junk = JUNK[below(JUNK.length)]!;
      const members = [...text.matchAll(/"(\w+)": (-?[\d.]+|null|true|false|"[^"]*"|\[|\{)/g)];
      const member = members[below(members.length)]!;
      const [all, key, value] = member as unknown as [string, string, string];
      // A list or dict is replaced by a member of the same name that comes after it.
      const changed =
        value === '[' || value === '{'
          ? text.replace(/\n\}\n$/, `,\n  "${key}": ${junk}\n}\n`)
          : text.slice(0, member.index) +
            [`"${key}": ${junk}`, `"other_${key}": ${value}`, `${all}, "new": ${junk}`][below(3)]! +
            text.slice(member.index + all.length);
      outcomes[outcome(changed)] += 1;
    }
    expect(outcomes.read).toBeGreaterThan(300);
    expect(outcomes.refused).toBeGreaterThan(0);
  });

  it('with damaged characters, or cut off', () => {
    const random = new Mt19937(10);
    const text = fileOf('three-sets-stopped');
    let refused = 0;
    for (let trial = 0; trial < 300; trial++) {
      const at = random.nextUint32() % text.length;
      const character = String.fromCharCode(random.nextUint32() % 128);
      const changed = trial % 3 ? text.slice(0, at) + character + text.slice(at + 1) : text.slice(0, at);
      if (outcome(changed) === 'refused') refused += 1;
    }
    expect(refused).toBeGreaterThan(150);
  });

  const nested = '['.repeat(200_000) + ']'.repeat(200_000);
  it.each([
    ['no object', 'null'],
    ['a list', '[]'],
    ['nested without end', nested],
    ['a log nested without end', `{"log_history": [{"step": 1, "epoch": 1.0, "x": ${nested}}]}`],
    ['a log that is a text', '{"log_history": "log"}'],
    ['an entry that is a list', '{"log_history": [[1]]}'],
    ['an entry without a step', '{"log_history": [{"loss": 1.0}]}'],
  ])('%s is refused', (_, text) => {
    expect(outcome(text)).toBe('refused');
  });

  it('callbacks that are no states are left out', () => {
    const states = '{"A": [], "B": null, "C": {"args": {}, "attributes": []}, "D": {"args": {}, "attributes": {}}}';
    const { statefulCallbacks } = read(`{"stateful_callbacks": ${states}}`);
    expect(statefulCallbacks).toEqual({ D: { args: {}, attributes: {} } });
    expect(read('{"stateful_callbacks": "none"}').statefulCallbacks).toEqual({});
  });

  it('numbers that JSON does not know are read and written back', () => {
    const text =
      '{"best_metric": -Infinity, "log_history": [{"epoch": 1.0, "loss": NaN, "grad_norm": Infinity, "step": 2}]}';
    const state = read(text);
    expect(state.bestMetric).toBe(Number.NEGATIVE_INFINITY);
    expect(state.logHistory).toEqual([{ epoch: 1, loss: Number.NaN, grad_norm: Number.POSITIVE_INFINITY, step: 2 }]);
    expect(stringifyHfJson(toTrainerStateJson(state))).toContain('"best_metric": -Infinity');
  });
});
