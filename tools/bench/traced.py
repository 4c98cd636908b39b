# SPDX-License-Identifier: Apache-2.0
"""Rows c and d: what a traced container pays for what it does most."""

import contextlib
import time

from containers import Node
from harness import Metrics, Tracer, Unavailable, alternate, settings
from results import Row


def in_a_traced_container(key, what, target, *command):
    """A loop in a container that mounts a tracked volume, with the tracer and without."""
    metrics = Metrics()
    counted = []

    def measure(who, _given):
        _wall, ns = map(float, node.run_traced("/bin/loop", *command).split())
        if who == "tracer":
            time.sleep(1)  # what is left in the rings
            values = metrics.read()
            counted.append((metrics.sum_of(values, "reloadtrace_events_total"),
                            metrics.sum_of(values, "reloadtrace_events_lost_total")))
        return ns

    try:
        with Node() as node:
            ns = alternate({"alone": contextlib.nullcontext,
                            "tracer": lambda: Tracer([], *node.tracer_arguments,
                                                     *metrics.arguments)}, measure)
    except Unavailable as why:
        return [Row(key, what, None, detail=str(why), target=target)]
    if isinstance(ns["alone"], Unavailable) or isinstance(ns["tracer"], Unavailable):
        return [Row(key, what, None, detail=str(ns["alone"] if isinstance(ns["alone"], Unavailable)
                                                else ns["tracer"]), target=target)]
    events, lost = counted[-1]
    detail = f"{ns['alone']:.0f} -> {ns['tracer']:.0f} ns"
    if lost:
        detail += f"; {lost / (events + lost):.0%} of its events lost"
    return [Row(key, what, ns["tracer"] / ns["alone"], detail=detail, target=target)]


def reads_its_config():
    return in_a_traced_container("c", "traced container: open + 2 x read + close of its config",
                                 "<= 1.6", "file", settings.times(200_000), "/etc/config/app.yaml")


def talks_over_a_socket():
    return in_a_traced_container("d", "traced container: 1-KiB ping-pong over a socket", "<= 1.15",
                                 "ping-pong", settings.times(200_000))
