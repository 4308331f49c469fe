# The perplexity beside every evaluation's loss.
import numpy as np


class LanguageTrainer(RunTrainer):
    def evaluation_loop(self, *args, metric_key_prefix="eval", **kwargs):
        output = super().evaluation_loop(*args, metric_key_prefix=metric_key_prefix, **kwargs)
        loss = output.metrics[f"{metric_key_prefix}_loss"]
        output.metrics[f"{metric_key_prefix}_perplexity"] = float(np.exp(loss))
        return output
