// All weights of a model behind one door, whether they lie in one model.safetensors or in numbered shards.

import { parseHfJson } from '#util/hf-json.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { ModelFiles } from './model-files.ts';
import {
  readSafetensorsHeader,
  readTensorAsFloat32,
  type SafetensorsDtype,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from './safetensors.ts';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

interface Shard {
  readonly blob: Blob;
  readonly header: SafetensorsHeader;
}

export class WeightFiles {
  readonly #shardOf: ReadonlyMap<string, Shard>;
  /** Tensor names, sorted. */
  readonly names: readonly string[];
  /** Size of the files. */
  readonly byteLength: number;

  constructor(shardOf: ReadonlyMap<string, Shard>) {
    this.#shardOf = shardOf;
    this.names = [...shardOf.keys()].sort();
    this.byteLength = [...new Set(shardOf.values())].reduce((sum, { blob }) => sum + blob.size, 0);
  }

  has(name: string): boolean {
    return this.#shardOf.has(name);
  }

  shapeOf(name: string): readonly number[] {
    return this.#entry(name).shape;
  }

  dtypeOf(name: string): SafetensorsDtype {
    return this.#entry(name).dtype;
  }

  /** Values row-major; see `readTensorAsFloat32`. */
  readFloat32(name: string): Promise<Float32Array<ArrayBuffer>> {
    const { blob, header } = this.#shard(name);
    return readTensorAsFloat32(blob, header, name);
  }

  #entry(name: string): SafetensorsEntry {
    return this.#shard(name).header.entries.get(name)!;
  }

  #shard(name: string): Shard {
    const shard = this.#shardOf.get(name);
    if (!shard)
      throw new StudioError('E-MODEL-WEIGHTS', msg`The weight files hold no tensor named ${name}.`, { where: name });
    return shard;
  }
}

/**
 * Reads and checks the headers of model.safetensors, or of the shards that model.safetensors.index.json names.
 * @throws StudioError E-MODEL-WEIGHTS when a file or an indexed tensor is missing, E-MODEL-FORMAT when one is damaged.
 */
export async function openWeights(files: ModelFiles): Promise<WeightFiles> {
  const single = files.get(SINGLE);
  if (single) return openWeightFile(single, SINGLE);
  const index = files.get(INDEX);
  if (index) return openShards(files, readWeightMap(await index.text()));
  const others = [...files.keys()].filter((name) => name.endsWith('.safetensors'));
  throw new StudioError('E-MODEL-WEIGHTS', msg`There is neither ${SINGLE} nor ${INDEX}.`, {
    hint:
      others.length > 0
        ? msg`Found ${others.join(', ')}: add ${INDEX}, or rename a single complete file to ${SINGLE}.`
        : msg`Add ${SINGLE}.`,
  });
}

/** All weights of one file. @throws StudioError E-MODEL-FORMAT when it is damaged. */
export async function openWeightFile(blob: Blob, name: string): Promise<WeightFiles> {
  const shard = { blob, header: await readSafetensorsHeader(blob, name) };
  return new WeightFiles(new Map([...shard.header.entries.keys()].map((tensor) => [tensor, shard])));
}

function readWeightMap(text: string): ReadonlyMap<string, string> {
  const index = parseHfJson(text, INDEX, 'E-MODEL-FORMAT') as { weight_map?: unknown } | null;
  const weightMap = index?.weight_map;
  if (
    typeof weightMap !== 'object' ||
    weightMap === null ||
    !Object.values(weightMap).every((file) => typeof file === 'string')
  ) {
    throw new StudioError('E-MODEL-FORMAT', msg`${INDEX} has no weight_map from tensor names to files.`, {
      where: INDEX,
    });
  }
  return new Map(Object.entries(weightMap as Record<string, string>));
}

async function openShards(files: ModelFiles, weightMap: ReadonlyMap<string, string>): Promise<WeightFiles> {
  const fileNames = [...new Set(weightMap.values())].sort();
  const missing = fileNames.filter((name) => !files.has(name));
  if (missing.length > 0) {
    throw new StudioError(
      'E-MODEL-WEIGHTS',
      msg`${missing.length} of ${fileNames.length} weight files are missing: ${missing.slice(0, 5).join(', ')}.`,
      {
        where: INDEX,
        hint: msg`Add the missing files and drop all of them together.`,
      },
    );
  }
  const shards = new Map<string, Shard>();
  for (const name of fileNames) {
    const blob = files.get(name)!;
    shards.set(name, { blob, header: await readSafetensorsHeader(blob, name) });
  }
  return new WeightFiles(
    new Map([...weightMap].map(([tensor, file]) => [tensor, shardWith(tensor, file, shards.get(file)!)])),
  );
}

function shardWith(tensor: string, file: string, shard: Shard): Shard {
  if (shard.header.entries.has(tensor)) return shard;
  throw new StudioError('E-MODEL-WEIGHTS', msg`${INDEX} says that ${file} holds tensor ${tensor}, but it does not.`, {
    where: msg`${file}, tensor ${tensor}`,
    hint: msg`The index and the files belong to different versions of the model. Download all of them again.`,
  });
}
