// The headless runner: `npm run train -- --config run.json --output-dir out [--resume-from-checkpoint DIR]`, or with
// `--continue-elsewhere FOLDER` in place of the output folder, to go on in Python.
// Log entries go to standard output, one JSON object a line; progress and notices go to standard error.

import { constants, existsSync, openAsBlob, readdirSync } from 'node:fs';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { prepareTask } from '#data/tasks/prepare-task.ts';
import type { TaskData, TaskSource } from '#data/tasks/row-task.ts';
import { openModelFiles } from '#formats/model-files.ts';
import { readTable } from '#formats/tabular.ts';
import { type Engine, initializeEngine } from '#gpu/initialize.ts';
import { memoryUse } from '#gpu/memory.ts';
import type { Parameter } from '#nn/parameter.ts';
import { makeParamGroups } from '#optim/optimizer.ts';
import type { CheckpointId, RunId } from '#protocol/ids.ts';
import type { LoraConfig } from '#protocol/lora-config.ts';
import { type TrainingArguments, toTrainingArgumentsJson } from '#protocol/training-arguments.ts';
import type { TrainerCallback } from '#trainer/callbacks/trainer-callback.ts';
import type { Trainer } from '#trainer/trainer.ts';
import { toTrainerStateJson } from '#trainer/trainer-state.ts';
import { stringifyHfJson } from '#util/hf-json.ts';
import { StudioError } from '#util/studio-error.ts';
import { buildTrainer } from '#worker/build-trainer.ts';
import { describeRun } from '#worker/describe-run.ts';
import { mergedModel } from '#worker/merged-model.ts';
import { modelCard } from '#worker/model-card.ts';
import {
  checkedMaxLength,
  maxLengthOf,
  type OpenedAdapter,
  type OpenedModel,
  openAdapter,
  openModel,
} from '#worker/opened-model.ts';
import { batchSizeText, nonFiniteLossText } from '#worker/run-notices.ts';
import { openCheckpointFolder } from './checkpoint-folder.ts';
import { continueElsewhere } from './continue-elsewhere.ts';
import { installDawn } from './dawn.ts';
import { FolderCheckpointStore } from './folder-checkpoint-store.ts';
import { type RunConfig, readRunConfig, rolesFor } from './run-config.ts';

const RUN = 'run' as RunId;
const USAGE =
  'usage: npm run train -- --config run.json (--output-dir out | --continue-elsewhere FOLDER) [--resume-from-checkpoint DIR]';

interface CommandLine {
  readonly config: string;
  readonly outputDir: string;
  readonly resumeFrom: string | null;
  /** Folder in which the run leaves for Python; null: it is trained here. */
  readonly continueElsewhere: string | null;
}

/** npm changes into the package's folder; paths are meant from where the person stands. */
const fromCaller = (path: string): string => resolve(process.env['INIT_CWD'] ?? '.', path);

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** @returns the exit code: 0 when trained to the end, 1 for bad input or a failure, 2 for a wrong command line. */
export async function main(argv: readonly string[]): Promise<number> {
  const commandLine = readCommandLine(argv);
  if (!commandLine) return 2;
  try {
    await run(commandLine);
    return 0;
  } catch (error) {
    reportError(error);
    return 1;
  }
}

function readCommandLine(argv: readonly string[]): CommandLine | null {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        config: { type: 'string' },
        'output-dir': { type: 'string' },
        'resume-from-checkpoint': { type: 'string' },
        'continue-elsewhere': { type: 'string' },
      },
    });
    const { 'output-dir': outputDir, 'continue-elsewhere': elsewhere, 'resume-from-checkpoint': resumeFrom } = values;
    if (values.config && (outputDir === undefined) !== (elsewhere === undefined)) {
      return {
        config: fromCaller(values.config),
        outputDir: fromCaller(outputDir ?? '.'),
        resumeFrom: resumeFrom === undefined ? null : fromCaller(resumeFrom),
        continueElsewhere: elsewhere === undefined ? null : fromCaller(elsewhere),
      };
    }
    say(`--config and one of --output-dir and --continue-elsewhere are needed.\n${USAGE}`);
  } catch (error) {
    say(`${(error as Error).message}\n${USAGE}`);
  }
  return null;
}

