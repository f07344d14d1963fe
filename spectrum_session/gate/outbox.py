"""Bytes that wait to be sent to one end, and the descriptors that go with them."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable

MAX_FDS = 28
"""Descriptors in one message of the socket: libwayland takes no more."""


class Outbox:
    """The sender takes from `data` and `fds` what it has sent.

    Descriptors may arrive before the bytes of their message, never after: send what is in `fds`
    with the next bytes, at most MAX_FDS at a time, and one byte alone while more than that wait.
    A sender that limits the descriptors in flight asks `affordable` how far it may go.
    """

    __slots__ = ("_marks", "ahead", "data", "fds", "held", "sent")

    def __init__(self) -> None:
        self.data = bytearray()
        self.fds: list[int] = []
        self.sent = 0
        """Bytes that have been taken from `data` so far."""
        self.ahead = 0
        """Bytes that belong before the next message, but wait elsewhere."""
        self.held = False
        """Sending stopped at a message for which too many descriptors are in flight."""
        self._marks: deque[tuple[int, int, int]] = deque()
        """Of each message that costs a descriptor in flight: where it begins, counted in bytes from
        the first that was ever sent, its descriptors, and what it costs."""

    def __bool__(self) -> bool:
        return bool(self.data)

    def add_fds(self, fds: Iterable[int]) -> None:
        """Descriptors of the message that is added next; taken over."""
        before = len(self.fds)
        self.fds += fds
        count = len(self.fds) - before
        self._marks.append((self._end, count, count))

    def add_answered(self) -> None:
        """The message that is added next is answered with a descriptor, which costs one too."""
        self._marks.append((self._end, 0, 1))

    @property
    def _end(self) -> int:
        return self.sent + len(self.data) + self.ahead

    @property
    def costs(self) -> bool:
        """Is there a message that costs a descriptor in flight?"""
        return bool(self._marks)

    def affordable(self, room: int) -> tuple[int, int, int, int]:
        """What may be sent while `room` more descriptors may be in flight: bytes, descriptors, how
        many of the room these take, and of how many messages they are."""
        fds = cost = messages = 0
        end = self.sent + len(self.data)
        for start, count, price in self._marks:
            if start >= end:
                break
            if cost + price > room:
                return start - self.sent, fds, cost, messages
            fds += count
            cost += price
            messages += 1
        return len(self.data), fds, cost, messages

    def sent_bytes(self, count: int) -> None:
        """The first `count` bytes have been sent."""
        del self.data[:count]
        self.sent += count

    def sent_fds(self, count: int) -> None:
        """The first `count` descriptors have been sent."""
        for fd in self.fds[:count]:
            os.close(fd)
        del self.fds[:count]

    def paid(self, messages: int) -> None:
        """The descriptors of the next `messages` that cost any are in flight."""
        for _ in range(messages):
            self._marks.popleft()

    def close(self) -> None:
        """Drop everything."""
        self.held = False
        self.data.clear()
        self._marks.clear()
        for fd in self.fds:
            os.close(fd)
        self.fds.clear()
