// Numbers for items that have no name of their own and never move, so that lists of them can be keyed.

export interface Numbered<T> {
  readonly number: number;
  readonly item: T;
}

export function numbered<T>(items: readonly T[]): readonly Numbered<T>[] {
  return items.map((item, index) => ({ number: index + 1, item }));
}
