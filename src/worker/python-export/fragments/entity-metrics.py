# Metrics of tags: whole entities, as seqeval counts them.
from collections import Counter


def entities_in(tags):
    """(kind, first word, last word) of each: a tag is a prefix (B, I, E, S or O), a dash and a kind."""
    found, begin, prefix, kind = set(), 0, "O", ""
    for i, tag in enumerate([*tags, "O"]):
        next_prefix, next_kind = tag[0], tag[1:].split("-", 1)[-1] or "_"
        other = kind != next_kind
        if (
            prefix in "ES"
            or (prefix in "BI" and next_prefix in "BSO")
            or (prefix not in "O." and other)
        ):
            found.add((kind, begin, i - 1))
        if (
            next_prefix in "BS"
            or (prefix in "ESO" and next_prefix in "EI")
            or (next_prefix not in "O." and other)
        ):
            begin = i
        prefix, kind = next_prefix, next_kind
    return found


def scores(correct, predicted, true):
    precision = correct / predicted if predicted else 0.0
    recall = correct / true if true else 0.0
    f1 = 2 * precision * recall / (precision + recall) if correct else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}


def compute_metrics(prediction):
    counts = {"correct": Counter(), "predicted": Counter(), "true": Counter()}
    right = total = 0
    for guess, truth in zip(prediction.predictions.argmax(axis=-1), prediction.label_ids):
        pairs = [(LABELS[g], LABELS[t]) for g, t in zip(guess, truth) if t != -100]
        found, wanted = (entities_in([pair[which] for pair in pairs]) for which in (0, 1))
        for name, entities in (("correct", found & wanted), ("predicted", found), ("true", wanted)):
            counts[name].update(kind for kind, _, _ in entities)
        right += sum(g == t for g, t in pairs)
        total += len(pairs)
    kinds = sorted({*counts["predicted"], *counts["true"]})
    return {
        **scores(*(count.total() for count in counts.values())),
        "accuracy": right / total if total else 0.0,
        **{f"{kind}_f1": scores(*(count[kind] for count in counts.values()))["f1"] for kind in kinds},
    }
