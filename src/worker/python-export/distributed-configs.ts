// Configurations of accelerate for models that do not fit on one GPU: FSDP, and DeepSpeed's ZeRO.

const FSDP = `# accelerate launch --config_file accelerate-fsdp.yaml --num_processes 4 train.py
# Weights, gradients and optimizer state are shared out among the GPUs of one machine.
compute_environment: LOCAL_MACHINE
distributed_type: FSDP
machine_rank: 0
num_machines: 1
# TrainingArguments say whether bf16 or fp16 is used.
mixed_precision: 'no'
fsdp_config:
  fsdp_version: 2
  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP
  fsdp_reshard_after_forward: true
  fsdp_offload_params: false
  # The final model is written whole, as one folder that opens everywhere.
  fsdp_state_dict_type: FULL_STATE_DICT
`;

const DEEPSPEED = `# accelerate launch --config_file accelerate-deepspeed.yaml --num_processes 4 train.py
compute_environment: LOCAL_MACHINE
distributed_type: DEEPSPEED
machine_rank: 0
num_machines: 1
deepspeed_config:
  deepspeed_config_file: ds_config.json
  zero3_init_flag: false
`;

/** ZeRO 2; "auto" is filled in from TrainingArguments. */
const ZERO = {
  bf16: { enabled: 'auto' },
  fp16: { enabled: 'auto' },
  zero_optimization: { stage: 2, overlap_comm: true, contiguous_gradients: true },
  gradient_accumulation_steps: 'auto',
  gradient_clipping: 'auto',
  train_batch_size: 'auto',
  train_micro_batch_size_per_gpu: 'auto',
};

/** By file name. */
export const DISTRIBUTED_CONFIGS: Readonly<Record<string, string>> = {
  'accelerate-fsdp.yaml': FSDP,
  'accelerate-deepspeed.yaml': DEEPSPEED,
  'ds_config.json': `${JSON.stringify(ZERO, null, 2)}\n`,
};
