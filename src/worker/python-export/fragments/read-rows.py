# Rows of data/: one JSON object a line.
import json


def read_rows(name):
    with open(HERE / "data" / f"{name}.jsonl", encoding="utf-8", newline="\n") as file:
        return [json.loads(line) for line in file]
