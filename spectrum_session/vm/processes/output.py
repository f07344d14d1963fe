"""Reads the output of programs from a pipe, at the pace at which a log may grow."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

CHUNK = 64 * 1024
PAUSE_S = 0.1
"""At most one chunk is read per pause: a program that floods its output blocks, the session does
not."""


class Output:
    """Reads a pipe until its end. It must be made where an asyncio loop runs."""

    def __init__(self, fd: int, write: Callable[[bytes], None], chunk: int = CHUNK) -> None:
        """`fd` is made non-blocking, and closed at the end; `write` takes the data read, at most
        `chunk` bytes at a time."""
        self._loop = asyncio.get_running_loop()
        self._fd: int | None = fd
        self._write = write
        self._chunk = chunk
        self._resume: asyncio.TimerHandle | None = None
        os.set_blocking(fd, False)
        self._loop.add_reader(fd, self._read)

    def finish(self) -> None:
        """Read what the pipe still holds, once all writers are gone, and close it."""
        self._stop_waiting()
        if self._fd is not None:
            self._take()
        self.close()

    def close(self) -> None:
        """Stop reading."""
        self._stop_waiting()
        if self._fd is not None:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = None

    def _stop_waiting(self) -> None:
        if self._resume is not None:
            self._resume.cancel()
            self._resume = None

    def _take(self) -> bool:
        """Read once; False when there was nothing."""
        assert self._fd is not None
        try:
            data = os.read(self._fd, self._chunk)
        except BlockingIOError:
            return False
        if not data:
            self.close()
            return False
        self._write(data)
        return True

    def _read(self) -> None:
        if self._take() and self._fd is not None:
            self._loop.remove_reader(self._fd)
            self._resume = self._loop.call_later(PAUSE_S, self._read_again)

    def _read_again(self) -> None:
        self._resume = None
        if self._fd is not None:
            self._loop.add_reader(self._fd, self._read)
