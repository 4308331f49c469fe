// train.py: HF's Trainer on the exported data, as the run goes on here. Constants at the top, then the parts that the
// run needs, then main().

import { pythonKeywords, pythonValue } from '#protocol/argument-files/write-arguments.ts';
import { formOf, type Role } from '#protocol/task-roles.ts';
import type { Task } from '#util/task.ts';
import { fragmentsOf, joinPython } from './fragments.ts';
import { modelFolderOf, type PythonRun } from './python-run.ts';

const AUTO_MODELS: Readonly<Record<Task, string>> = {
  'text-classification': 'AutoModelForSequenceClassification',
  'token-classification': 'AutoModelForTokenClassification',
  'question-answering': 'AutoModelForQuestionAnswering',
  'fill-mask': 'AutoModelForMaskedLM',
  'text-generation': 'AutoModelForCausalLM',
};

const TRAINERS: Readonly<Record<Task, string>> = {
  'text-classification': 'RunTrainer',
  'token-classification': 'RunTrainer',
  'question-answering': 'RunTrainer',
  'fill-mask': 'MaskTrainer',
  'text-generation': 'LanguageTrainer',
};

const trainerOf = ({ task, validationNames }: PythonRun): string =>
  task === 'question-answering' && validationNames.length > 0 ? 'AnswersTrainer' : TRAINERS[task];

export function trainScript(run: PythonRun): string {
  const code = joinPython([
    imports(run),
    constants(run),
    trainingArguments(run),
    loadModel(run),
    ...fragmentsOf(run),
    mainFunction(run),
  ]);
  const from = run.start.checkpoint
    ? `goes on from ${run.start.checkpoint}/`
    : 'begins with the model beside this file';
  return `"""A run of Atelier, ${run.task}: ${from}. README.md says how to start it."""\n\n${code}`;
}

function imports({ task, adapterConfig, start, earlyStopping }: PythonRun): string {
  const peft = start.adapter ? 'PeftModel' : 'LoraConfig, get_peft_model';
  return [
    'import argparse',
    'import torch',
    'from pathlib import Path',
    `from transformers import AutoTokenizer, TrainingArguments, set_seed, ${AUTO_MODELS[task]}`,
    ...(earlyStopping ? ['from transformers import EarlyStoppingCallback'] : []),
    ...(adapterConfig ? [`from peft import ${peft}`] : []),
  ].join('\n');
}

const CONSTANT_OF_ROLE: Readonly<Partial<Record<Role, string>>> = {
  question: 'QUESTION_COLUMN',
  context: 'CONTEXT_COLUMN',
  answers: 'ANSWERS_COLUMN',
  prompt: 'PROMPT_COLUMN',
  completion: 'COMPLETION_COLUMN',
  messages: 'MESSAGES_COLUMN',
};

function constants(run: PythonRun): string {
  const { adapterConfig, start, maxLength, heldOut } = run;
  const folder = (name: string): string => `HERE / ${pythonValue(name)}`;
  const model = modelFolderOf(run);
  return [
    'HERE = Path(__file__).resolve().parent',
    start.checkpoint
      ? `CHECKPOINT = ${folder(start.checkpoint)}`
      : 'CHECKPOINT = None  # such as HERE / "output" / "checkpoint-100"',
    `MODEL = ${model === start.checkpoint ? 'CHECKPOINT' : folder(model)}`,
    ...(adapterConfig && start.adapter
      ? [`ADAPTER = ${start.adapter === start.checkpoint ? 'CHECKPOINT' : folder(start.adapter)}`]
      : []),
    ...columns(run),
    `MAX_LENGTH = ${maxLength}`,
    ...options(run),
    ...(heldOut ? [`VALIDATION_FRACTION = ${pythonValue(heldOut.fraction)}`, `SPLIT_SEED = ${heldOut.seed}`] : []),
  ].join('\n');
}

