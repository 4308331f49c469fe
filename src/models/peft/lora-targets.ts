// Which layers of a model get an adapter, and which are trained as a whole, as PEFT chooses them.

import { Linear } from '#nn/linear.ts';
import type { Module } from '#nn/module.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { Task } from '#util/task.ts';

/** PEFT's usual targets by `model_type`; of the families it has none for, the same layers. */
const USUAL: Readonly<Record<string, readonly string[]>> = {
  bert: ['query', 'value'],
  roberta: ['query', 'value'],
  'xlm-roberta': ['query', 'value'],
  distilbert: ['q_lin', 'v_lin'],
  modernbert: ['Wqkv'],
  gpt2: ['c_attn'],
  llama: ['q_proj', 'v_proj'],
  qwen2: ['q_proj', 'v_proj'],
  qwen3: ['q_proj', 'v_proj'],
  gemma3_text: ['q_proj', 'v_proj'],
};

/** PEFT's names of the tasks. */
export const TASK_TYPES: Readonly<Record<Task, string | null>> = {
  'text-classification': 'SEQ_CLS',
  'token-classification': 'TOKEN_CLS',
  'question-answering': 'QUESTION_ANS',
  'fill-mask': null,
  'text-generation': 'CAUSAL_LM',
};

/** Heads that PEFT trains as a whole for these tasks. */
const HEADS: Readonly<Partial<Record<Task, readonly string[]>>> = {
  'text-classification': ['classifier', 'score'],
  'token-classification': ['classifier', 'score'],
  'question-answering': ['qa_outputs'],
};

export interface LoraTargets {
  /** Linear maps by path, in model order. */
  readonly adapted: ReadonlyMap<string, Linear>;
  /** Layers that are trained as a whole, by path. */
  readonly saved: ReadonlyMap<string, Module>;
}

export interface TargetChoice {
  readonly modelType: string;
  readonly task: Task;
  readonly targetModules: readonly string[] | string | null;
  readonly modulesToSave: readonly string[];
  /** Parameters that the model's files lack: what holds them is trained as a whole. */
  readonly fresh: readonly string[];
}

/** @throws StudioError E-ARGS for a name that no layer has. */
export function chooseTargets(model: Module, choice: TargetChoice): LoraTargets {
  const modules = model.namedModules();
  const saved = savedModules(modules, choice);
  const wanted = targetTest(choice, model);
  const adapted = new Map(
    [...modules].flatMap(([path, module]) =>
      module instanceof Linear && !isWithin(saved, path) && wanted(path) ? [[path, module] as const] : [],
    ),
  );
  if (adapted.size > 0) return { adapted, saved };
  throw new StudioError(
    'E-ARGS',
    msg`No layer of the model is meant by target_modules ${JSON.stringify(choice.targetModules)}.`,
    {
      where: 'target_modules',
      hint: msg`Its linear layers are called ${linearNames(modules).join(', ')}. "all-linear" means all of them.`,
      safe: msg`Nothing was started.`,
    },
  );
}

/** The adapted layers for adapter_config.json: by their short names where these mean no other layer, else by their paths. */
export function targetNames(model: Module, { adapted }: LoraTargets): string[] {
  const short = new Set([...adapted.keys()].map(shortName));
  const meant = [...model.namedModules().keys()].filter((path) => short.has(shortName(path)));
  return meant.length === adapted.size ? [...short].sort() : [...adapted.keys()];
}

const isWithin = (layers: ReadonlyMap<string, Module>, path: string): boolean =>
  [...layers.keys()].some((each) => path === each || path.startsWith(`${each}.`));

const shortName = (path: string): string => path.split('.').at(-1)!;

const isNamed = (path: string, name: string): boolean => path === name || path.endsWith(`.${name}`);
/** PEFT asks for less where layers are saved whole: "classifier" means DistilBERT's "pre_classifier" too. */
const endsLike = (path: string, name: string): boolean => path.endsWith(name);

function targetTest({ targetModules, modelType }: TargetChoice, model: Module): (path: string) => boolean {
  const chosen = targetModules ?? USUAL[modelType] ?? 'all-linear';
  if (chosen === 'all-linear') {
    // The last map of a language model is left as it is.
    const output = [...model.namedModules().keys()].find((path) => path === 'lm_head');
    return (path) => path !== output;
  }
  if (typeof chosen === 'string') {
    const pattern = new RegExp(`^(?:${chosen})$`);
    return (path) => pattern.test(path);
  }
  return (path) => chosen.some((name) => isNamed(path, name));
}

function savedModules(modules: ReadonlyMap<string, Module>, { task, modulesToSave, fresh }: TargetChoice) {
  // PEFT writes down the names of all heads that there might be.
  const heads = Object.values(HEADS).flat();
  const unknown = modulesToSave.find(
    (name) => !heads.includes(name) && ![...modules.keys()].some((path) => endsLike(path, name)),
  );
  if (unknown !== undefined) {
    throw new StudioError('E-ARGS', msg`The model has no layer called ${JSON.stringify(unknown)}.`, {
      where: 'modules_to_save',
      safe: msg`Nothing was started.`,
    });
  }
  const names = [...modulesToSave, ...(HEADS[task] ?? [])];
  // A new layer outside the base model: the first part of its path that is a layer.
  const owners = fresh.flatMap((name) =>
    [...modules.keys()].filter((path) => path !== '' && name.startsWith(`${path}.`)).slice(0, 1),
  );
  const paths = [...modules.keys()].filter(
    (path) => path !== '' && (names.some((name) => endsLike(path, name)) || owners.includes(path)),
  );
  const outermost = paths.filter((path) => !paths.some((other) => path.startsWith(`${other}.`)));
  return new Map(outermost.map((path) => [path, modules.get(path)!]));
}

function linearNames(modules: ReadonlyMap<string, Module>): string[] {
  const names = [...modules].flatMap(([path, module]) => (module instanceof Linear ? [shortName(path)] : []));
  return [...new Set(names)];
}
