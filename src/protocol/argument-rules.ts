// What arguments demand of each other: HuggingFace's rules, and the contradictions it lets pass.
// Works on the resolved snake_case values, each already of its right type. Called by `training-arguments.ts`.

import { msg } from '#util/msg.ts';
import type { ArgumentIssue } from './argument-spec.ts';
import { show } from './argument-value.ts';
import { parseCheckpointingKwargs } from './checkpointing-settings.ts';
import { parseOptimArgs } from './optimizer-settings.ts';
import { isRepoName } from './repo-name.ts';
import { checkReportTo } from './report-to.ts';
import { followsMetric, ignoresWarmup, parseSchedulerKwargs } from './scheduler-settings.ts';

/** Field name to value: every field of the table is there. */
export type ArgumentValues = Readonly<Record<string, unknown>>;

type Rule = (values: ArgumentValues) => readonly ArgumentIssue[];

const number = (values: ArgumentValues, name: string): number => Number(values[name]);

function issue(level: ArgumentIssue['level'], name: string, message: string, hint?: string): readonly ArgumentIssue[] {
  return [{ name, level, message, ...(hint === undefined ? {} : { hint }) }];
}

/** A cadence counts only with the strategy steps: a share below 1, or a whole number. */
function checkInterval(values: ArgumentValues, kind: 'logging' | 'eval' | 'save'): readonly ArgumentIssue[] {
  const name = `${kind}_steps`;
  if (values[`${kind}_strategy`] !== 'steps') return [];
  const steps = number(values, name);
  if (steps === 0)
    return issue(
      'error',
      name,
      msg`${name} is 0, but ${kind}_strategy "steps" needs a number of steps.`,
      msg`Give 1 or more, or set ${kind}_strategy to "no".`,
    );
  if (steps > 1 && !Number.isInteger(steps)) {
    return issue(
      'error',
      name,
      msg`${name} is ${steps}: above 1 it must be a whole number of steps.`,
      msg`Below 1 it is a share of the run, such as 0.1.`,
    );
  }
  return [];
}

const intervals: Rule = (values) =>
  (['logging', 'eval', 'save'] as const).flatMap((kind) => checkInterval(values, kind));

const maxSteps: Rule = (values) =>
  values.max_steps === 0
    ? issue(
        'error',
        'max_steps',
        msg`max_steps is 0, so nothing would be trained.`,
        msg`Give 1 or more, or -1 to go by epochs.`,
      )
    : [];

const bestModel: Rule = (values) => {
  if (values.load_best_model_at_end !== true || values.save_strategy === 'best') return [];
  const [evaluates, saves] = [values.eval_strategy, values.save_strategy];
  if (evaluates !== saves) {
    const message = msg`Loading the best model compares checkpoints by their evaluations, but eval_strategy is ${show(evaluates)} and save_strategy is ${show(saves)}.`;
    return issue(
      'error',
      'load_best_model_at_end',
      message,
      msg`Give both strategies the same value, or set save_strategy to "best".`,
    );
  }
  if (saves === 'no')
    return issue(
      'warning',
      'load_best_model_at_end',
      msg`load_best_model_at_end has no effect: nothing is evaluated or saved.`,
    );
  return saves === 'steps' ? bestModelSteps(number(values, 'eval_steps'), number(values, 'save_steps')) : [];
};

function bestModelSteps(evalSteps: number, saveSteps: number): readonly ArgumentIssue[] {
  if (evalSteps < 1 !== saveSteps < 1) {
    const message = msg`eval_steps is ${evalSteps} and save_steps is ${saveSteps}: for the best model both must be steps or both shares of the run.`;
    return issue('error', 'save_steps', message, msg`Write both in the same way.`);
  }
  const scale = saveSteps < 1 ? 1_000_000 : 1;
  if (Math.round(saveSteps * scale) % Math.round(evalSteps * scale) === 0) return [];
  const multiple = Math.max(1, Math.round(saveSteps / evalSteps)) * evalSteps;
  const message = msg`Loading the best model needs an evaluation at every checkpoint, but it saves every ${saveSteps} and evaluates every ${evalSteps}.`;
  return issue(
    'error',
    'save_steps',
    message,
    msg`Set save_steps to a multiple of eval_steps, such as ${scale === 1 ? multiple : Number(multiple.toPrecision(6))}.`,
  );
}

