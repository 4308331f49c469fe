import { describe, expect, it } from 'vitest';
import { readArguments } from '#protocol/argument-files/read-arguments.ts';
import { StudioError } from '#util/studio-error.ts';

const read = async (text: string) => (await readArguments(text)).values;
const formatOf = async (text: string) => (await readArguments(text)).format;
/** Message, place and hint of what is thrown. */
async function faultOf(text: string): Promise<string> {
  const fault = await readArguments(text).catch((thrown: unknown) => thrown);
  expect(fault).toBeInstanceOf(StudioError);
  const { code, message, where, hint } = fault as StudioError;
  expect(code).toBe('E-ARGS');
  return `${message} | ${where ?? ''} | ${hint ?? ''}`;
}

describe('the form', () => {
  it.each([
    ['{"seed": 1}', 'json'],
    ['\uFEFF {"seed": 1}', 'json'],
    ['{}', 'json'],
    ["{'seed': 1}", 'python'],
    ['{"fp16": True}', 'python'],
    ['{"seed": 1,}', 'python'],
    ['{"run_name": "True # \'"}', 'json'],
    ['# mine\nseed: 1\n', 'yaml'],
    ['---\nseed: 1\n', 'yaml'],
    ['args = TrainingArguments("out", seed=1)', 'python'],
    ['Seq2SeqTrainingArguments(seed=1)', 'python'],
    ['learning_rate=5e-5, seed=1', 'python'],
    ['--seed 1', 'command-line'],
    ['python run.py --seed 1', 'command-line'],
    ['accelerate launch run.py \\\n --lr_scheduler_kwargs \'{"num_cycles": 2}\'', 'command-line'],
  ])('of %j is %s', async (text, format) => {
    expect(await formatOf(text)).toBe(format);
  });

  it('is told where there is none', async () => {
    for (const text of ['', 'hello', 'I train with a rate of 5e-5'])
      expect(await faultOf(text)).toContain('no training arguments in a form that can be read');
    expect(await faultOf('[1]')).toContain('not an object');
    expect(await faultOf('null')).toContain('not an object');
    expect(await faultOf('{"seed": }')).toContain('not JSON');
    expect(await faultOf(`{"a": "${'x'.repeat(1_000_001)}"}`)).toContain('too many for training arguments');
  });
});

describe('Python', () => {
  it('reads a call in the middle of a script', async () => {
    const script = `
from transformers import Trainer, TrainingArguments, Seq2SeqTrainingArguments  # TrainingArguments(seed=0)
"""A text about TrainingArguments(seed=1)."""
class MyTrainingArguments(TrainingArguments): pass
print('don\\'t', "TrainingArguments(seed=2)")

args = transformers.TrainingArguments(
    "my-model",                      # output_dir
    learning_rate=5e-5, weight_decay = 1_0.5e-1,
    eval_strategy='epoch',
    fp16=True, tf32=None, no_cuda = False,
    num_train_epochs=.5, max_steps=-1, seed=0x1F, data_seed=+7, \\
    lr_scheduler_kwargs={"num_cycles": 2, 'nested': {"a": [1, (2, 3), ()]},},
    label_names=["labels",
                 "end" 'ings'],
    report_to=("tensorboard"),
    run_name=r"C:\\new" "\\x41\\u00e9\\n\\101\\q",
    logging_dir="""two
lines""",
)
trainer = Trainer(model, args)
`;
    expect(await read(script)).toEqual({
      output_dir: 'my-model',
      learning_rate: 5e-5,
      weight_decay: 1.05,
      eval_strategy: 'epoch',
      fp16: true,
      tf32: null,
      no_cuda: false,
      num_train_epochs: 0.5,
      max_steps: -1,
      seed: 31,
      data_seed: 7,
      lr_scheduler_kwargs: { num_cycles: 2, nested: { a: [1, [2, 3], []] } },
      label_names: ['labels', 'endings'],
      report_to: 'tensorboard',
      run_name: 'C:\\newAé\nA\\q',
      logging_dir: 'two\nlines',
    });
  });

  it('reads a dict, and keyword arguments alone', async () => {
    expect(await read("{'fp16': True, 'seed': 3, # mine\n 'eval_steps': None}")).toEqual({
      fp16: true,
      seed: 3,
      eval_steps: null,
    });
    expect(await read('learning_rate=1e-4,\nfp16=True')).toEqual({ learning_rate: 1e-4, fp16: true });
    expect(await read('TrainingArguments()')).toEqual({});
  });

  it('names every argument that is no plain value, and runs nothing', async () => {
    const script =
      'TrainingArguments(\n output_dir=f"out-{name}",\n learning_rate=2 * lr, seed=1,\n' +
      ' eval_strategy=IntervalStrategy.EPOCH, save_steps=max(1, len(x)) if y else [z for z in q], run_name=b"x",\n)';
    const fault = await faultOf(script);
    expect(fault).toContain('output_dir = f"out-{name}" (line 2); learning_rate = 2 * lr (line 3)');
    expect(fault).toContain('eval_strategy = IntervalStrategy.EPOCH (line 4); save_steps = max(1, len(x)) if y else');
    expect(fault).toContain('run_name = b"x" (line 4).');
    expect(fault).not.toContain('seed');
    expect(fault).toContain('take these arguments out');
  });

  it.each([
    ['TrainingArguments(seed=1', 'is not closed. | line 1'],
    ['TrainingArguments(\nrun_name="x\n)', 'A string is not closed. | line 2'],
    ['TrainingArguments(**config)', 'given by * or **'],
    ['TrainingArguments("a", "b")', 'An argument without a name'],
    ['TrainingArguments(seed=1, seed=2)', 'seed is given twice.'],
    ['TrainingArguments(seed=)', 'seed has no value.'],
    ['TrainingArguments(seed=1 fp16=True)', 'no plain values: seed = 1 fp16=True'],
    ['seed = 1\nfp16 = True', 'no plain values: seed = 1\nfp16 = True'],
    ['TrainingArguments(run_name="\\N{DASH}")', 'The escape \\N'],
    [`TrainingArguments(label_names=${'['.repeat(60)})`, 'nested more than 50 deep'],
    ["{'a': open('x')}", 'something that is not a plain value'],
    ["{'a': 1} + {'b': 2}", 'something that is not a plain value'],
  ])('refuses %j', async (text, message) => {
    expect(await faultOf(text)).toContain(message);
  });
});

