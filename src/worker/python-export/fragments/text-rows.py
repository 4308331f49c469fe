# Each example in a row of its own.
def arrange(examples):
    return [{**example, "attention_mask": [1] * len(example["input_ids"])} for example in examples]
