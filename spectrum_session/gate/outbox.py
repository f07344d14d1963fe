"""What waits to be sent to one end: bytes, and the descriptors that go with them."""

from __future__ import annotations

import os
from collections.abc import Iterable

MAX_FDS = 28
"""Descriptors in one message of the socket: libwayland takes no more."""


class Outbox:
    """Whoever sends takes from `data` and `fds` what it has sent.

    Descriptors may arrive before the bytes of their message, never after: send what is in `fds`
    with the next bytes, at most MAX_FDS at a time, and one byte alone while more than that wait.
    """

    __slots__ = ("data", "fds")

    def __init__(self) -> None:
        self.data = bytearray()
        self.fds: list[int] = []

    def __bool__(self) -> bool:
        return bool(self.data)

    def add_fds(self, fds: Iterable[int]) -> None:
        """Descriptors of the message that was or will be added in the same turn; taken over."""
        self.fds += fds

    def sent_fds(self, count: int) -> None:
        """The first `count` descriptors have been sent."""
        for fd in self.fds[:count]:
            os.close(fd)
        del self.fds[:count]

    def close(self) -> None:
        """Drop everything."""
        self.data.clear()
        for fd in self.fds:
            os.close(fd)
        self.fds.clear()
