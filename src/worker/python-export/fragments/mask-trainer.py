# Hidden tokens as the run drew them: one stream for training, the same ones in every evaluation.
import math
from itertools import islice

from transformers import TrainerCallback


class MaskTrainer(LanguageTrainer):
    def get_eval_dataloader(self, eval_dataset=None):
        """Every evaluation hides the same tokens, and takes nothing from the stream of training."""
        training = self.data_collator
        self.data_collator = make_collator(self.processing_class, self.args)
        try:
            return super().get_eval_dataloader(eval_dataset)
        finally:
            self.data_collator = training


class SkipMasks(TrainerCallback):
    """On a resume, draws once more what was hidden before the checkpoint, so that the stream goes on behind it."""

    def on_train_begin(self, args, state, control, train_dataloader=None, **kwargs):
        if args.ignore_data_skip:
            return
        accumulation = args.gradient_accumulation_steps
        epochs, updates = divmod(state.global_step, math.ceil(len(train_dataloader) / accumulation))
        for epoch in range(epochs + 1):
            train_dataloader.set_epoch(epoch)
            batches = len(train_dataloader) if epoch < epochs else updates * accumulation
            for indices in islice(train_dataloader.batch_sampler, batches):
                train_dataloader.collate_fn([train_dataloader.dataset[index] for index in indices])
