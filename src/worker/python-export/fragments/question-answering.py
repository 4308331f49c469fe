# From questions to examples: windows of the context that overlap, each with the place of the answer in it.
from transformers import DataCollatorWithPadding


def encode(rows, tokenizer):
    """Examples, and for each its row and where its tokens lie in the context (None outside of it)."""
    questions, contexts = ([row[column] for row in rows] for column in (QUESTION_COLUMN, CONTEXT_COLUMN))
    encoded = tokenizer(
        questions, contexts, truncation="only_second", max_length=MAX_LENGTH, stride=DOC_STRIDE,
        return_overflowing_tokens=True, return_offsets_mapping=True,
    )
    row_numbers, places = encoded.pop("overflow_to_sample_mapping"), encoded.pop("offset_mapping")
    examples, windows = [], []
    for i, number in enumerate(row_numbers):
        sequences = encoded.sequence_ids(i)
        offsets = [place if sequence == 1 else None for place, sequence in zip(places[i], sequences)]
        start, end = span_in(offsets, rows[number][ANSWERS_COLUMN], nowhere=sequences.index(None))
        inputs = {name: values[i] for name, values in encoded.items()}
        examples.append({**inputs, "start_positions": start, "end_positions": end})
        windows.append((number, offsets))
    return examples, windows


def span_in(offsets, answers, nowhere):
    """First and last token of the first answer; twice `nowhere` where the window does not hold all of it."""
    inside = [i for i, offset in enumerate(offsets) if offset is not None]
    if not answers["text"] or not inside:
        return nowhere, nowhere
    begin = answers["answer_start"][0]
    end = begin + len(answers["text"][0])
    if offsets[inside[0]][0] > begin or offsets[inside[-1]][1] < end:
        return nowhere, nowhere
    return max(i for i in inside if offsets[i][0] <= begin), min(i for i in inside if offsets[i][1] >= end)


def make_collator(tokenizer, args):
    return DataCollatorWithPadding(tokenizer)


def items_in(batch):
    return len(batch["start_positions"])
