// A run of the runner, from its config to the model in the output folder.

import { constants } from 'node:fs';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Engine } from '#gpu/initialize.ts';
import { memoryUse } from '#gpu/memory.ts';
import type { Parameter } from '#nn/parameter.ts';
import { makeParamGroups } from '#optim/optimizer.ts';
import type { CheckpointId } from '#protocol/ids.ts';
import type { LoraConfig } from '#protocol/lora-config.ts';
import type { MemoryPlan } from '#protocol/memory-plan.ts';
import { type TrainingArguments, toTrainingArgumentsJson } from '#protocol/training-arguments.ts';
import type { StoredCheckpoint } from '#storage/checkpoint-store.ts';
import type { SearchOptions } from '#trainer/search/hyperparameter-search.ts';
import type { Trainer } from '#trainer/trainer.ts';
import { toTrainerStateJson } from '#trainer/trainer-state.ts';
import { stringifyHfJson } from '#util/hf-json.ts';
import { StudioError } from '#util/studio-error.ts';
import { describeRun } from '#worker/describe-run.ts';
import type { RunFacts } from '#worker/export-checkpoint.ts';
import { hubPusher } from '#worker/hub-push.ts';
import { mergedModel } from '#worker/merged-model.ts';
import { modelCard } from '#worker/model-card.ts';
import { savedFilesOf } from '#worker/opened-model.ts';
import { planRunMemory } from '#worker/plan-memory.ts';
import { tuneDevice } from '#worker/tune-device.ts';
import { openCheckpointFolder } from './checkpoint-folder.ts';
import type { CommandLine } from './command-line.ts';
import { continueElsewhere } from './continue-elsewhere.ts';
import { startEngine } from './dawn.ts';
import { EndedBySignal, EndSignal } from './end-signal.ts';
import { FolderCheckpointStore } from './folder-checkpoint-store.ts';
import { folderTuningStore } from './folder-tuning-store.ts';
import { hubConnection } from './hub-connection.ts';
import { type Inputs, openInputs } from './open-inputs.ts';
import { profileCallbacks } from './profile-callbacks.ts';
import { resumeArguments } from './resume-arguments.ts';
import { buildRun, RUN, type RunParts } from './run-builder.ts';
import { dataNameOf, type RunConfig, readRunConfig } from './run-config.ts';
import { say } from './say.ts';
import { runSearch } from './search-run.ts';
import { type LoadModule, loadCallbacks } from './user-callbacks.ts';

/** What can be refused is refused before the device starts. */
export async function run(commandLine: CommandLine, loadModule: LoadModule): Promise<void> {
  const { outputDir } = commandLine;
  const given = await readRunConfig(commandLine.config);
  const resumeFrom = commandLine.resumeFrom ?? given.resumeFrom;
  for (const note of given.notes) say(`note: ${note}`);
  await loadCallbacks(given.callbacks, loadModule);
  const inputs = await openInputs(given);
  for (const warning of inputs.data.warnings) say(`warning: ${warning}`);
  const stored = await openToResume(resumeFrom, inputs, given.args);
  if (commandLine.continueElsewhere !== null) return leave(commandLine.continueElsewhere, resumeFrom, given, inputs);
  const told = stored ? await resumeArguments(commandLine.resumeArguments, stored, given, say) : given;
  if (given.search) checkSearch(inputs, stored);
  const hub = told.args.pushToHub ? hubConnection(given.args) : null;
  if (hub && given.search) say('warning: the trials of a search are not pushed to the Hub.');
  const engine = await startEngine();
  await tuneDevice(engine, folderTuningStore());
  say(`device: ${deviceName(engine)}`);
  const config = { ...given, ...told };
  const endSignal = config.args.enableJitCheckpoint ? new EndSignal() : null;
  if (commandLine.profile && given.search)
    say('warning: --profile is for a single run; the trials of a search are not profiled.');
  const parts: RunParts = { config, inputs, engine, loadModule, hub, endSignal };
  try {
    await (given.search
      ? searchIn(given.search, outputDir, parts)
      : trainOnce(parts, outputDir, stored, commandLine.profile));
  } catch (error) {
    if (!(error instanceof EndedBySignal)) throw error;
    say(error.message);
  } finally {
    endSignal?.close();
  }
}

async function searchIn(search: SearchOptions, outputDir: string, parts: RunParts): Promise<void> {
  await makeOutputFolder(outputDir);
  await runSearch(search, outputDir, parts);
}

async function leave(
  folder: string,
  checkpointFolder: string | null,
  config: RunConfig,
  inputs: Inputs,
): Promise<void> {
  await continueElsewhere(folder, { ...inputs, config, checkpointFolder });
  if (config.callbacks.length > 0) say('warning: the callbacks of run.json are not Python and were left out.');
  say(`written to ${folder}; its README.md says how to go on`);
}

