# Hides tokens, anew in every batch.
import torch
from transformers import DataCollatorForLanguageModeling


def make_collator(tokenizer, args):
    seed = args.seed if args.data_seed is None else args.data_seed
    collator = DataCollatorForLanguageModeling(tokenizer, mlm_probability=MLM_PROBABILITY)
    collator.generator = torch.Generator().manual_seed(seed)
    return collator


def items_in(batch):
    return (batch["labels"] != -100).sum()
