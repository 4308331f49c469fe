// What one press can mend: the arguments that would make a fault or a warning go away. Pure.

import type { RunPlan } from '#protocol/messages.ts';
import type { ParsedArguments } from '#protocol/training-arguments.ts';
import { t } from '../../language/translate.ts';

export interface Fix {
  readonly label: string;
  readonly changes: Readonly<Record<string, unknown>>;
}

type Values = Readonly<Record<string, unknown>>;

/** Of arguments that contradict each other, and of plans that one would regret. @param values by HF's names. */
export function fixesOf(parsed: ParsedArguments, values: Values, plan: RunPlan | null): readonly Fix[] {
  const issues = parsed.ok ? parsed.notes : parsed.issues;
  const concerns = (name: string): boolean => issues.some((issue) => issue.name === name && issue.level !== 'note');
  const fixes: Fix[] = [];
  if (concerns('bf16')) fixes.push({ label: t`Keep fp16 alone`, changes: { bf16: false } });
  if (concerns('load_best_model_at_end') || concerns('eval_strategy'))
    fixes.push({
      label: t`Evaluate and save after each epoch`,
      changes: { eval_strategy: 'epoch', save_strategy: 'epoch' },
    });
  if (concerns('eval_steps'))
    fixes.push({ label: t`Evaluate every ${String(values['eval_steps'])} steps`, changes: { eval_strategy: 'steps' } });
  const [evalSteps, saveSteps] = [Number(values['eval_steps']), Number(values['save_steps'])];
  if (concerns('save_steps') && evalSteps >= 1) {
    const multiple = Math.max(1, Math.round(saveSteps / evalSteps)) * evalSteps;
    fixes.push({ label: t`Save every ${multiple} steps`, changes: { save_steps: multiple } });
  }
  if (parsed.ok && plan && savesTooLate(plan)) fixes.push(saveOnTheWay(plan, parsed.args.loadBestModelAtEnd));
  return fixes;
}

const savesTooLate = ({ saveSteps, maxSteps }: RunPlan): boolean =>
  maxSteps > 1 && (saveSteps[0] ?? maxSteps) >= maxSteps;

function saveOnTheWay({ maxSteps }: RunPlan, loadsBest: boolean): Fix {
  const every = Math.max(1, Math.ceil(maxSteps / 4));
  const saves = { save_strategy: 'steps', save_steps: every };
  return {
    label: t`Save every ${every} steps`,
    changes: loadsBest ? { ...saves, eval_strategy: 'steps', eval_steps: every } : saves,
  };
}

/** Ways to take less of the GPU's memory, what costs least first. */
export function memoryFixes(values: Values): readonly Fix[] {
  const batch = Number(values['per_device_train_batch_size'] ?? 8);
  const accumulation = Number(values['gradient_accumulation_steps'] ?? 1);
  const fixes: Fix[] = [];
  if (batch > 1)
    fixes.push({
      label: t`Batch ${Math.ceil(batch / 2)}, accumulated ${accumulation * 2} times: the same updates`,
      changes: {
        per_device_train_batch_size: Math.ceil(batch / 2),
        gradient_accumulation_steps: accumulation * 2,
      },
    });
  if (values['fp16'] !== true && values['bf16'] !== true)
    fixes.push({ label: t`Half precision (fp16)`, changes: { fp16: true } });
  if (values['gradient_checkpointing'] !== true)
    fixes.push({
      label: t`Gradient checkpointing: slower, the same numbers`,
      changes: { gradient_checkpointing: true },
    });
  if (values['optim'] !== 'adafactor')
    fixes.push({ label: t`Adafactor in place of AdamW`, changes: { optim: 'adafactor' } });
  return fixes;
}
