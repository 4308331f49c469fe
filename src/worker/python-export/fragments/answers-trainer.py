# Each of several validation sets has answers of its own.
METRICS = {}


class AnswersTrainer(RunTrainer):
    def evaluate(self, eval_dataset=None, ignore_keys=None, metric_key_prefix="eval"):
        self.compute_metrics = METRICS.get(metric_key_prefix.removeprefix("eval_"))
        return super().evaluate(eval_dataset, ignore_keys, metric_key_prefix)
