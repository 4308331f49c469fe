// Arguments whose text hides a little language, such as optim_args, or JSON: how it is read, and a fault in it.

export interface TextFault {
  readonly error: string;
  readonly hint: string;
}

export const textFault = (error: string, hint: string): TextFault => ({ error, hint });

/** What a text says as JSON; a text that is none is given back as it stands, to be reported. */
export function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
