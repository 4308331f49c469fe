// README.md of an export: how the run goes on in Python, and what is then otherwise.

import { parseTrainingArguments, type TrainingArguments } from '#protocol/training-arguments.ts';
import { ADAPTER_FOLDER, MODEL_FOLDER, type PythonRun } from './python-run.ts';

export function exportReadme(run: PythonRun): string {
  const parsed = parseTrainingArguments(run.rawArguments);
  const args = parsed.ok ? parsed.args : null;
  return [
    `# ${run.name}, to be continued in Python`,
    '',
    opening(run),
    '',
    '```sh',
    'pip install -r requirements.txt',
    'python train.py',
    '```',
    '',
    'Run it in this folder. The result goes to `output/`; `--output-dir`, `--max-steps` and `--resume-from-checkpoint` give',
    'other ones. `train.py` is short and meant to be edited: what the run was told stands at its top.',
    '',
    '## Files',
    '',
    ...fileTable(run),
    '',
    '## Several GPUs',
    '',
    '`python train.py` takes all GPUs that it sees, in one process. For one of them, or for one process each:',
    '',
    '```sh',
    'CUDA_VISIBLE_DEVICES=0 python train.py',
    'accelerate launch --num_processes 4 train.py',
    '```',
    '',
    ...(args ? batchLines(args) : []),
    '',
    '## A model too large for one GPU',
    '',
    '```sh',
    'accelerate launch --config_file accelerate-fsdp.yaml --num_processes 4 train.py',
    'pip install deepspeed && accelerate launch --config_file accelerate-deepspeed.yaml --num_processes 4 train.py',
    '```',
    '',
    ...shardedLines(run),
    '',
    '## Back to Atelier',
    '',
    ...backLines(run),
    '',
    '## What is otherwise',
    '',
    ...differences(run, args).map((line) => `- ${line}`),
    '',
  ].join('\n');
}

function opening({ start, adapterConfig, task }: PythonRun): string {
  const what = `A run of Atelier for ${task.replaceAll('-', ' ')}${adapterConfig ? ' with a LoRA adapter' : ''}`;
  if (!start.checkpoint) {
    const from = start.adapter ? `the adapter in \`${ADAPTER_FOLDER}/\`` : `the model in \`${MODEL_FOLDER}/\``;
    return `${what}. It begins with ${from}, as a new run: step 0, new optimizer, whole schedule.`;
  }
  const state = start.hasOptimizer
    ? 'Weights, optimizer, schedule, step and place in the data come from there, as if the run had begun in Python.'
    : 'The weights, the step and the place in the data come from there; it holds no optimizer that Python reads, so optimizer and schedule begin anew.';
  return `${what}. It goes on from \`${start.checkpoint}/\`. ${state} A run that had reached its end has nothing left to do: give \`--max-steps\` or more epochs.`;
}

function fileTable({ start, adapterConfig, hasValidation, heldOut }: PythonRun): string[] {
  const rows: [file: string, what: string][] = [
    ['`train.py`', "HuggingFace's `Trainer` with the arguments, tokenization, collator and metrics of the run"],
    ['`data/train.jsonl`', heldOut ? 'the document' : 'the rows it trains on, in order, with the columns in use'],
  ];
  if (hasValidation && !heldOut) rows.push(['`data/validation.jsonl`', 'the rows it is evaluated on']);
  if (start.checkpoint) rows.push([`\`${start.checkpoint}/\``, 'the checkpoint, and the tokenizer']);
  if (start.adapter === ADAPTER_FOLDER) rows.push([`\`${ADAPTER_FOLDER}/\``, 'the adapter']);
  if (adapterConfig || !start.checkpoint)
    rows.push([
      `\`${MODEL_FOLDER}/\``,
      `${adapterConfig ? 'the model under the adapter' : 'the model'}, and the tokenizer`,
    ]);
  rows.push(
    ['`requirements.txt`', 'the versions this was tried with'],
    ['`accelerate-fsdp.yaml`, `accelerate-deepspeed.yaml`, `ds_config.json`', 'for a model too large for one GPU'],
  );
  return ['| file | |', '|---|---|', ...rows.map(([file, what]) => `| ${file} | ${what} |`)];
}