function columns({ task, roles, labels }: PythonRun): string[] {
  const column = (role: Role): string => pythonValue(roles[role]);
  if (task === 'text-classification') {
    const texts = roles.textPair === undefined ? [roles.text] : [roles.text, roles.textPair];
    const known = labels.length > 0 ? [`LABELS = ${pythonValue(labels)}`] : [];
    return [`TEXT_COLUMNS = ${pythonValue(texts)}`, `LABEL_COLUMN = ${column('label')}`, ...known];
  }
  if (task === 'token-classification') {
    const tags = `TAGS_COLUMN = ${column('label')}`;
    return [`WORDS_COLUMN = ${column('text')}`, tags, `LABELS = ${pythonValue(labels)}`];
  }
  const form = formOf(task, roles) ?? [];
  return form.map(({ role }) => `${CONSTANT_OF_ROLE[role] ?? 'TEXT_COLUMN'} = ${column(role)}`);
}

function options({ task, options: { docStride, mlmProbability, wholeWordMask } }: PythonRun): string[] {
  if (task === 'question-answering') return [`DOC_STRIDE = ${docStride}`];
  if (task !== 'fill-mask') return [];
  return [`MLM_PROBABILITY = ${pythonValue(mlmProbability)}`, `WHOLE_WORD_MASK = ${pythonValue(wholeWordMask)}`];
}

/** Arguments that name a place of another machine. */
const PLACES = new Set(['output_dir', 'resume_from_checkpoint']);
const isElsewhere = ([name, value]: readonly [string, unknown]): boolean =>
  PLACES.has(name) || ((name === 'deepspeed' || name === 'fsdp_config') && typeof value === 'string');

function trainingArguments({ rawArguments }: PythonRun): string {
  const entries = Object.entries(rawArguments);
  const kept = Object.fromEntries(entries.filter((entry) => !isElsewhere(entry)));
  const { keywords, leftOut } = pythonKeywords(kept, 'given');
  const elsewhere = entries
    .filter((entry) => isElsewhere(entry) && entry[0] !== 'output_dir')
    .map(([name]) => `# Left out: ${name}: a place of the machine it was given on`);
  return [
    'def training_arguments():',
    '    """As the run was given them."""',
    ...[...leftOut, ...elsewhere].map((line) => `    ${line}`),
    '    return TrainingArguments(',
    '        output_dir="output",',
    ...keywords.map((keyword) => `        ${keyword}`),
    '    )',
  ].join('\n');
}

function loadModel({ task, problemType, adapterConfig, start }: PythonRun): string {
  const hasLabels = task === 'text-classification' || task === 'token-classification';
  const given = [
    'MODEL',
    'dtype=torch.float32',
    ...(hasLabels ? ['id2label=dict(enumerate(LABELS))', 'label2id={label: i for i, label in enumerate(LABELS)}'] : []),
    ...(task === 'text-classification' ? [`problem_type="${problemType}"`] : []),
    // A head for other labels starts anew.
    ...(hasLabels ? ['ignore_mismatched_sizes=True'] : []),
  ];
  const call = `${AUTO_MODELS[task]}.from_pretrained`;
  const loaded = hasLabels
    ? [`${call}(`, ...given.map((each) => `        ${each},`), '    )'].join('\n')
    : `${call}(${given.join(', ')})`;
  if (!adapterConfig) return `def load_model():\n    return ${loaded}`;
  const adapted = start.adapter
    ? '    return PeftModel.from_pretrained(model, ADAPTER, is_trainable=True)'
    : `    return get_peft_model(model, LoraConfig(\n${loraFields(adapterConfig)}    ))`;
  return `def load_model():\n    model = ${loaded}\n${adapted}`;
}

const LORA_FIELDS = [
  'task_type',
  'r',
  'lora_alpha',
  'lora_dropout',
  'use_rslora',
  'fan_in_fan_out',
  'target_modules',
  'modules_to_save',
];

const loraFields = (config: NonNullable<PythonRun['adapterConfig']>): string =>
  LORA_FIELDS.filter((name) => config[name] !== null)
    .map((name) => `        ${name}=${pythonValue(config[name])},\n`)
    .join('');

