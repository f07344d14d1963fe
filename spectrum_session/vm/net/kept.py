"""A program on the host that a running machine needs: started again whenever it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from spectrum_session.vm.errors import VMError
from spectrum_session.vm.gates.backoff import Backoff
from spectrum_session.vm.log import VMLog
from spectrum_session.vm.processes.host_process import Exit
from spectrum_session.vm.processes.sandbox_process import SandboxProcess

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
        self._backoff = Backoff()
        self._begun = 0.0

    def start(self) -> None:
        """Start it. Raises VMError when it cannot be."""
        self._begun = asyncio.get_running_loop().time()
        self._process = self._start(self._ended)

    def begin(self) -> None:
        """Start it, and when it cannot be, say so in the log and try again later."""
        self._restart = None
        try:
            self.start()
        except VMError as error:
            self._restart_later(f"did not start: {error}")

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
        self._restart_later(str(end))

    def _restart_later(self, why: str) -> None:
        loop = asyncio.get_running_loop()
        self._backoff, delay = self._backoff.died(loop.time() - self._begun)
        self._log.say(f"--- {self._what} {why}; it is started again in {delay:g} s")
        self._restart = loop.call_later(delay, self.begin)
