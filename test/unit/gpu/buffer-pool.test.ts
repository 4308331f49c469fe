import { beforeEach, describe, expect, it } from 'vitest';
import { BufferPool } from '#gpu/buffer-pool.ts';

const STORAGE = 0x80;
let created: { size: number; destroyed: boolean }[];
let pool: BufferPool;

beforeEach(() => {
  created = [];
  pool = new BufferPool({
    createBuffer: ({ size }: { size: number }) => {
      const destroy = (): void => {
        buffer.destroyed = true;
      };
      const buffer = { size, destroyed: false, destroy };
      created.push(buffer);
      return buffer;
    },
  } as unknown as GPUDevice);
});

describe('BufferPool', () => {
  it('lends a returned buffer again, the smallest that fits and wastes little', () => {
    const [small, large] = [pool.acquireBuffer(100, STORAGE), pool.acquireBuffer(1000, STORAGE)];
    pool.releaseBuffer(large);
    pool.releaseBuffer(small);
    expect(pool.acquireBuffer(90, STORAGE)).toBe(small);
    expect(pool.acquireBuffer(700, STORAGE)).not.toBe(large);
    expect(pool.acquireBuffer(900, STORAGE)).toBe(large);
    expect(created).toHaveLength(3);
  });

  it('keeps usages apart', () => {
    const storage = pool.acquireBuffer(64, STORAGE);
    pool.releaseBuffer(storage);
    expect(pool.acquireBuffer(64, 0x40)).not.toBe(storage);
  });

  it('keeps recorded steps to themselves, who take any buffer that is large enough', () => {
    const shared = pool.acquireBuffer(1000, STORAGE);
    pool.releaseBuffer(shared);
    pool.recording = true;
    const recorded = pool.acquireBuffer(1000, STORAGE);
    expect(recorded).not.toBe(shared);
    pool.releaseBuffer(recorded);
    expect(pool.acquireBuffer(10, STORAGE)).toBe(recorded);
    pool.recording = false;
    pool.releaseBuffer(recorded);
    expect(pool.acquireBuffer(1000, STORAGE)).toBe(shared);
  });

  it('counts what is used, allocated, and was at most', () => {
    const first = pool.acquireBuffer(100, STORAGE);
    pool.acquireBuffer(50, STORAGE);
    pool.releaseBuffer(first);
    expect([pool.numBytesUsed, pool.numBytesAllocated, pool.peakBytes]).toEqual([50, 150, 150]);
    pool.trim();
    expect([pool.numBytesUsed, pool.numBytesAllocated, pool.peakBytes]).toEqual([50, 50, 150]);
    expect(created.map(({ destroyed }) => destroyed)).toEqual([true, false]);
  });

  it('destroys what was lent for once, and refuses what it did not lend', () => {
    const once = pool.acquireBuffer(8, STORAGE, true, false);
    pool.releaseBuffer(once, false);
    expect(created[0]!.destroyed).toBe(true);
    expect(() => pool.releaseBuffer(once)).toThrow('did not lend');
  });
});
