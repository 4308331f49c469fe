// Where tokenized files are kept between examinations, starts and resumes. The browser's database is one such place.

import type { Table } from '#formats/table.ts';
import type { ExampleSegment } from '../example-store.ts';

/** Of each row its tokens, uncut, and whether some were cut off. */
export interface TokenizedLengths {
  readonly lengths: Int32Array;
  readonly truncated: Uint8Array;
}

/** All rows of a file that are used, tokenized. Plain data. */
export interface TokenizedFile extends TokenizedLengths {
  readonly segments: readonly ExampleSegment[];
  /** Of each row how many examples it and those before it came to. */
  readonly ends: Int32Array;
}

export interface FeatureCache {
  /** A name for what depends on the content of the file, the tokenizer, and `settings`; null: this file is not kept. */
  keyOf(table: Table, settings: string): Promise<string | null>;
  load(key: string): Promise<TokenizedFile | null>;
  /** The least part of it. */
  loadLengths(key: string): Promise<TokenizedLengths | null>;
  /** Keeps it if there is room; a failure to do so is no failure of the work. */
  save(key: string, fileName: string, file: TokenizedFile): Promise<void>;
}
