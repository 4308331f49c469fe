// What the panel of the Hub works out by itself: what was typed, which files are data for what, how much is to come.
// Pure; tested in Node.

import { guessSplits } from '#protocol/guess-splits.ts';
import type { HubDownload, HubFile, HubRepo, HubRepoInfo } from '#protocol/hub-messages.ts';
import type { DataSource, ModelSource } from '#protocol/messages.ts';
import { groupShards } from '#util/shards.ts';

/** What the panel hands on to be opened. */
export type HubSource = Extract<ModelSource | DataSource, { kind: 'hub' }>;

/** `owner/name` out of what was typed or pasted, an address too; null where it can only be words to search for. */
export function repoNameIn(typed: string): string | null {
  const path = typed
    .trim()
    .replace(/^https?:\/\/[^/]+\//, '')
    .replace(/^datasets\//, '');
  const [, name] = /^([\w.-]+\/[\w.-]+)(?:\/|$)/.exec(path) ?? [];
  return name ?? null;
}

/** Path of the repository's page. */
export const pageOf = ({ kind, name }: HubRepo): string => (kind === 'dataset' ? `datasets/${name}` : name);

/** What is stored of a repository, as if the Hub had told it: used without a network. */
export function infoOf({ repo, revision, files }: HubDownload): HubRepoInfo {
  return { repo, revision, files, gated: false, private: false };
}

/** Names of splits. */
export interface DataChoice {
  readonly train: string;
  /** Empty: rows of training are held back. */
  readonly validation: string;
}

/** Something has to stand in the form: the first split where names do not tell. */
export function guessChoice(files: readonly HubFile[]): DataChoice {
  const names = groupShards(files).map(({ name }) => name);
  const { train, validation } = guessSplits(names);
  return { train: train ?? names[0] ?? '', validation: validation ?? '' };
}

export interface SplitOption {
  readonly name: string;
  readonly files: number;
  readonly bytes: number;
}

/** What can be chosen of a data set. */
export const splitOptions = (files: readonly HubFile[]): SplitOption[] =>
  groupShards(files).map(({ name, files: shards }) => ({ name, files: shards.length, bytes: bytesOf(shards) }));

export interface ChosenFiles {
  readonly train: readonly HubFile[];
  readonly validation: readonly HubFile[];
}

/** The files of the chosen splits, with all their shards that are there. */
export function chosenFiles(files: readonly HubFile[], { train, validation }: DataChoice): ChosenFiles {
  const splits = groupShards(files);
  const filesOf = (name: string): readonly HubFile[] => splits.find((split) => split.name === name)?.files ?? [];
  return { train: filesOf(train), validation: validation === train ? [] : filesOf(validation) };
}

const bytesOf = (files: readonly HubFile[]): number => files.reduce((sum, { size }) => sum + size, 0);

export interface Amount {
  readonly files: number;
  readonly totalBytes: number;
  readonly storedBytes: number;
  /** Nothing is left to fetch. */
  readonly here: boolean;
}

export function amountOf(files: readonly HubFile[], stored: HubDownload | null): Amount {
  const kept = files.map(({ path }) => stored?.files.find((file) => file.path === path));
  return {
    files: files.length,
    totalBytes: bytesOf(files),
    storedBytes: kept.reduce((sum, file) => sum + (file?.storedBytes ?? 0), 0),
    here: kept.every((file) => file?.verified === true),
  };
}
