"""Runs Python scripts one after another in one process, each as `python -P SCRIPT ARGUMENTS`: called by the parity lane.

python -P run_scripts.py < [{"script": FILE, "arguments": [...]}]
"""

import json
import runpy
import sys

jobs = json.load(sys.stdin)
for job in jobs:
    sys.argv = [job["script"], *job["arguments"]]
    runpy.run_path(job["script"], run_name="__main__")
print("\n" + json.dumps(len(jobs)))
