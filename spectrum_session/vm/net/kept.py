"""A program on the host that a running machine needs: started again whenever it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from spectrum_session.vm.errors import VMError
from spectrum_session.vm.log import VMLog
from spectrum_session.vm.process import Exit, SandboxProcess

_RESTART_S = 0.5
_RESTART_MAX_S = 16.0
"""Until it is started again: twice as long each time."""
_SETTLED_S = 60.0
"""One that ran so long ends for a new reason, and is started again soon."""

Start = Callable[[Callable[[SandboxProcess, Exit], None]], SandboxProcess]
"""`start(on_exit)` starts it. Raises VMError when it cannot be."""


class Kept:
    """Keeps one running until it is told to stop. It belongs to one asyncio loop."""

    def __init__(self, what: str, start: Start, log: VMLog) -> None:
        """`what` it is, for the log."""
        self._what = what
        self._start = start
        self._log = log
        self._process: SandboxProcess | None = None
        self._restart: asyncio.TimerHandle | None = None
        self._restart_s = _RESTART_S
        self._begun = 0.0

    def start(self) -> None:
        """Start it. Raises VMError when it cannot be."""
        self._begun = asyncio.get_running_loop().time()
        self._process = self._start(self._ended)

    def stop(self) -> None:
        """End it, for good."""
        if self._restart is not None:
            self._restart.cancel()
            self._restart = None
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()

    def _ended(self, process: SandboxProcess, end: Exit) -> None:
        if process is not self._process:
            return
        self._process = None
        if asyncio.get_running_loop().time() - self._begun >= _SETTLED_S:
            self._restart_s = _RESTART_S
        self._log.say(f"--- {self._what} {end}; it is started again in {self._restart_s:g} s")
        self._restart_later()

    def _restart_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._restart = loop.call_later(self._restart_s, self._start_again)
        self._restart_s = min(2 * self._restart_s, _RESTART_MAX_S)

    def _start_again(self) -> None:
        self._restart = None
        try:
            self.start()
        except VMError as error:
            self._log.say(f"--- {self._what}: {error}")
            self._restart_later()
