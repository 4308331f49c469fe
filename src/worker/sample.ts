// The bundled sample: a tiny pretrained BERT and a labelled data set, served with the page from `public/sample`.

import type { ModelFiles } from '#formats/model-files.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

const MODEL_FILES = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
const DATA_FILE = 'reviews.csv';
export const SAMPLE_MODEL_NAME = 'sample-bert';

/** Built, this script lies in assets/ under the page; in development in src/worker/. */
const page = new URL(import.meta.env.DEV ? '../../' : '../', import.meta.url);

export class Sample {
  readonly #loaded = new Map<string, Promise<Blob>>();

  /** Fetches everything ahead, so that the sample can be trained when the network is gone. Failures show on use. */
  prefetch(): void {
    for (const name of MODEL_FILES) this.#fetch(`model/${name}`).catch(() => undefined);
    this.#fetch(DATA_FILE).catch(() => undefined);
  }

  async model(): Promise<ModelFiles> {
    return new Map(
      await Promise.all(MODEL_FILES.map(async (name) => [name, await this.#fetch(`model/${name}`)] as const)),
    );
  }

  async data(): Promise<{ readonly path: string; readonly file: Blob }> {
    return { path: DATA_FILE, file: await this.#fetch(DATA_FILE) };
  }

  #fetch(path: string): Promise<Blob> {
    const known = this.#loaded.get(path);
    if (known) return known;
    const loading = fetchBlob(new URL(`sample/${path}`, page));
    this.#loaded.set(path, loading);
    // A failed fetch is tried again at the next use.
    loading.catch(() => this.#loaded.delete(path));
    return loading;
  }
}

async function fetchBlob(url: URL): Promise<Blob> {
  try {
    const response = await fetch(url);
    if (response.ok) return await response.blob();
    throw new Error(`the server answered ${response.status}`);
  } catch (cause) {
    throw new StudioError(
      'E-DATA-FORMAT',
      msg`The sample file ${url.pathname} could not be loaded: ${(cause as Error).message}`,
      {
        hint: msg`Check the connection to the server of this page and try again.`,
        cause,
      },
    );
  }
}