describe('command line', () => {
  it('reads what HfArgumentParser reads', async () => {
    const command = `CUDA_VISIBLE_DEVICES=0 torchrun --nproc_per_node 2 \\
  examples/run_glue.py \\
  --learning-rate 5e-5 --max_steps -1 --bf16 --fp16 False --no_remove_unused_columns \\
  --eval_strategy no --label_names labels extra --lr_scheduler_kwargs '{"num_cycles": 2}' \\
  --output_dir="my model" --run_name it\\'s --report_to none --seed 1_0 # the end
`;
    expect(await read(command)).toEqual({
      learning_rate: 5e-5,
      max_steps: -1,
      bf16: true,
      fp16: false,
      remove_unused_columns: false,
      eval_strategy: 'no',
      label_names: ['labels', 'extra'],
      lr_scheduler_kwargs: { num_cycles: 2 },
      output_dir: 'my model',
      run_name: "it's",
      report_to: 'none',
      seed: 10,
    });
  });

  it('takes options line by line, the command among others, and the last of two', async () => {
    expect(await read('--seed 1\n--fp16\n--seed 2')).toEqual({ seed: 2, fp16: true });
    expect(await read('pip install --upgrade x && python a.py --seed 3 > log; echo done')).toEqual({ seed: 3 });
  });

  it('guesses the type of names it does not know', async () => {
    expect(await read('--evaluation_strategy no --warmup_ratio 0.1 --no_cuda --task cola --sizes 1 2')).toEqual({
      evaluation_strategy: 'no',
      warmup_ratio: 0.1,
      no_cuda: true,
      task: 'cola',
      sizes: [1, 2],
    });
  });

  it('leaves a wrong value as it is, for validation to quote', async () => {
    expect(await read('--learning_rate high --fp16 maybe')).toEqual({ learning_rate: 'high', fp16: 'maybe' });
  });

  it.each([
    ['--learning_rate', '--learning_rate has no value.'],
    ['--learning_rate 1 2', '--learning_rate has 2 values (1 2).'],
    ['--seed $SEED', '--seed is $SEED, which only a shell can replace.'],
    ['--run_name "`date`"', '--run_name is `date`, which only a shell can replace.'],
    ["--run_name 'x", 'A quote is opened and not closed'],
    ['--label_names --fp16', '--label_names has no value.'],
    ['a --x 1; b --y 2', 'several commands with options'],
  ])('refuses %j', async (text, message) => {
    expect(await faultOf(text)).toContain(message);
  });

  it('leaves a dollar alone that is quoted', async () => {
    expect(await read("--run_name '$5' --project \\$x")).toEqual({ run_name: '$5', project: '$x' });
  });
});

describe('YAML', () => {
  it('reads the words and numbers of Python as the field means them', async () => {
    const text = `
# settings
learning_rate: 5e-05
max_steps: 1_000
fp16: yes
bf16: off
eval_strategy: no
save_strategy: "no"
run_name: on
label_names: [labels, x]
lr_scheduler_kwargs:
  num_cycles: 2
eval_steps: null
mine: 1_000
`;
    expect(await read(text)).toEqual({
      learning_rate: 5e-5,
      max_steps: 1000,
      fp16: true,
      bf16: false,
      eval_strategy: 'no',
      save_strategy: 'no',
      run_name: 'on',
      label_names: ['labels', 'x'],
      lr_scheduler_kwargs: { num_cycles: 2 },
      eval_steps: null,
      mine: '1_000',
    });
  });

  it('writes numbers that YAML 1.1 takes for numbers', async () => {
    const { writeArguments } = await import('#protocol/argument-files/write-arguments.ts');
    expect(writeArguments({ learning_rate: 2e-5, adam_epsilon: 1.5e-9, save_strategy: 'no' }, 'changed', 'yaml')).toBe(
      'learning_rate: 2.0e-05\nadam_epsilon: 1.5e-09\nsave_strategy: "no"\n',
    );
  });

  it.each([
    ['seed: 1\nseed: 2', 'unique'],
    ['seed: [1', 'not YAML'],
    ['seed: 1\n  fp16: x', 'not allowed in compact mappings at line 1, column 7. |'],
    [
      'a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c]',
      'alias',
    ],
  ])('refuses %j', async (text, message) => {
    expect(await faultOf(text)).toContain(message);
  });
});
