"""A VM that cannot start because of its definition, and says why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from spectrum_session.vm import model
from spectrum_session.vm.model import VMStatus
from spectrum_session.vm.processes.host_process import Exit

from .base import BaseVM


class UnusableVM(BaseVM):
    """Listed among the others; each start of it fails with the same reason."""

    def __init__(
        self, name: str, log: Path, on_change: Callable[[VMStatus], None], driver: str, why: str
    ) -> None:
        """`driver`: what was to run it; `why`: one line for the user. Raises VMError when `name`
        is no VM name."""
        super().__init__(name, log, on_change, "")
        self.driver = driver
        self.problem = why
        status = VMStatus(model.VMState.FAILED, self._now(), why)
        self._life = model.Life(status)

    async def start(self, commands: Sequence[Sequence[str]] = ()) -> None:
        """Always raises VMError."""
        self._apply(model.StartRequested(self._now()))
        self._apply(model.LaunchFailed(self._now(), self.problem))
        raise self._error(self.problem)

    def spawn(self, argv: Sequence[str]) -> int:
        """Always raises VMError."""
        raise self._error(f"cannot run a program, it is {self.status.state.value}")

    def _judge(self, end: Exit) -> tuple[bool, str]:
        raise AssertionError("it never has a process")
