// What a run takes along to Python: which files, and what train.py says. That it runs is held by the parity lane.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTable } from '#formats/tabular.ts';
import type { ZipEntry } from '#formats/zip-stream.ts';
import { readArguments } from '#protocol/argument-files/read-arguments.ts';
import { DEFAULT_LORA } from '#protocol/lora-config.ts';
import { DEFAULT_TASK_OPTIONS, type TaskOptions } from '#protocol/task-options.ts';
import type { ColumnRoles } from '#protocol/task-roles.ts';
import type { Task } from '#util/task.ts';
import { openModel } from '#worker/opened-model.ts';
import { type ExportedRun, exportFolder, FROM_MODEL } from '#worker/python-export/export-folder.ts';
import { PYTHON_VERSIONS } from '#worker/python-export/requirements.ts';
import { folderFiles } from '../../setup/fixtures.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');
const REQUIREMENTS = join(import.meta.dirname, '../../fixtures/generate/requirements.txt');

interface Given {
  readonly example: string;
  readonly task: Task;
  readonly roles: ColumnRoles;
  readonly file?: string;
  readonly text?: string;
  readonly options?: Partial<TaskOptions>;
  readonly fraction?: number;
  readonly run?: Partial<ExportedRun>;
}

const RUN = { rawArguments: {}, peft: null, earlyStopping: null, from: FROM_MODEL, name: 'a run' };

/** Content of the files of an export, by path. */
async function exported(given: Given): Promise<Map<string, string>> {
  const { example, task, roles, file = 'train.jsonl', options, fraction = 0, run } = given;
  const model = await openModel(folderFiles(join(EXAMPLES, example, 'model')), 'a model');
  const text = given.text ?? readFileSync(join(EXAMPLES, example, file), 'utf8');
  const source = {
    train: await readTable(new Blob([text]), file),
    validation: null,
    roles,
    options: { ...DEFAULT_TASK_OPTIONS, ...options },
    validationFraction: fraction,
    splitSeed: 42,
    maxLength: 24,
    tokenizer: model.tokenizer,
    configLabels: model.labels,
  };
  const entries = await exportFolder({ ...RUN, ...run, task, source, model });
  return new Map(await Promise.all(entries.map(async ({ name, data }) => [name, await contentOf(data)] as const)));
}

