# SPDX-License-Identifier: Apache-2.0
"""Kernel packages of Debian, and what can be booted of them. They are kept, and never fetched twice."""

import gzip
import lzma
import pathlib
import re
import struct
import subprocess
import tempfile

CACHE = pathlib.Path(__file__).resolve().parent.parent.parent / "build/vm"


class Failure(Exception):
    """What went wrong, in words."""


class NoKernel(Failure):
    """There is none to be had: no fault of what would be tested with it."""


def output_of(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def natural(name):
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def newest_package(series):
    pattern = rf"^linux-image-{re.escape(series)}[.0-9+a-z-]*-cloud-amd64-unsigned$"
    found = output_of("apt-cache", "search", "--names-only", pattern).splitlines()
    names = [line.split()[0] for line in found]
    # "6.1" must not find 6.12: a dot has to follow, as it does in every version of Debian.
    names = [name for name in names if name.startswith(f"linux-image-{series}.")]
    return max(names, key=natural, default=None)


def package_of(series):
    """The kernel package of a series, downloaded when none is there yet."""
    kept = list(CACHE.glob(f"linux-image-{series}.*-cloud-amd64-unsigned_*.deb"))
    if kept:
        return max(kept, key=lambda path: natural(path.name))
    try:
        name = newest_package(series)
        if name is None:
            raise NoKernel(f"get a {series} kernel: no source of apt has one (apt-get update first; "
                          "backports have the newer ones)")
        # apt-get downloads as a user of its own, who may not write to our directory.
        output_of("apt-get", "-o", "APT::Sandbox::User=root", "download", "-qq", name, cwd=CACHE)
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        reason = str(getattr(error, "stderr", "") or error).strip()
        raise NoKernel(f"get a {series} kernel: {reason}") from error
    return next(CACHE.glob(f"{name}_*.deb"))


def decompressed(image):
    """The ELF file within a bzImage: booted as such it need not decompress itself by emulation."""
    setup_sectors = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    payload = image[(setup_sectors + 1) * 512 + offset:][:length]
    if payload[:6] == b"\xfd7zXZ\0":
        # What follows the stream, its length, is not the decompressor's business.
        return lzma.LZMADecompressor().decompress(payload)
    if payload[:2] == b"\x1f\x8b":
        return gzip.decompress(payload[:-4])
    for magic, tool in ((b"\x28\xb5\x2f\xfd", "zstd"), (b"\x02\x21\x4c\x18", "lz4")):
        if payload[:4] == magic:
            return subprocess.run([tool, "-dcq"], input=payload, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, check=False).stdout
    raise Failure(f"the kernel is compressed in a way not known here: {payload[:4].hex()}")


def kernel_of(package):
    """The bootable file of a kernel package, unpacked once."""
    kernel = CACHE / (package.stem + ".vmlinux")
    if kernel.exists():
        return kernel
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        subprocess.run(["dpkg-deb", "--extract", package, work], check=True)
        images = [path for path in pathlib.Path(work).rglob("vmlinuz*") if path.is_file()]
        if not images:
            raise Failure(f"{package} has no vmlinuz: is it a kernel?")
        image = decompressed(images[0].read_bytes())
    if image[:4] != b"\x7fELF":
        raise Failure(f"{package}: what its vmlinuz holds is no ELF file")
    part = kernel.with_suffix(".part")
    part.write_bytes(image)
    part.rename(kernel)
    return kernel
