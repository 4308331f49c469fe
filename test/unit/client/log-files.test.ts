// The log as files that other programs read.

import { expect, it } from 'vitest';
import { type LogForm, logFile } from '#client/log-files.ts';
import { logRecords, versionRecord } from '#formats/tensorboard-events.ts';

const LOG = [
  { loss: 0.5, grad_norm: Number.POSITIVE_INFINITY, epoch: 0.5, step: 1 },
  { eval_loss: 0.25, eval_confusion_matrix: [[1, 2]], epoch: 1, step: 2 },
];
const NOW = 1764252359250;
const made = (form: LogForm) => logFile(form, LOG, 'my run', NOW);

it('has a column for each value, empty where an entry lacks it', async () => {
  const { name, content } = made('csv');
  expect(name).toBe('my run-log.csv');
  expect(await content.text()).toBe(
    'step,epoch,loss,grad_norm,eval_loss,eval_confusion_matrix\r\n1,0.5,0.5,Infinity,,\r\n2,1,,,0.25,"[[1,2]]"\r\n',
  );
});

it('has an entry a line', async () => {
  const { name, content } = made('jsonl');
  expect(name).toBe('my run-log.jsonl');
  const lines = (await content.text()).split('\n');
  expect(lines.at(-1)).toBe('');
  expect(JSON.parse(lines[1]!)).toEqual(LOG[1]);
  expect(lines).toHaveLength(3);
  expect(JSON.parse(await made('json').content.text())[1]).toEqual(LOG[1]);
});

it('is an event file under a name that TensorBoard looks for', async () => {
  const { name, content } = made('tensorboard');
  expect(name).toBe('events.out.tfevents.1764252359.my-run');
  const expected = [versionRecord(NOW / 1000), ...LOG.map((entry) => logRecords(NOW / 1000, entry, entry.step))];
  expect(Buffer.from(await content.arrayBuffer())).toEqual(Buffer.concat(expected));
});
