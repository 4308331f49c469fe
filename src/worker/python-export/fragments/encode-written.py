# A text of which only some parts are learned.
def encode_written(text, learned, tokenizer, add_special_tokens):
    """`learned`: [begin, end) of what is learned. A token belongs where it begins."""
    encoded = tokenizer(text, add_special_tokens=add_special_tokens, return_offsets_mapping=True)
    sequences = encoded.sequence_ids(0)
    # What the tokenizer puts behind a text is left out: the end of the text is in the text already.
    length = max((i + 1 for i, sequence in enumerate(sequences) if sequence is not None), default=0)
    ids, labels = encoded["input_ids"][: min(length, MAX_LENGTH)], []
    for token, sequence, (place, _) in zip(ids, sequences, encoded["offset_mapping"]):
        counts = sequence is not None and any(begin <= place < end for begin, end in learned)
        labels.append(token if counts else -100)
    labels[:1] = [-100]  # nobody's next; GPT-2 of transformers would count it
    return {"input_ids": ids, "labels": labels}
