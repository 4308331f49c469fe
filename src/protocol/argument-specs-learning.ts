// Rows of the argument table that decide how the model learns: duration, batch, optimizer, precision, memory.
// Read by `argument-specs.ts` only.

import { type ArgumentSpec, field, ignored, inGroup } from './argument-spec.ts';
import { OPTIMIZERS } from './optimizer-settings.ts';
import { LR_SCHEDULER_TYPES } from './scheduler-settings.ts';

const DURATION = inGroup('Duration and batch', [
  field('num_train_epochs', 'float', 3.0, 'How many times training goes through all rows. May be a fraction.', {
    level: 'basic',
    min: 0,
    minExclusive: true,
    step: 1,
    unit: 'epochs',
    aliases: ['epochs', 'passes', 'duration'],
  }),
  field('max_steps', 'int', -1, 'Total number of updates; overrides the number of epochs. -1 means not set.', {
    level: 'basic',
    min: -1,
    step: 10,
    unit: 'steps',
    aliases: ['steps', 'iterations', 'limit', 'duration'],
  }),
  field(
    'per_device_train_batch_size',
    'int',
    8,
    'Rows the GPU works on at once while training. More needs more memory.',
    {
      level: 'basic',
      min: 1,
      step: 1,
      unit: 'rows',
      aliases: ['batch size', 'train_batch_size', 'per_gpu_train_batch_size'],
    },
  ),
  field(
    'gradient_accumulation_steps',
    'int',
    1,
    'Batches whose gradients are added up before one update: a larger batch without more memory.',
    {
      level: 'basic',
      min: 1,
      step: 1,
      unit: 'batches',
      aliases: ['accumulation', 'effective batch size', 'micro batch'],
    },
  ),
  ignored(
    'average_tokens_across_devices',
    'bool',
    true,
    'Counts tokens over all processes when losses are averaged.',
    'one device trains here, so there is nothing to average over',
  ),
]);

const OPTIMIZER = inGroup('Learning rate and optimizer', [
  field(
    'learning_rate',
    'float',
    5e-5,
    'Size of the updates at their peak. 2e-5 to 5e-5 is usual for a pretrained BERT, more for tiny models.',
    {
      level: 'basic',
      min: 0,
      step: 1e-5,
      aliases: ['lr', 'step size'],
    },
  ),
  field(
    'lr_scheduler_type',
    'enum',
    'linear',
    'How the learning rate changes over the run, after warm-up. reduce_lr_on_plateau and greedy follow an evaluation metric instead of the step.',
    {
      level: 'basic',
      choices: LR_SCHEDULER_TYPES,
      aliases: ['schedule', 'scheduler', 'decay', 'annealing'],
    },
  ),
  field(
    'lr_scheduler_kwargs',
    'json',
    null,
    'Extra settings of the schedule, as JSON: num_cycles for cosine, min_lr_rate for those with a minimum, ' +
      'num_decay_steps for warmup_stable_decay, patience and factor for reduce_lr_on_plateau. A wrong name is answered with all of them.',
    {
      aliases: ['num_cycles', 'lr_end', 'power', 'min_lr', 'timescale', 'patience', 'schedule options'],
    },
  ),
  field(
    'warmup_steps',
    'float',
    0,
    'Updates over which the learning rate rises from 0. A value below 1 is a share of the run.',
    {
      level: 'basic',
      min: 0,
      step: 10,
      unit: 'steps or share',
      aliases: ['warmup_ratio', 'warm-up', 'ramp'],
    },
  ),
  field(
    'optim',
    'enum',
    'adamw_torch_fused',
    'The optimizer. adamw_torch and adamw_torch_fused are the same here; adafactor and adamw_8bit need less memory.',
    {
      choices: OPTIMIZERS,
      unavailable: (
        'adamw_torch_xla adamw_torch_npu_fused adamw_anyprecision adamw_torch_4bit adamw_torch_8bit ademamix ' +
        'ademamix_8bit lion_8bit paged_adamw_32bit paged_adamw_8bit paged_ademamix_32bit paged_ademamix_8bit ' +
        'paged_lion_32bit paged_lion_8bit rmsprop_bnb rmsprop_bnb_8bit rmsprop_bnb_32bit galore_adamw ' +
        'galore_adamw_8bit galore_adafactor galore_adamw_layerwise galore_adamw_8bit_layerwise ' +
        'galore_adafactor_layerwise lomo adalomo grokadamw schedule_free_radam schedule_free_sgd apollo_adamw ' +
        'apollo_adamw_layerwise stable_adamw'
      ).split(' '),
      aliases: ['optimizer', 'adam', 'adamw', 'sgd', 'adafactor', 'lion', '8-bit', 'schedule-free', 'momentum'],
    },
  ),
  field(
    'optim_args',
    'string',
    null,
    'Settings of the optimizer as "key=value,key=value". sgd: momentum, dampening, nesterov; adagrad: lr_decay, eps; ' +
      'rmsprop: momentum, alpha, eps, centered; schedule_free_adamw: weight_lr_power, r.',
    {
      aliases: ['momentum', 'nesterov', 'dampening', 'centered', 'optimizer options'],
    },
  ),
  field(
    'weight_decay',
    'float',
    0.0,
    'How strongly weights are pulled towards zero. Biases and layer norms are left out.',
    {
      level: 'basic',
      min: 0,
      step: 0.01,
      aliases: ['l2', 'regularization', 'decay'],
    },
  ),
  field('adam_beta1', 'float', 0.9, "AdamW's memory of past gradients.", {
    min: 0,
    max: 1,
    maxExclusive: true,
    step: 0.01,
    aliases: ['beta', 'momentum'],
  }),
  field('adam_beta2', 'float', 0.999, "AdamW's memory of past squared gradients.", {
    min: 0,
    max: 1,
    maxExclusive: true,
    step: 0.001,
    aliases: ['beta'],
  }),
  field('adam_epsilon', 'float', 1e-8, 'Small number that keeps AdamW from dividing by zero.', {
    min: 0,
    step: 1e-8,
    aliases: ['eps'],
  }),
  ignored(
    'optim_target_modules',
    'json',
    null,
    'Modules for low-rank optimizers such as GaLore.',
    'low-rank optimizers are not available here',
  ),
  field(
    'max_grad_norm',
    'float',
    1.0,
    'Gradients with a larger norm are scaled down to it. 0 turns clipping off; the norm is still logged.',
    {
      min: 0,
      step: 0.1,
      aliases: ['clip', 'gradient clipping', 'grad norm'],
    },
  ),
  field(
    'label_smoothing_factor',
    'float',
    0.0,
    'Share of the target spread evenly over all labels, so that the model is less sure of itself.',
    {
      min: 0,
      max: 1,
      maxExclusive: true,
      step: 0.05,
      aliases: ['smoothing', 'regularization'],
    },
  ),
]);

