# Words as they stand in a text.
def words_of(row):
    """A tokenizer of bytes tells the beginning of a word by the space before it."""
    return [word if word.startswith(" ") else f" {word}" for word in row[WORDS_COLUMN]]
