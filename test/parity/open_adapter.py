"""Opens an adapter with the real PEFT, beside the model that it was merged into: called by the parity lane.

The input is JSON: `model` (folder), `adapter` (folder that holds `merged` too), `architecture`, `length`, and either `rows`
with `text` and the index `label`, or `document`, which is cut into blocks. Prints the mean loss and the largest difference
of logits between merged and unmerged, and between the adapter and none.
"""

import json
import sys

import torch
import transformers
from peft import PeftModel

given = json.load(sys.stdin)
kind = getattr(transformers, given["architecture"])
tokenizer = transformers.AutoTokenizer.from_pretrained(given["model"])
length = given["length"]


def open_model(folder: str):
    model, report = kind.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    assert not report["missing_keys"] and not report["unexpected_keys"], report
    return model.eval()


def batches():
    for row in given.get("rows", []):
        inputs = tokenizer(row["text"], truncation=True, max_length=length, return_tensors="pt")
        yield {**inputs, "labels": torch.tensor([row["label"]])}
    if "document" in given:
        ids = torch.tensor(tokenizer(given["document"])["input_ids"])
        for block in ids[: len(ids) // length * length].reshape(-1, 1, length):
            yield {"input_ids": block, "labels": block}


def outputs(model) -> tuple[torch.Tensor, torch.Tensor]:
    with torch.no_grad():
        made = [model(**batch) for batch in batches()]
    return torch.stack([each.loss for each in made]).mean(), torch.cat([each.logits.flatten() for each in made])


_, base = outputs(open_model(given["model"]))
loss, adapted = outputs(PeftModel.from_pretrained(open_model(given["model"]), given["adapter"]).eval())
_, merged = outputs(open_model(f"{given['adapter']}/merged"))
print(json.dumps({"loss": loss.item(), "merged": (merged - adapted).abs().max().item(),
                  "moved": (adapted - base).abs().max().item()}))
