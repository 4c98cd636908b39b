# SPDX-License-Identifier: Apache-2.0
"""Other tracers that see who opens what, started as their users would.

Each is a context manager that gives what to put before the command that is measured, and has seen
an open of ours before it does so.
"""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

from harness import Unavailable

PATIENCE = 20  # seconds until it must have seen something
ONE_LINER = ("tracepoint:syscalls:sys_exit_openat, tracepoint:syscalls:sys_exit_read "
             "{ @seen = count(); } interval:ms:100 { print(@seen); }")


def mount_tracefs():
    """Where they look for tracepoints; the tracer needs none of it."""
    tracefs = "/sys/kernel/tracing"
    if not os.path.ismount(tracefs):
        subprocess.run(["mount", "-t", "tracefs", "nodev", tracefs], check=False)


def _program(*names):
    for name in names:
        if found := shutil.which(name):
            return found
    raise Unavailable(f"{names[0]} is not installed (scripts/setup --bench)")


def _first_error(text):
    # Of what does not matter: bpftrace goes on without that limit, bcc without that module.
    lines = [line.strip() for line in text.splitlines()
             if line.strip() and "MEMLOCK" not in line and "modprobe" not in line]
    wanted = [line for line in lines if re.search(r"(?i)^(unable|error|cannot|fail)", line)]
    return (wanted or lines[-1:] or ["it ended at once"])[0].split(". ")[0][:90]


def _stop(process):
    process.send_signal(signal.SIGINT)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def _tracing(command, saw):
    """Runs a tracer until the end, from the moment that saw(its output, a path) is true.

    That file is opened all the while until then: what is printed comes in blocks.
    """
    with tempfile.TemporaryDirectory() as work:
        bait, output = pathlib.Path(work) / "reloadtrace-bait", pathlib.Path(work) / "output"
        bait.write_text("bait\n")
        with open(output, "w") as out, open(f"{output}.errors", "w") as err:
            process = subprocess.Popen(command, stdout=out, stderr=err)
        try:
            patience = time.monotonic() + PATIENCE
            while not saw(output.read_text(errors="replace"), str(bait)):
                if process.poll() is not None or time.monotonic() > patience:
                    errors = "".join(pathlib.Path(said).read_text(errors="replace")
                                     for said in (output, f"{output}.errors"))
                    raise Unavailable("will not run here: " + _first_error(errors)
                                      if process.poll() is not None else "saw nothing here")
                for _ in range(500):
                    with open(bait) as file:
                        file.read()
                time.sleep(0.01)
            os.truncate(output, 0)
            yield []
        finally:
            if process.poll() is None:
                _stop(process)


def _names_it(output, bait):
    return bait in output


def _counts(output, _bait):
    return re.search(r"@seen: [1-9]", output) is not None


def opensnoop():
    return _tracing([_program("/usr/sbin/opensnoop", "opensnoop")], _names_it)


def bcc_opensnoop():
    return _tracing([_program("opensnoop-bpfcc")], _names_it)


def bpftrace():
    return _tracing([_program("bpftrace"), "-e", ONE_LINER], _counts)


def fatrace():
    return _tracing([_program("fatrace")], _names_it)


@contextlib.contextmanager
def strace():
    """It only slows down what it is put before."""
    yield [_program("strace"), "-f", "-e", "trace=open,openat,read", "-o", "/dev/null"]


ALL = {
    "opensnoop": ("opensnoop (libbpf-tools)", opensnoop),
    "opensnoop-bpfcc": ("opensnoop (bcc)", bcc_opensnoop),
    "bpftrace": ("bpftrace, counts both calls", bpftrace),
    "fatrace": ("fatrace", fatrace),
    "strace": ("strace -f, of the process itself", strace),
}
