# Words as they are.
def words_of(row):
    return row[WORDS_COLUMN]
