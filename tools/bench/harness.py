# SPDX-License-Identifier: Apache-2.0
"""What every row of scripts/bench needs: the programs, the tracer, rounds that alternate."""

import contextlib
import dataclasses
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build" / "release"
TRACER = BUILD / "userspace/cli/reloadtrace"
PUBLISHER = BUILD / "tools/publisher/reloadtrace-publisher"
ACTOR = BUILD / "tools/actor/reloadtrace-actor"
LOOP = BUILD / "tools/bench/reloadtrace-syscall-loop"
SWAP_STORM = BUILD / "tools/bench/reloadtrace-swap-storm"
FLOOR = BUILD / "tools/bench/reloadtrace-floor"
BENCHMARKS = [BUILD / "tools/bench" / f"reloadtrace-{part}-bench" for part in ("engine", "sink")]


@dataclasses.dataclass
class Settings:
    rounds: int = 7
    quick: bool = False
    tracer_arguments: list = dataclasses.field(default_factory=list)

    def times(self, usual):
        """How often a loop turns; a tenth of it for trying."""
        return usual // 10 if self.quick else usual


settings = Settings()


def build():
    subprocess.run(["cmake", "--preset", "release"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", BUILD], check=True, stdout=subprocess.DEVNULL)


def busy():
    """The share of all processors that others use now, looked at for a second."""
    def ticks():
        fields = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
        user, nice, system, idle, waiting, *rest = map(int, fields)
        return idle + waiting, user + nice + system + idle + waiting + sum(rest)

    idle, total = ticks()
    time.sleep(1)
    idle_now, total_now = ticks()
    return 1 - (idle_now - idle) / max(total_now - total, 1)


class Unavailable(Exception):
    """Why something cannot be measured here."""


class Tracer:
    """The tracer, on these directories if there are any, from its ready message to SIGINT.

    Its lines are kept with the time of their arrival, or go to the file `output` unread.
    """

    def __init__(self, paths, *more, output=None):
        command = [TRACER, "--format", "json", "--deadline", "60", *settings.tracer_arguments]
        for path in paths:
            command += ["--path", path]
        command += [*more]
        began = time.monotonic()
        with open(output, "w") if output else contextlib.nullcontext(subprocess.PIPE) as sink:
            self.process = subprocess.Popen(command, stdout=sink, stderr=subprocess.PIPE, text=True)
        self.lines = []  # (time of arrival, line)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()  # before it is ready: what it finds at its start fills a pipe
        said = []
        for line in self.process.stderr:
            said.append(line)
            if "ready:" in line:
                break
        else:
            sys.exit(f"the tracer did not start: {''.join(said)}")
        self.ready_seconds = time.monotonic() - began
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _read(self):
        for line in self.process.stdout or ():
            self.lines.append((time.time(), line))

    def resident_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def cpu_seconds(self):
        threads = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        self.reader.join(10)


class Metrics:
    """The arguments for a tracer's /metrics on a free port, and what stands there."""

    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        self.arguments = ["--metrics", self.address]

    def read(self):
        """Values by name; of a family with labels by name and label."""
        with urllib.request.urlopen(f"http://{self.address}/metrics") as page:
            lines = page.read().decode().splitlines()
        return {name: float(value) for name, value in
                (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))}

    @staticmethod
    def sum_of(values, family):
        return sum(value for name, value in values.items() if name.startswith(family + "{"))

    def wait_for(self, name, value):
        """All values, once that one has come so far."""
        patience = time.monotonic() + 60
        while (values := self.read()).get(name, 0) < value:
            if time.monotonic() > patience:
                sys.exit(f"{name} stayed at {values.get(name, 0):.0f}, not {value}")
            time.sleep(0.1)
        return values


def publish(directory, value):
    subprocess.run([PUBLISHER, directory, "--set", f"app.yaml={value}"], check=True,
                   stdout=subprocess.DEVNULL)


def make_volumes(work, count):
    """Directories with a first publish in them."""
    volumes = []
    for number in range(count):
        directory = os.path.join(work, f"volume{number}")
        os.mkdir(directory)
        publish(directory, "first")
        volumes.append(directory)
    return volumes


def alternate(contestants, measure):
    """Medians by name of `measure(name, what its manager gave)`, each within its own manager.

    Every contestant (name → something that makes a context manager) has its turn in each round, so
    that a machine that slows down or speeds up does so for all. Who says Unavailable has no further
    turn, and the exception in place of a median.
    """
    values = {name: [] for name in contestants}
    results = {}
    for _ in range(settings.rounds):
        for name, begin in contestants.items():
            if name in results:
                continue
            try:
                with begin() as given:
                    values[name].append(measure(name, given))
            except Unavailable as why:
                results[name] = why
    return {name: results.get(name) or statistics.median(values[name]) for name in contestants}
