"""The log file: whole lines, a bounded size, the older files beside it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

LIMIT = 1024 * 1024
"""Bytes of a file before it is set aside."""

KEPT = 4
"""How many older files stay: NAME.1 is the youngest of them."""


class LogFile:
    """Appends lines, each with one write: nothing is lost in a buffer when the process dies.

    A line goes to the page cache, which takes microseconds; so it is written where it arises. A
    full disk loses lines of the log and nothing else.
    """

    def __init__(self, path: Path, limit: int = LIMIT, kept: int = KEPT) -> None:
        """Open `path` (0600), making it and its directory (0700) where needed. Raises OSError."""
        self.path = path
        self._limit = limit
        self._kept = kept
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._fd, self._size = self._open()

    def write(self, line: str) -> None:
        """Append a line; the newline is added here."""
        data = (line + "\n").encode("utf-8", "backslashreplace")
        try:
            if self._size and self._size + len(data) > self._limit:
                self._rotate()
            self._size += os.write(self._fd, data)
        except OSError:
            return

    def close(self) -> None:
        """Close the file. Nothing may be written after it."""
        os.close(self._fd)

    def _open(self) -> tuple[int, int]:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        # A FIFO in its place must not hold up the start.
        fd = os.open(self.path, flags | os.O_NONBLOCK, 0o600)
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            os.close(fd)
            raise OSError(f"{self.path} is no ordinary file")
        return fd, status.st_size

    def _rotate(self) -> None:
        names = [self.path, *(Path(f"{self.path}.{n}") for n in range(1, self._kept + 1))]
        for older, newer in zip(names[:0:-1], names[-2::-1], strict=True):
            if newer.exists():
                newer.replace(older)
        fd, self._size = self._open()
        os.close(self._fd)
        self._fd = fd
