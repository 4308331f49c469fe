# Several short examples in a row: first fit, in the order of the data.
MOST_IN_A_ROW = 255


def arrange(examples):
    """Positions begin anew in each example, by which attention keeps them apart. There must be no attention mask."""
    rows = []
    for example in examples:
        size = len(example["input_ids"])
        row = next((each for each in rows if each["room"] >= size and each["count"] < MOST_IN_A_ROW), None)
        if row is None:
            row = {"room": MAX_LENGTH, "count": 0, "input_ids": [], "labels": [], "position_ids": []}
            rows.append(row)
        row["room"] -= size
        row["count"] += 1
        row["input_ids"] += example["input_ids"]
        row["labels"] += example["labels"]
        row["position_ids"] += range(size)
    return [{name: row[name] for name in ("input_ids", "labels", "position_ids")} for row in rows]
