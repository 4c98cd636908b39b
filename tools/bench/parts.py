# SPDX-License-Identifier: Apache-2.0
"""Row h: how fast the parts are, by Google Benchmark."""

import json
import subprocess

from harness import BENCHMARKS
from results import Row

TARGETS = {"replay_of_a_recording": ">= 3", "json_lines_to_a_file": ">= 0.2",
           "metrics_page_of_1000_pods": "<= 20"}


def row(name, rate):
    title, target = name.replace("_", " "), TARGETS.get(name, "")
    if rate > 1e4:
        return Row(f"h.{name}", title, rate / 1e6, "M/s", target=target)
    return Row(f"h.{name}", title, 1e3 / rate, "ms", target=target)


def rates():
    found = {}
    for program in BENCHMARKS:
        out = subprocess.run([program, "--benchmark_format=json"], check=True, capture_output=True,
                             text=True).stdout
        found |= {b["name"]: b["items_per_second"] for b in json.loads(out)["benchmarks"]}
    return [row(name, rate) for name, rate in found.items()]
