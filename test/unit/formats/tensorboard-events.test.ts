// Event files to the byte. The bytes are those of torch's SummaryWriter (test/fixtures/generate/tensorboard_events.py).

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { logRecords, textRecord, versionRecord } from '#formats/tensorboard-events.ts';
import { fixtureFolder } from '../../setup/fixtures.ts';

interface Fixture {
  readonly wall_time: number;
  readonly texts: Record<string, string>;
  readonly logs: readonly { readonly step: number; readonly entry: Record<string, number> }[];
  readonly bytes: string;
}

const fixture: Fixture = JSON.parse(readFileSync(fixtureFolder('tensorboard-events.json'), 'utf8'));

it("writes HF's log as torch's SummaryWriter does, byte for byte", () => {
  const time = fixture.wall_time;
  const written = Buffer.concat([
    versionRecord(time),
    ...Object.entries(fixture.texts).map(([tag, text]) => textRecord(time, tag, text)),
    ...fixture.logs.map(({ step, entry }) => logRecords(time, entry, step)),
  ]);
  expect(written.toString('hex')).toBe(fixture.bytes);
});

it('leaves out what is no scalar, and the step', () => {
  expect(logRecords(1, { step: 3, eval_confusion_matrix: [[1]] }, 3)).toHaveLength(0);
  expect(logRecords(1, { step: 3, epoch: 1 }, 3)).toEqual(logRecords(1, { epoch: 1 }, 3));
});

it('takes numbers that are not finite, as a float has them', () => {
  const bytes = logRecords(0, { loss: Number.NaN, grad_norm: Number.POSITIVE_INFINITY }, 1);
  expect(Buffer.from(bytes).includes(Buffer.from([0x15, 0, 0, 0xc0, 0x7f]))).toBe(true);
  expect(Buffer.from(bytes).includes(Buffer.from([0x15, 0, 0, 0x80, 0x7f]))).toBe(true);
});
