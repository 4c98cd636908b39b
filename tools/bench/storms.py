# SPDX-License-Identifier: Apache-2.0
"""Rows e and f: many publishes, and reads as fast as they go; what is lost, and what is said of it."""

import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from harness import ACTOR, SWAP_STORM, Metrics, Tracer, make_volumes, publish, settings
from results import Row

READS_A_ROUND = 2  # of read-storm: the content, and the end of the file


class Actors:
    """Processes of one behaviour, ready when made; ended with it."""

    # A user has 128 inotify instances (fs.inotify.max_user_instances), so each has a user of its own.
    FIRST_USER = 100_000

    def __init__(self, work, behaviour, directories, *more):
        self.processes = []
        os.chmod(work, 0o755)
        flags = pathlib.Path(tempfile.mkdtemp(dir=work))
        flags.chmod(0o777)
        program = shutil.copy(ACTOR, flags)  # where all users may come
        for number, directory in enumerate(directories):
            self.processes.append(subprocess.Popen(
                [program, behaviour, directory, "app.yaml", "--ready-file", flags / str(number), *more],
                stdout=subprocess.DEVNULL, user=self.FIRST_USER + number))
        while not all((flags / str(number)).exists() for number in range(len(directories))):
            if any(process.poll() for process in self.processes):
                self.__exit__()
                sys.exit(f"an actor did not start: {behaviour}")
            time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
        self.wait()

    def wait(self):
        for process in self.processes:
            process.wait()


def lines_of(path):
    with open(path) as file:
        return [json.loads(line) for line in file]


def by_kind(lines):
    kinds = collections.defaultdict(list)
    for said in lines:
        kinds[said["kind"]].append(said)
    return kinds


def is_vague(reload):
    return reload["confidence"] != "exact" or reload["verdict"] == "unknown"


def tally(values):
    counts = collections.Counter(values)
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items())) or "none"


def swap_storm():
    rate, volumes, readers_each = 1000, 100, 3
    seconds = 3 if settings.quick else 20
    with tempfile.TemporaryDirectory() as work:
        directories = make_volumes(work, volumes)
        output = f"{work}/lines"
        with Actors(work, "directory-watcher", directories * readers_each):
            with Tracer(directories, output=output) as tracer:
                before = tracer.cpu_seconds()
                storm = subprocess.run([SWAP_STORM, str(rate), str(seconds), *directories],
                                       check=True, capture_output=True, text=True).stdout.split()
                time.sleep(1)  # what the last readers do is judged
                cpu = tracer.cpu_seconds() - before
        kinds = by_kind(lines_of(output))
    published, took = int(storm[1]), float(storm[3])
    reloads = kinds["reload"]
    lost = sum(kinds["stop"][-1]["lost"].values())
    missing = published - len(kinds["publish"])
    unsaid = published * readers_each - len(reloads)
    vague = sum(map(is_vague, reloads))
    of = f"{published / took:,.0f} publishes/s, {volumes * readers_each} readers"
    return [
        Row("e", "swap storm: CPU of the tracer", cpu / took * 100, "%", of, "<= 25"),
        Row("e.lost", "  events lost", lost, "", ", ".join(
            f"{count:,} {cause}" for cause, count in kinds["stop"][-1]["lost"].items()), "<= 0"),
        Row("e.publishes", "  publishes not told", missing, "", f"of {published:,}", "<= 0"),
        Row("e.unsaid", "  verdicts missing", unsaid, "",
            tally(said["verdict"] for said in reloads), "<= 0"),
        Row("e.vague", "  verdicts not exact", vague, "", "degraded or unknown", "<= 0"),
    ]


def counted_storm(directory, work, readers, times):
    """(events consumed a second, share of them lost, events neither consumed nor counted as lost)"""
    metrics = Metrics()
    with Tracer([directory], *metrics.arguments, output=f"{work}/counted"):
        before = metrics.read()
        began = time.monotonic()
        # All of them read once before they begin, as they do a round.
        with Actors(work, "read-storm", [directory] * readers, "--count", str(times)) as actors:
            actors.wait()
        took = time.monotonic() - began
        # Their ends are told after all that they did.
        after = metrics.wait_for('reloadtrace_events_total{event="exit"}', readers)

    def rise(*names):
        return sum(after.get(name, 0) - before.get(name, 0) for name in names)

    consumed = rise(*(f'reloadtrace_events_total{{event="{event}"}}' for event in ("open", "read")))
    lost = rise(*(name for name in after if name.startswith("reloadtrace_events_lost_total{")))
    made = readers * (times + 1) * (1 + READS_A_ROUND)
    return consumed / took, lost / made, made - consumed - lost


def touched_but_exact(lines):
    """Verdicts said to be exact after a loss of their time was told: it stands where it began."""
    known, exact = "", 0  # until when something was lost
    for said in lines:
        if said["kind"] == "loss":
            known = max(known, said["until"])
        elif said["kind"] == "reload" and said["publish"]["time"] <= known:
            exact += not is_vague(said)
    return exact


def told_storm(directory, work, readers, publishes):
    """(publishes that were not told, verdicts, those degraded or unknown, those wrongly exact)"""
    output = f"{work}/told"
    with Tracer([directory], output=output):
        with Actors(work, "read-storm", [directory] * readers, "--count", "4000000000"):
            for number in range(publishes):
                publish(directory, f"storm {number}")
                time.sleep(0.2)
        time.sleep(1)
    lines = lines_of(output)
    kinds = by_kind(lines)
    return (publishes - len(kinds["publish"]), len(kinds["reload"]),
            sum(map(is_vague, kinds["reload"])), touched_but_exact(lines))


def event_storm():
    readers = 8
    with tempfile.TemporaryDirectory() as work:
        directory = make_volumes(work, 1)[0]
        rate, lost, uncounted = counted_storm(directory, work, readers, settings.times(200_000))
        publishes = 5 if settings.quick else 50
        missing, verdicts, vague, exact = told_storm(directory, work, readers, publishes)
    return [
        Row("f", "event storm: 8 processes reread at will", rate, "/s", f"{lost:.0%} lost",
            ">= 300000"),
        Row("f.uncounted", "  events neither consumed nor counted as lost", uncounted, "", "",
            "<= 0"),
        Row("f.publishes", "  publishes not told", missing, "", f"of {publishes}", "<= 0"),
        Row("f.exact", "  verdicts touched by losses, said to be exact", exact, "",
            f"{vague} of {verdicts} degraded or unknown", "<= 0"),
    ]
