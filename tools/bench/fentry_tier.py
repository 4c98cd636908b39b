# SPDX-License-Identifier: Apache-2.0
"""Rows fentry: a and b once more where the kernel allows the tier `fentry`, in a virtual machine.

Not every machine lets such programs load. The emulated processor is no real one: its clock counts
instructions, so that a round says the same each time, whatever else this machine does.
"""

import pathlib
import re
import sys
import tempfile

from harness import FLOOR, LOOP, PUBLISHER, ROOT, TRACER, settings
from results import Row

sys.path.insert(0, str(ROOT / "tools"))
from guest.kernels import CACHE, Failure, kernel_of, package_of  # noqa: E402 (the path first)
from guest.machine import Machine, check_emulator, write_root  # noqa: E402

KERNEL = "6.12"
LOOPS = {"file": ("unrelated open + 2 x read + close", 20_000, "<= 1.06"),
         "getppid": ("unrelated getppid", 200_000, "<= 1.00")}
# Commands that say "ready" and last until the end of their input.
CONTESTANTS = {
    "tracer": ("tracer, fentry", "tracer --hooks fentry"),
    "floor-fexit": ("empty programs at fexit of openat, read, close", f"{FLOOR} fexit"),
    "floor-fentry": ("empty programs at fentry of security_file_{open,permission}", f"{FLOOR} fentry"),
    "tracepoint": ("tracer, tracepoint", "tracer --hooks tracepoint"),
    "floor-dispatcher": ("an empty program at tp_btf/sys_exit", f"{FLOOR} dispatcher"),
}

# One turn for each, since a second would say the same. $1: who, the rest: the command.
SCRIPT = r"""
mkdir /scratch/volume && %(publisher)s /scratch/volume --set app.yaml=first >/dev/null || exit
tracer() {
  %(tracer)s "$@" --path /scratch/volume --format json >/dev/null &
  cat; kill -TERM $!; wait $!
}
loops() {
  %(loops)s
}
beside() {
  who=$1; shift
  mkfifo /scratch/held
  "$@" </scratch/held >/scratch/said 2>&1 & begun=$!
  exec 3>/scratch/held
  until grep -q ready /scratch/said; do
    kill -0 $begun || { cat /scratch/said; exit 1; }
    sleep 0.1
  done
  loops $who
  exec 3>&-
  wait $begun
  rm /scratch/held
  sleep 30  # 55 functions take the kernel 6 s to let go; where nobody works, time costs nothing
}
loops alone
%(contestants)s
"""


def script():
    return SCRIPT % {
        "publisher": PUBLISHER, "tracer": TRACER,
        "loops": "\n  ".join(f"echo loop $1 {name} $({LOOP} {name} {settings.times(times)})"
                             for name, (_, times, _) in LOOPS.items()),
        "contestants": "\n".join(f"beside {who} {command}"
                                 for who, (_, command) in CONTESTANTS.items())}


def measured():
    """Instructions of one turn by (who, loop)."""
    check_emulator()
    machine = Machine(kernel_of(package_of(KERNEL)), timeout=900, by_instructions=True)
    values, said = {}, []

    def take(line):
        said.append(line)
        if found := re.fullmatch(r"loop (\S+) (\S+) \S+ (\S+)", line):
            values[found[1], found[2]] = float(found[3])

    with tempfile.NamedTemporaryFile(dir=CACHE, suffix=".cpio") as root:
        write_root(pathlib.Path(root.name), script(), built=[PUBLISHER, TRACER, LOOP, FLOOR])
        if code := machine.run(root.name, take):
            raise Failure(f"the guest ended with {code}: {' / '.join(said[-5:])}")
    return values


def unrelated_in_a_guest():
    try:
        count = measured()
    except Failure as why:
        return [Row("fentry", f"the tier fentry, in a {KERNEL} guest", None, detail=str(why))]
    rows = []
    for name, (what, _, target) in LOOPS.items():
        alone = count["alone", name]
        for who, (title, _) in CONTESTANTS.items():
            tracer = who == "tracer"
            row = Row(f"fentry.{name}" + ("" if tracer else f".{who}"),
                      f"{what}: {title}" if tracer else f"  {title}", count[who, name] / alone,
                      detail=f"{alone:.0f} -> {count[who, name]:.0f} instructions", guarded=tracer,
                      target=target if tracer else "")
            if who == "floor-fexit":
                row.detail += f" (tracer {count['tracer', name] - count[who, name]:+.0f})"
            rows.append(row)
    return rows
