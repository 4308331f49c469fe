# Metrics where each row has one label.
import numpy as np


def compute_metrics(prediction):
    guess, truth = prediction.predictions.argmax(axis=-1), prediction.label_ids
    confusion = np.zeros((len(LABELS), len(LABELS)), dtype=int)
    np.add.at(confusion, (truth, guess), 1)
    return {
        "accuracy": float((guess == truth).mean()),
        **averages(confusion.diagonal(), confusion.sum(axis=0), confusion.sum(axis=1)),
        "confusion_matrix": confusion.tolist(),
    }