function batchLines({ perDeviceTrainBatchSize: batch, gradientAccumulationSteps: accumulation }: TrainingArguments) {
  const total = batch * accumulation;
  const times = accumulation > 1 ? `${batch} × ${accumulation} accumulated` : `${batch}`;
  return [
    `\`per_device_train_batch_size\` is that of each GPU: an update saw ${times} = ${total} examples, and sees N times as many on`,
    'N GPUs. An epoch then has N times fewer updates, and the run, counted in epochs, ends sooner. To keep the update as it',
    'was, divide `gradient_accumulation_steps`, or else `per_device_train_batch_size`, by N in `train.py`. Then the losses stay',
    'those of one GPU up to rounding, and the run goes on where it was in the data, which is counted in updates.',
  ];
}

const shardedLines = ({ start }: PythonRun): string[] =>
  start.checkpoint
    ? [
        'Neither reads a plain `optimizer.pt`, and HuggingFace refuses to resume from one. So `train.py` loads the weights of the',
        'checkpoint alone: optimizer, schedule and order of the data begin anew, at step 0; it says so. `--max-steps` sets how many',
        'steps are still to be made. Checkpoints that such a run writes itself are resumed with `--resume-from-checkpoint`.',
        'We had no GPUs to try FSDP and DeepSpeed on.',
      ]
    : ['We had no GPUs to try FSDP and DeepSpeed on.'];

function backLines({ adapterConfig }: PythonRun): string[] {
  const back = adapterConfig
    ? 'Drop the files of `model/` together with `adapter_config.json` and `adapter_model.safetensors` of `output/` in the studio,\nor name both in the runner\'s `run.json` (`"model"`, `"adapter"`).'
    : 'Drop the folder `output/` in the studio as a model, or name it in the runner\'s `run.json` (`"model"`).';
  return [
    back,
    '',
    'A checkpoint goes on in the runner, with the `run.json` and the data of the run:',
    '',
    '```sh',
    'npm run train -- --config run.json --output-dir out --resume-from-checkpoint output/checkpoint-200',
    '```',
  ];
}

function differences(run: PythonRun, args: TrainingArguments | null): string[] {
  const { task, options, start } = run;
  const bestIsElsewhere = args?.loadBestModelAtEnd && start.checkpoint;
  return [
    'Dropout masks come from another generator: with dropout the losses agree in distribution, without it number for number.',
    'Losses are the mean over everything an update learns from, on any number of GPUs, also with accumulation: the class `RunTrainer` sees to it, which plain `Trainer` does not do for many models.',
    ...(args?.trainSamplingStrategy === 'group_by_length'
      ? ['`group_by_length` draws its order from another generator.']
      : []),
    ...(args?.fp16 || args?.bf16 ? ['Half precision rounds at other places (autocast).'] : []),
    ...(bestIsElsewhere
      ? [
          `\`load_best_model_at_end\`: the score of the best checkpoint so far is kept, but of the checkpoints only \`${start.checkpoint}/\` is here. Where nothing better comes, \`Trainer\` says that it can not find the best one and leaves the last weights.`,
        ]
      : []),
    "`eval_loss` is the mean of the batches' means: on several GPUs these are other batches.",
    ...(task === 'fill-mask'
      ? [
          'On several GPUs, or with data workers, other tokens are hidden. So they are where a checkpoint comes back to Atelier, which can not tell how many were drawn.',
        ]
      : []),
    ...(task === 'text-generation' && options.samplePrompt !== ''
      ? ['No text is written from the sample prompt after evaluations.']
      : []),
  ];
}