const saveBest: Rule = (values) => {
  if (values.save_strategy !== 'best') return [];
  if (values.metric_for_best_model === null) {
    return issue(
      'error',
      'metric_for_best_model',
      msg`save_strategy "best" needs a metric to compare by.`,
      msg`Set metric_for_best_model, for example to "loss" or "accuracy".`,
    );
  }
  if (values.eval_strategy !== 'no') return [];
  return issue(
    'error',
    'eval_strategy',
    msg`save_strategy "best" never saves when nothing is evaluated.`,
    msg`Set eval_strategy to "steps" or "epoch".`,
  );
};

const precision: Rule = (values) => {
  const both = (a: string, b: string): boolean => values[a] === true && values[b] === true;
  if (both('fp16', 'bf16'))
    return issue('error', 'bf16', msg`fp16 and bf16 can not both be on.`, msg`Keep one of the two.`);
  if (both('fp16_full_eval', 'bf16_full_eval'))
    return issue('error', 'bf16_full_eval', msg`fp16_full_eval and bf16_full_eval can not both be on.`);
  return [];
};

const checkpointing: Rule = (values) => {
  const parsed = parseCheckpointingKwargs(values.gradient_checkpointing_kwargs);
  return 'error' in parsed ? issue('error', 'gradient_checkpointing_kwargs', parsed.error, parsed.hint) : [];
};

const schedule: Rule = (values) => {
  const type = String(values.lr_scheduler_type);
  const parsed = parseSchedulerKwargs(type, values.lr_scheduler_kwargs);
  if ('error' in parsed) return issue('error', 'lr_scheduler_kwargs', parsed.error, parsed.hint);
  const notes: ArgumentIssue[] = [];
  if (parsed.ignored)
    notes.push(
      ...issue('warning', 'lr_scheduler_kwargs', msg`lr_scheduler_kwargs have no effect with the schedule "${type}".`),
    );
  // Schedule-free AdamW warms up by itself.
  if (ignoresWarmup(type) && number(values, 'warmup_steps') > 0 && values.optim !== 'schedule_free_adamw') {
    const message = msg`The schedule "${type}" has no warm-up; warmup_steps does nothing.`;
    notes.push(
      ...issue('warning', 'warmup_steps', message, type === 'constant' ? msg`Use constant_with_warmup.` : undefined),
    );
  }
  return [...notes, ...scheduleRates(type, parsed.kwargs, values), ...metricSchedule(type, parsed.kwargs, values)];
};

/** Rates among the settings, against the learning rate. */
function scheduleRates(type: string, kwargs: ArgumentValues, values: ArgumentValues): readonly ArgumentIssue[] {
  const rate = number(values, 'learning_rate');
  const end = Number(kwargs.lr_end ?? 1e-7);
  if (type === 'polynomial' && end >= rate) {
    const message = msg`The polynomial schedule falls to lr_end ${end}, which must be below the learning rate ${rate}.`;
    return issue('error', 'lr_scheduler_kwargs', message);
  }
  const floor = Number(kwargs.min_lr ?? (type === 'greedy' ? 1e-3 : 0));
  if (floor <= rate || rate === 0) return [];
  const message = msg`lr_scheduler_kwargs: min_lr is ${floor}, above the learning rate ${rate}`;
  if (!followsMetric(type)) return issue('error', 'lr_scheduler_kwargs', `${message}.`, msg`Lower min_lr.`);
  const given = kwargs.min_lr === undefined ? msg`, by default` : '';
  return issue(
    'warning',
    'lr_scheduler_kwargs',
    msg`${message}${given}: the rate will never fall.`,
    msg`Lower min_lr.`,
  );
}

/** Schedules that follow a metric need one, and need to know which way is better: they do not ask greater_is_better. */
function metricSchedule(type: string, kwargs: ArgumentValues, values: ArgumentValues): readonly ArgumentIssue[] {
  if (!followsMetric(type)) return [];
  if (values.eval_strategy === 'no') {
    const message = msg`The schedule "${type}" follows an evaluation metric, but eval_strategy is "no".`;
    return issue('error', 'lr_scheduler_type', message, msg`Set eval_strategy to "steps" or "epoch".`);
  }
  const wanted = values.greater_is_better === true ? 'max' : 'min';
  const mode = kwargs.mode ?? 'min';
  if (mode === wanted) return [];
  const message = msg`The schedule "${type}" takes ${mode === 'min' ? 'smaller' : 'larger'} values of ${String(values.metric_for_best_model)} for better, but greater_is_better says the opposite.`;
  return issue('warning', 'lr_scheduler_kwargs', message, msg`Set "mode": "${wanted}" in lr_scheduler_kwargs.`);
}

