// What the fake Hub holds: repositories with commits, as git and LFS would name their files, and accounts.

import { createHash } from 'node:crypto';

export interface FakeFile {
  readonly path: string;
  readonly content: Buffer;
}

export interface FakeAccount {
  readonly name: string;
  readonly role: 'read' | 'write';
}

export interface RepoOptions {
  readonly kind: 'model' | 'dataset';
  readonly name: string;
  readonly files: readonly FakeFile[];
  readonly private?: boolean;
  readonly gated?: boolean;
  readonly task?: string;
}

const LFS = /\.(safetensors|bin|pt|parquet)$/;
const LFS_BYTES = 10 * 1024 * 1024;

export const isLfs = (path: string, size: number): boolean => LFS.test(path) || size > LFS_BYTES;

const sha1 = (bytes: Buffer | string): string => createHash('sha1').update(bytes).digest('hex');
export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const blobName = (bytes: Buffer): string => sha1(Buffer.concat([Buffer.from(`blob ${bytes.length}\0`), bytes]));

export class FakeRepo {
  readonly kind: 'model' | 'dataset';
  readonly name: string;
  readonly private: boolean;
  readonly gated: boolean;
  readonly task: string | undefined;
  /** Commit to its files, oldest first. */
  readonly commits = new Map<string, ReadonlyMap<string, Buffer>>();
  readonly messages: string[] = [];
  /** Newest commit of each branch. */
  readonly branches = new Map<string, string>();

  constructor({ kind, name, files, task, ...options }: RepoOptions) {
    this.kind = kind;
    this.name = name;
    this.task = task;
    this.private = options.private ?? false;
    this.gated = options.gated ?? false;
    this.commit('initial commit', new Map(files.map(({ path, content }) => [path, content])));
  }

  get head(): string {
    return this.branches.get('main') ?? '';
  }

  /** Files of the newest commit. */
  get files(): ReadonlyMap<string, Buffer> {
    return this.commits.get(this.head)!;
  }

  commit(message: string, files: ReadonlyMap<string, Buffer>, branch = 'main'): string {
    const tree = [...files].map(([path, content]) => `${path} ${blobName(content)}`).join('\n');
    const commit = sha1(`${this.branches.get(branch)}\n${message}\n${tree}`);
    this.branches.set(branch, commit);
    this.commits.set(commit, files);
    this.messages.push(message);
    return commit;
  }

  /** Full name of a branch or commit; null for one that is not there. */
  resolve(revision: string): string | null {
    const head = this.branches.get(revision === 'HEAD' ? 'main' : revision);
    if (head !== undefined) return head;
    return this.commits.has(revision) ? revision : null;
  }

  info() {
    return {
      _id: sha1(this.name).slice(0, 24),
      id: this.name,
      sha: this.head,
      private: this.private,
      gated: this.gated ? 'auto' : false,
      downloads: 10 * this.name.length,
      likes: 3,
      lastModified: '2026-01-02T03:04:05.000Z',
      ...(this.task === undefined ? {} : { pipeline_tag: this.task }),
    };
  }
}

/** An entry of the tree listing. */
export function treeEntry(path: string, content: Buffer) {
  const { length: size } = content;
  if (!isLfs(path, size)) return { type: 'file', path, size, oid: blobName(content) };
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256(content)}\nsize ${size}\n`;
  const oid = blobName(Buffer.from(pointer));
  return { type: 'file', path, size, oid, lfs: { oid: sha256(content), size, pointerSize: pointer.length } };
}
