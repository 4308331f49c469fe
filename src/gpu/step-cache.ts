// Runs a step again and again: eagerly the first time its key is seen, recorded the second time, replayed from then on.
// What differs between two steps of one key comes in through feeds, and goes out through tensors that outlive the step.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { Recording } from './recording.ts';
import { type AtelierBackend, activeWebGpu } from './webgpu-backend.ts';

export type FeedValues = Int32Array | Float32Array;
/** Gives a tensor, int32 or float32, whose values are a function of the step's source: a replay asks for them anew. */
export type Feed<S> = (values: (source: S) => FeedValues, shape: readonly number[]) => Tensor;

interface RecordedFeed<S> {
  readonly tensor: Tensor;
  readonly values: (source: S) => FeedValues;
}

interface RecordedStep<S> {
  readonly recording: Recording;
  readonly feeds: readonly RecordedFeed<S>[];
  /** Pieces that it is sent in. */
  submits: number;
}

type Known<S> = 'seen' | { readonly refusal: string } | RecordedStep<S>;

/** How a step was run. */
export type StepMode = 'eager' | 'recorded' | 'replayed';

/** A submit should not take longer than this: watchdogs stop those that take seconds, and the page wants its turn. */
const SUBMIT_MS = 100;

const isRecorded = <S>(known: Known<S> | undefined): known is RecordedStep<S> =>
  typeof known === 'object' && 'recording' in known;

export class StepCache<S> {
  readonly #known = new Map<string, Known<S>>();
  readonly #capacity: number;
  readonly #refusals = new Set<string>();

  /** @param capacity steps that are kept, the least recently used one goes first; 0: all run eagerly. Default 32. */
  constructor(capacity = 32) {
    this.#capacity = capacity;
  }

  /**
   * @param key everything about the step that is not in its feeds: shapes, and what the code decides by.
   * @param step must leave nothing behind but what it writes to tensors that exist outside of it.
   */
  run(key: string, source: S, step: (feed: Feed<S>) => void): StepMode {
    const backend = activeWebGpu();
    const known = this.#known.get(key);
    if (isRecorded(known)) {
      this.#keep(key, known);
      replay(backend!, known, source);
      return 'replayed';
    }
    if (!backend || known === undefined || known !== 'seen') {
      const isNew = known === undefined && this.#capacity > 0;
      if (isNew) this.#keep(key, 'seen');
      // The buffers of the first run serve the recorded one too; those of steps that stay eager can be given back.
      if (isNew && backend) backend.runStep(() => runEagerly(source, step));
      else runEagerly(source, step);
      return 'eager';
    }
    const recorded = record(backend, source, step);
    if (isRefused(recorded)) this.#refusals.add(recorded.refusal);
    this.#keep(key, recorded);
    return 'recorded';
  }

  /** Why steps run eagerly though they were seen before; empty when all can be replayed. */
  get refusals(): readonly string[] {
    return [...this.#refusals];
  }

  dispose(): void {
    for (const known of this.#known.values()) release(known);
    this.#known.clear();
  }

  #keep(key: string, known: Known<S>): void {
    this.#known.delete(key);
    this.#known.set(key, known);
    for (const [oldest, entry] of this.#known) {
      if (this.#known.size <= this.#capacity) break;
      release(entry);
      this.#known.delete(oldest);
    }
  }
}

const isRefused = <S>(known: Known<S>): known is { refusal: string } => typeof known === 'object' && 'refusal' in known;

function release<S>(known: Known<S>): void {
  if (isRecorded(known)) for (const { tensor } of known.feeds) tensor.dispose();
}

/** Runs a step once, with feeds that end with it. */
export function runEagerly<S, R>(source: S, step: (feed: Feed<S>) => R): R {
  const made: Tensor[] = [];
  try {
    return step((values, shape) => {
      const given = values(source);
      const tensor = tf.keep(tf.tensor(given, [...shape], given instanceof Int32Array ? 'int32' : 'float32'));
      made.push(tensor);
      return tensor;
    });
  } finally {
    tf.dispose(made);
  }
}

function record<S>(backend: AtelierBackend, source: S, step: (feed: Feed<S>) => void): Known<S> {
  const recording = new Recording();
  const feeds: RecordedFeed<S>[] = [];
  backend.record(recording, () =>
    step((values, shape) => {
      const tensor = makeFeed(backend, values(source), shape);
      feeds.push({ tensor, values });
      return tensor;
    }),
  );
  const known = { recording, feeds, submits: 1 };
  if (recording.refusal === null) return known;
  release(known);
  return { refusal: recording.refusal };
}

function makeFeed(backend: AtelierBackend, values: FeedValues, shape: readonly number[]): Tensor {
  const buffer = backend.createBuffer(Math.max(4, values.byteLength));
  const storage = values instanceof Int32Array ? 'i32' : 'f32';
  const info = backend.makeView(shape, storage, buffer, 0, () => backend.destroyBuffer(buffer));
  // A new buffer: no command waits for its old contents.
  backend.queue.writeBuffer(buffer, 0, values as Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>);
  return tf.keep(tf.engine().makeTensorFromTensorInfo(info));
}

function replay<S>(backend: AtelierBackend, step: RecordedStep<S>, source: S): void {
  backend.flush();
  for (const { tensor, values } of step.feeds) backend.writeValues(tensor, values(source));
  const first = step.submits === 1 && !backend.profiler;
  const started = performance.now();
  backend.dispatches += step.recording.replay(backend.device, step.submits, backend.profiler);
  if (first) void splitByTime(backend, step, started);
}

/** A step that takes long is sent in pieces from now on. */
async function splitByTime<S>(backend: AtelierBackend, step: RecordedStep<S>, started: number): Promise<void> {
  await backend.queue.onSubmittedWorkDone();
  step.submits = Math.max(step.submits, Math.ceil((performance.now() - started) / SUBMIT_MS));
}
