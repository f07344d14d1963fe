"""A VM's log: the output of its driver and its programs, in a file of bounded size."""

from __future__ import annotations

import codecs
import functools
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

from .errors import VMError

LIMIT = 256 * 1024
"""Bytes of a log file at most; when it is full, its older half is dropped."""

_RECENT = 4096
_TAIL_LINE = 200
_LINE = 4096
_LINE_ENDS = re.compile("\r+\n")
"""Line ends as serial consoles send them."""
_DROPPED = b"[older lines dropped]\n"
# Terminals act on control characters, and text direction can be turned to make a line say another
# thing: a log is read by the user and written by a VM.
_UNSAFE = (
    "[^\n\t\x20-\x7e\xa0-\u061b\u061d-\u200a\u2010-\u2027\u202f-\u2065\u206a-\ud7ff"
    "\ue000-\ufefe\uff00-\ufff8\ufffc-\U000dffff]"
)


@functools.cache
def _unsafe() -> re.Pattern[str]:
    """Compiled when a VM first prints: the start of the session does not wait for it."""
    return re.compile(_UNSAFE)


class Lines:
    """One of several concurrent writers to a log: its lines stay whole."""

    def __init__(self, log: VMLog) -> None:
        self._log = log
        self._begun = b""

    def write(self, data: bytes) -> None:
        """Add output; a line is written when it is complete, or when it is too long."""
        whole, end, self._begun = (self._begun + data).rpartition(b"\n")
        if whole or end:
            self._log.write(whole + end)
        if len(self._begun) > _LINE:
            self.flush()

    def flush(self) -> None:
        """Write the incomplete last line: no more output is expected for now."""
        if self._begun:
            self._log.write(self._begun)
            self._begun = b""


class VMLog:
    """One log file, open for as long as the VM runs and kept when it has ended."""

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        """Open `path` (0600) at its end, making it and its directory (0700) where needed.

        Raises VMError when it cannot be opened, or is not a regular file.
        """
        self._limit = limit
        self.listener: Callable[[str], None] | None = None
        """Called with sanitised output of the VM; lines may come in pieces."""
        self._recent = ""
        self._held = ""
        """A carriage return that may be half of a line's end."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            self._fd = os.open(path, flags, 0o600)
        except OSError as error:
            raise VMError(f"cannot open the log {path}: {error.strerror}") from error
        if not stat.S_ISREG(os.fstat(self._fd).st_mode):
            os.close(self._fd)
            raise VMError(f"cannot open the log {path}: it is not a regular file")
        os.fchmod(self._fd, 0o600)
        self._size = os.lseek(self._fd, 0, os.SEEK_END)

    def write(self, data: bytes) -> None:
        """Add output of the VM; a character or line end that is cut in two continues next time."""
        text = _LINE_ENDS.sub("\n", self._held + self._decoder.decode(data))
        shown = text.rstrip("\r")
        self._held, text = text[len(shown) :][:1], shown
        text = _unsafe().sub("?", text)
        self._recent = (self._recent + text)[-_RECENT:]
        self._append(text.encode())
        if self.listener is not None:
            self.listener(text)

    def say(self, line: str) -> None:
        """Add a line of the driver's own, on a line of its own."""
        if self._fd < 0:
            return
        self._append((line if self._at_line_start() else "\n" + line).encode() + b"\n")

    def tail(self, lines: int = 3) -> list[str]:
        """The last lines that a VM printed since the log was opened, oldest first.

        Empty ones are left out, and each has at most 200 characters.
        """
        found = [line.strip()[:_TAIL_LINE] for line in self._recent.split("\n") if line.strip()]
        return found[-lines:]

    def close(self) -> None:
        """Close the file. What is written later is lost: a program may outlive its VM's log."""
        os.close(self._fd)
        self._fd = -1

    def _at_line_start(self) -> bool:
        return self._size == 0 or os.pread(self._fd, 1, self._size - 1) == b"\n"

    def _append(self, data: bytes) -> None:
        if self._fd < 0:
            return
        data = data[-(self._limit // 2) :]
        if self._size + len(data) > self._limit:
            self._drop_older_half()
        # A full disk loses lines of a log, nothing else.
        try:
            self._size += os.pwrite(self._fd, data, self._size)
        except OSError:
            return

    def _drop_older_half(self) -> None:
        # What is kept and what is added (at most half) must fit together with the note.
        kept_bytes = self._limit // 2 - len(_DROPPED)
        start = max(0, self._size - kept_bytes)
        kept = os.pread(self._fd, self._size - start, start)
        newline = kept.find(b"\n")
        os.ftruncate(self._fd, 0)
        self._size = 0
        try:
            self._size = os.pwrite(self._fd, _DROPPED + kept[newline + 1 :], 0)
        except OSError:
            return
