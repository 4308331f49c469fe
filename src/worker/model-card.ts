// README.md of a saved model, in the layout of HF's model card: what it is, how it was trained, what it scored.

import { HUB_ENDPOINT, type HubRevision } from '#protocol/hub-messages.ts';
import type { ModelCardTexts, ProblemType, RunOrigin } from '#protocol/messages.ts';
import type { LogEntry } from '#protocol/metrics.ts';
import type { Task } from '#util/task.ts';

export interface ModelCardFacts {
  readonly name: string;
  readonly baseModel: string;
  readonly dataName: string;
  readonly task: Task;
  /** Commits of the Hub; left out for a model and data from elsewhere. */
  readonly origin?: RunOrigin;
  readonly problemType: ProblemType;
  readonly labels: readonly string[];
  /** training_args.json and trainer_state.json of the checkpoint. */
  readonly trainingArguments: Readonly<Record<string, unknown>>;
  readonly logHistory: readonly LogEntry[];
  readonly step: number;
  /** What a person wrote. */
  readonly texts?: ModelCardTexts;
  /** What trained it: adapter or backend. */
  readonly device: string;
}

export function modelCard(facts: ModelCardFacts): string {
  const { name, origin, task, texts } = facts;
  return [
    '---',
    'library_name: transformers',
    ...(texts?.license ? [`license: ${texts.license}`] : []),
    ...(origin?.model ? [`base_model: ${origin.model.repo}`] : []),
    ...(origin?.data ? ['datasets:', `- ${origin.data.repo}`] : []),
    `pipeline_tag: ${task}`,
    'tags:',
    '- generated_from_trainer',
    '- webgpu',
    '- trained-in-browser',
    '---',
    '',
    '<!-- This model card was generated automatically by Atelier from the training run. Check and complete it. -->',
    '',
    `# ${name}`,
    '',
    introduction(facts),
    ...resultLines(facts),
    '',
    '## Model description',
    '',
    descriptionOf(facts),
    ...(texts?.description ? ['', texts.description] : []),
    '',
    '## Intended uses & limitations',
    '',
    texts?.intendedUses || 'More information needed',
    '',
    '## Training and evaluation data',
    '',
    texts?.trainingData || 'More information needed',
    '',
    '## Training procedure',
    '',
    '### Training hyperparameters',
    '',
    'The following hyperparameters were used during training:',
    ...hyperparameterLines(facts.trainingArguments),
    '',
    '### Training results',
    '',
    ...resultTable(facts),
    '',
    '### Framework versions',
    '',
    '- Atelier 0.1.0 (WebGPU, TensorFlow.js 4.22.0)',
    `- Device: ${facts.device}`,
    '',
  ].join('\n');
}

function descriptionOf({ task, problemType, labels }: ModelCardFacts): string {
  const name = task === 'text-classification' ? problemType.replaceAll('_', ' ') : task.replaceAll('-', ' ');
  return `Task: ${name}.${labels.length > 0 ? ` Labels: ${labels.join(', ')}.` : ''}`;
}

function introduction({ baseModel, dataName, origin, step }: ModelCardFacts): string {
  const model = origin?.model ? `${link(origin.model, '')} (commit ${origin.model.revision})` : baseModel;
  const data = origin?.data ? `${link(origin.data, 'datasets/')} (commit ${origin.data.revision})` : dataName;
  return `This model is a fine-tuned version of ${model} on ${data}, as it was after step ${step}.`;
}

const link = ({ repo }: HubRevision, folder: string): string => `[${repo}](${HUB_ENDPOINT}/${folder}${repo})`;

const upTo = ({ logHistory, step }: ModelCardFacts): readonly LogEntry[] =>
  logHistory.filter((entry) => entry.step <= step);

