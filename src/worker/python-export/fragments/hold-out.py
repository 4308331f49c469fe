# Blocks of one document that are held back for validation: the first of a seeded permutation.
import torch


def hold_out(examples):
    order = torch.randperm(len(examples), generator=torch.Generator().manual_seed(SPLIT_SEED)).tolist()
    held = set(order[: int(len(examples) * VALIDATION_FRACTION + 0.5)])
    train = [example for i, example in enumerate(examples) if i not in held]
    return train, [example for i, example in enumerate(examples) if i in held]
