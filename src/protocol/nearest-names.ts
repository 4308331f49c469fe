// Which known names a misspelt one may have meant. Called by `legacy-arguments.ts`.

/** At most three of `known`, nearest first; none when nothing is near. */
export function nearestNames(name: string, known: readonly string[]): string[] {
  // A name with every third letter wrong is no misspelling any more.
  const limit = Math.max(2, Math.floor(name.length / 3));
  return known
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= limit || isPartOf(name, candidate))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** `batch_size` in `per_device_train_batch_size`, `optim` in `optimiser`. */
function isPartOf(name: string, candidate: string): boolean {
  const [short, long] = [name.toLowerCase(), candidate.toLowerCase()].sort((a, b) => a.length - b.length);
  return short!.length >= 5 && long!.includes(short!);
}

/** Letters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++)
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (a[i] === b[j] ? 0 : 1)));
    row = next;
  }
  return row.at(-1)!;
}
