# Blocks of MAX_LENGTH tokens; what is left over is dropped.
def blocks_of(encoded):
    joined = {name: [value for text in texts for value in text] for name, texts in encoded.items()}
    count = len(joined["input_ids"]) // MAX_LENGTH
    return [
        {name: values[i * MAX_LENGTH : (i + 1) * MAX_LENGTH] for name, values in joined.items()} for i in range(count)
    ]
