# The Trainer whose updates weigh as those of the run did.
import torch
from transformers import Trainer


class RunTrainer(Trainer):
    """The loss of an update is the mean over everything it learns from, also where its last batch is shorter.

    Many heads of transformers take the mean of each batch and pass for heads that do otherwise, so that with gradient
    accumulation nobody divides the sum. Here each batch weighs as much as it holds.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.model_accepts_loss_kwargs = False  # heads take the mean of their batch; training_step divides it

    def get_batch_samples(self, epoch_iterator, num_batches, device):
        batches, _ = super().get_batch_samples(epoch_iterator, num_batches, device)
        items = torch.as_tensor(sum(items_in(batch) for batch in batches), device=device)
        return batches, self.accelerator.gather(items).float().mean()  # of one process

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        items = items_in(inputs)
        loss, outputs = super().compute_loss(model, inputs, return_outputs=True)
        if items == 0:
            loss = outputs["logits"].sum() * 0.0  # the mean of nothing is no number
        elif num_items_in_batch is not None:
            loss = loss * items / num_items_in_batch * self.current_gradient_accumulation_steps
        return (loss, outputs) if return_outputs else loss
