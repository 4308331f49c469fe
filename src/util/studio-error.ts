// The one error class of the project: what happened, where, why it is likely, what to do and what is safe.
// Every layer throws it; `protocol/errors.ts` carries it between threads and the studio prints it.

/** Families of failures. The code is stable and searchable; the message is for people. */
export type ErrorCode =
  | 'E-ARGS' // an argument of the run is wrong or contradicts another
  | 'E-DATA-FORMAT' // a data file can not be parsed
  | 'E-DATA-COLUMN' // a column is missing or holds something unusable
  | 'E-DATA-LABEL' // labels are unusable: one class, unseen in training, wrong type
  | 'E-MODEL-FORMAT' // a weight file is damaged or not safetensors
  | 'E-MODEL-CONFIG' // config.json is missing, unreadable or of an unsupported architecture
  | 'E-MODEL-WEIGHTS' // a tensor is missing or has another shape
  | 'E-TOKENIZER' // tokenizer files are missing or unsupported
  | 'E-GPU-UNAVAILABLE' // no usable WebGPU
  | 'E-GPU-SHADER' // a shader did not compile or a dispatch was invalid
  | 'E-GPU-MEMORY' // the device ran out of memory
  | 'E-GPU-LOST' // the device was lost
  | 'E-STORAGE-FULL' // the browser refused to store more
  | 'E-STORAGE' // reading or writing stored data failed
  | 'E-CHECKPOINT' // a checkpoint is damaged or does not fit this model
  | 'E-HUB' // the HuggingFace Hub can not be reached, or does not have what was asked for
  | 'E-HUB-ACCESS' // the Hub wants a token, another token, or accepted terms
  | 'E-BUSY' // another tab trains, or a run is active already
  | 'E-CANCELLED' // a person ended it
  | 'E-STATE' // the command does not fit the present state
  | 'E-INTERNAL'; // a bug

/** What mends a fault in the data at the press of a button. */
export type ErrorFix =
  /** Rows that can not be used are left out. */
  | { readonly kind: 'leave-out-bad-rows'; readonly count: number }
  /** Quotes of a delimited file are ordinary characters. */
  | { readonly kind: 'quotes-as-text' }
  /** The file is read in another encoding, in which the place of the fault reads `sample`. */
  | { readonly kind: 'encoding'; readonly encoding: string; readonly sample: string }
  /** Another column of this file plays the part. */
  | { readonly kind: 'use-column'; readonly file: string; readonly role: string; readonly column: string }
  /** One of several files is trained on. */
  | { readonly kind: 'use-file'; readonly path: string };

/** Parts of an error besides its one-line message. All optional, all plain sentences. */
export interface ErrorDetails {
  /** Where: file and line, tensor name, argument name. */
  readonly where?: string;
  /** What to do now. */
  readonly hint?: string;
  /** What is safe, or what was lost. */
  readonly safe?: string;
  readonly fixes?: readonly ErrorFix[];
  readonly cause?: unknown;
}

export class StudioError extends Error {
  override readonly name = 'StudioError';
  readonly code: ErrorCode;
  readonly where: string | undefined;
  readonly hint: string | undefined;
  readonly safe: string | undefined;
  readonly fixes: readonly ErrorFix[];

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.where = details.where;
    this.hint = details.hint;
    this.safe = details.safe;
    this.fixes = details.fixes ?? [];
  }
}
