# Hides whole words, anew in every batch.
import torch
from transformers import DataCollatorForLanguageModeling


class HideWords(DataCollatorForLanguageModeling):
    def torch_call(self, examples):
        """Words are told by the places of their tokens, which the tokenizer does not pad."""
        length = max(len(example["input_ids"]) for example in examples)
        padded = []
        for example in examples:
            places, filling = list(example["offset_mapping"]), [(0, 0)] * (length - len(example["input_ids"]))
            side = self.tokenizer.padding_side
            padded.append({**example, "offset_mapping": places + filling if side == "right" else filling + places})
        return super().torch_call(padded)


def make_collator(tokenizer, args):
    seed = args.seed if args.data_seed is None else args.data_seed
    collator = HideWords(tokenizer, mlm_probability=MLM_PROBABILITY, whole_word_mask=True)
    collator.generator = torch.Generator().manual_seed(seed)
    return collator


def items_in(batch):
    return (batch["labels"] != -100).sum()
