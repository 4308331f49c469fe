"""Prints what TensorBoard reads from the event files of a folder: called by the parity lane.

python -P read_events.py < "FOLDER" (JSON)
"""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

if __name__ == "__main__":
    events = EventAccumulator(json.load(sys.stdin), size_guidance={"scalars": 0, "tensors": 0})
    events.Reload()
    tags = events.Tags()
    scalars = {tag: [[event.step, event.value] for event in events.Scalars(tag)] for tag in tags["scalars"]}
    texts = {tag: events.Tensors(tag)[0].tensor_proto.string_val[0].decode() for tag in tags["tensors"]}
    print("\n" + json.dumps({"scalars": scalars, "texts": texts}))
