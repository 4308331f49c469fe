// Writes checkpoints one after another while training goes on. When storage is full the copy is kept and the person is
// asked; nothing is lost.

import type { CheckpointManifest, CheckpointStore, CheckpointWrite } from '#storage/checkpoint-store.ts';
import { StudioError } from '#util/studio-error.ts';
import type { TensorSnapshot } from './checkpoint-contents.ts';

export interface CheckpointWriterHooks {
  readonly onStored?: (manifest: CheckpointManifest) => void | Promise<void>;
  /** Storage is full: resolves with `retry` once something was deleted, or `skip` to go on without this checkpoint. */
  readonly onStorageFull?: (error: StudioError) => Promise<'retry' | 'skip'>;
}

export class CheckpointWriter {
  readonly #store: CheckpointStore;
  readonly #hooks: CheckpointWriterHooks;
  #writing: Promise<void> = Promise.resolve();
  #blocked = false;

  constructor(store: CheckpointStore, hooks: CheckpointWriterHooks) {
    this.#store = store;
    this.#hooks = hooks;
  }

  /**
   * Waits for the write before, so that one copy of the tensors is there at a time, then writes this one in the background.
   * @param take copies the tensors; it is disposed when it is written.
   * @param onSkipped storage was full, and the person chose to go on without this checkpoint.
   */
  async enqueue(
    take: () => TensorSnapshot,
    write: (tensors: TensorSnapshot) => CheckpointWrite,
    onSkipped: () => void,
  ): Promise<void> {
    await this.flush();
    const tensors = take();
    this.#writing = this.#write(write(tensors), onSkipped).finally(() => tensors.dispose());
    // Reported to whoever waits next; it must not also count as unhandled.
    this.#writing.catch(() => undefined);
  }

  /** Holds the loop while a decision about full storage is pending. @throws what made a write fail. */
  async waitIfBlocked(): Promise<void> {
    if (this.#blocked) await this.flush();
  }

  /** Waits until everything is written. @throws what made a write fail, once: a later run starts afresh. */
  async flush(): Promise<void> {
    try {
      await this.#writing;
    } catch (error) {
      this.#writing = Promise.resolve();
      this.#blocked = false;
      throw error;
    }
  }

  async #write(write: CheckpointWrite, onSkipped: () => void): Promise<void> {
    for (;;) {
      try {
        const manifest = await this.#store.save(write);
        await this.#hooks.onStored?.(manifest);
        return;
      } catch (error) {
        if (!(error instanceof StudioError) || error.code !== 'E-STORAGE-FULL' || !this.#hooks.onStorageFull)
          throw error;
        this.#blocked = true;
        const decision = await this.#hooks.onStorageFull(error);
        this.#blocked = false;
        if (decision === 'skip') {
          onSkipped();
          return;
        }
      }
    }
  }
}
