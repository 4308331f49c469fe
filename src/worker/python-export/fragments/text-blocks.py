# From texts to examples: one after another, cut into blocks.
def encode(rows, tokenizer):
    encoded = tokenizer([row[TEXT_COLUMN] for row in rows])
    blocks = blocks_of({name: encoded[name] for name in ("input_ids", "attention_mask")})
    # The first token of a block is nobody's next; GPT-2 of transformers would count it.
    return [{**block, "labels": [-100, *block["input_ids"][1:]]} for block in blocks]
