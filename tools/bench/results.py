# SPDX-License-Identifier: Apache-2.0
"""Rows of scripts/bench: printed, saved, and compared with those that are checked in."""

import dataclasses
import json
import math
import pathlib
import platform
import re
import time

HERE = pathlib.Path(__file__).resolve().parent
SAVED = HERE / "results.json"
SAVED_TABLE = HERE / "results.md"
QUIET = 0.10  # a larger share of the processors used by others is told
WORSE = 1.20  # of a ratio, against the checked-in one


@dataclasses.dataclass
class Row:
    key: str  # of the row: stable, unique
    what: str
    value: float | None  # None: was not measured, `detail` says why
    unit: str = "x"  # "x" is a ratio with / without the tracer, and guarded against regressions
    detail: str = ""
    target: str = ""  # "<= 1.22" or ">= 0.97", in `unit`
    guarded: bool = True  # False: what others cost is none of our regressions
    busy: float = 0.0  # share of the processors that others used when it was about to be measured

    def met(self):
        """Whether the target is met; None without one, or without a value."""
        if not self.target or self.value is None:
            return None
        comparison, limit = self.target.split()
        return self.value <= float(limit) if comparison == "<=" else self.value >= float(limit)

    def text(self):
        if self.value is None:
            return "-"
        if self.unit == "M/s":
            return f"{self.value:.2f} M/s"
        digits = 2 if self.unit in ("x", "s", "ms", "%") else 0 if self.unit in ("ns", "/s", "") else 1
        return f"{self.value:,.{digits}f} {self.unit}".rstrip()

    def verdict(self):
        met = self.met()
        return self.target if met is None else f"{self.target} {'met' if met else 'MISSED'}"


def regression(row, saved):
    """Says how a row is worse than the saved one (as saved), or nothing."""
    if row.unit != "x" or not row.guarded or row.value is None or not saved:
        return ""
    before = saved.get("value")
    if not before or saved.get("unit") != "x":
        return ""
    # A throughput is worse when it is smaller; it has a lower limit.
    more_is_better = row.target.startswith(">=")
    worse = before / row.value if more_is_better and row.value > 0 else row.value / before
    if more_is_better and row.value <= 0:
        worse = math.inf
    return f"REGRESSION: was {before:.2f} x" if worse > WORSE else ""


def table(rows, saved=None):
    """Markdown; `saved` (rows by key, as saved) marks regressions."""
    header = ("", "what", "without -> with", "measured", "target", "")
    lines = [header]
    for row in rows:
        remark = regression(row, (saved or {}).get(row.key))
        lines.append((row.key, row.what, row.detail, row.text(), row.verdict(), remark))
    if not any(line[-1] for line in lines):
        lines = [line[:-1] for line in lines]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    right = header.index("measured")

    def aligned(line):
        cells = [cell.rjust(width) if column == right else cell.ljust(width)
                 for column, (cell, width) in enumerate(zip(line, widths))]
        return "| " + " | ".join(cells) + " |"

    rule = ["-" * width for width in widths]
    rule[right] = "-" * (widths[right] - 1) + ":"
    return "\n".join([aligned(lines[0]), "| " + " | ".join(rule) + " |", *map(aligned, lines[1:])])


def machine():
    cpu = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    cores = len(re.findall(r"(?m)^processor\s*:", pathlib.Path("/proc/cpuinfo").read_text()))
    virtual = "hypervisor" in pathlib.Path("/proc/cpuinfo").read_text()
    return {"cpu": cpu[1] if cpu else platform.machine(), "cores": cores, "virtual": virtual,
            "kernel": platform.release()}


def load_saved():
    try:
        return json.loads(SAVED.read_text())
    except FileNotFoundError:
        return {"machine": {}, "rows": []}


def rows_by_key(saved):
    return {row["key"]: row for row in saved["rows"]}


def group(key):
    return key.split(".")[0]


def merged(saved, rows, here, date, rounds):
    """What to save: these rows in place of the saved ones, which other machines' are not."""
    if saved["rows"] and all(group(row.key) in EVERYWHERE for row in rows):
        here = saved["machine"]
    kept = [row for row in saved["rows"] if saved["machine"] == here or group(row["key"]) in EVERYWHERE]
    new = {row.key: dataclasses.asdict(row) | {"date": date, "rounds": rounds} for row in rows}
    # A group of rows is measured as a whole: what it no longer has goes.
    groups = {group(row.key) for row in rows}
    left = [row for row in kept if group(row["key"]) not in groups]
    return {"machine": here, "rows": sorted([*left, *new.values()], key=lambda row: order(row["key"]))}


# Counted by an emulated processor, and so the same on every machine, however busy.
EVERYWHERE = {"fentry"}
GROUPS = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "poll", "ready", "fentry"]


def order(key):
    return GROUPS.index(group(key)) if group(key) in GROUPS else len(GROUPS)


def as_rows(saved):
    fields = {field.name for field in dataclasses.fields(Row)}
    return [Row(**{name: value for name, value in row.items() if name in fields})
            for row in saved["rows"]]


def disturbed(rows):
    """A sentence about what was measured while others were at work; nothing when all was quiet."""
    rows = [row for row in rows if group(row.key) not in EVERYWHERE]
    groups = {group(row.key) for row in rows if row.busy > QUIET}
    if not groups:
        return ""
    most = max(row.busy for row in rows)
    return (f"Others used up to {most:.0%} of the processors while these were measured: "
            f"{', '.join(sorted(groups, key=order))}. Of a to d it is the processor's time that "
            f"counts, the rest are bounds.")


def page(saved):
    here = saved["machine"]
    dates = sorted({row["date"] for row in saved["rows"]})
    rounds = sorted({row["rounds"] for row in saved["rows"]})
    when = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    return (f"# What reloadtrace costs\n\n"
            f"`scripts/bench --save` wrote this; `results.json` beside it is the same for machines.\n\n"
            f"{'Virtual machine' if here['virtual'] else 'Machine'}: {here['cores']} cores, "
            f"{here['cpu']}; kernel {here['kernel']}; {when}; medians of "
            f"{' and '.join(str(n) for n in rounds)} alternating rounds. "
            f"{disturbed(as_rows(saved))}\n\n{table(as_rows(saved))}\n")


def save(rows, rounds):
    saved = merged(load_saved(), rows, machine(), time.strftime("%Y-%m-%d", time.gmtime()), rounds)
    SAVED.write_text(json.dumps(saved, indent=1) + "\n")
    SAVED_TABLE.write_text(page(saved))
