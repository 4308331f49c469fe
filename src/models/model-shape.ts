// What every model of every family tells of itself, whatever its layers are called.

export interface ModelShape {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly numHiddenLayers: number;
  /** The longest input in tokens. */
  readonly maxPositions: number;
  readonly initializerRange: number;
  /** Fills inputs up; 0 where config.json names none. */
  readonly padTokenId: number;
  /** Whether config.json names a padding token. */
  readonly hasPadToken: boolean;
  /** Columns that the forward pass reads, labels apart. */
  readonly inputNames: readonly string[];
}

/** The row of the word embedding that gets no gradient, as torch's `padding_idx`. */
export const paddingIdOf = ({ padTokenId, hasPadToken }: ModelShape): number | null =>
  hasPadToken ? padTokenId : null;
