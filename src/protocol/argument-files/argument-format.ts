// The forms in which training arguments are read and written.

export const ARGUMENT_FORMATS = ['json', 'yaml', 'python', 'command-line'] as const;

export type ArgumentFormat = (typeof ARGUMENT_FORMATS)[number];
