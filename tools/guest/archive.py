# SPDX-License-Identifier: Apache-2.0
"""The first root of a guest."""

import os
import pathlib
import re
import stat
import subprocess
import tempfile


class Archive:
    """A cpio archive (newc), which a kernel unpacks as its first root."""

    def __init__(self):
        self.parts = []
        self.names = set()

    def _entry(self, name, mode, data=b""):
        raw = name.encode() + b"\0"
        fields = [len(self.parts), mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(raw), 0]
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + raw
        self.parts += [head, b"\0" * (-len(head) % 4), data, b"\0" * (-len(data) % 4)]

    def directory(self, path):
        name = str(path).strip("/")
        if name and name not in self.names:
            self.directory(os.path.dirname(name))
            self.names.add(name)
            self._entry(name, stat.S_IFDIR | 0o755)

    def file(self, path, data, mode=0o644):
        name = str(path).strip("/")
        if name not in self.names:
            self.directory(os.path.dirname(name))
            self.names.add(name)
            self._entry(name, stat.S_IFREG | mode, data)

    def program(self, path, place=None):
        """With the libraries that it is linked to, and without what only a debugger reads."""
        with tempfile.NamedTemporaryFile() as stripped:
            subprocess.run(["objcopy", "--strip-debug", path, stripped.name], check=True)
            self.file(place or path, pathlib.Path(stripped.name).read_bytes(), 0o755)
        # A program that is linked statically makes ldd fail.
        linked = subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout
        for library in re.findall(r"(/\S+) \(0x", linked):
            self.file(library, pathlib.Path(library).read_bytes(), 0o755)

    def write(self, path):
        self._entry("TRAILER!!!", 0)
        path.write_bytes(b"".join(self.parts))
