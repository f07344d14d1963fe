"""Follows the state of a machine that the host runs: on events, and on request.

An event is that its socket appears or disappears, or that its cloud-hypervisor hangs up. Nothing is
polled, and the API is asked at most once a second.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from .api import ApiError, Client, Info, connect
from .watch import HangUp, NameWatch

ANSWER_S = 5.0
"""How long a cloud-hypervisor may take to answer, for which listing the VMs waits."""

_SPACING_S = 1.0


class StateWatch:
    """Asks a machine's API for its state. It belongs to one asyncio loop."""

    def __init__(self, path: Path, seen: Callable[[Info | ApiError], Awaitable[None]]) -> None:
        """`path`: of the API's socket; `seen` takes each answer. Raises OSError."""
        self.path = path
        self.client = Client(path, ANSWER_S)
        self._seen = seen
        self._watch = NameWatch(path, self.soon)
        self._hang_up: HangUp | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._at = 0.0
        """When the timer is due, in seconds of the loop."""
        self._looking: asyncio.Task[None] | None = None
        self._looked = time.monotonic() - _SPACING_S
        self._closed = False

    def close(self) -> None:
        """Stop following it."""
        self._closed = True
        self._watch.close()
        if self._hang_up is not None:
            self._hang_up.close()
            self._hang_up = None
        if self._timer is not None:
            self._timer.cancel()
        if self._looking is not None and self._looking is not asyncio.current_task():
            self._looking.cancel()

    def soon(self, within_s: float = 0.0) -> None:
        """Ask within this time, or as soon as allowed."""
        if self._closed:
            return
        loop = asyncio.get_running_loop()
        pause = max(0.0, within_s, self._looked + _SPACING_S - time.monotonic())
        if self._timer is not None:
            if self._at <= loop.time() + pause:
                return
            self._timer.cancel()
        self._at = loop.time() + pause
        self._timer = loop.call_later(pause, self._due)

    async def look(self) -> None:
        """Ask now, and return when the answer has been taken."""
        await asyncio.wait([self._begin()])

    def _due(self) -> None:
        self._timer = None
        self._begin()

    def _begin(self) -> asyncio.Task[None]:
        if self._looking is None:
            self._looking = asyncio.get_running_loop().create_task(self._look())
        return self._looking

    async def _look(self) -> None:
        try:
            answer: Info | ApiError
            try:
                answer = await self.client.info()
            except ApiError as error:
                answer = error
            if not self._closed:
                self._hold()
                await self._seen(answer)
        finally:
            self._looking = None
            self._looked = time.monotonic()

    def _hold(self) -> None:
        """Stay connected, to be notified at once when its cloud-hypervisor ends."""
        if self._hang_up is None:
            # Without a listener there is no connection that could be hung up.
            with suppress(OSError):
                self._hang_up = HangUp(connect(self.path), self._hung_up)

    def _hung_up(self) -> None:
        self._hang_up = None
        self.soon()
