# From documents to examples: texts one after another, cut into blocks.
def encode(rows, tokenizer):
    texts = [row[TEXT_COLUMN] for row in rows]
    encoded = tokenizer(texts, return_offsets_mapping=WHOLE_WORD_MASK)
    return blocks_of(encoded)
