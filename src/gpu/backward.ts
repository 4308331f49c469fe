// Reverse-mode differentiation over tfjs's tape. Unlike tfjs's own walk it frees saved activations and gradients as it
// goes, lets the gradient of a parameter be added up in place, and lets an operation add its result to a gradient that
// is already there.

import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { copyInto } from './arena.ts';

interface TapeNode {
  readonly kernelName: string;
  readonly inputs: NamedTensorMap;
  readonly outputs: readonly Tensor[];
  readonly saved?: readonly Tensor[];
  readonly gradient?: (dys: (Tensor | null)[]) => Record<string, () => Tensor | undefined>;
}

/** The members of tfjs's engine that keep the tape; private in TypeScript alone (4.22.0, frozen upstream). */
interface EngineInternals {
  readonly state: { activeTape: TapeNode[] | null };
  startTape(): void;
  endTape(): void;
}

/** Where the gradient of a parameter is added up over the backward passes of an update. */
export interface GradientSink {
  /** f32, of the parameter's shape. */
  readonly target: Tensor;
  /** False: the target holds an earlier update's gradient, to be overwritten. */
  started: boolean;
}

/** What the gradient of a parameter is written to. */
export interface GradientTarget {
  readonly tensor: Tensor;
  /** Add to what is there. */
  readonly accumulate: boolean;
}

type Add = (a: Tensor, b: Tensor) => Tensor;

class Walk {
  readonly sinks: ReadonlyMap<object, GradientSink>;
  readonly add: Add;
  /** By id of the tensor that they belong to. */
  readonly gradients = new Map<number, Tensor>();
  readonly taken: Tensor[] = [];
  readonly wanted: ReadonlySet<number>;
  node: TapeNode | null = null;

  constructor(sinks: ReadonlyMap<object, GradientSink>, wanted: ReadonlySet<number>, add: Add) {
    this.sinks = sinks;
    this.wanted = wanted;
    this.add = add;
  }
}

let current: Walk | null = null;

/**
 * For the gradient function of an operation: where the gradient of `parameter` belongs, if it is added up in place. Who
 * asks must write it. Null: return a tensor as usual.
 */
export function gradientTarget(parameter: Tensor): GradientTarget | null {
  const sink = current?.sinks.get(parameter.dataId);
  if (!sink) return null;
  const accumulate = sink.started;
  sink.started = true;
  return { tensor: sink.target, accumulate };
}

/** For the gradient function of an operation: whether anyone asks for the gradient of this input. */
export function isWanted(input: string): boolean {
  const id = current?.node?.inputs[input]?.id;
  return current === null || (id !== undefined && current.wanted.has(id));
}

/** Adds a finished gradient to its sink, and frees it. */
function fill(sink: GradientSink, gradient: Tensor, add: Add): void {
  const sum = sink.started ? add(sink.target, gradient) : null;
  copyInto(sink.target, sum ?? gradient);
  sink.started = true;
  tf.dispose(sum ? [sum, gradient] : [gradient]);
}

/** Puts a finished gradient where it belongs; returns it where that is nowhere in particular. */
export function deliver(gradient: Tensor, target: GradientTarget | null): Tensor | undefined {
  if (!target) return gradient;
  const sum = target.accumulate ? current!.add(target.tensor, gradient) : null;
  copyInto(target.tensor, sum ?? gradient);
  return undefined;
}

/**
 * For the gradient function of an operation: the gradient that other consumers of this input already gave. Who takes it
 * returns the sum.
 */
export function takeGradient(input: string): Tensor | null {
  const id = current?.node?.inputs[input]?.id;
  const gradient = id === undefined ? undefined : current?.gradients.get(id);
  if (!gradient) return null;
  current!.gradients.delete(id!);
  current!.taken.push(gradient);
  return gradient;
}

/**
 * Runs `forward` and walks its tape backwards.
 * @param forward gives a scalar; what it must keep beyond the call it keeps itself.
 * @param dy f32 scalar: gradient of the result.
 * @param parameters whose gradients are wanted, by name.
 * @param sinks by data id of a parameter, or of a copy of it: gradients to be added up in place.
 * @param add sums two gradients of one shape.
 * @returns gradients of the parameters that have no sink; the caller owns them. A parameter that the result does not
 * depend on is missing.
 */
