#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the config.json of a small runc container on standard output.

    container.py ROOTFS CGROUP SOURCE:DESTINATION COMMAND...
"""

import json
import sys

rootfs, cgroup, mount, *command = sys.argv[1:]
source, destination = mount.split(":")
json.dump({
    "ociVersion": "1.0.2",
    "root": {"path": rootfs, "readonly": True},
    "process": {"args": command, "cwd": "/", "env": ["PATH=/bin"],
                "user": {"uid": 0, "gid": 0}, "noNewPrivileges": True},
    "mounts": [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": destination, "source": source, "type": "bind",
         "options": ["rbind", "ro"]},
    ],
    "linux": {"cgroupsPath": cgroup,
              "namespaces": [{"type": kind} for kind in ("pid", "mount", "network", "ipc", "uts")]},
}, sys.stdout)
