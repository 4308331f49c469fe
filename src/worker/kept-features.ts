// Tokenized files between examinations, starts and resumes: kept under the content of the file or of all shards, the
// tokenizer, and how they are read and made into examples.

import type { ExampleSegment } from '#data/example-store.ts';
import type { FeatureCache, TokenizedFile, TokenizedLengths } from '#data/tasks/feature-cache.ts';
import type { IdbFeatureStore } from '#storage/feature-store.ts';
import { contentHash } from '#util/content-hash.ts';
import { msg } from '#util/msg.ts';
import type { OpenedData } from './open-data.ts';
import type { OpenedModel } from './opened-model.ts';

/** What is made of the same row changes with it. */
const VERSION = 1;

export function keptFeatures(store: IdbFeatureStore, model: OpenedModel, data: OpenedData): FeatureCache {
  return {
    keyOf: async (table, settings) => {
      const files = table === data.train ? data.trainFiles : data.validationFiles;
      const hashes = await Promise.all(files.map(({ file }) => contentHash(file)));
      if (hashes.includes(null)) return null;
      const tokenizer = [...model.tokenizer.savedFiles];
      // The extension tells a document from a table.
      const isText = /\.txt$/i.test(table.fileName);
      const all = JSON.stringify([VERSION, hashes.join(' '), isText, data.reading, tokenizer, settings]);
      return contentHash(new Blob([all]));
    },
    load: async (key) => {
      const pieces = await store.read(key);
      if (!pieces) return null;
      const [lengths, ends, ...segments] = pieces as [TokenizedLengths, Int32Array, ...ExampleSegment[]];
      return { ...lengths, ends, segments };
    },
    loadLengths: async (key) => ((await store.read(key, 1))?.[0] ?? null) as TokenizedLengths | null,
    save: async (key, fileName, file) => {
      const { lengths, truncated, ends, segments } = file;
      const pieces = [{ lengths, truncated }, ends, ...segments];
      // The work goes on without: it only saves time.
      await store
        .put(key, fileName, { pieces, bytes: bytesOf(file) })
        .catch((error: unknown) => console.warn(msg`a tokenized file was not kept`, error));
    },
  };
}

function bytesOf({ lengths, truncated, ends, segments }: TokenizedFile): number {
  const fields = segments.flatMap((segment) => Object.values(segment.fields));
  const arrays = fields.flatMap((field) => (field.kind === 'number' ? [field.values] : [field.values, field.ends]));
  return [lengths, truncated, ends, ...arrays].reduce((sum, { byteLength }) => sum + byteLength, 0);
}
