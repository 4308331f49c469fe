// Gradient checkpointing (Chen et al., 2016): a part of the forward pass keeps only its input, and is run again in the
// backward pass for what its gradients need. Costs a second forward pass, saves the activations within the part.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { continueBackward, hasGradientSinks } from './backward.ts';

/**
 * @param x input of the part.
 * @param run the part. Must give the same when it is called again, in the backward pass; what else it uses (weights with a
 * gradient sink, tensors without gradient) must still be there.
 */
export function checkpointSegment(x: Tensor, run: (x: Tensor) => Tensor): Tensor {
  const recompute = tf.customGrad((...given: unknown[]) => {
    // tfjs calls with the input, then with a function that keeps tensors.
    const [from, save] = given as [Tensor, (tensors: Tensor[]) => void];
    save([from]);
    return {
      value: run(from),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        if (!hasGradientSinks()) throw new Error('a checkpointed part needs gradient sinks for its weights');
        return continueBackward(saved[0]!, run, dy);
      },
    };
  });
  return recompute(x);
}
