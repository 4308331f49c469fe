// An operation of the engine: a name, a reference in plain tfjs operations that runs on every backend, optionally
// kernels for our WebGPU backend, and a gradient. Callers see one function and never know which face ran.

import type { NamedAttrMap, NamedTensorMap, Tensor, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { BACKEND_NAMES } from './backend-names.ts';
import { type AtelierBackend, isAtelierBackend } from './webgpu-backend.ts';

export type Tensors<Name extends string> = Readonly<Record<Name, Tensor>>;

export interface GradientSpec<Input extends string, Attrs> {
  readonly inputsToSave: readonly Input[];
  /** One flag per output. */
  readonly outputsToSave: readonly boolean[];
  /**
   * From the gradients of the outputs, the saved inputs (by name) and the saved outputs (in order) to a thunk per
   * differentiable input; undefined for a gradient that was added up in place. Absent inputs (optional ones) are left
   * out.
   */
  readonly grad: (
    dys: readonly Tensor[],
    saved: Partial<Tensors<Input>>,
    outputs: readonly Tensor[],
    attrs: Attrs,
  ) => Partial<Record<Input, () => Tensor | undefined>>;
}

export interface OperationSpec<Input extends string, Attrs> {
  readonly name: string;
  /** The definition: plain tfjs operations, any backend. */
  readonly reference: (inputs: Tensors<Input>, attrs: Attrs) => Tensor[];
  /** The same on our backend. Without it the reference runs there too. */
  readonly webgpu?: (backend: AtelierBackend, inputs: Tensors<Input>, attrs: Attrs) => TensorInfo[];
  readonly gradient?: GradientSpec<Input, Attrs>;
}

export type Operation<Input extends string, Attrs> = (inputs: Partial<Tensors<Input>>, attrs: Attrs) => Tensor[];

export function defineOperation<Input extends string, Attrs extends object>(
  spec: OperationSpec<Input, Attrs>,
): Operation<Input, Attrs> {
  const runReference = (inputs: unknown, attrs: Attrs): Tensor[] =>
    tf.tidy(() => spec.reference(inputs as Tensors<Input>, attrs));
  for (const backendName of BACKEND_NAMES) {
    tf.registerKernel({
      kernelName: spec.name,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) =>
        spec.webgpu && isAtelierBackend(backend)
          ? spec.webgpu(backend, inputs as Tensors<Input>, attrs as unknown as Attrs)
          : runReference(inputs, attrs as unknown as Attrs),
    });
  }
  if (spec.gradient) registerGradient(spec.name, spec.gradient);
  return (inputs, attrs) => {
    const result = tf.engine().runKernel(spec.name, inputs as NamedTensorMap, attrs as unknown as NamedAttrMap);
    return Array.isArray(result) ? (result as Tensor[]) : [result as unknown as Tensor];
  };
}

function registerGradient<Input extends string, Attrs>(name: string, spec: GradientSpec<Input, Attrs>): void {
  tf.registerGradient({
    kernelName: name,
    inputsToSave: [...spec.inputsToSave],
    outputsToSave: [...spec.outputsToSave],
    gradFunc: (dy, saved, attrs) => {
      const outputs = saved.slice(saved.length - spec.outputsToSave.filter(Boolean).length);
      const present = spec.inputsToSave.slice(0, saved.length - outputs.length);
      const named = Object.fromEntries(present.map((input, i) => [input, saved[i]])) as Partial<Tensors<Input>>;
      const thunks = spec.grad(Array.isArray(dy) ? dy : [dy], named, outputs, attrs as unknown as Attrs);
      // tfjs knows nothing of gradients added up in place; only our own backward pass asks for them.
      return thunks as Record<string, () => Tensor>;
    },
  });
}
