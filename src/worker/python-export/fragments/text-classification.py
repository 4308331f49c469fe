# From rows to examples: the text, or two, and its target.
from transformers import DataCollatorWithPadding


def encode(rows, tokenizer):
    texts = [[row[column] for row in rows] for column in TEXT_COLUMNS]
    encoded = tokenizer(*texts, truncation=True, max_length=MAX_LENGTH)
    return [
        {**{name: values[i] for name, values in encoded.items()}, "labels": target_of(row[LABEL_COLUMN])}
        for i, row in enumerate(rows)
    ]


def make_collator(tokenizer, args):
    return DataCollatorWithPadding(tokenizer)


def items_in(batch):
    return len(batch["labels"])
