// What is needed to read an answer out of the logits of one window of a context.

export interface AnswerFeature {
  /** Number of the row that the window belongs to. */
  readonly row: number;
  readonly context: string;
  /** Where each token of the window lies in the context, as [begin, end); null for tokens of the question. */
  readonly offsets: readonly (readonly [number, number] | null)[];
  /** The right answers, any of which counts; empty where there is none. */
  readonly answers: readonly string[];
}
