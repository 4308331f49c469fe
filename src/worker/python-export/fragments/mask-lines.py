# From rows to examples: each text for itself.
def encode(rows, tokenizer):
    texts = [row[TEXT_COLUMN] for row in rows]
    encoded = tokenizer(texts, truncation=True, max_length=MAX_LENGTH, return_offsets_mapping=WHOLE_WORD_MASK)
    return [{name: values[i] for name, values in encoded.items()} for i in range(len(rows))]
