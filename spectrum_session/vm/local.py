"""The `local` driver: programs in sandboxes on the host, as if they came from their VM.

For development and demonstrations. It says everywhere that it is not isolation.
"""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from . import model, sandbox
from .errors import VMError
from .log import VMLog
from .model import VMStatus
from .names import check_name
from .process import Exit, SandboxProcess


class LocalVM:
    """A VM whose programs are processes on the host, each in a sandbox of its own.

    All of it belongs to one asyncio loop. `on_change` is called from that loop with every new
    status; it must not block.
    """

    def __init__(
        self, name: str, socket: Path, log: Path, on_change: Callable[[VMStatus], None]
    ) -> None:
        """`socket`: the VM's Wayland socket, which must be there when it starts; `log`: the file
        that takes its output. Raises VMError when `name` is no VM name."""
        self.name = check_name(name)
        self._socket = socket
        self._log_path = log
        self._log: VMLog | None = None
        self._on_change = on_change
        self._life = model.Life(VMStatus(since=time.monotonic(), note=sandbox.NOTE))
        self._tools: sandbox.Tools | None = None
        self._processes: dict[int, SandboxProcess] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._ended = asyncio.Event()

    @property
    def status(self) -> VMStatus:
        """What is known of it now; `since` is a time of time.monotonic()."""
        return self._life.status

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
            for argv in commands:
                self._launch(argv)
        except VMError as error:
            self._apply(model.LaunchFailed(self._now(), str(error)))
            raise self._error(str(error)) from error
        try:
            for process in list(self._processes.values()):
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
        return self._launch(argv)

    async def stop(self, deadline_s: float) -> None:
        """Ask its programs to end, kill them `deadline_s` seconds later, return when none is left.

        Stopping what does not run is no error.
        """
        self._apply(model.StopRequested(self._now(), deadline_s))
        await self.ended()

    def kill(self) -> None:
        """End its programs now; the status follows when they are gone."""
        self._apply(model.KillRequested(self._now()))

    async def ended(self) -> None:
        """Return when nothing of it runs."""
        if not self.status.state.ended:
            await self._ended.wait()

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
        if self._tools.setpriv is not None:
            # Root needs no permission to listen on it; the sandbox is somebody else.
            os.chown(self._socket, sandbox.HOST_UID, sandbox.HOST_UID, follow_symlinks=False)
        self._log = VMLog(self._log_path)
        stamp = time.strftime("%Y-%m-%d %H:%M:%S")
        self._log.say(f"--- {stamp} VM {self.name} starts ({sandbox.NOTE})")

    def _launch(self, argv: Sequence[str]) -> int:
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
        )
        self._processes[process.pid] = process
        self._apply(model.Spawned(self._now(), process.pid))
        return process.pid

    def _exited(self, process: SandboxProcess, end: Exit) -> None:
        del self._processes[process.pid]
        assert self._log is not None
        well = end.status == 0
        reason = "its last program ended"
        if not well:
            tail = self._log.tail()
            parts = [f"its last program {end}", sandbox.explain(tail), " | ".join(tail)]
            reason = "; ".join(part for part in parts if part)
            self._log.say(f"--- a program of VM {self.name} {end}")
        self._apply(model.Exited(self._now(), process.pid, well, reason))

    def _apply(self, event: model.Event) -> str:
        """Send an event through the model and carry out what comes of it; the refusal, if any."""
        before = self.status
        self._life, commands = model.step(self._life, event)
        refused = ""
        for command in commands:
            if isinstance(command, model.Refuse):
                refused = command.reason
            elif isinstance(command, model.SetDeadline):
                self._set_deadline(command.at)
            elif isinstance(command, (model.Ask, model.Kill)):
                self._signal(command)
        if self.status != before:
            self._settle()
            self._on_change(self.status)
        return refused

    def _signal(self, command: model.Ask | model.Kill) -> None:
        for pid in command.pids:
            process = self._processes.get(pid)
            if process is None:
                continue
            if isinstance(command, model.Ask):
                process.ask()
            else:
                process.kill()

    def _set_deadline(self, at: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if at is not None:
            # A timer of the loop may fire a clock's tick early, and the model would ignore it.
            event = model.DeadlinePassed(at)
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.0, at - self._now()), self._apply, event)

    def _settle(self) -> None:
        """When nothing runs any more: let go of what only a running VM needs."""
        if not self.status.state.ended:
            return
        if self._log is not None:
            self._log.say(f"--- VM {self.name}: {self.status.state.value}")
            self._log.close()
            self._log = None
        self._ended.set()

    def _error(self, text: str) -> VMError:
        return VMError(f"{self.name}: {text}")

    @staticmethod
    def _now() -> float:
        return time.monotonic()
