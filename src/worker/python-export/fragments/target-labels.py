# Any number of labels for each row.
def target_of(labels):
    return [float(label in labels) for label in LABELS]
