"""The kernel's part of an image: which modules are needed, and the archive they are loaded from."""

from __future__ import annotations

import gzip
import io
import lzma
import re
from collections.abc import Iterable, Mapping

_INFO = re.compile(rb"(?:^|\0)(depends|name)=([^\0]*)")
_SUFFIXES = (".ko", ".ko.xz")
_ALIGNMENT = 4


class ModuleError(ValueError):
    """A kernel without what a guest needs."""


def module_name(path: str) -> str | None:
    """The name of the module in a file of a kernel package; None when it is none."""
    name = path.rpartition("/")[2]
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            # The kernel takes both for the same and calls itself by this one.
            return name[: -len(suffix)].replace("-", "_")
    return None


def unpack(path: str, content: bytes) -> bytes:
    """A module as the kernel loads it."""
    return lzma.decompress(content) if path.endswith(".xz") else content


def dependencies(module: bytes) -> list[str]:
    """Names of the modules that have to be loaded before this one (its ELF file)."""
    for key, value in _INFO.findall(module):
        if key == b"depends":
            return [name.replace("-", "_") for name in value.decode("ascii").split(",") if name]
    return []


def order(
    wanted: Iterable[str], needs: Mapping[str, Iterable[str]], builtin: frozenset[str]
) -> list[str]:
    """`wanted` and all that they need, each after what it needs. Built-in ones are left out.

    Raises ModuleError for one that is nowhere.
    """
    done: list[str] = []

    def add(name: str) -> None:
        if name in done or name in builtin:
            return
        if name not in needs:
            raise ModuleError(f"the kernel has no module {name}")
        for other in needs[name]:
            add(other)
        done.append(name)

    for name in wanted:
        add(name)
    return done


def initramfs(files: Mapping[str, tuple[int, bytes]]) -> bytes:
    """An archive for the kernel to unpack: files by path, each with its mode and content.

    Directories come by themselves. The same files give the same bytes.
    """
    out = io.BytesIO()
    entries: dict[str, tuple[int, bytes]] = {}
    for path, (mode, content) in sorted(files.items()):
        parts = path.split("/")
        for length in range(1, len(parts)):
            entries.setdefault("/".join(parts[:length]), (0o040755, b""))
        entries[path] = (0o100000 | mode, content)
    entries["TRAILER!!!"] = (0, b"")
    for number, (path, (mode, content)) in enumerate(entries.items(), 1):
        name = path.encode() + b"\0"
        # magic, inode, mode, uid, gid, links, mtime, size, device ×2, rdev ×2, name, check
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)
        out.write(b"070701" + b"".join(b"%08X" % field for field in fields) + name)
        out.write(bytes(-out.tell() % _ALIGNMENT))
        out.write(content)
        out.write(bytes(-out.tell() % _ALIGNMENT))
    return gzip.compress(out.getvalue(), 6, mtime=0)
