"""The clock for an output's frame callbacks: it ticks with the display, independent of clients.

A frame callback sent when a frame is drawn would reveal to a client when others draw. So callbacks
are sent at ticks only: at k refresh periods from a phase that no client can influence.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable

from spectrum_session.wlr import NULL, ffi, lib

DEFAULT_REFRESH = 60_000
"""mHz, of outputs that have none of their own: headless and nested ones."""
MIN_REFRESH, MAX_REFRESH = 1_000, 1_000_000
NANOSECONDS = 1_000_000_000

_CLOCK_MONOTONIC = 1
_ABSOLUTE = 1
_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC


def period_ns(refresh: int) -> int:
    """Nanoseconds between ticks at a refresh rate in mHz; 0 stands for an unknown one."""
    rate = min(MAX_REFRESH, max(MIN_REFRESH, refresh or DEFAULT_REFRESH))
    return 1_000_000_000_000 // rate


def next_tick(after: int, period: int, phase: int) -> int:
    """The first tick after a moment. All are nanoseconds of CLOCK_MONOTONIC."""
    return after + period - (after - phase) % period


class FrameClock:
    """Calls `ticked` with the time of each requested tick. The timer is armed only while a tick is
    due: an idle output causes no wake-ups."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        ticked: Callable[[int], None],
        afterwards: Callable[[], None],
    ) -> None:
        """`afterwards` is called when a tick came outside of libwayland's loop. Raises OSError."""
        self._loop = loop
        self._ticked = ticked
        self._afterwards = afterwards
        self._phase = 0
        self.period = period_ns(DEFAULT_REFRESH)
        """Nanoseconds."""
        self.due = 0
        """The tick that is waited for, nanoseconds of CLOCK_MONOTONIC; 0 for none."""
        self._time = ffi.new("struct itimerspec *")
        self._fd = lib.timerfd_create(_CLOCK_MONOTONIC, _FLAGS)
        if self._fd < 0:
            raise OSError(ffi.errno, "timerfd_create")
        loop.add_reader(self._fd, self._expired)

    def set_refresh(self, refresh: int) -> None:
        """Another mode; `refresh` as in `period_ns`."""
        self.period = period_ns(refresh)

    def follow(self, moment: int) -> None:
        """The display showed a frame at this moment, by its own clock: tick with it."""
        self._phase = moment

    def arm(self) -> None:
        """Tick at the next tick, if that is not awaited already."""
        if self.due:
            return
        self.due = next_tick(time.monotonic_ns(), self.period, self._phase)
        value = self._time.it_value
        value.tv_sec, value.tv_nsec = divmod(self.due, NANOSECONDS)
        lib.timerfd_settime(self._fd, _ABSOLUTE, self._time, NULL)

    def close_to_tick(self, part: int) -> bool:
        """Is the tick that is waited for at most a `part`th of a period away, and not over?"""
        return 0 < self.due - time.monotonic_ns() < self.period // part

    def take(self) -> bool:
        """Tick now if it is time, even though the timer was not heard yet."""
        if not self.due or time.monotonic_ns() < self.due:
            return False
        due, self.due = self.due, 0
        self._ticked(due)
        return True

    def close(self) -> None:
        """Tick no more."""
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _expired(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._fd, 8)
        if self.take():
            self._afterwards()
