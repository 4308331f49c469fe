// What is saved beside the weights: a tokenizer with its files as they were read.

export interface ProcessingClass {
  readonly savedFiles: ReadonlyMap<string, string>;
}
