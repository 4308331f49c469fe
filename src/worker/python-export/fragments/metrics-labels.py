# Metrics where each row has any number of labels.
def compute_metrics(prediction):
    guess, truth = prediction.predictions > 0, prediction.label_ids > 0.5  # a probability of one half is a logit of 0
    return {
        "accuracy": float((guess == truth).all(axis=1).mean()),
        **averages((guess & truth).sum(axis=0), guess.sum(axis=0), truth.sum(axis=0)),
    }
