"""Log files: whole lines, limited size, rotation."""

from __future__ import annotations

import os
import stat
from pathlib import Path

LIMIT = 1024 * 1024
"""Bytes of a file before it is rotated."""

KEPT = 4
"""Number of rotated files kept: NAME.1 is the newest."""


class LogFile:
    """Appends lines, each with one write: nothing is lost in a buffer when the process dies.

    A write goes to the page cache and takes microseconds, so there is no queue. A full disk loses
    log lines and nothing else.
    """

    def __init__(self, path: Path, limit: int = LIMIT, kept: int = KEPT) -> None:
        """Open `path` (0600); creates it and its directory (0700). Raises OSError."""
        self.path = path
        self._limit = limit
        self._kept = kept
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._fd, self._size = self._open()

    def write(self, line: str) -> None:
        """Append a line and its newline."""
        data = (line + "\n").encode("utf-8", "backslashreplace")
        try:
            if self._size and self._size + len(data) > self._limit:
                self._rotate()
            self._size += os.write(self._fd, data)
        except OSError:
            return

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    def _open(self) -> tuple[int, int]:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        # Opening a FIFO in its place must not block.
        fd = os.open(self.path, flags | os.O_NONBLOCK, 0o600)
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            os.close(fd)
            raise OSError(f"{self.path} is not a regular file")
        return fd, status.st_size

    def _rotate(self) -> None:
        names = [self.path, *(Path(f"{self.path}.{n}") for n in range(1, self._kept + 1))]
        for older, newer in zip(names[:0:-1], names[-2::-1], strict=True):
            if newer.exists():
                newer.replace(older)
        fd, self._size = self._open()
        os.close(self._fd)
        self._fd = fd
