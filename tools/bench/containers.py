# SPDX-License-Identifier: Apache-2.0
"""A kubelet's directories and real containers in pods of it, each for one command."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import uuid

from harness import LOOP, Unavailable, publish

HOST_PROGRAMS = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc"]
# Of those that containerd grants, what nginx takes to become somebody else.
CAPABILITIES = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_SETGID", "CAP_SETUID"]


class Node:
    """Of one pod with one ConfigMap; its containers mount it or not. A context manager."""

    def __init__(self):
        if not shutil.which("runc"):
            raise Unavailable("runc is not installed (scripts/setup)")
        self._directory = tempfile.TemporaryDirectory()
        self.work = pathlib.Path(self._directory.name)
        self.pods = []
        self.pod = self.new_pod()
        self.volume = (self.work / "kubelet/pods" / self.pod /
                       "volumes/kubernetes.io~configmap/config")
        self.volume.mkdir(parents=True)
        for logs in ("containers", "pods"):
            (self.work / "log" / logs).mkdir(parents=True)
        publish(self.volume, "first")
        self.tracer_arguments = ["--kubelet-dir", str(self.work / "kubelet"),
                                 "--log-dir", str(self.work / "log")]

    def new_pod(self):
        self.pods.append(str(uuid.uuid4()))
        return self.pods[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        base = pathlib.Path("/sys/fs/cgroup")
        for pod in self.pods:
            for hierarchy in (base, *base.glob("*/")):
                try:
                    (hierarchy / "kubepods/burstable" / f"pod{pod}").rmdir()
                except OSError:
                    pass  # not in this one
        self._directory.cleanup()

    def run(self, pod, command, mounts=(), host_programs=False):
        """What the command of a container said, which has ended then. `mounts`: (source, target)."""
        name = uuid.uuid4().hex + uuid.uuid4().hex
        bundle = self.work / "bundles" / name
        root = bundle / "rootfs"
        mounts = list(mounts)
        if host_programs:
            mounts += [(path, path) for path in HOST_PROGRAMS if not os.path.islink(path)]
        for directory in ("bin", "proc", "dev", "etc", "tmp"):
            if not (host_programs and os.path.islink(f"/{directory}")):
                (root / directory).mkdir(parents=True)
        if host_programs:
            for path in filter(os.path.islink, HOST_PROGRAMS):
                (root / path[1:]).symlink_to(os.readlink(path))
        else:
            shutil.copy(LOOP, root / "bin/loop")
        (bundle / "config.json").write_text(json.dumps(config(
            f"/kubepods/burstable/pod{pod}/{name}", mounts, command)))
        runc = ["runc", "--root", self.work / "runc"]
        try:
            ran = subprocess.run([*runc, "run", "--bundle", bundle, name], capture_output=True,
                                 text=True, stdin=subprocess.DEVNULL, timeout=120)
            if ran.returncode != 0:
                said = (ran.stderr.strip() or ran.stdout.strip())[-90:]
                raise Unavailable(f"its container ended with {ran.returncode}: {said}")
            return ran.stdout
        finally:
            subprocess.run([*runc, "delete", "--force", name], stderr=subprocess.DEVNULL)
            shutil.rmtree(bundle)

    def run_traced(self, *command):
        """In the pod that mounts the volume, at /etc/config."""
        return self.run(self.pod, command, [(str(self.volume), "/etc/config")])


def config(cgroup, mounts, command):
    return {
        "ociVersion": "1.0.2",
        "root": {"path": "rootfs"},
        "process": {"args": [str(word) for word in command], "cwd": "/",
                    "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], "user": {"uid": 0, "gid": 0},
                    "capabilities": {kind: CAPABILITIES for kind in
                                     ("bounding", "effective", "permitted")}},
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"},
            *({"destination": target, "type": "bind", "source": source,
               "options": ["rbind", "rprivate", "ro"]} for source, target in mounts),
        ],
        "linux": {"cgroupsPath": cgroup,
                  "namespaces": [{"type": kind} for kind in
                                 ("pid", "mount", "network", "ipc", "uts")]},
    }
