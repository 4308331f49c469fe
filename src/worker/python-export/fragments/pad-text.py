# Fills rows up to one length.
import torch


def make_collator(tokenizer, args):
    # Many decoders have no padding token: what is filled up is masked, so any token will do.
    token = next((each for each in (tokenizer.pad_token_id, tokenizer.eos_token_id) if each is not None), 0)
    filling = {"input_ids": token, "labels": -100, "attention_mask": 0, "position_ids": 0}

    def collate(examples):
        length = max(len(example["input_ids"]) for example in examples)
        batch = {}
        for name in examples[0]:
            pads = [[filling[name]] * (length - len(example[name])) for example in examples]
            rows = [example[name] for example in examples]
            sides = zip(rows, pads) if tokenizer.padding_side == "right" else zip(pads, rows)
            batch[name] = torch.tensor([first + second for first, second in sides])
        return batch

    return collate


def items_in(batch):
    return (batch["labels"][:, 1:] != -100).sum()