const PRECISION = inGroup('Precision and memory', [
  field(
    'fp16',
    'bool',
    false,
    'Stores large products in half precision with dynamic loss scaling: less memory, often faster.',
    {
      level: 'basic',
      aliases: ['half precision', 'mixed precision', 'float16'],
    },
  ),
  field(
    'bf16',
    'bool',
    false,
    'Stores large products as bfloat16: the range of full precision with fewer digits, so no loss scaling.',
    { aliases: ['bfloat16', 'half precision', 'mixed precision'] },
  ),
  field(
    'bf16_full_eval',
    'bool',
    false,
    'Evaluations and predictions outside of training store large products as bfloat16.',
  ),
  field(
    'fp16_full_eval',
    'bool',
    false,
    'Evaluations and predictions outside of training store large products in half precision.',
  ),
  ignored('tf32', 'bool', null, "Allows NVIDIA's TF32 products.", 'WebGPU has no TF32'),
  field(
    'gradient_checkpointing',
    'bool',
    false,
    'Keeps only the input of each layer and runs the layer again in the backward pass: less memory, about a third more time.',
    { aliases: ['recompute', 'activation checkpointing', 'memory'] },
  ),
  field(
    'gradient_checkpointing_kwargs',
    'json',
    null,
    'Settings of gradient checkpointing: every_n_layers runs only every n-th layer again, which takes less time and more memory.',
    { aliases: ['every_n_layers'] },
  ),
  ignored(
    'torch_compile',
    'bool',
    false,
    "Compiles the model with PyTorch's compiler.",
    'there is no PyTorch here; kernels are compiled for WebGPU anyway',
  ),
  ignored('torch_compile_backend', 'string', null, "Backend of PyTorch's compiler.", 'there is no PyTorch here'),
  ignored('torch_compile_mode', 'string', null, "Mode of PyTorch's compiler.", 'there is no PyTorch here'),
  ignored('use_liger_kernel', 'bool', false, 'Uses the Liger Triton kernels.', 'Triton kernels do not run on WebGPU'),
  ignored('liger_kernel_config', 'json', null, 'Which Liger kernels to use.', 'Triton kernels do not run on WebGPU'),
  field(
    'use_cache',
    'bool',
    false,
    'Value of use_cache in the saved config.json. Training itself never uses a cache.',
    { aliases: ['kv cache'] },
  ),
  field(
    'neftune_noise_alpha',
    'float',
    null,
    'Adds noise to the embeddings while training (NEFTune): up to this, divided by the root of length times width. 5 is usual.',
    { min: 0, step: 1, aliases: ['neftune', 'noise', 'regularization'] },
  ),
  field(
    'torch_empty_cache_steps',
    'int',
    null,
    'Gives GPU memory that nothing uses back every so many updates: less memory, a little slower.',
    { min: 1, step: 1, unit: 'steps', aliases: ['memory', 'cache', 'pool'] },
  ),
  field(
    'auto_find_batch_size',
    'bool',
    false,
    'When the GPU runs out of memory in a step, starts again with nine tenths of the batch size.',
    { aliases: ['out of memory', 'oom', 'memory'] },
  ),
]);

export const LEARNING_SPECS: readonly ArgumentSpec[] = [...DURATION, ...OPTIMIZER, ...PRECISION];
