// The label that counts for nothing, as PyTorch's cross-entropy has it.

export const IGNORE_INDEX = -100;
