# Each of several validation sets has answers of its own.
class AnswersTrainer(RunTrainer):
    def evaluation_loop(self, *args, metric_key_prefix="eval", **kwargs):
        self.compute_metrics = METRICS.get(metric_key_prefix.removeprefix("eval_"))
        return super().evaluation_loop(*args, metric_key_prefix=metric_key_prefix, **kwargs)


METRICS = {}