/** One entry for each evaluation; those of several sets at one step are taken together. */
function evaluationsOf(entries: readonly LogEntry[]): LogEntry[] {
  const bySteps = new Map<number, LogEntry>();
  for (const entry of entries) {
    if (!Object.keys(entry).some((key) => /^eval_(.+_)?loss$/.test(key))) continue;
    bySteps.set(entry.step, { ...bySteps.get(entry.step), ...entry });
  }
  return [...bySteps.values()];
}

const isSpeed = (key: string): boolean => /_(runtime|per_second)$/.test(key);

/** Scalar metrics of an evaluation, with readable names. */
function scalarsOf(entry: LogEntry): [name: string, value: number][] {
  return Object.entries(entry).flatMap(([key, value]) =>
    key.startsWith('eval_') && typeof value === 'number' && !isSpeed(key)
      ? [[titleOf(key.slice(5)), value] as [string, number]]
      : [],
  );
}

const titleOf = (key: string): string =>
  key
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');

function resultLines(facts: ModelCardFacts): string[] {
  const last = evaluationsOf(upTo(facts)).at(-1);
  if (!last) return [];
  return [
    'It achieves the following results on the evaluation set:',
    ...scalarsOf(last).map(([name, value]) => `- ${name}: ${value.toFixed(4)}`),
  ];
}

function hyperparameterLines(args: Readonly<Record<string, unknown>>): string[] {
  const accumulation = Number(args['gradient_accumulation_steps']);
  const total = Number(args['per_device_train_batch_size']) * accumulation;
  const duration =
    Number(args['max_steps']) > 0
      ? `- training_steps: ${args['max_steps']}`
      : `- num_epochs: ${args['num_train_epochs']}`;
  const betas = `betas=(${args['adam_beta1']},${args['adam_beta2']}) and epsilon=${args['adam_epsilon']}`;
  const optimizer = String(args['optim']).startsWith('adamw') ? `${args['optim']} with ${betas}` : `${args['optim']}`;
  return [
    `- learning_rate: ${args['learning_rate']}`,
    `- train_batch_size: ${args['per_device_train_batch_size']}`,
    `- eval_batch_size: ${args['per_device_eval_batch_size']}`,
    `- seed: ${args['seed']}`,
    ...(accumulation > 1
      ? [`- gradient_accumulation_steps: ${accumulation}`, `- total_train_batch_size: ${total}`]
      : []),
    `- optimizer: Use ${optimizer} and optimizer_args=${args['optim_args'] ?? 'No additional optimizer arguments'}`,
    `- lr_scheduler_type: ${args['lr_scheduler_type']}`,
    ...(Number(args['warmup_steps']) > 0 ? [`- lr_scheduler_warmup_steps: ${args['warmup_steps']}`] : []),
    duration,
    ...(args['fp16'] === true ? ['- mixed_precision_training: f16 storage with float32 accumulation'] : []),
    ...(args['bf16'] === true ? ['- mixed_precision_training: bf16 storage with float32 accumulation'] : []),
    ...(Number(args['label_smoothing_factor']) > 0
      ? [`- label_smoothing_factor: ${args['label_smoothing_factor']}`]
      : []),
  ];
}

function resultTable(facts: ModelCardFacts): string[] {
  const entries = upTo(facts);
  const evaluations = evaluationsOf(entries);
  const first = evaluations[0];
  if (!first) return ['No evaluation was run.'];
  const names = scalarsOf(first).map(([name]) => (name === 'Loss' ? 'Validation Loss' : name));
  const rows = evaluations.map((evaluation) => {
    const training = entries.findLast((entry) => typeof entry['loss'] === 'number' && entry.step <= evaluation.step);
    const loss = training ? Number(training['loss']).toFixed(4) : 'No log';
    return [
      loss,
      String(evaluation.epoch),
      String(evaluation.step),
      ...scalarsOf(evaluation).map(([, value]) => value.toFixed(4)),
    ];
  });
  const header = ['Training Loss', 'Epoch', 'Step', ...names];
  return [header, header.map(() => ':---:'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}
