// What a repository of the Hub may be called.

/** With an owner or without. */
export const isRepoName = (name: string): boolean => /^[\w.-]+(\/[\w.-]+)?$/.test(name);

/** Runs are named freely; repositories take letters, digits, points, dashes and underscores. */
export function repoNameFor(run: string): string {
  return run.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '') || 'model';
}
