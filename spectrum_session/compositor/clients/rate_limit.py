"""Rate limit for log lines that a client can cause without end."""

from __future__ import annotations

import time
from collections.abc import Callable


class RateLimit:
    """Lets one event through per interval and counts the others."""

    def __init__(self, interval_s: float = 1.0, now: Callable[[], float] = time.monotonic) -> None:
        self._interval_s = interval_s
        self._now = now
        self._next = float("-inf")
        self._count = 0

    def count(self) -> int:
        """Count one event. Returns the number of events since the last that was let through; 0
        inside of the interval."""
        self._count += 1
        now = self._now()
        if now < self._next:
            return 0
        self._next = now + self._interval_s
        count, self._count = self._count, 0
        return count


def repeated(count: int) -> str:
    """The end of a log line that stands for `count` events."""
    return "" if count == 1 else f" (repeated {count} times)"
