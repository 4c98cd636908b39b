# SPDX-License-Identifier: Apache-2.0
"""Row i: how soon a verdict is told."""

import calendar
import json
import re
import subprocess
import sys
import tempfile
import threading
import time

from harness import ACTOR, Tracer, make_volumes, publish, settings
from results import Row


def wall_seconds(text):
    whole, fraction = re.fullmatch(r"(.*)\.(\d{9})Z", text).groups()
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + int(fraction) / 1e9


def verdict_delays_ms(directory, publishes):
    """From the read that decides a verdict to the arrival of its line, in ms."""
    actor = subprocess.Popen([ACTOR, "directory-watcher", directory, "app.yaml"],
                             stdout=subprocess.PIPE, text=True)
    while "ready" not in actor.stdout.readline():
        pass
    threading.Thread(target=actor.stdout.read, daemon=True).start()
    tracer = Tracer([directory])
    for i in range(publishes):
        publish(directory, f"value {i}")
        time.sleep(0.02)
    time.sleep(0.2)
    tracer.stop()
    actor.terminate()
    actor.wait()
    delays = []
    for arrived, line in tracer.lines:
        said = json.loads(line)
        if said["kind"] == "reload" and said["verdict"] == "reloaded":
            delays.append((arrived - wall_seconds(said["time"])) * 1000)
    if len(delays) < publishes * 0.9:
        sys.exit(f"only {len(delays)} of {publishes} publishes were judged as reloaded")
    return sorted(delays)


def read_to_line():
    with tempfile.TemporaryDirectory() as work:
        delays = verdict_delays_ms(make_volumes(work, 1)[0], settings.times(300))
    return [Row("i.p50", "read that decides -> line, p50", delays[len(delays) // 2], "ms",
                target="<= 1"),
            Row("i.p99", "read that decides -> line, p99", delays[int(len(delays) * 0.99)], "ms",
                target="<= 3")]
