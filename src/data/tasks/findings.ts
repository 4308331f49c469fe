// Training rows that are empty, the same as another, or also in validation.

import { whereOf } from '#formats/table.ts';
import type { DataFindings, RowFinding } from '#protocol/messages.ts';
import { HashIndex } from '../text-hash.ts';
import { type RowParts, rowsInValidation } from './split-rows.ts';

const SHOWN = 10;

export function findingsOf(parts: RowParts): DataFindings {
  const { table, facts, numbers } = parts.train;
  const [empty, duplicates, inValidation] = [new Found(), new Found(), new Found()];
  const isEmpty = new Set(facts.empty);
  const index = new HashIndex(facts.hashes, numbers.length);
  const validation = rowsInValidation(parts);
  for (const row of numbers) {
    if (isEmpty.has(row)) {
      empty.add(whereOf(table, row), null);
      continue;
    }
    const earlier = index.add(row);
    if (earlier !== -1) duplicates.add(whereOf(table, row), whereOf(table, earlier));
    const held = validation.of(facts.hashes[row]!);
    if (held) inValidation.add(whereOf(table, row), whereOf(held.set.table, held.row));
  }
  return { empty, duplicates, inValidation };
}

class Found implements RowFinding {
  count = 0;
  readonly examples: { readonly where: string; readonly same: string | null }[] = [];

  add(where: string, same: string | null): void {
    if (this.count++ < SHOWN) this.examples.push({ where, same });
  }
}
