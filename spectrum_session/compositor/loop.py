"""The event loop: libwayland's, as one file descriptor in asyncio's, and deferred work."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Hashable
from typing import Any

from spectrum_session.wlr import lib

log = logging.getLogger(__name__)


def now_ms() -> int:
    """Monotonic milliseconds, as in input events."""
    return time.monotonic_ns() // 1_000_000 & 0xFFFFFFFF


class Loop:
    """Dispatches the events of one `struct wl_display *` on the running asyncio loop."""

    def __init__(self, display: Any) -> None:
        self.asyncio = asyncio.get_running_loop()
        self.call_later = self.asyncio.call_later
        """As asyncio's; a callback that sends anything to clients ends with `wake`."""
        self.closing = False
        """The session is ending: nothing is deferred any more."""
        self._display = display
        self._event_loop = lib.wl_display_get_event_loop(display)
        self._fd = lib.wl_event_loop_get_fd(self._event_loop)
        self._deferred: dict[Hashable, Callable[[], None]] = {}
        self._awake = False

    def start(self) -> None:
        """Watch libwayland's events."""
        self.asyncio.add_reader(self._fd, self.dispatch)

    def close(self) -> None:
        """Drop deferred work and stop watching."""
        self.closing = True
        self._deferred.clear()
        self.asyncio.remove_reader(self._fd)

    def dispatch(self) -> None:
        """Handle pending events of clients and devices, then the work they deferred, then flush."""
        lib.wl_event_loop_dispatch(self._event_loop, 0)
        while self._deferred:
            jobs, self._deferred = self._deferred, {}
            for job in jobs.values():
                try:
                    job()
                except Exception:
                    log.exception("in deferred work")
            lib.wl_event_loop_dispatch_idle(self._event_loop)
        lib.wl_display_flush_clients(self._display)

    def wake(self) -> None:
        """Dispatch soon: work done outside of `dispatch` has to reach the clients."""
        if not self._awake and not self.closing:
            self._awake = True
            self.asyncio.call_soon(self._woken)

    def _woken(self) -> None:
        self._awake = False
        if not self.closing:
            self.dispatch()

    def defer(self, key: Hashable, job: Callable[[], None]) -> None:
        """Run `job` once after the current events, however often it is deferred under `key`."""
        if not self.closing:
            self._deferred[key] = job
            self.wake()
