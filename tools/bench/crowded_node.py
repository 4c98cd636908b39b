#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a node that is full of pods, for measuring: kubelet's directories, cgroups, mount namespaces.

    crowded_node.py DIRECTORY --pods N --volumes N --processes N

Each pod has one container: a cgroup as kubelet's cgroupfs driver makes it, a mount namespace and a
root directory of its own, its volumes (half of them on disk, half on a tmpfs each) mounted below
/etc, and that many processes which only wait. Prints "ready" and keeps it all until its standard
input ends.

Each line of its input starts one more pod of that name, and "started MADE RUNS" (CLOCK_MONOTONIC in
microseconds: when its cgroup was made, when its first process is about to run) is printed.
"""

import argparse
import ctypes
import os
import pathlib
import shutil
import signal
import sys
import time
import uuid

CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE, MNT_DETACH = 0x20000, 0x1000, 0x4000, 0x40000, 2
libc = ctypes.CDLL(None, use_errno=True)


def mount(source, target, kind, flags=0):
    if libc.mount(source.encode(), str(target).encode(), kind.encode(), flags, None):
        raise OSError(ctypes.get_errno(), f"mount {target}")


class Node:
    def __init__(self, directory, volumes, processes):
        self.directory = pathlib.Path(directory).resolve()
        self.volumes = volumes
        self.processes = processes
        self.kubelet = self.directory / "kubelet"
        self.logs = self.directory / "log"
        for made in (self.kubelet / "pods", self.logs / "containers", self.logs / "pods"):
            made.mkdir(parents=True)
        root = pathlib.Path("/sys/fs/cgroup")
        hierarchies = [root] if (root / "cgroup.procs").exists() else [
            d for d in (root / "pids", root / "unified") if d.is_dir()]
        self.cgroups = [d / "kubepods" / "bench" for d in hierarchies]
        self.tmpfs, self.pids = [], []

    def volume(self, uid, number):
        kind = "secret" if number % 2 else "configmap"
        path = self.kubelet / "pods" / uid / "volumes" / f"kubernetes.io~{kind}" / f"v{number}"
        path.mkdir(parents=True)
        if kind == "secret":
            mount("tmpfs", path, "tmpfs")
            self.tmpfs.append(path)
        generation = path / "..2026_11_25_00_00_00.1"
        generation.mkdir()
        for key in ("app.yaml", "limits.conf"):
            (generation / key).write_text(f"{key} of {uid}\n")
            (path / key).symlink_to(f"..data/{key}")
        (path / "..data_tmp").symlink_to(generation.name)
        (path / "..data_tmp").rename(path / "..data")
        return path

    def start_pod(self, number):
        uid, container = str(uuid.uuid4()), uuid.uuid4().hex + uuid.uuid4().hex
        volumes = [self.volume(uid, n) for n in range(self.volumes)]
        log = self.logs / "pods" / f"bench_pod-{number}_{uid}" / "app"
        log.mkdir(parents=True)
        made = time.monotonic_ns() // 1000
        cgroups = [c / f"pod{uid}" / container for c in self.cgroups]
        for cgroup in cgroups:
            cgroup.mkdir(parents=True)
        ready, tell = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                self.run_container(cgroups, volumes, tell)
            except OSError as error:
                print(f"crowded_node: {error}", file=sys.stderr, flush=True)
            os._exit(1)
        os.close(tell)
        with os.fdopen(ready) as answer:
            runs = answer.read()  # to its end, which comes when all of them run
        self.pids.append(child)
        link = self.logs / "containers" / f"pod-{number}_bench_app-{container}.log"
        link.symlink_to(log / "0.log")
        return f"{made} {runs}"

    def run_container(self, cgroups, volumes, tell):
        nothing = os.open("/dev/null", os.O_RDWR)
        for cgroup in cgroups:
            (cgroup / "cgroup.procs").write_text("0")
        if libc.unshare(CLONE_NEWNS):
            raise OSError(ctypes.get_errno(), "unshare")
        mount("none", "/", "", MS_REC | MS_PRIVATE)
        root = self.directory / "root"
        mount("tmpfs", root, "tmpfs")
        for number, volume in enumerate(volumes):
            target = root / "etc" / f"v{number}"
            target.mkdir(parents=True)
            mount(str(volume), target, "", MS_BIND)
        (root / "bin").mkdir()
        (root / "old").mkdir()
        shutil.copy("/bin/busybox", root / "bin" / "busybox")
        # As runc does it: nothing of the node's mounts is left.
        libc.syscall(155, str(root).encode(), str(root / "old").encode())  # pivot_root
        os.chdir("/")
        libc.umount2(b"/old", MNT_DETACH)
        os.setsid()
        for stream in range(3):  # who measures waits for the ends of our pipes
            os.dup2(nothing, stream)
        os.write(tell, str(time.monotonic_ns() // 1000).encode())
        for number in range(self.processes - 1):
            if os.fork() == 0:
                break
        os.execv("/bin/busybox", ["sleep", "100000"])

    def remove(self):
        for pid in self.pids:
            try:
                os.killpg(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            os.waitpid(pid, 0)
        for path in self.tmpfs:
            libc.umount2(str(path).encode(), MNT_DETACH)
        time.sleep(0.3)
        for cgroup in self.cgroups:
            for path in sorted(cgroup.rglob("*"), key=lambda p: -len(p.parts)):
                if path.is_dir():
                    path.rmdir()
            cgroup.rmdir()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory")
    parser.add_argument("--pods", type=int, default=250)
    parser.add_argument("--volumes", type=int, default=4)
    parser.add_argument("--processes", type=int, default=3)
    options = parser.parse_args()
    node = Node(options.directory, options.volumes, options.processes)
    (node.directory / "root").mkdir()
    try:
        for number in range(options.pods):
            node.start_pod(number)
        print("ready", flush=True)
        for line in sys.stdin:
            print("started", node.start_pod(line.strip()), flush=True)
    finally:
        node.remove()


if __name__ == "__main__":
    main()