async function contentOf(data: ZipEntry['data']): Promise<string> {
  if (typeof data === 'string') return data;
  const pieces: Uint8Array[] = [];
  for await (const piece of data) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const rowsOf = (files: ReadonlyMap<string, string>, name: string): Record<string, unknown>[] =>
  files
    .get(`data/${name}.jsonl`)!
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const CLASSIFICATION = {
  example: 'lora-classification',
  task: 'text-classification',
  roles: { text: 'text', label: 'label' },
} as const;
const CHECKPOINT = { name: 'checkpoint-4', hasOptimizer: true, entries: [{ name: 'weights', data: 'w' }] };
const COMPANIONS = [
  'README.md',
  'accelerate-deepspeed.yaml',
  'accelerate-fsdp.yaml',
  'data/train.jsonl',
  'ds_config.json',
  'requirements.txt',
  'train.py',
];
const MODEL = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
const inModel = MODEL.map((name) => `model/${name}`);

describe('files', () => {
  it('of a checkpoint: itself, no model', async () => {
    const files = await exported({ ...CLASSIFICATION, run: { from: CHECKPOINT } });
    expect([...files.keys()].sort()).toEqual([...COMPANIONS, 'checkpoint-4/weights'].sort());
    expect(files.get('train.py')).toContain('CHECKPOINT = HERE / "checkpoint-4"\nMODEL = CHECKPOINT\n');
  });

  it('of an adapter: the model under it', async () => {
    const files = await exported({ ...CLASSIFICATION, run: { from: CHECKPOINT, peft: DEFAULT_LORA } });
    const start = ['checkpoint-4/weights', 'checkpoint-4/adapter_config.json'];
    expect([...files.keys()].sort()).toEqual([...COMPANIONS, ...start, ...inModel].sort());
    expect(files.get('train.py')).toContain('MODEL = HERE / "model"\nADAPTER = CHECKPOINT\n');
  });

  it('of a run before its first step: the model', async () => {
    const files = await exported(CLASSIFICATION);
    expect([...files.keys()].sort()).toEqual([...COMPANIONS, ...inModel].sort());
    expect(files.get('train.py')).toContain('CHECKPOINT = None');
  });

  it('of a run that is done: its weights, as the model to begin with', async () => {
    const from = { ...CHECKPOINT, name: 'final', hasOptimizer: false };
    const whole = await exported({ ...CLASSIFICATION, run: { from } });
    expect([...whole.keys()].sort()).toEqual([...COMPANIONS, 'model/weights'].sort());
    const adapter = await exported({ ...CLASSIFICATION, run: { from, peft: DEFAULT_LORA } });
    expect([...adapter.keys()].sort()).toEqual(
      [...COMPANIONS, 'adapter/weights', 'adapter/adapter_config.json', ...inModel].sort(),
    );
    expect(adapter.get('train.py')).toContain('ADAPTER = HERE / "adapter"\n');
  });
});

describe('requirements.txt', () => {
  it('names the versions that fixtures are made with', async () => {
    const pinned = readFileSync(REQUIREMENTS, 'utf8').trim().split('\n');
    for (const [name, version] of Object.entries(PYTHON_VERSIONS)) expect(pinned).toContain(`${name}==${version}`);
  });

  it('names what the run needs, and no more', async () => {
    const packages = async (run: Partial<ExportedRun>): Promise<string[]> =>
      (await exported({ ...CLASSIFICATION, run }))
        .get('requirements.txt')!
        .trim()
        .split('\n')
        .map((line) => line.split('==')[0]!);
    const always = ['torch', 'transformers', 'accelerate'];
    expect(await packages({})).toEqual(always);
    expect(await packages({ peft: DEFAULT_LORA })).toEqual([...always, 'peft']);
    expect(await packages({ rawArguments: { report_to: 'all' } })).toEqual([...always, 'tensorboard']);
    expect(await packages({ rawArguments: { optim: 'adamw_8bit' } })).toEqual([...always, 'bitsandbytes']);
    expect(await packages({ rawArguments: { optim: 'schedule_free_adamw', lr_scheduler_type: 'constant' } })).toEqual([
      ...always,
      'schedulefree',
    ]);
  });
});

describe('the arguments in train.py', () => {
  it('are those given, defaults too, without tokens and places', async () => {
    const kept = {
      learning_rate: 5e-5,
      max_steps: 4,
      lr_scheduler_kwargs: { num_cycles: 2 },
      lr_scheduler_type: 'cosine',
      logging_steps: 1,
      report_to: ['none'],
      tf32: true,
      ddp_backend: 'nccl',
      run_name: 'it\'s "mine"',
    };
    const rawArguments = {
      ...kept,
      output_dir: '/mine',
      hub_token: 'hf_secret',
      resume_from_checkpoint: '/old',
      odd: 1,
    };
    const script = (await exported({ ...CLASSIFICATION, run: { rawArguments } })).get('train.py')!;
    expect(await readArguments(script)).toEqual({ format: 'python', values: { ...kept, output_dir: 'output' } });
    expect(script).not.toMatch(/hf_secret|\/mine|\/old/);
    expect(script).toContain('# Left out: hub_token: access tokens are not written\n');
    expect(script).toContain('# Left out: odd: not an argument of transformers\n');
  });
});

describe('train.py', () => {
  it('imports at the top, each package once, and PEFT only for an adapter', async () => {
    const script = (await exported(CLASSIFICATION)).get('train.py')!;
    const lines = script.split('\n').filter((line) => /^(import|from) /.test(line));
    const head = script.slice(0, script.indexOf('HERE = '));
    expect(lines.every((line) => head.includes(line))).toBe(true);
    const modules = lines.map((line) => line.split(' ')[1]);
    expect(new Set(modules).size).toBe(modules.length);
    expect(script).not.toContain('peft');
    const adapted = (await exported({ ...CLASSIFICATION, run: { peft: DEFAULT_LORA } })).get('train.py')!;
    expect(adapted).toContain('from peft import LoraConfig, get_peft_model\n');
    expect(adapted).toContain('target_modules=["query", "value"],\n');
  });

  it('holds what its task needs, and nothing of others', async () => {
    const script = (await exported(CLASSIFICATION)).get('train.py')!;
    expect(script).toContain('LABELS = ["calm", "glad"]\n');
    expect(script).not.toContain('compute_metrics');
    const scored = (await exported({ ...CLASSIFICATION, fraction: 0.25 })).get('train.py')!;
    expect(scored).toContain('compute_metrics=compute_metrics,\n');
    expect(scored).not.toMatch(/MaskTrainer|blocks_of|HideWords|DOC_STRIDE/);
  });

  it('quotes names of columns and labels', async () => {
    const rows = ['{"te\\"xt": "a", "l": "b\\\\n"}', '{"te\\"xt": "c", "l": "b\\\\n"}', '{"te\\"xt": "e", "l": "d’"}'];
    const script = (
      await exported({
        ...CLASSIFICATION,
        example: 'text-generation-prompts',
        roles: { text: 'te"xt', label: 'l' },
        text: `${rows.join('\n')}\n`,
      })
    ).get('train.py')!;
    expect(script).toContain('TEXT_COLUMNS = ["te\\"xt"]\nLABEL_COLUMN = "l"\nLABELS = ["b\\\\n", "d’"]\n');
  });
});

describe('data', () => {
  it('are the columns in use after the split, labels by name', async () => {
    const text = '{"t": "a", "y": 1, "more": 5}\n{"t": 2, "y": 0}\n{"t": "c", "y": 1}\n{"t": "d", "y": 0}\n';
    const files = await exported({ ...CLASSIFICATION, roles: { text: 't', label: 'y' }, text, fraction: 0.25 });
    const [train, validation] = [rowsOf(files, 'train'), rowsOf(files, 'validation')];
    expect([train.length, validation.length]).toEqual([3, 1]);
    const names = { a: 'glad', '2': 'calm', c: 'glad', d: 'calm' } as Record<string, string>;
    for (const row of [...train, ...validation]) expect(row).toEqual({ t: row['t'], y: names[String(row['t'])] });
    const order = train.map(({ t }) => 'a2cd'.indexOf(String(t)));
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it('of a document: itself, with the seed by which its blocks are held out', async () => {
    const files = await exported({
      example: 'text-generation',
      task: 'text-generation',
      roles: { text: 'text' },
      file: 'train.txt',
      fraction: 0.25,
    });
    expect(rowsOf(files, 'train')).toHaveLength(1);
    expect(files.has('data/validation.jsonl')).toBe(false);
    expect(files.get('train.py')).toContain('VALIDATION_FRACTION = 0.25\nSPLIT_SEED = 42\n');
  });

  it('places of answers are counted in code points', async () => {
    const files = await exported({
      example: 'question-answering',
      task: 'question-answering',
      roles: { question: 'q', context: 'c', answers: 'a' },
      text: '{"q": " who", "c": "😀 Ann", "a": "Ann"}\n{"q": "when", "c": "never", "a": ""}\n',
    });
    expect(rowsOf(files, 'train')).toEqual([
      { q: 'who', c: '😀 Ann', a: { text: ['Ann'], answer_start: [2] } },
      { q: 'when', c: 'never', a: { text: [], answer_start: [] } },
    ]);
  });

  it('keep the columns of prompts, chats and words', async () => {
    const prompts = await exported({
      example: 'text-generation-prompts',
      task: 'text-generation',
      roles: { prompt: 'p', completion: 'c' },
      text: '{"p": "a ->", "c": " b", "x": 1}\n',
    });
    expect(rowsOf(prompts, 'train')).toEqual([{ p: 'a ->', c: ' b' }]);
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ];
    const chats = await exported({
      example: 'text-generation-chats',
      task: 'text-generation',
      roles: { messages: 'm' },
      text: `${JSON.stringify({ m: messages })}\n`,
    });
    expect(rowsOf(chats, 'train')).toEqual([{ m: messages }]);
    const words = await exported({
      example: 'token-classification',
      task: 'token-classification',
      roles: { text: 'w', label: 't' },
      text: '{"w": "Tom ran", "t": ["B-person", "O"]}\n',
    });
    expect(rowsOf(words, 'train')).toEqual([{ w: ['Tom', 'ran'], t: ['B-person', 'O'] }]);
  });
});

describe('README.md', () => {
  it('tells where the run goes on, and the size of an update', async () => {
    const rawArguments = {
      per_device_train_batch_size: 4,
      gradient_accumulation_steps: 2,
      load_best_model_at_end: true,
    };
    const strategies = { eval_strategy: 'steps', save_strategy: 'steps' };
    const run = { from: CHECKPOINT, rawArguments: { ...rawArguments, ...strategies } };
    const readme = (await exported({ ...CLASSIFICATION, fraction: 0.25, run })).get('README.md')!;
    expect(readme).toContain('It goes on from `checkpoint-4/`. Weights, optimizer');
    expect(readme).toContain('4 × 2 accumulated = 8 examples');
    expect(readme).toContain('Neither reads a plain `optimizer.pt`');
    expect(readme).toContain('load_best_model_at_end');
    expect((await exported(CLASSIFICATION)).get('README.md')).not.toMatch(/load_best_model_at_end|optimizer\.pt/);
  });
});