const optimizer: Rule = (values) => {
  const parsed = parseOptimArgs(String(values.optim), values.optim_args);
  if ('error' in parsed) return issue('error', 'optim_args', parsed.error, parsed.hint);
  const warnings = parsed.warning === undefined ? [] : issue('warning', 'optim_args', parsed.warning);
  return values.optim === 'schedule_free_adamw' ? [...warnings, ...scheduleFree(values)] : warnings;
};

/** What schedule-free AdamW needs of the others: it brings its own warm-up and wants no schedule. */
function scheduleFree(values: ArgumentValues): readonly ArgumentIssue[] {
  if (number(values, 'adam_beta1') === 0)
    return issue('error', 'adam_beta1', msg`schedule_free_adamw needs adam_beta1 above 0.`, msg`Its default is 0.9.`);
  if (values.lr_scheduler_type === 'constant') return [];
  return issue(
    'warning',
    'lr_scheduler_type',
    msg`schedule_free_adamw has a warm-up of its own and needs no schedule, but lr_scheduler_type is ${show(values.lr_scheduler_type)}: both act.`,
    msg`Set lr_scheduler_type to "constant".`,
  );
}

const warmup: Rule = (values) => {
  const steps = number(values, 'warmup_steps');
  if (steps <= 1 || Number.isInteger(steps)) return [];
  return issue('warning', 'warmup_steps', msg`warmup_steps ${steps} is read as ${Math.trunc(steps)} steps.`);
};

const cadenceWithoutStrategy: Rule = (values) => {
  if (values.eval_strategy !== 'no' || values.eval_steps === null) return [];
  return issue(
    'warning',
    'eval_steps',
    msg`eval_steps is set, but eval_strategy is "no": nothing will be evaluated.`,
    msg`Set eval_strategy to "steps".`,
  );
};

const metricInputs: Rule = (values) => {
  const wanted = values.include_for_metrics;
  const wrong = Array.isArray(wanted) ? wanted.find((item) => item !== 'inputs' && item !== 'loss') : undefined;
  return wrong === undefined
    ? []
    : issue(
        'error',
        'include_for_metrics',
        msg`include_for_metrics can not hold "${wrong}".`,
        msg`Use "inputs", "loss" or both.`,
      );
};

const tokenCount: Rule = (values) => {
  const value = values.include_num_input_tokens_seen;
  if (typeof value === 'boolean' || ['no', 'all', 'non_padding'].includes(String(value))) return [];
  return issue(
    'error',
    'include_num_input_tokens_seen',
    msg`include_num_input_tokens_seen is ${show(value)}, which is not a known choice.`,
    msg`Use "all", "non_padding" or "no".`,
  );
};

const reportTo: Rule = (values) => checkReportTo(values.report_to);

const resumePlace: Rule = (values) =>
  values.resume_from_checkpoint === null
    ? []
    : issue(
        'note',
        'resume_from_checkpoint',
        msg`resume_from_checkpoint: the runner goes on from there.`,
        msg`In the studio, use Resume on the page of the run.`,
      );
const hubModel: Rule = (values) => {
  const name = values.hub_model_id;
  if (name === null || isRepoName(String(name))) return [];
  return issue(
    'error',
    'hub_model_id',
    msg`hub_model_id is ${show(name)}, which can not name a repository.`,
    msg`Names look like owner/name, with letters, digits, points, dashes and underscores.`,
  );
};

const RULES: readonly Rule[] = [
  intervals,
  maxSteps,
  bestModel,
  saveBest,
  precision,
  checkpointing,
  schedule,
  optimizer,
  warmup,
  cadenceWithoutStrategy,
  metricInputs,
  tokenCount,
  reportTo,
  resumePlace,
  hubModel,
];

/** All complaints, errors first. */
export function checkRules(values: ArgumentValues): readonly ArgumentIssue[] {
  const issues = RULES.flatMap((rule) => rule(values));
  return [...issues.filter((found) => found.level === 'error'), ...issues.filter((found) => found.level !== 'error')];
}
