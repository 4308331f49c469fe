// A dense array in main memory: what a collator makes of examples and what a model's `forward` takes.
// Plain data: it crosses threads, and no tensor library is needed to make one.

export type NdArrayData = Float32Array | Int32Array;

/** Row-major values with their shape. Int32Array holds ids, masks and class labels; Float32Array the rest. */
export interface NdArray {
  readonly data: NdArrayData;
  readonly shape: readonly number[];
}

/** One batch: field name (`input_ids`, `attention_mask`, `labels`, …) to array; the first axis is the batch. */
export type Batch = Readonly<Record<string, NdArray>>;
