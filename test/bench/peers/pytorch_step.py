"""One training step in PyTorch on the CPU, with transformers' own models.

Called by pytorch.ts:  python pytorch_step.py FOLDER
FOLDER holds request.json (step, update rule, counts, tensors by name with shape and offset) and tensors.bin, their values
one after another as little-endian float32 and int32. Prints one JSON object.
"""

import json
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
import transformers
from transformers import BertConfig, BertForSequenceClassification, GPT2Config, GPT2LMHeadModel


def read_tensors(folder, entries, dtype):
    """Floats come as `dtype`, integers as int64."""
    raw = bytearray((folder / "tensors.bin").read_bytes())

    def read(entry):
        kind = torch.int32 if entry["kind"] == "int32" else torch.float32
        count = torch.Size(entry["shape"]).numel()
        flat = torch.frombuffer(raw, dtype=kind, count=count, offset=entry["offset"])
        return flat.reshape(entry["shape"]).to(torch.int64 if entry["kind"] == "int32" else dtype)

    return {name: read(entry) for name, entry in entries.items()}


def build_gpt(step):
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=step["vocab"],
            n_positions=step["length"],
            n_embd=step["hidden"],
            n_layer=step["layers"],
            n_head=step["heads"],
            n_inner=step["intermediate"],
            embd_pdrop=0,
            attn_pdrop=0,
            resid_pdrop=0,
        )
    )


def build_bert(step):
    return BertForSequenceClassification(
        BertConfig(
            vocab_size=step["vocab"],
            max_position_embeddings=step["length"],
            hidden_size=step["hidden"],
            num_hidden_layers=step["layers"],
            num_attention_heads=step["heads"],
            intermediate_size=step["intermediate"],
            num_labels=step["labels"],
            hidden_dropout_prob=0,
            attention_probs_dropout_prob=0,
        )
    )


def load(model, weights):
    missing, unexpected = model.load_state_dict(weights, strict=False)
    # The tied head shares the embedding's storage; position_ids are a buffer.
    wrong = [name for name in missing if name not in ("lm_head.weight", "bert.embeddings.position_ids")] + unexpected
    if wrong:
        raise SystemExit(f"parameters do not fit the model: {wrong}")


def make_loss(family, model, batch):
    if family == "gpt":
        return lambda: F.cross_entropy(model(input_ids=batch["ids"]).logits.flatten(0, 1), batch["targets"].flatten())
    inputs = {"input_ids": batch["ids"], "token_type_ids": batch["tokenTypes"], "attention_mask": batch["mask"]}
    return lambda: F.cross_entropy(model(**inputs).logits, batch["labels"])


def make_optimizer(model, rule, learning_rate):
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim == 1]
    return torch.optim.AdamW(
        [{"params": matrices, "weight_decay": rule["weightDecay"]}, {"params": vectors, "weight_decay": 0.0}],
        lr=learning_rate,
        betas=(rule["beta1"], rule["beta2"]),
        eps=rule["epsilon"],
    )


def main(folder):
    begun = time.perf_counter()
    request = json.loads((folder / "request.json").read_text())
    step, rule, dtype = request["step"], request["rule"], getattr(torch, request["dtype"])
    model = (build_gpt if step["family"] == "gpt" else build_bert)(step).to(dtype)
    load(model, read_tensors(folder, request["weights"], dtype))
    model.train()
    loss_of = make_loss(step["family"], model, read_tensors(folder, request["batch"], dtype))
    optimizer = make_optimizer(model, rule, step["learningRate"])

    def update():
        start = time.perf_counter()
        loss = loss_of()
        loss.backward()
        if rule["maxGradNorm"] is not None:
            torch.nn.utils.clip_grad_norm_(model.parameters(), rule["maxGradNorm"])
        optimizer.step()
        optimizer.zero_grad()
        return loss.item(), (time.perf_counter() - start) * 1000

    first_loss, _ = update()
    first_step_ms = (time.perf_counter() - begun) * 1000
    losses = [first_loss] + [update()[0] for _ in range(request["warmup"] - 1)]
    step_ms = [update()[1] for _ in range(request["steps"])]
    print(
        json.dumps(
            {
                "adapter": f"CPU, {torch.get_num_threads()} threads, PyTorch {torch.__version__}, "
                f"transformers {transformers.__version__}",
                "losses": losses[: request["lossSteps"]],
                "firstStepMs": first_step_ms,
                "stepMs": step_ms,
                "javaScriptMs": None,
                "gpu": None,
            }
        )
    )


main(Path(sys.argv[1]))
