// The metrics of a task: what the Trainer computes at every evaluation.

import type { TaskData } from '#data/tasks/row-task.ts';
import { classificationMetrics } from '#trainer/classification-metrics.ts';
import type { ComputeMetrics } from '#trainer/evaluation-loop.ts';
import { questionAnsweringMetrics } from '#trainer/question-answering-metrics.ts';
import { tokenClassificationMetrics } from '#trainer/token-classification-metrics.ts';
import type { TrainerOptions } from '#trainer/trainer-options.ts';

type TaskMetrics = Pick<TrainerOptions, 'computeMetrics' | 'lossMetrics'>;

export function metricsFor({
  task,
  problemType,
  labels,
  answers,
}: Pick<TaskData, 'task' | 'problemType' | 'labels' | 'answers'>): TaskMetrics {
  switch (task) {
    case 'text-classification':
      return { computeMetrics: classificationMetrics(problemType) };
    case 'token-classification':
      return { computeMetrics: tokenClassificationMetrics(labels) };
    case 'question-answering':
      return { computeMetrics: answerMetrics(answers) };
    case 'fill-mask':
    case 'text-generation':
      return { lossMetrics: (loss) => ({ perplexity: Math.exp(loss) }) };
    default:
      return task satisfies never;
  }
}

/** Each validation set has answers of its own; of other data none are known. */
function answerMetrics(answers: TaskData['answers']): ComputeMetrics {
  const metrics = new Map([...answers].map(([dataset, features]) => [dataset, questionAnsweringMetrics(features)]));
  return (prediction, _, dataset) => metrics.get(dataset)?.(prediction) ?? {};
}
