"""Reads exported training arguments as transformers does, and prints the fields that differ from its defaults: called by
the parity lane.

python -P parse_arguments.py < {"python": [SOURCE…], "command-line": [COMMAND…], "yaml": [PATH…], "json": [PATH…]}
"""

import dataclasses
import json
import subprocess
import sys
from enum import Enum

from transformers import HfArgumentParser, TrainingArguments


def plain(value):
    return value.value if isinstance(value, Enum) else value


def changed(args: TrainingArguments) -> dict:
    defaults = TrainingArguments(output_dir="x")
    fields = [field.name for field in dataclasses.fields(TrainingArguments)]
    values = {name: (plain(getattr(args, name)), plain(getattr(defaults, name))) for name in fields}
    return {name: value for name, (value, default) in values.items() if value != default and name != "logging_dir"}


def from_python(source: str) -> TrainingArguments:
    scope = {}
    exec(source, scope)
    return scope["args"]


def from_command_line(command: str) -> TrainingArguments:
    # A real shell takes the words apart; printf stands in for the script.
    program = command.replace("python train.py", r"printf '%s\0'", 1)
    words = subprocess.run(["sh", "-c", program], check=True, capture_output=True, text=True).stdout.split("\0")[:-1]
    return HfArgumentParser(TrainingArguments).parse_args_into_dataclasses(words, look_for_args_file=False)[0]


READERS = {
    "python": from_python,
    "command-line": from_command_line,
    "yaml": lambda path: HfArgumentParser(TrainingArguments).parse_yaml_file(path)[0],
    "json": lambda path: HfArgumentParser(TrainingArguments).parse_json_file(path)[0],
}

if __name__ == "__main__":
    given = json.load(sys.stdin)
    print("\n" + json.dumps({form: [changed(READERS[form](text)) for text in texts] for form, texts in given.items()}))
