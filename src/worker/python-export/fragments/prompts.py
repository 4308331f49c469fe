# From prompts to examples: the completion is learned, with the token that ends a text.
def encode(rows, tokenizer):
    end, examples = tokenizer.eos_token or "", []
    for row in rows:
        prompt, completion = row[PROMPT_COLUMN], row[COMPLETION_COLUMN]
        text = prompt + completion + ("" if completion.endswith(end) else end)
        examples.append(encode_written(text, [(len(prompt), len(text))], tokenizer, add_special_tokens=True))
    return arrange(examples)
