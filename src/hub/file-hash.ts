// Holds a downloaded file against what the Hub says it is.

import { sha256 as newSha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { RepoFile } from './repo-files.ts';

/** True when size and hash are the Hub's: the SHA-256 of files in LFS, git's own name for the rest. */
export async function isIntact(content: Blob, { size, oid, sha256 }: RepoFile): Promise<boolean> {
  if (content.size !== size) return false;
  return sha256 === null ? (await gitOid(content)) === oid : (await sha256Of(content)) === sha256;
}

/** Piece by piece: the browser's own digest wants a whole file in memory at once. */
async function sha256Of(content: Blob): Promise<string> {
  const sum = newSha256.create();
  const reader = content.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return bytesToHex(sum.digest());
    sum.update(value);
  }
}

/** SHA-1 over `blob <size>\0` and the content. What is not in LFS is small (the Hub's limit is 10 MB). */
async function gitOid(content: Blob): Promise<string> {
  const framed = await new Blob([`blob ${content.size}\0`, content]).arrayBuffer();
  const digest = await crypto.subtle.digest('SHA-1', framed);
  return bytesToHex(new Uint8Array(digest));
}
