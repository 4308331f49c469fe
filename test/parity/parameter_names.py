"""Prints the names of models' parameters in PyTorch's order, for pairs of a config.json and a class of transformers.

python -P parameter_names.py < pairs.json
"""

import json
import sys
from pathlib import Path

import transformers


def names(path: str, architecture: str) -> list[str]:
    kind = getattr(transformers, architecture)
    config = {**json.loads(Path(path).read_text()), "model_type": kind.config_class.model_type}
    return [name for name, _ in kind(kind.config_class.from_dict(config)).named_parameters()]


print(json.dumps([names(*pair) for pair in json.load(sys.stdin)]))
