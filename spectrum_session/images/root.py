"""The root file system of an image, as a stream of tar: what Debian has, less what a guest does not
need, plus our own files. Nothing is unpacked, so nobody has to be root."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from . import kernel

GUEST_DIRECTORY = "usr/lib/spectrum-guest"

_PASSWD = (
    "root:x:0:0:root:/root:/bin/sh\n"
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
    "user:x:1000:1000:user:/home/user:/bin/sh\n"
)
_GROUP = "root:x:0:\ntty:x:5:\nvideo:x:44:\nnogroup:x:65534:\nuser:x:1000:\n"
_FILES = {
    "etc/passwd": _PASSWD,
    "etc/group": _GROUP,
    "etc/hosts": "127.0.0.1 localhost\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "etc/shells": "/bin/sh\n",
}
"""What Debian's maintainer scripts would have made, which do not run."""
_DIRECTORIES = ("dev", "proc", "sys", "run", "tmp", "root", "home", "mnt", "lower")
_LINKS = {
    "sbin/init": f"/{GUEST_DIRECTORY}/init",
    "etc/inittab": f"/{GUEST_DIRECTORY}/inittab",
}
_VMLINUZ = re.compile(r"\./boot/vmlinu[xz]-.+")


@dataclass(slots=True)
class Kernel:
    """What was found of the kernel on the way."""

    image: bytes = b""
    modules: dict[str, bytes] = field(default_factory=dict)
    """By name, as the kernel loads them."""
    builtin: frozenset[str] = frozenset()
    busybox: bytes = b""

    def initramfs(self, wanted: Sequence[str], init: bytes) -> bytes:
        """The archive that loads the modules and goes on to the root. Raises ModuleError."""
        needs = {name: kernel.dependencies(body) for name, body in self.modules.items()}
        order = kernel.order(wanted, needs, self.builtin)
        files = {f"modules/{name}.ko": (0o644, self.modules[name]) for name in order}
        files["modules/order"] = (0o644, "".join(f"{name}.ko\n" for name in order).encode())
        files["bin/busybox"] = (0o755, self.busybox)
        files["init"] = (0o755, init)
        for directory in ("dev", "proc", "sys"):
            files[f"{directory}/.keep"] = (0o644, b"")
        return kernel.initramfs(files)


def filter_root(
    source: IO[bytes], target: IO[bytes], left_out: Sequence[str], ours: Sequence[Path]
) -> Kernel:
    """Copy a tar of a Debian root, changed as this module says; returns what the kernel needs.

    Raises tarfile.TarError or OSError.
    """
    found = Kernel()
    dropped = tuple(left_out)
    with (
        tarfile.open(fileobj=source, mode="r|") as before,
        tarfile.open(fileobj=target, mode="w|", format=tarfile.GNU_FORMAT) as after,
    ):
        written: set[str] = set()
        for member in before:
            path = member.name if member.name.startswith("./") else f"./{member.name}"
            content = before.extractfile(member) if member.isreg() else None
            if content is not None and _of_interest(path):
                # The stream is read once.
                body = content.read()
                _keep(found, path, body)
                content = io.BytesIO(body)
            name = path[2:]
            if path.startswith(dropped) or name in _FILES or name in _LINKS:
                continue
            written.add(name)
            after.addfile(member, content)
        for name in _DIRECTORIES:
            if name not in written:
                _add(after, name, tarfile.DIRTYPE, 0o755)
        for name, text in _FILES.items():
            _add(after, name, tarfile.REGTYPE, 0o644, text.encode())
        for name, to in _LINKS.items():
            # /bin and /sbin are links into /usr in every Debian of today.
            place = f"usr/{name}" if name.startswith(("bin/", "sbin/")) else name
            _add(after, place, tarfile.SYMTYPE, 0o777, link=to)
        _add(after, GUEST_DIRECTORY, tarfile.DIRTYPE, 0o755)
        for file in ours:
            executable = file.read_bytes().startswith(b"#!")
            mode = 0o755 if executable else 0o644
            _add(after, f"{GUEST_DIRECTORY}/{file.name}", tarfile.REGTYPE, mode, file.read_bytes())
    return found


_BUSYBOX = ("./usr/bin/busybox", "./bin/busybox")


def _of_interest(path: str) -> bool:
    if path in _BUSYBOX or path.endswith("/modules.builtin") or _VMLINUZ.fullmatch(path):
        return True
    # Kernels have thousands of modules, and unpacking them all takes longer than all else.
    return "/modules/" in path and any(part in path for part in _PLACES)


def _keep(found: Kernel, path: str, body: bytes) -> None:
    if path in _BUSYBOX:
        found.busybox = body
    elif path.endswith("/modules.builtin"):
        names = (kernel.module_name(line.decode()) for line in body.splitlines())
        found.builtin = frozenset(name for name in names if name)
    elif _VMLINUZ.fullmatch(path):
        found.image = body
    elif (name := kernel.module_name(path)) is not None:
        found.modules[name] = kernel.unpack(path, body)


_PLACES = (
    "/drivers/virtio/",
    "/drivers/block/virtio",
    "/drivers/char/virtio",
    "/drivers/net/virtio",
    "/drivers/net/net_failover",
    "/net/core/failover",
    "/net/vmw_vsock/",
    "/net/netfilter/",
    "/net/ipv4/netfilter/",
    "/net/ipv6/netfilter/",
    "/fs/squashfs/",
    "/fs/overlayfs/",
    "/drivers/acpi/button",
    "/drivers/input/evdev",
    "/kernel/lib/",
    "/crypto/",
)
"""Where the modules of recipe.MODULES and what those need are in a kernel's tree."""


def _add(
    archive: tarfile.TarFile,
    name: str,
    kind: bytes,
    mode: int,
    content: bytes = b"",
    link: str = "",
) -> None:
    entry = tarfile.TarInfo(f"./{name}")
    entry.type, entry.mode, entry.size, entry.linkname = kind, mode, len(content), link
    archive.addfile(entry, io.BytesIO(content) if content else None)
