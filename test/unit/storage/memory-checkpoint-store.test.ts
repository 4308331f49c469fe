import { expect, it } from 'vitest';
import { MemoryCheckpointStore } from '#storage/memory-checkpoint-store.ts';
import { checkpointWrite, describeCheckpointStore } from './checkpoint-store-conformance.ts';

describeCheckpointStore('MemoryCheckpointStore', async () => new MemoryCheckpointStore());

it('dates checkpoints by its clock', async () => {
  expect((await new MemoryCheckpointStore(() => 1234).save(checkpointWrite(1))).savedAt).toBe(1234);
});
