"""Opens a folder with the real transformers and prints the probabilities of texts as JSON: called by the parity lane.

python -P open_model.py FOLDER TEXT...
"""

import json
import sys

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

folder, *texts = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(folder)
model, report = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
with torch.no_grad():
    logits = model.eval()(**tokenizer(texts, padding=True, truncation=True, return_tensors="pt")).logits
print(json.dumps({
    "probabilities": logits.softmax(-1).tolist(), "labels": [model.config.id2label[i] for i in range(logits.shape[1])],
    "missing": sorted(report["missing_keys"]), "unexpected": sorted(report["unexpected_keys"]),
}))
