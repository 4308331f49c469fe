# From chats to examples: only what the assistant says is learned.
def encode(rows, tokenizer):
    examples = []
    for row in rows:
        text, learned = render(row[MESSAGES_COLUMN], tokenizer)
        examples.append(encode_written(text, learned, tokenizer, add_special_tokens=False))
    return arrange(examples)


def render(messages, tokenizer):
    """The chat as its template writes it, and [begin, end) of what the assistant said, the end of its turn included."""

    def written(part, prompt=False):
        return tokenizer.apply_chat_template(part, tokenize=False, add_generation_prompt=prompt)

    text, learned, at = written(messages), [], 0
    for i, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        before, after = written(messages[:i], prompt=True), written(messages[: i + 1])
        if text.startswith(before) and text.startswith(after):
            begin, end = max(at, len(before)), max(at, len(after))
        else:  # the template writes earlier turns otherwise than later ones: the message is all that is sure
            begin = text.find(message["content"], at)
            end = begin + len(message["content"])
        if begin >= 0:
            learned.append((begin, end))
            at = end
    return text, learned
