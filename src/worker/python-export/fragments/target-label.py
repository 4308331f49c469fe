# One label for each row.
def target_of(label):
    return LABELS.index(label)
