# SPDX-License-Identifier: Apache-2.0
"""Rows ready and g: many volumes, and a node full of pods."""

import statistics
import subprocess
import sys
import tempfile
import time

from harness import ROOT, Tracer, make_volumes, publish, settings
from results import Row

CROWDED_NODE = ROOT / "tools/bench/crowded_node.py"


def many_volumes():
    ready, resident = [], []
    with tempfile.TemporaryDirectory() as work:
        volumes = make_volumes(work, 100)
        for number in range(settings.rounds):
            with Tracer(volumes) as tracer:
                ready.append(tracer.ready_seconds)
                publish(volumes[0], f"round {number}")
                time.sleep(0.3)
                resident.append(tracer.resident_mib())
    return [Row("ready.volumes", "ready, 100 volumes", statistics.median(ready), "s",
                target="<= 0.5"),
            Row("ready.resident", "resident, 100 volumes", statistics.median(resident), "MiB",
                target="<= 30")]


def new_container_ms(node, tracer, volumes, number):
    """From its cgroup's making, and from its first program, until a new container is told."""
    before = len(tracer.lines)
    node.stdin.write(f"new-{number}\n")
    node.stdin.flush()
    made, runs = (int(at) / 1e6 for at in node.stdout.readline().split()[1:])
    time.sleep(0.5)
    wall = time.time() - time.monotonic()
    told = [at - wall for at, line in tracer.lines[before:] if '"kind":"reader"' in line]
    if len(told) < volumes:
        sys.exit(f"of a new container's {volumes} volumes {len(told)} were told")
    return (max(told) - made) * 1000, (max(told) - runs) * 1000


def crowded_node():
    """Readiness, memory, idle CPU, and how soon a new container is known."""
    pods, volumes, processes = 50 if settings.quick else 250, 4, 3
    ready = []
    with tempfile.TemporaryDirectory() as work:
        node = subprocess.Popen([CROWDED_NODE, work, "--pods", str(pods), "--volumes", str(volumes),
                                 "--processes", str(processes)],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if "ready" not in node.stdout.readline():
            sys.exit("the crowded node could not be made")
        places = ["--kubelet-dir", f"{work}/kubelet", "--log-dir", f"{work}/log"]
        for _ in range(settings.rounds):
            with Tracer([], *places) as tracer:
                ready.append(tracer.ready_seconds)
        with Tracer([], "--events", *places) as tracer:
            before, idle = tracer.cpu_seconds(), 5 if settings.quick else 20
            time.sleep(idle)
            busy = (tracer.cpu_seconds() - before) / idle * 100
            resident = tracer.resident_mib()
            new = [new_container_ms(node, tracer, volumes, number)
                   for number in range(settings.times(20))]
        node.stdin.close()
        node.wait(120)
    since_made, since_runs = (statistics.median(times) for times in zip(*new))
    of = f", {pods} pods x {volumes} x {processes}"
    return [Row("g.cpu", "idle CPU" + of, busy, "%", target="<= 0.1"),
            Row("g.resident", "resident" + of, resident, "MiB", target="<= 40"),
            Row("g.ready", "ready" + of, statistics.median(ready), "s", target="<= 1"),
            Row("g.made", "cgroup made -> container known" + of, since_made, "ms"),
            Row("g.runs", "container runs -> known" + of, since_runs, "ms", target="<= 20")]
