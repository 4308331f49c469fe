// Which of several data files is trained on and which is evaluated on, by their names, as the Hub tells them apart.

export interface FileChoice {
  /** Null: it is not clear. */
  readonly train: string | null;
  /** Null: rows of the training file are held back. */
  readonly validation: string | null;
}

/** The usual names: `train`, and `validation`, `dev` or else `test`. Of a single file the name does not matter. */
export function guessSplits(paths: readonly string[]): FileChoice {
  const named = paths.find((path) => /train/i.test(path));
  const train = named ?? (paths.length === 1 ? paths[0]! : null);
  const others = named === undefined ? [] : paths.filter((path) => path !== train);
  const validation = others.find((path) => /valid|dev/i.test(path)) ?? others.find((path) => /test/i.test(path));
  return { train, validation: validation ?? null };
}
