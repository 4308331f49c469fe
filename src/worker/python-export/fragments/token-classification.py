# From words and tags to examples: the first token of a word carries its tag.
from transformers import DataCollatorForTokenClassification


def encode(rows, tokenizer):
    encoded = tokenizer(
        [words_of(row) for row in rows], is_split_into_words=True, truncation=True, max_length=MAX_LENGTH
    )
    examples = []
    for i, row in enumerate(rows):
        labels, previous = [], None
        for word in encoded.word_ids(i):
            begins = word is not None and word != previous
            labels.append(LABELS.index(row[TAGS_COLUMN][word]) if begins else -100)
            previous = word
        examples.append({**{name: values[i] for name, values in encoded.items()}, "labels": labels})
    return examples


def make_collator(tokenizer, args):
    return DataCollatorForTokenClassification(tokenizer)


def items_in(batch):
    return (batch["labels"] != -100).sum()