function mainFunction(run: PythonRun): string {
  const { task, options: taskOptions } = run;
  const readsPlaces = task === 'fill-mask' && taskOptions.wholeWordMask;
  return `
def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output-dir", type=Path, default=HERE / "output")
    parser.add_argument("--max-steps", type=int, help="train until this step; default: as the run was to end")
    parser.add_argument("--resume-from-checkpoint", type=Path, default=CHECKPOINT, help="default: %(default)s")
    options = parser.parse_args()

    args = training_arguments()
    args.output_dir = str(options.output_dir)
    if options.max_steps is not None:
        args.max_steps = options.max_steps
${readsPlaces ? '    args.remove_unused_columns = False  # the collator reads where tokens lie\n' : ''}    set_seed(args.seed)
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
${examples(run)}
    trainer = ${trainerOf(run)}(
        model=load_model(),
        args=args,
        processing_class=tokenizer,
        data_collator=make_collator(tokenizer, args),
        train_dataset=train,
${trainerParts(run)}    )
${run.problemType === 'regression' ? '    trainer.label_smoother = None  # there are no labels to smooth\n' : ''}${resumeLines(run)}
    trainer.save_model()
    trainer.save_state()
    trainer.accelerator.wait_for_everyone()  # of several processes none may end before the others
    trainer.accelerator.end_training()


if __name__ == "__main__":
    main()
`;
}

function examples({ task, heldOut, hasValidation, validationNames: names }: PythonRun): string {
  const encoded = (file: string): string => `encode(read_rows(${file}), tokenizer)`;
  if (heldOut) return `    train, validation = hold_out(${encoded('"train"')})`;
  const isAnswered = task === 'question-answering';
  const train = `    train${isAnswered ? ', _' : ''} = ${encoded('"train"')}`;
  if (!hasValidation) return train;
  if (names.length === 0) {
    if (!isAnswered) return `${train}\n    validation = ${encoded('"validation"')}`;
    return `${train}\n    rows = read_rows("validation")\n    validation, windows = encode(rows, tokenizer)`;
  }
  const sets = `for name in ${pythonValue(names)}`;
  if (!isAnswered) return `${train}\n    validation = {name: ${encoded('f"validation-{name}"')} ${sets}}`;
  return `${train}
    validation = {}
    ${sets}:
        rows = read_rows(f"validation-{name}")
        validation[name], windows = encode(rows, tokenizer)
        METRICS[name] = metrics_for(rows, windows)`;
}

function trainerParts({ task, hasValidation, validationNames, earlyStopping }: PythonRun): string {
  const isAnswered = task === 'question-answering';
  const metrics = isAnswered ? 'metrics_for(rows, windows)' : 'compute_metrics';
  // Those of several sets with answers come from their trainer.
  const isScored = hasValidation && task !== 'fill-mask' && task !== 'text-generation';
  const callbacks = [
    ...(task === 'fill-mask' ? ['SkipMasks()'] : []),
    ...(earlyStopping
      ? [`EarlyStoppingCallback(${earlyStopping.patience}, ${pythonValue(earlyStopping.threshold)})`]
      : []),
  ];
  return [
    ...(hasValidation ? ['eval_dataset=validation'] : []),
    ...(isScored && !(isAnswered && validationNames.length > 0) ? [`compute_metrics=${metrics}`] : []),
    ...(callbacks.length > 0 ? [`callbacks=[${callbacks.join(', ')}]`] : []),
  ]
    .map((part) => `        ${part},\n`)
    .join('');
}

function resumeLines({ start }: PythonRun): string {
  const train = '    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)';
  if (!start.checkpoint) return `    checkpoint = options.resume_from_checkpoint\n${train}`;
  return `    checkpoint = options.resume_from_checkpoint
    if checkpoint == CHECKPOINT and (trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled):
        print("FSDP and DeepSpeed can not read optimizer.pt: the weights go on, optimizer, schedule and data begin anew.")
        checkpoint = None
${train}`;
}
