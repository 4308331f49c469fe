// Names for things that must not collide: runs, checkpoints. Works in insecure contexts too, where randomUUID is missing.

/** 32 hexadecimal digits. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
