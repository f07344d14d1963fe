"""What the gate's process does to itself once all its modules are there."""

from __future__ import annotations

import resource
import time

CPU_S = 5
"""Seconds of CPU that the gate may take without coming back to its loop: then the kernel ends it.
A million messages take less."""
RENEW_S = 1.0
"""Between two renewals of that."""


class Watchdog:
    """Ends a gate that computes for ever: the bound on its CPU time is moved on from the loop."""

    def __init__(self) -> None:
        self._next = 0.0

    def alive(self, now: float) -> None:
        """The loop was reached at `now` (monotonic seconds)."""
        if now < self._next:
            return
        self._next = now + RENEW_S
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        soft = int(time.process_time() + RENEW_S) + CPU_S
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def confine() -> list[str]:
    """Give up all that the gate has no use for. Returns what was applied."""
    return []
