// Which of several splits is trained on and which is evaluated on, by their names, as the Hub tells them apart.

/** Names of splits, as `groupShards` gives them. */
export interface SplitChoice {
  /** Null: it is not clear. */
  readonly train: string | null;
  /** Null: rows of training are held back. */
  readonly validation: string | null;
}

/** The usual names: `train`, and `validation`, `dev` or else `test`. Of a single split the name does not matter. */
export function guessSplits(names: readonly string[]): SplitChoice {
  const named = names.find((name) => /train/i.test(name));
  const train = named ?? (names.length === 1 ? names[0]! : null);
  const others = named === undefined ? [] : names.filter((name) => name !== train);
  const validation = others.find((name) => /valid|dev/i.test(name)) ?? others.find((name) => /test/i.test(name));
  return { train, validation: validation ?? null };
}
