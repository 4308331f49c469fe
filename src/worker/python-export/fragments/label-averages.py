# Precision, recall and F1 of labels, as scikit-learn counts them with zero_division=0.
import numpy as np


def averages(hits, predicted, support):
    """Of each label; the mean over labels that occur at all; the mean weighted by support."""

    def ratio(part, whole):
        return np.divide(part, whole, out=np.zeros(np.shape(part)), where=np.asarray(whole) != 0)

    scores = {
        "precision": ratio(hits, predicted),
        "recall": ratio(hits, support),
        "f1": ratio(2 * hits, predicted + support),
    }
    occurs = predicted + support > 0
    metrics = {}
    for name, values in scores.items():
        metrics[f"{name}_macro"] = float(ratio(values[occurs].sum(), occurs.sum()))
        metrics[f"{name}_weighted"] = float(ratio((values * support).sum(), support.sum()))
        metrics[f"per_class_{name}"] = values.tolist()
    return {**metrics, "per_class_support": support.tolist()}
