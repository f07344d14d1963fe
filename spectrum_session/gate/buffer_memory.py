"""Memory that a VM's buffers take: pages of the files that it shares, pictures made of them.

A file may be sparse. What the compositor reads of a hole becomes memory, and what a client punches
out of it is memory no more, also while the compositor shows it. So a file can take what exists of
it, and as much again as all buffers in it that are shown; and never more than its size.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .limits import Counts

if TYPE_CHECKING:
    from .shared_file import SharedFile

LIMIT = "buffer_bytes"
PAGE = 4096
BYTES_A_PIXEL = 4
LEAST = 512 << 20
"""Bytes of memory for buffers that a VM may have on any outputs, when the configuration leaves it
to us."""
SCREENS = 64
"""Pictures of all outputs that a VM may have in buffers: twenty windows that each fill them, of
which each has two buffers and the picture that the compositor made."""


class FileUse:
    """A file that is behind one or more pools, of any connection of the VM."""

    __slots__ = ("counted", "exists", "file", "held", "key", "pools", "size")

    def __init__(self, file: SharedFile, key: tuple[int, int]) -> None:
        self.file = file
        """By a descriptor that is open while there are pools."""
        self.key = key
        self.pools: list[SharedFile] = []
        self.size = 0
        """Bytes, in whole pages."""
        self.exists = 0
        """Bytes of it that were memory when it was looked at last."""
        self.held = 0
        """Bytes of buffers that are shown."""
        self.counted = 0
        """Bytes of the account."""


class BufferMemory:
    """The buffer memory of one VM."""

    def __init__(self, account: Counts) -> None:
        self._account = account
        account.automatic[LIMIT] = LEAST
        self._files: dict[tuple[int, int], FileUse] = {}
        self._outputs: dict[int, int] = {}
        """By the global's name: pixels."""

    # --- how much it may be

    def output(self, name: int, pixels: int) -> None:
        """An output has so many pixels; 0: it is gone."""
        if pixels:
            self._outputs[name] = pixels
        else:
            self._outputs.pop(name, None)
        shown = SCREENS * BYTES_A_PIXEL * sum(self._outputs.values())
        self._account.automatic[LIMIT] = max(LEAST, shown)

    # --- files

    def opened(self, file: SharedFile) -> FileUse:
        """There is a pool in this file. Raises OSError."""
        status = os.fstat(file.shown)
        key = (status.st_dev, status.st_ino)
        use = self._files.get(key)
        if use is None:
            use = self._files[key] = FileUse(file, key)
        use.pools.append(file)
        # What a client has in a file before anything of it is shown counts like all else.
        self._see(use)
        self._count(use, refuse=False)
        return use

    def closed(self, use: FileUse, file: SharedFile) -> None:
        """A pool is gone, with all its buffers. To be called before its file is closed."""
        use.pools.remove(file)
        if use.pools:
            use.file = use.pools[0]
            return
        del self._files[use.key]
        self._account.give(LIMIT, use.counted)
        use.counted = 0

    def look(self, use: FileUse) -> None:
        """See how much of a file exists now. Raises Refused."""
        self._see(use)
        self._count(use)

    def _see(self, use: FileUse) -> None:
        status = os.fstat(use.file.shown)
        use.size = _pages(status.st_size)
        use.exists = status.st_blocks * 512

    def _count(self, use: FileUse, *, refuse: bool = True) -> None:
        most = min(use.size, use.exists + use.held)
        change = most - use.counted
        if change > 0 and refuse:
            self._account.take(LIMIT, change)
        else:
            self._account.force(LIMIT, change)
        use.counted = most
        if refuse:
            # Also when nothing changed: the client may have filled its files by itself.
            self._account.take(LIMIT, 0)

    def look_at_all(self) -> None:
        """See how much of all files exists now; refuses nothing."""
        for use in self._files.values():
            self._see(use)
            self._count(use, refuse=False)

    # --- what is shown

    def hold(self, use: FileUse | None, size: int) -> None:
        """The compositor may read `size` bytes of a buffer from now on, in a file or, without
        `use`, in other memory. Raises Refused."""
        if use is None:
            self._account.take(LIMIT, size)
            return
        use.held += size
        try:
            self.look(use)
        except BaseException:
            use.held -= size
            raise

    def release(self, use: FileUse | None, size: int) -> None:
        """The compositor stops reading so many bytes."""
        if use is None:
            self._account.give(LIMIT, size)
            return
        use.held -= size
        self._count(use, refuse=False)

    def texture(self, change: int) -> None:
        """Pictures that the compositor has made take so many bytes more. Raises Refused."""
        if change > 0:
            self._account.take(LIMIT, change)
        else:
            self._account.force(LIMIT, change)


def _pages(length: int) -> int:
    return -(-length // PAGE) * PAGE


def pages(offset: int, length: int) -> int:
    """Bytes of the pages that these bytes of a file lie in."""
    return _pages(offset + length) - offset // PAGE * PAGE
