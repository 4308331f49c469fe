// What repositories may be called.

import { expect, it } from 'vitest';
import { isRepoName, repoNameFor } from '#protocol/repo-name.ts';

it('makes the name of a repository of that of a run', () => {
  expect(['my run: 1/2', '-.x.-', '…'].map(repoNameFor)).toEqual(['my-run-1-2', 'x', 'model']);
});

it('knows names with an owner and without', () => {
  expect(['moods', 'julia/moods-1.0', 'a/b/c', 'my moods', ''].map(isRepoName)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
