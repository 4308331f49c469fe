// A name for content of any size: SHA-256 of the SHA-256s of its pieces, in hexadecimal digits.

const PIECE_BYTES = 4 << 20;
const DIGEST_BYTES = 32;

const known = new WeakMap<Blob, Promise<string>>();

/** Null where the browser hashes nothing, as on pages that came without encryption. */
export async function contentHash(content: Blob): Promise<string | null> {
  // The types do not know that it may be missing.
  if (!(globalThis.crypto?.subtle as SubtleCrypto | undefined)) return null;
  const hash = known.get(content) ?? hashOf(content);
  known.set(content, hash);
  hash.catch(() => known.delete(content));
  return hash;
}

async function hashOf(content: Blob): Promise<string> {
  const digests = new Uint8Array(DIGEST_BYTES * Math.max(1, Math.ceil(content.size / PIECE_BYTES)));
  for (let at = 0, i = 0; i < digests.length; at += PIECE_BYTES, i += DIGEST_BYTES) {
    const piece = await content.slice(at, at + PIECE_BYTES).arrayBuffer();
    digests.set(new Uint8Array(await crypto.subtle.digest('SHA-256', piece)), i);
  }
  const whole = new Uint8Array(await crypto.subtle.digest('SHA-256', digests));
  return Array.from(whole, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
