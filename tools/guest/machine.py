# SPDX-License-Identifier: Apache-2.0
"""A machine that qemu emulates: boots a kernel, runs one shell script as root, and ends."""

import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading

from guest.archive import Archive
from guest.kernels import CACHE, Failure

DID_NOT_END = 125  # the exit code of a guest that had to be killed, or never came so far

# With ERMS the kernel copies by `rep movsb`, which is emulated byte by byte.
CPU = "max,-erms"

# The root that a kernel unpacks cannot be left by pivot_root(), which runc needs: a bind mount of it can.
INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin:/usr/bin:/usr/sbin:/sbin HOME=/root
mount --bind / /mnt && cd /mnt && mount --move . / && exec chroot . /bin/busybox sh /start
"""
START = """
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
ln -s /proc/self/fd /dev/fd
mount -t tracefs tracefs /sys/kernel/tracing
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs tmpfs /scratch
mount -t tmpfs tmpfs /run
mkdir /dev/shm && mount -t tmpfs tmpfs /dev/shm
# What a kernel of so little memory gives out is less than hostile tests take.
echo 1000000 >/proc/sys/fs/inotify/max_user_watches
echo 100000 >/proc/sys/kernel/threads-max
ip link set lo up
stty -F /dev/ttyS1 raw -echo
sh /command </dev/null >/dev/ttyS1 2>&1
echo "EXIT=$?" >/dev/ttyS1
poweroff -f
"""


@dataclasses.dataclass
class Machine:
    kernel: pathlib.Path  # a file to boot: kernels.kernel_of()
    append: str = ""  # more of the kernel's command line
    cpus: int = 1
    memory: int = 1024  # MiB
    timeout: float = 3600  # seconds
    # Its clocks count instructions, one a nanosecond: whatever else this machine does, they say the same.
    by_instructions: bool = False

    def run(self, root, say):
        """To its end; say(line) gets what the script prints, as it comes. Returns its exit code."""
        with tempfile.TemporaryDirectory(dir=CACHE) as work:
            console, out = pathlib.Path(work, "console"), pathlib.Path(work, "out")
            os.mkfifo(out)
            # qemu opens the pipe when it starts; should it fail before, nobody would.
            keep_open = os.open(out, os.O_RDWR)
            qemu = subprocess.Popen(self._command(root, console, out), stdin=subprocess.DEVNULL,
                                    stderr=subprocess.PIPE, text=True)
            timer = threading.Timer(self.timeout, qemu.kill)
            timer.start()
            code = None
            with open(out, encoding="utf-8", errors="replace") as reader:
                threading.Thread(target=lambda: (qemu.wait(), os.close(keep_open)), daemon=True).start()
                for line in reader:
                    ended = re.fullmatch(r"EXIT=(\d+)\s*", line)
                    if ended:
                        code = int(ended[1])
                    else:
                        say(line.rstrip())
            timer.cancel()
            if code is None:
                said = qemu.stderr.read() + "".join(
                    console.read_text(errors="replace").splitlines(keepends=True)[-15:])
                say(f"did not come to its end within {self.timeout} s: {said}")
                return DID_NOT_END
            return code

    def _command(self, root, console, out):
        append = ["console=ttyS0 quiet panic=-1 nokaslr mitigations=off tsc=reliable",
                  # A CPU that others use, too, has the timer tick too late for the kernel.
                  "no_timer_check", self.append]
        return ["nice", "-n", "10", "qemu-system-x86_64", "-machine", "q35",
                *(["-accel", "tcg,thread=single,tb-size=512", "-icount", "shift=0,sleep=off"]
                  if self.by_instructions else ["-accel", "tcg,thread=multi,tb-size=512"]),
                "-cpu", CPU, "-smp", str(self.cpus),
                "-m", str(self.memory), "-nodefaults", "-no-user-config", "-display", "none",
                "-no-reboot", "-kernel", self.kernel, "-initrd", root, "-append", " ".join(append),
                "-serial", f"file:{console}", "-serial", f"file:{out}"]


def write_root(path, command, programs=(), built=(), files=()):
    """The first root: `programs` of this machine's PATH in /bin; what was `built`, and `files`, at the
    places where they lie here. `command` is the script."""
    root = Archive()
    for directory in ("dev", "etc", "mnt", "proc", "root", "run", "scratch", "sys", "tmp"):
        root.directory(directory)
    for program in ("busybox", *programs):
        found = shutil.which(program)
        if found is None:
            raise Failure(f"needs {program}: scripts/setup installs it")
        root.program(found, f"bin/{program}")
    for program in built:
        root.program(program)
    for file in files:
        root.file(file, file.read_bytes())
    root.file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
    root.file("init", INIT.encode(), 0o755)
    root.file("start", START.encode())
    root.file("command", command.encode())
    root.write(path)


def check_emulator():
    if shutil.which("qemu-system-x86_64") is None:
        raise Failure("needs qemu: apt-get install qemu-system-x86")
    CACHE.mkdir(parents=True, exist_ok=True)
