// What the scripted worker tells of the Hub: a search, repositories, and what is in this browser.

import type { HubDownload, HubFile, HubRepo, HubRepoInfo, HubSearchHit } from '#protocol/hub-messages.ts';
import type { DownloadId } from '#protocol/ids.ts';

const REVISION = '86b5e0934494bd15c9632b12f734a8a67f723594';

export const HUB_HITS: readonly HubSearchHit[] = [
  {
    name: 'google-bert/bert-base-uncased',
    task: 'fill-mask',
    downloads: 61_400_000,
    likes: 2400,
    gated: false,
    private: false,
  },
  { name: 'google/gemma-3-270m', task: 'text-generation', downloads: 158_000, likes: 900, gated: true, private: false },
];

const file = (path: string, size: number): HubFile => ({ path, size, oid: '0'.repeat(40), sha256: null });

export function hubInfo(repo: HubRepo): HubRepoInfo {
  const files =
    repo.kind === 'model'
      ? [file('config.json', 570), file('model.safetensors', 440_449_768), file('tokenizer.json', 466_062)]
      : [file('train.csv', 12_300_000), file('validation.csv', 1_200_000)];
  return { repo, revision: REVISION, gated: false, private: false, files };
}

/** One whole, one begun. */
export function hubDownloads(): readonly HubDownload[] {
  const whole = hubInfo({ kind: 'model', name: 'google-bert/bert-base-uncased' });
  const begun = hubInfo({ kind: 'model', name: 'distilbert/distilbert-base-uncased' });
  return [downloadOf(whole, 1), downloadOf(begun, 0.4)];
}

function downloadOf({ repo, revision, files }: HubRepoInfo, share: number): HubDownload {
  const stored = files.map((of) => ({ ...of, storedBytes: Math.round(share * of.size), verified: share === 1 }));
  return {
    downloadId: `${repo.kind}:${repo.name}@${revision}` as DownloadId,
    repo,
    revision,
    files: stored,
    complete: share === 1,
    bytes: stored.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
    createdAt: Date.UTC(2026, 10, 23),
  };
}
