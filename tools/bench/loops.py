# SPDX-License-Identifier: Apache-2.0
"""Rows a, b and poll: what a process pays for being on a traced node, and under other tracers."""

import contextlib
import subprocess
import tempfile

import peers
from harness import FLOOR, LOOP, Tracer, Unavailable, alternate, make_volumes, settings
from results import Row

FLOORS = {
    "floor-dispatcher": ("an empty program at tp_btf/sys_exit", "dispatcher"),
    "floor-tracepoints": ("empty programs at tp/syscalls/sys_exit_{openat,read,close}", "tracepoints"),
}
SLOW = {"strace": 20}  # so many times fewer rounds of the loop


def loop_ns(what, times, *more, before=()):
    """Of the processor's time; under strace it is the waiting that costs."""
    out = subprocess.run([*before, LOOP, what, str(times), *more], check=True, capture_output=True,
                         text=True).stdout
    wall, cpu = map(float, out.split())
    return wall if before else cpu


@contextlib.contextmanager
def floor(kind):
    """Empty programs, attached until its standard input ends."""
    with subprocess.Popen([FLOOR, kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        if "ready" not in process.stdout.readline():
            raise Unavailable("will not run here: " + process.stderr.read().strip()[:90])
        yield []
        process.stdin.close()


@contextlib.contextmanager
def traced(directory):
    with Tracer([directory]):
        yield []


def compared(key, what, name, times, target, directory):
    """The tracer's row, the floors under it, and the peers', all of the same rounds."""
    contestants = {"alone": lambda: contextlib.nullcontext([]), "tracer": lambda: traced(directory)}
    contestants |= {floor_key: (lambda kind=kind: floor(kind))
                    for floor_key, (_, kind) in FLOORS.items()}
    contestants |= {peer: begin for peer, (_, begin) in peers.ALL.items()}
    ns = alternate(contestants, lambda who, before: loop_ns(
        name, settings.times(times) // SLOW.get(who, 1), before=before))
    alone = ns["alone"]

    def row(row_key, title, who, target="", guarded=False):
        if isinstance(ns[who], Unavailable):
            return Row(row_key, title, None, detail=str(ns[who]), guarded=guarded)
        return Row(row_key, title, ns[who] / alone, detail=f"{alone:.0f} -> {ns[who]:.0f} ns",
                   target=target, guarded=guarded)

    rows = [row(key, what, "tracer", target, guarded=True)]
    for floor_key, (title, _) in FLOORS.items():
        rows.append(row(f"{key}.{floor_key}", f"  {title}", floor_key))
        if not isinstance(ns[floor_key], Unavailable):
            rows[-1].detail += f" (tracer {ns['tracer'] - ns[floor_key]:+.0f})"
    rows += [row(f"{key}.{peer}", f"  {title}", peer) for peer, (title, _) in peers.ALL.items()]
    return rows


def unrelated_file():
    with tempfile.TemporaryDirectory() as work:
        return compared("a", "unrelated open + 2 x read + close", "file", 200_000, "<= 1.22",
                        make_volumes(work, 1)[0])


def unrelated_getppid():
    with tempfile.TemporaryDirectory() as work:
        return compared("b", "unrelated getppid", "getppid", 2_000_000, "<= 1.55",
                        make_volumes(work, 1)[0])


def looks_of_a_reader():
    with tempfile.TemporaryDirectory() as work:
        directory = make_volumes(work, 1)[0]
        ns = alternate({"alone": contextlib.nullcontext, "tracer": lambda: traced(directory)},
                       lambda *_: loop_ns("poll", settings.times(10_000), f"{directory}/app.yaml"))
        return [Row("poll", "stat by a reader, 10,000 a second", ns["tracer"] - ns["alone"], "ns",
                    f"{ns['alone']:.0f} -> {ns['tracer']:.0f} ns", "<= 1000")]
