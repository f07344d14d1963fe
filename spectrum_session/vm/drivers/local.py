"""The `local` driver: programs in sandboxes on the host, as if they came from their VM.

For development and demonstrations. It says everywhere that it is not isolation.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from spectrum_session.vm import model
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.model import VMStatus
from spectrum_session.vm.processes import sandbox
from spectrum_session.vm.processes.host_process import Exit
from spectrum_session.vm.processes.sandbox_process import SandboxProcess

from .base import BaseVM


class LocalVM(BaseVM):
    """A VM whose programs are processes on the host, each in a sandbox of its own."""

    driver = "local"

    def __init__(
        self, name: str, socket: Path, log: Path, on_change: Callable[[VMStatus], None]
    ) -> None:
        """`socket`: the VM's Wayland socket, which must be there when it starts; `log`: the file
        that takes its output. Raises VMError when `name` is no VM name."""
        super().__init__(name, log, on_change, sandbox.NOTE)
        self._socket = socket
        self._tools: sandbox.Tools | None = None

    async def start(self, commands: Sequence[Sequence[str]] = ()) -> None:
        """Start it with these commands; with none it runs with its socket alone.

        Returns when it runs, or has ended well already. Raises VMError when it is not at rest,
        or when it failed: then `status.reason` says the same.
        """
        for argv in commands:
            sandbox.check_command(argv)
        self._ended.clear()
        refused = self._apply(model.StartRequested(self._now()))
        if refused:
            raise self._error(f"cannot start, {refused}")
        try:
            self._prepare()
            processes = [self._launch(argv) for argv in commands]
        except VMError as error:
            self._apply(model.LaunchFailed(self._now(), str(error)))
            raise self._error(str(error)) from error
        try:
            for process in processes:
                await process.up
        finally:
            self._apply(model.Ready(self._now()))
        if self.status.state is model.VMState.FAILED:
            raise self._error(self.status.reason)

    def spawn(self, argv: Sequence[str]) -> int:
        """Run one more program in the running VM, and return the pid of its sandbox on the host.

        Raises VMError when the VM does not run or the program cannot be started; a program that
        is not there is found out later, and stands in the log.
        """
        if self.status.state is not model.VMState.RUNNING:
            raise self._error(f"cannot run a program, it is {self.status.state.value}")
        return self._launch(argv).pid

    def _prepare(self) -> None:
        """Look at all that a start needs; VMError for the first that is missing."""
        self._tools = sandbox.find_tools()
        problem = sandbox.namespaces_problem(sandbox.read_sysctl)
        if problem:
            raise VMError(problem)
        try:
            mode = os.lstat(self._socket).st_mode
        except OSError as error:
            raise VMError(f"its Wayland socket {self._socket}: {error.strerror}") from error
        if not stat.S_ISSOCK(mode):
            raise VMError(f"its Wayland socket {self._socket} is no socket")
        sandbox.hand_over(self._tools, self.name, self._socket)
        self._open_log()

    def _launch(self, argv: Sequence[str]) -> SandboxProcess:
        if self._tools is None or self._log is None:
            raise self._error("it has never been started")
        command = sandbox.check_command(argv)
        build = partial(
            sandbox.build,
            self._tools,
            name=self.name,
            socket=self._socket,
            argv=command,
            host_environment=os.environ,
        )
        process = SandboxProcess(
            lambda open_report, open_file: build(open_report=open_report, open_file=open_file),
            self._log,
            self._exited,
            self.name,
        )
        self._processes[process.pid] = process
        self._apply(model.Spawned(self._now(), process.pid))
        return process

    def _judge(self, end: Exit) -> tuple[bool, str]:
        reason = "its last program ended"
        if end.status == 0:
            return True, reason
        assert self._log is not None
        tail = self._log.tail()
        parts = [f"its last program {end}", sandbox.explain(tail), " | ".join(tail)]
        return False, "; ".join(part for part in parts if part)
