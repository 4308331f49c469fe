"""Runs HF's Trainer on the data of the trajectory fixture, once for each job on standard input, and prints what it
logged: called by the parity lane.

python -P train_jobs.py < {"data": FOLDER, "jobs": [{"arguments": {…}, "resume_from": FOLDER or null}]}
"""

import csv
import json
import sys
from pathlib import Path

import torch
from transformers import (
    AutoModelForSequenceClassification, AutoTokenizer, DataCollatorWithPadding, Trainer, TrainingArguments,
)


class Rows(torch.utils.data.Dataset):
    def __init__(self, path, tokenizer, label2id):
        with open(path, newline="") as file:
            self.items = [{**tokenizer(row["text"], truncation=True, max_length=16), "labels": label2id[row["label"]]}
                          for row in csv.DictReader(file)]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        return self.items[index]


def run(data: Path, job) -> list[dict]:
    model = AutoModelForSequenceClassification.from_pretrained(data / "model", dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(data / "model")
    arguments = TrainingArguments(use_cpu=True, report_to="none", disable_tqdm=True, **job["arguments"])
    trainer = Trainer(
        model=model, args=arguments, data_collator=DataCollatorWithPadding(tokenizer),
        train_dataset=Rows(data / "train.csv", tokenizer, model.config.label2id),
        eval_dataset=Rows(data / "validation.csv", tokenizer, model.config.label2id))
    trainer.train(resume_from_checkpoint=job["resume_from"])
    return trainer.state.log_history


def describe(value):
    """A state_dict as JSON; tensors by dtype and shape."""
    if torch.is_tensor(value):
        return [str(value.dtype), list(value.shape)]
    if isinstance(value, dict):
        return {f"{type(key).__name__} {key}": describe(element) for key, element in value.items()}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [describe(element) for element in value]}
    return value if isinstance(value, bool) or value is None else f"{type(value).__name__} {value!r}"


if __name__ == "__main__":
    given = json.load(sys.stdin)
    logs = [run(Path(given["data"]), job) for job in given["jobs"]]
    files = {path: describe(torch.load(path, weights_only=True)) for path in given.get("files", [])}
    print("\n" + json.dumps({"logs": logs, "files": files}))
