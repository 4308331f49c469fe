// Values printed by torch 2.13.0: torch.manual_seed(42); torch.empty(size).normal_(0, 0.02).

import { describe, expect, it } from 'vitest';
import { TorchNormal } from '#util/torch-normal.ts';
import { expectClose } from '../../setup/tensors.ts';

const close = { absolute: 1e-8, relative: 1e-6 };

describe('TorchNormal', () => {
  it('whole blocks of sixteen', () => {
    const values = new TorchNormal(42).fill(64, 0, 0.02);
    expectClose(
      values.subarray(0, 4),
      [0.03853830322623253, 0.02974568121135235, 0.018014343455433846, -0.042110417038202286],
      close,
    );
    expectClose(values.subarray(61), [0.0368918776512146, -0.02369074709713459, 0.02767098695039749], close);
  });

  it('a tail redraws the last block', () => {
    const values = new TorchNormal(42).fill(21, 0, 0.02);
    expectClose(
      values.subarray(0, 6),
      [
        0.03853830322623253, 0.02974568121135235, 0.018014343455433846, -0.042110417038202286, 0.01356836874037981,
        0.021566351875662804,
      ],
      close,
    );
    expectClose(values.subarray(18), [0.01606818661093712, -0.012431907467544079, -0.01184001099318266], close);
  });

  it('fewer than sixteen take the scalar path', () => {
    const expected = [
      0.006733807269483805, 0.0025761881843209267, 0.0046892473474144936, 0.004606660455465317, -0.022457128390669823,
      -0.0037265659775584936, 0.044164028018713, -0.012759940698742867,
    ];
    expectClose(new TorchNormal(42).fill(8, 0, 0.02), expected, close);
    expect(new TorchNormal(42).fill(3, 0, 0.02)).toEqual(new TorchNormal(42).fill(8, 0, 0.02).slice(0, 3));
  });
});
