// Which saves are pushed to the Hub, under which message, and when: HF's push_to_hub. Uploads go on beside training, one
// after another; one that fails is told and ends nothing.

import type { TrainingArguments } from '#protocol/training-arguments.ts';
import type { CheckpointManifest, StoredCheckpoint } from '#storage/checkpoint-store.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { HubPusher, PushRequest } from './hub-pusher.ts';
import type { TrainerHooks, TrainerOptions } from './trainer-options.ts';
import type { TrainerState } from './trainer-state.ts';

/** Of a Trainer that has nothing to push with: null. */
export function hubPushPolicy({ args, pusher, checkpointStore: store, hooks = {} }: TrainerOptions) {
  if (!pusher || !store) return null;
  return new HubPushPolicy({ args, pusher, hooks, open: ({ runId, checkpointId }) => store.open(runId, checkpointId) });
}

/** The hooks of a run whose saves are pushed. */
export function withPushes(hooks: TrainerHooks, policy: HubPushPolicy): TrainerHooks {
  const { onStored, onStorageFull } = hooks;
  return {
    ...hooks,
    onStored: async (manifest) => {
      await onStored?.(manifest);
      await policy.onStored(manifest);
    },
    ...(onStorageFull && {
      onStorageFull: async (error) => {
        const decision = await onStorageFull(error);
        if (decision === 'skip') policy.forget();
        return decision;
      },
    }),
  };
}

/** Where `checkpoint` keeps the one to resume from. */
const LAST_CHECKPOINT = 'last-checkpoint';

export interface HubPushParts {
  readonly args: Pick<TrainingArguments, 'hubStrategy' | 'hubAlwaysPush' | 'saveStrategy'>;
  readonly pusher: HubPusher;
  readonly open: (manifest: CheckpointManifest) => Promise<StoredCheckpoint>;
  readonly hooks: Pick<TrainerHooks, 'onPushed' | 'onWarning'>;
}

export class HubPushPolicy {
  readonly #parts: HubPushParts;
  /** Message by name of the saves that are being written. */
  readonly #announced = new Map<string, string>();
  #uploads: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(parts: HubPushParts) {
    this.#parts = parts;
  }

  /** Of the save of this step: whether it will be pushed, as soon as it is stored. */
  announceSave({ globalStep, epoch }: Pick<TrainerState, 'globalStep' | 'epoch'>): boolean {
    const { hubStrategy, hubAlwaysPush, saveStrategy } = this.#parts.args;
    const isBusy = this.#announced.size + this.#waiting > 0;
    if (hubStrategy === 'end' || (isBusy && !hubAlwaysPush)) return false;
    const at = saveStrategy === 'steps' ? msg`step ${globalStep}` : msg`epoch ${Math.trunc(epoch)}`;
    this.#announced.set(`checkpoint-${globalStep}`, `Training in progress, ${at}`);
    return true;
  }

  announceFinal(message: string): void {
    this.#announced.set('final', message);
  }

  /** What was announced will not be stored. */
  forget(): void {
    this.#announced.clear();
  }

  /** Begins the push of a save that was announced. Resolves when it was read: rotation may then delete it. */
  async onStored(manifest: CheckpointManifest): Promise<void> {
    const message = this.#announced.get(manifest.name);
    if (message === undefined) return;
    try {
      for (const request of this.#requestsFor(await this.#parts.open(manifest), message)) {
        const upload = await this.#parts.pusher.prepare(request);
        this.#enqueue(request, upload);
      }
    } catch (error) {
      this.#tell(message, error);
    } finally {
      this.#announced.delete(manifest.name);
    }
  }

  /** Waits for what is being pushed. */
  finish(): Promise<void> {
    return this.#uploads;
  }

  #requestsFor(checkpoint: StoredCheckpoint, message: string): PushRequest[] {
    const { hubStrategy } = this.#parts.args;
    const { name } = checkpoint.manifest;
    const model = { checkpoint, message, folder: null };
    if (name === 'final' || hubStrategy === 'every_save') return [model];
    const folder = hubStrategy === 'checkpoint' ? LAST_CHECKPOINT : name;
    return [model, { checkpoint, message: msg`${message}, checkpoint`, folder }];
  }

  #enqueue({ checkpoint, message, folder }: PushRequest, upload: () => Promise<string>): void {
    this.#waiting += 1;
    this.#uploads = this.#uploads.then(async () => {
      try {
        const repo = await upload();
        this.#parts.hooks.onPushed?.({ name: checkpoint.manifest.name, repo, folder });
      } catch (error) {
        this.#tell(message, error);
      } finally {
        this.#waiting -= 1;
      }
    });
  }

  #tell(message: string, error: unknown): void {
    const { onWarning } = this.#parts.hooks;
    const text = error instanceof Error ? error.message : String(error);
    const hint = error instanceof StudioError && error.hint ? ` ${error.hint}` : '';
    onWarning?.(
      msg`"${message}" was not pushed to the Hub: ${text}${hint} It is stored here; the next push tries again.`,
    );
  }
}
