// A fault in an argument whose text hides a little language, such as optim_args.

export interface TextFault {
  readonly error: string;
  readonly hint: string;
}

export const textFault = (error: string, hint: string): TextFault => ({ error, hint });