async function trainOnce(
  parts: RunParts,
  outputDir: string,
  stored: StoredCheckpoint | null,
  isProfiled: boolean,
): Promise<void> {
  const { config, inputs, hub } = parts;
  const store = new FolderCheckpointStore(outputDir);
  const plan = planRunMemory({ ...inputs, taskOptions: config.options, args: config.args });
  if (plan) say(`memory: ${describeMemory(plan)}`);
  const { args } = config;
  const pushes = hub && {
    args,
    connection: hub,
    facts: factsOf(parts, outputDir),
    signal: new AbortController().signal,
  };
  const { trainer } = await buildRun(parts, {
    ...config,
    store,
    outputDir,
    ...(pushes ? { pusher: hubPusher(pushes) } : {}),
    callbacks: isProfiled ? profileCallbacks() : [],
  });
  await makeOutputFolder(outputDir);
  if (stored) say(`resuming from ${stored.manifest.name} at step ${stored.manifest.step}`);
  const output = await trainer.train(stored ?? false);
  parts.endSignal?.throwIfEnded((name) => `Go on with --resume-from-checkpoint ${join(outputDir, name)}`);
  await (hub ? trainer.pushToHub() : trainer.saveModel());
  const { peft } = inputs;
  if (peft && config.mergeAdapter) await writeMerged(join(outputDir, 'merged'), { ...inputs, peft, trainer, store });
  await writeFile(join(outputDir, 'README.md'), cardOf(parts, trainer, outputDir));
  await writeFile(join(outputDir, 'trainer_state.json'), stringifyHfJson(toTrainerStateJson(trainer.state)));
  say(
    `done: ${output.globalStep} steps, train_loss ${output.trainingLoss.toPrecision(4)}, at most ${mebibytes(memoryUse().peakBytes)} allocated on the device`,
  );
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

const describeMemory = ({ peak, weights, gradients, optimizer, activations }: MemoryPlan): string =>
  `${mebibytes(peak)} at most (weights ${mebibytes(weights)}, gradients ${mebibytes(gradients)}, optimizer ${mebibytes(optimizer)}, activations ${mebibytes(activations)})`;

function factsOf({ config, inputs, engine }: RunParts, outputDir: string): RunFacts {
  const { model, data } = inputs;
  return {
    name: basename(outputDir),
    baseModel: model.name,
    dataName: dataNameOf(config),
    task: data.task,
    problemType: data.problemType,
    labels: data.labels,
    device: deviceName(engine),
  };
}

const cardOf = (parts: RunParts, trainer: Trainer, outputDir: string): string =>
  modelCard({
    ...factsOf(parts, outputDir),
    trainingArguments: toTrainingArgumentsJson(trainer.args, parts.config.rawArguments),
    logHistory: trainer.state.logHistory,
    step: trainer.weightsStep,
  });

function checkSearch({ data }: Inputs, stored: StoredCheckpoint | null): void {
  if (stored)
    throw new StudioError('E-ARGS', 'A search goes on by itself when it is started again in the same output folder.', {
      where: 'resume_from_checkpoint',
      hint: 'Leave --resume-from-checkpoint and resume_from_checkpoint out, or hyperparameter_search.',
      safe: 'Nothing was started.',
    });
  if (!data.validation)
    throw new StudioError('E-ARGS', 'A search compares evaluations, and there is no evaluation data.', {
      where: 'validation_file, validation_fraction',
      hint: 'Give a validation file or hold rows out.',
      safe: 'Nothing was started.',
    });
}

/** A folder of a run here or of HF's Trainer. */
async function openToResume(
  folder: string | null,
  { model, data, peft }: Inputs,
  { fp16 }: TrainingArguments,
): Promise<StoredCheckpoint | null> {
  // Refuses what does not fit together, also where nothing is resumed.
  const parameters: ReadonlyMap<string, Parameter> = describeRun(model, data, peft).network.namedParameters();
  if (folder === null) return null;
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

interface MergeParts extends Pick<Inputs, 'model' | 'data'> {
  readonly peft: LoraConfig;
  readonly trainer: Trainer;
  readonly store: FolderCheckpointStore;
}

/** The whole model, with the adapter as it is saved in the output folder. */
async function writeMerged(folder: string, { model, data, peft, trainer, store }: MergeParts): Promise<void> {
  const adapter = await store.open(RUN, 'final' as CheckpointId);
  const { config, tensors } = mergedModel(model, data, peft, adapter);
  const saved = await savedFilesOf(model, data.task);
  const files = new Map([...saved, ['config.json', stringifyHfJson(config)] as const]);
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