function reportError(error: unknown): void {
  if (!(error instanceof StudioError)) {
    say(`E-INTERNAL: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return;
  }
  say(`${error.code}: ${error.message}`);
  if (error.where) say(`Where: ${error.where}`);
  if (error.hint) say(`What to do: ${error.hint}`);
  if (error.safe) say(error.safe);
}

async function run({ config: path, outputDir, resumeFrom, continueElsewhere: elsewhere }: CommandLine): Promise<void> {
  const config = await readRunConfig(path);
  for (const note of config.notes) say(`note: ${note}`);
  const model = await openModel(await openFolder(config.model), basename(config.model));
  const source = await readData(config, model);
  const data = await prepareTask(config.task, source);
  for (const warning of data.warnings) say(`warning: ${warning}`);
  // What can be refused is refused before the device starts.
  const adapter = config.adapter === null ? null : await openAdapterFolder(config.adapter);
  const peft = config.peft ?? adapter?.config ?? null;
  const parameters = describeRun(model, data, peft).network.namedParameters();
  const stored = resumeFrom === null ? null : await openToResume(resumeFrom, parameters, config.args);
  if (elsewhere !== null) {
    await continueElsewhere(elsewhere, { config, source, model, peft, checkpointFolder: resumeFrom });
    return say(`written to ${elsewhere}; its README.md says how to go on`);
  }
  installDawn();
  const engine = await initializeEngine();
  say(`device: ${deviceName(engine)}`);
  const store = new FolderCheckpointStore(outputDir);
  const { trainer, fresh } = await buildTrainer({
    model,
    data,
    taskOptions: config.options,
    peft,
    adapter,
    onSample: (step, text) => say(`sample at step ${step}: ${text}`),
    args: config.args,
    options: {
      checkpointStore: store,
      runId: RUN,
      rawArguments: config.rawArguments,
      callbacks: [reporter()],
      hooks: {
        onNotReplayed,
        onNonFiniteLoss: (place) => say(`warning: ${nonFiniteLossText(place)}`),
        onBatchSize: (change) => say(`warning: ${batchSizeText(change)}`),
      },
    },
  });
  await makeOutputFolder(outputDir);
  if (fresh.length > 0) say(`new parameters, started from seed ${config.args.seed}: ${fresh.join(', ')}`);
  if (stored) say(`resuming from ${resumeFrom} at step ${stored.manifest.step}`);
  const output = await trainer.train(stored ?? false);
  await trainer.saveModel();
  const { args, state } = trainer;
  const facts = {
    name: basename(outputDir),
    baseModel: model.name,
    dataName: basename(config.trainFile),
    task: data.task,
    problemType: data.problemType,
    labels: data.labels,
    trainingArguments: toTrainingArgumentsJson(args, config.rawArguments),
    logHistory: state.logHistory,
    step: trainer.weightsStep,
    device: deviceName(engine),
  };
  if (peft && config.mergeAdapter) await writeMerged(join(outputDir, 'merged'), { model, data, peft, trainer, store });
  await writeFile(join(outputDir, 'README.md'), modelCard(facts));
  await writeFile(join(outputDir, 'trainer_state.json'), stringifyHfJson(toTrainerStateJson(state)));
  say(
    `done: ${output.globalStep} steps, train_loss ${output.trainingLoss.toPrecision(4)}, ${Math.round(memoryUse().allocatedBytes / 2 ** 20)} MiB allocated on the device`,
  );
}

const onNotReplayed = (reason: string): void =>
  say(`note: steps of this run can not be replayed, which makes them slower: ${reason}`);

/** A folder of a run here or of HF's Trainer. */
async function openToResume(folder: string, parameters: ReadonlyMap<string, Parameter>, { fp16 }: TrainingArguments) {
  const paramGroups = makeParamGroups(parameters, 0).map((group) =>
    [...group.parameters].map(([name, { shape }]) => ({ name, shape })),
  );
  const stored = await openCheckpointFolder(folder, RUN, basename(folder), { paramGroups, fp16 });
  if (stored.manifest.modelOnly)
    say(`warning: ${folder} has no optimizer.pt and scheduler.pt: the optimizer and the schedule start anew.`);
  return stored;
}

function deviceName(engine: Engine): string {
  if (!engine.info) return `${engine.backendName} (no WebGPU: ${engine.unavailable?.message ?? 'not asked for'})`;
  const { vendor, architecture, description } = engine.info;
  return `WebGPU, ${[vendor, architecture, description].filter(Boolean).join(' ')}${engine.webgpu?.shaderF16 ? ', shader-f16' : ''}`;
}

async function makeOutputFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new StudioError(
      'E-STORAGE',
      `The output folder ${folder} can not be written to: ${(cause as Error).message}`,
      { where: '--output-dir', safe: 'Nothing was started.', cause },
    );
  }
}

async function openFolder(folder: string) {
  let names: string[];
  try {
    names = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name);
  } catch (cause) {
    throw new StudioError('E-MODEL-CONFIG', `The model folder ${folder} can not be read: ${(cause as Error).message}`, {
      where: folder,
      cause,
    });
  }
  return openModelFiles(
    await Promise.all(names.map(async (path) => ({ path, file: await openAsBlob(join(folder, path)) }))),
  );
}

async function openAdapterFolder(folder: string): Promise<OpenedAdapter> {
  const names = ['adapter_config.json', 'adapter_model.safetensors'];
  const found = names.filter((name) => existsSync(join(folder, name)));
  const adapter = await openAdapter(
    new Map(await Promise.all(found.map(async (name) => [name, await openAsBlob(join(folder, name))] as const))),
  );
  if (adapter) return adapter;
  throw new StudioError('E-MODEL-WEIGHTS', `The folder ${folder} holds no adapter: ${names.join(' and ')}.`, {
    where: folder,
    hint: 'Give the folder that PEFT, or a run here, saved.',
    safe: 'Nothing was started.',
  });
}

interface MergeParts {
  readonly model: OpenedModel;
  readonly data: TaskData;
  readonly peft: LoraConfig;
  readonly trainer: Trainer;
  readonly store: FolderCheckpointStore;
}

/** The whole model, with the adapter as it is saved in the output folder. */
async function writeMerged(folder: string, { model, data, peft, trainer, store }: MergeParts): Promise<void> {
  const adapter = await store.open(RUN, 'final' as CheckpointId);
  const { config, tensors } = mergedModel(model, data, peft, adapter);
  const files = new Map([...model.tokenizer.savedFiles, ['config.json', stringifyHfJson(config)] as const]);
  const state = trainer.state;
  files.set('trainer_state.json', stringifyHfJson(toTrainerStateJson(state)));
  await new FolderCheckpointStore(folder).save({
    runId: RUN,
    name: 'final',
    step: state.globalStep,
    epoch: state.epoch,
    modelOnly: true,
    isBest: false,
    metrics: {},
    tensors,
    files,
    rotate: () => [],
  });
}

async function openTable(path: string) {
  return readTable(await openData(path), basename(path));
}

async function openData(path: string): Promise<Blob> {
  try {
    return await openAsBlob(path);
  } catch (cause) {
    // Node says only that it was unable to open a file.
    const reason = existsSync(path) ? (cause as Error).message : 'there is no such file';
    throw new StudioError('E-DATA-FORMAT', `The data file ${path} can not be read: ${reason}.`, { where: path, cause });
  }
}

async function readData(config: RunConfig, model: OpenedModel): Promise<TaskSource> {
  const train = await openTable(config.trainFile);
  return {
    train,
    validation: config.validationFile === null ? null : await openTable(config.validationFile),
    roles: rolesFor(config, train.columns),
    options: config.options,
    validationFraction: config.validationFraction,
    splitSeed: config.splitSeed,
    maxLength: checkedMaxLength(model, config.maxLength ?? maxLengthOf(model)),
    tokenizer: model.tokenizer,
    configLabels: model.labels,
    problemType: config.problemType,
  };
}

/** Log entries as JSON lines, progress now and then. */
function reporter(): TrainerCallback {
  let last = 0;
  return {
    name: 'ReporterCallback',
    onLog: ({ logs }) => void process.stdout.write(`${JSON.stringify(logs)}\n`),
    onStepEnd: ({ state }) => {
      const now = performance.now();
      if (now - last < 1000 && state.globalStep < state.maxSteps) return;
      last = now;
      say(`step ${state.globalStep}/${state.maxSteps}`);
    },
    onSave: ({ state }) => say(`saved checkpoint-${state.globalStep}`),
  };
}
