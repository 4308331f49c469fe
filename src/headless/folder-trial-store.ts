// The trials of a search in a file of the output folder, replaced as a whole after every change.

import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredSearch, TrialStore } from '#trainer/search/trial.ts';
import { StudioError } from '#util/studio-error.ts';

const FILE = 'hyperparameter_search.json';

export class FolderTrialStore implements TrialStore {
  readonly #path: string;

  /** @param folder is there already. */
  constructor(folder: string) {
    this.#path = join(folder, FILE);
  }

  /** @throws StudioError E-STORAGE when the file is damaged. */
  async load(): Promise<StoredSearch | null> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    try {
      return JSON.parse(text, fromFile) as StoredSearch;
    } catch (cause) {
      throw new StudioError('E-STORAGE', `${this.#path} is not valid JSON: ${(cause as Error).message}`, {
        where: this.#path,
        hint: 'Take another output folder, or delete the file to begin the search anew.',
        safe: 'The checkpoints of its trials are untouched.',
        cause,
      });
    }
  }

  async save(search: StoredSearch): Promise<void> {
    await writeFile(`${this.#path}.partial`, `${JSON.stringify(search, toFile, 2)}\n`);
    await rename(`${this.#path}.partial`, this.#path);
  }
}

/** JSON has no word for these; they stand as texts. */
const toFile = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
const fromFile = (_key: string, value: unknown): unknown =>
  value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value;
