# From chats to examples: the template marks what the assistant says, and only that is learned.
def encode(rows, tokenizer):
    examples = []
    for row in rows:
        encoded = tokenizer.apply_chat_template(
            row[MESSAGES_COLUMN], return_dict=True, return_assistant_tokens_mask=True
        )
        ids = encoded["input_ids"][:MAX_LENGTH]
        labels = [token if mask else -100 for token, mask in zip(ids, encoded["assistant_masks"])]
        labels[:1] = [-100]  # nobody's next; GPT-2 of transformers would count it
        examples.append({"input_ids": ids, "labels": labels})
    return arrange(examples)
