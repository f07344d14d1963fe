"""Lines of the log that a client could ask for without end."""

from __future__ import annotations

import time
from collections.abc import Callable


class Seldom:
    """Lets something happen once in a while, however often it is asked for."""

    def __init__(self, interval_s: float = 1.0, now: Callable[[], float] = time.monotonic) -> None:
        self._interval_s = interval_s
        self._now = now
        self._next = float("-inf")
        self._count = 0

    def count(self) -> int:
        """How often this was called since it last said so; 0 when it is not yet time to say."""
        self._count += 1
        now = self._now()
        if now < self._next:
            return 0
        self._next = now + self._interval_s
        count, self._count = self._count, 0
        return count


def times(count: int) -> str:
    """What to add to a line that stands for `count` of its kind."""
    return "" if count == 1 else f" ({count} times since it was last said)"
