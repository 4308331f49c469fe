# The best span over all windows of a row; exact match and F1 of SQuAD 2, in percent.
import re
import string
from collections import Counter

import numpy as np

BEST_COUNT = 20
MAX_ANSWER_TOKENS = 30


def metrics_for(rows, windows):
    may_be_empty = any(not row[ANSWERS_COLUMN]["text"] for row in rows)

    def compute_metrics(prediction):
        spans, nowhere = {}, {}
        for start, end, (number, offsets) in zip(*prediction.predictions, windows):
            context = rows[number][CONTEXT_COLUMN]
            for span in spans_in(start[: len(offsets)], end[: len(offsets)], offsets, context):
                if number not in spans or span[0] > spans[number][0]:
                    spans[number] = span
            null_score = float(start[0]) + float(end[0])
            nowhere[number] = min(null_score, nowhere.get(number, null_score))
        scores = []
        for number, null_score in nowhere.items():
            score, text = spans.get(number, (float("-inf"), ""))
            text = "" if may_be_empty and null_score > score else text
            scores.append(score_answer(text, rows[number][ANSWERS_COLUMN]["text"]))
        exact, f1 = np.mean(scores, axis=0)
        return {"exact_match": 100 * float(exact), "f1": 100 * float(f1)}

    return compute_metrics


def spans_in(start, end, offsets, context):
    """Score and text of the likely spans of a window."""
    starts, ends = (np.argsort(-logits, kind="stable")[:BEST_COUNT] for logits in (start, end))
    for first in starts:
        for last in ends:
            outside = offsets[first] is None or offsets[last] is None
            if not outside and first <= last < first + MAX_ANSWER_TOKENS:
                text = context[offsets[first][0] : offsets[last][1]]
                yield float(start[first]) + float(end[last]), text


def normalize(text):
    """Words in lower case, without punctuation and articles."""
    bare = "".join(character for character in text.lower() if character not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", bare).split()


def score_answer(answer, right):
    """Exact match and F1, each against the best of the right answers; without any, nothing is right."""
    scores = [compare(normalize(answer), normalize(each)) for each in right or [""]]
    return max(exact for exact, _ in scores), max(f1 for _, f1 in scores)


def compare(answer, right):
    exact = float(answer == right)
    common = (Counter(answer) & Counter(right)).total()
    if not answer or not right:
        return exact, exact
    return exact, 2 * common / (len(answer) + len(right))