export function backward(
  forward: () => Tensor,
  dy: Tensor,
  parameters: ReadonlyMap<string, Tensor>,
  sinks: ReadonlyMap<object, GradientSink>,
  add: Add,
): Map<string, Tensor> {
  const walk = walkBack(forward, dy, [...parameters.values()], sinks, add);
  const found = new Map<string, Tensor>();
  for (const [name, { id, dataId }] of parameters) {
    const gradient = walk.gradients.get(id);
    const sink = sinks.get(dataId);
    if (!gradient) continue;
    if (sink) fill(sink, gradient, add);
    else found.set(name, gradient);
  }
  return found;
}

/**
 * For an operation whose gradient function runs a part of the forward pass again: walks back through that part too, in
 * the same backward pass. @returns the gradient of x.
 */
export function continueBackward(x: Tensor, forward: (x: Tensor) => Tensor, dy: Tensor): Tensor {
  const outer = current;
  if (!outer) throw new Error('there is no backward pass to continue');
  // A tensor of its own, so that the part is told apart from other uses of x.
  const input = tf.clone(x);
  try {
    const walk = walkBack(() => forward(input), dy, [input], outer.sinks, outer.add);
    return walk.gradients.get(input.id) ?? tf.zerosLike(x);
  } finally {
    input.dispose();
    current = outer;
  }
}

/** Whether gradients of parameters are added up in place in the backward pass under way. */
export const hasGradientSinks = (): boolean => (current?.sinks.size ?? 0) > 0;

function walkBack(
  forward: () => Tensor,
  dy: Tensor,
  sources: readonly Tensor[],
  sinks: ReadonlyMap<object, GradientSink>,
  add: Add,
): Walk {
  const { tape, result } = trace(forward);
  const wanted = reachable(tape, new Set(sources.map(({ id }) => id)), sinks);
  const walk = new Walk(sinks, wanted, add);
  walk.gradients.set(result.id, tf.clone(dy));
  current = walk;
  try {
    for (const node of tape.toReversed()) {
      if (node.outputs.some(({ id }) => walk.gradients.has(id))) stepBack(walk, node);
      tf.dispose([...(node.saved ?? [])]);
    }
  } finally {
    current = null;
    result.dispose();
  }
  return walk;
}

function trace(forward: () => Tensor): { tape: TapeNode[]; result: Tensor } {
  const engine = tf.engine() as unknown as EngineInternals;
  engine.startTape();
  try {
    const result = tf.tidy(forward);
    return { tape: engine.state.activeTape ?? [], result };
  } catch (error) {
    for (const { saved } of engine.state.activeTape ?? []) tf.dispose([...(saved ?? [])]);
    throw error;
  } finally {
    engine.endTape();
    engine.state.activeTape = null;
  }
}

/** Ids of the tensors that depend on a parameter. */
function reachable(
  tape: readonly TapeNode[],
  from: Set<number>,
  sinks: ReadonlyMap<object, GradientSink>,
): ReadonlySet<number> {
  for (const { inputs, outputs } of tape) {
    const depends = Object.values(inputs).some((input) => {
      if (input && sinks.has(input.dataId)) from.add(input.id);
      return input && from.has(input.id);
    });
    if (depends) for (const { id } of outputs) from.add(id);
  }
  return from;
}

function stepBack(walk: Walk, node: TapeNode): void {
  if (!node.gradient) throw new Error(`the operation ${node.kernelName} has no gradient`);
  const inputs = Object.entries(node.inputs).filter(([, input]) => input && walk.wanted.has(input.id));
  const dys = node.outputs.map(({ id }) => walk.gradients.get(id) ?? null);
  walk.node = node;
  const sums = new Map<number, Tensor>();
  tf.tidy(() => {
    const thunks = node.gradient!(dys);
    for (const [name, { id }] of inputs) {
      const dx = thunks[name]?.();
      if (dx === undefined) continue;
      const earlier = sums.get(id) ?? walk.gradients.get(id);
      // A gradient handed on as it is gets a name of its own: the one it came by ends here.
      sums.set(id, earlier ? walk.add(earlier, dx) : dys.includes(dx) ? tf.clone(dx) : dx);
    }
    return [...sums.values()];
  });
  tf.dispose([...node.outputs.map(({ id }) => walk.gradients.get(id)), ...walk.taken.splice(0)].filter(isTensor));
  for (const { id } of node.outputs) walk.gradients.delete(id);
  for (const [id, sum] of sums) {
    walk.gradients.get(id)?.dispose();
    walk.gradients.set(id, sum);
  }
}

const isTensor = (tensor: Tensor | undefined): tensor is Tensor => tensor !== undefined;
