// What goes wrong on the device is thrown by the next read-back, and by every one after it: each test has an engine of
// its own.

import * as tf from '@tensorflow/tfjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { defineKernel } from '#gpu/define-kernel.ts';
import { initializeEngine } from '#gpu/initialize.ts';
import { readTensor } from '#gpu/read-back.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import { startEngine } from '../setup/dawn.ts';

let backend: AtelierBackend;

beforeEach(async () => {
  await startEngine();
  tf.removeBackend('atelier');
  backend = (await initializeEngine('atelier')).webgpu!;
});

const x = () => tf.tensor1d([1, 2, 3, 4]);
const MAIN = '@compute @workgroup_size(WORKGROUP_SIZE)\nfn main(@builtin(global_invocation_id) id: vec3<u32>) {';

describe('a device error', () => {
  it('in a shader names the kernel, the line and the text, and stays', async () => {
    const source = `${MAIN}\n  y_set(id.x, x(id.x) * undefined_name);\n}`;
    const broken = defineKernel({ name: 'broken-kernel', source, inputs: ['x'], outputs: ['y'], uniforms: {} });
    const y = backend.makeOutput([4], 'f32');
    broken.run(backend, { inputs: { x: x() }, outputs: { y }, uniforms: {}, grid: [1, 1, 1] });
    const sound = tf.add(x(), 1);
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await readTensor(sound).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'E-GPU-SHADER', where: 'broken-kernel' });
      expect((error as Error).message).toMatch(
        /"broken-kernel" is not accepted[\s\S]*line \d+:[\s\S]*undefined_name[\s\S]*y_set\(id\.x/,
      );
    }
  });

  it('in a dispatch too large for any device is thrown', async () => {
    const source = `${MAIN}\n  if (id.x < 4u) { y_set(id.x, 2.0 * x(id.x)); }\n}`;
    const kernel = defineKernel({ name: 'too-many-groups', source, inputs: ['x'], outputs: ['y'], uniforms: {} });
    const y = backend.makeOutput([4], 'f32');
    kernel.run(backend, { inputs: { x: x() }, outputs: { y }, uniforms: {}, grid: [70_000, 1, 1] });
    await expect(readTensor(tf.engine().makeTensorFromTensorInfo(y))).rejects.toMatchObject({
      code: 'E-GPU-SHADER',
      message: expect.stringContaining('70000') as string,
    });
  });

  it('that loses the device says to reload and resume', async () => {
    const onDevice = tf.add(x(), 1);
    expect([...(await readTensor(onDevice))]).toEqual([2, 3, 4, 5]);
    backend.device.destroy();
    await expect(readTensor(onDevice)).rejects.toMatchObject({
      code: 'E-GPU-LOST',
      hint: 'Reload the page and resume from the latest checkpoint.',
    });
  });

  it('does not follow into a new engine', async () => {
    expect([...(await readTensor(x()))]).toEqual([1, 2, 3, 4]);
  });
});

describe('a kernel that is called wrongly', () => {
  it('says which tensor or uniform is missing', () => {
    const kernel = defineKernel({
      name: 'careful',
      source: `${MAIN}}`,
      inputs: ['x'],
      outputs: ['y'],
      uniforms: { size: 'u32' },
    });
    const y = backend.makeOutput([4], 'f32');
    expect(() => kernel.run(backend, { inputs: {}, outputs: { y }, uniforms: { size: 4 }, grid: [1, 1, 1] })).toThrow(
      'kernel careful: no tensor given for x',
    );
    expect(() => kernel.run(backend, { inputs: { x: x() }, outputs: { y }, uniforms: {}, grid: [1, 1, 1] })).toThrow(
      'uniform size is not given',
    );
  });
});
