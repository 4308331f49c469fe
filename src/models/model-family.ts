// What the Auto classes know of a family of models: its configuration, and its heads by task.

import type { Task } from '#util/task.ts';
import type { ModelShape } from './model-shape.ts';
import type { JsonObject } from './pretrained-config.ts';
import type { HeadedLayers } from './task-model.ts';

/** A head of a family that a model can be given. */
interface HeadSpec<Config> {
  /** HF's name of the class, as config.json's `architectures` has it. */
  readonly architecture: string;
  /** @param labels outputs of the head, for tasks with labels of their own. */
  readonly build: (config: Config, labels: number) => HeadedLayers;
}

interface FamilySpec<Config extends ModelShape> {
  /** As config.json's `model_type`. */
  readonly modelType: string;
  /** What HF puts before the names of the base model's weights, with its dot. */
  readonly basePrefix: string;
  /** @throws StudioError E-MODEL-CONFIG naming the first field that is missing, wrong or unsupported. */
  readonly readConfig: (json: JsonObject) => Config;
  readonly heads: { readonly [T in Task]?: HeadSpec<Config> };
}

/** A head for one config.json, not built yet. */
export interface Head {
  readonly architecture: string;
  readonly build: (labels: number) => HeadedLayers;
}

export interface ModelFamily {
  readonly modelType: string;
  readonly basePrefix: string;
  readonly tasks: readonly Task[];
  readonly shapeOf: (json: JsonObject) => ModelShape;
  /** Null where the family has no head for the task. */
  readonly headFor: (json: JsonObject, task: Task) => Head | null;
}

export function defineFamily<Config extends ModelShape>(spec: FamilySpec<Config>): ModelFamily {
  return {
    modelType: spec.modelType,
    basePrefix: spec.basePrefix,
    tasks: Object.keys(spec.heads) as Task[],
    shapeOf: spec.readConfig,
    headFor: (json, task) => {
      const head = spec.heads[task];
      if (!head) return null;
      const config = spec.readConfig(json);
      return { architecture: head.architecture, build: (labels) => head.build(config, labels) };
    },
  };
}
