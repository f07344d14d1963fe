"""The host's end of a machine's transport: waypipe, in a sandbox of its own.

It has the directory of the transport and the VM's own Wayland socket, and nothing else of the
session: no network, no home, no other VM's socket.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from spectrum_session.vm.errors import VMError
from spectrum_session.vm.log import VMLog
from spectrum_session.vm.processes import sandbox, sandbox_process
from spectrum_session.vm.processes.host_process import Exit
from spectrum_session.vm.processes.sandbox_process import SandboxProcess

COMMAND = ("waypipe", "--no-gpu", "--compress", "none")
"""Both ends must be told the same: versions differ in what they do by themselves."""

DIRECTORY = "/run/transport"
"""Where waypipe makes the socket of the transport, in its sandbox."""
WAYLAND_PORT = 9000
"""Where the guest finds the host's end (guest/agent)."""
LINK = "link"
"""The name of that socket, when nothing else wants another."""

PROCESSES = 256
"""In its sandbox: waypipe forks one for each connection of the guest's, before the gate counts it.
A VM may have 200 connections unless it is configured to have more."""

_RESTART_S = 0.5
_RESTART_MAX_S = 16.0
"""Until it is started again, when it ended though its VM runs: twice as long each time."""


class Waypipe:
    """Keeps the host's end running until it is told to stop. It belongs to one asyncio loop."""

    def __init__(
        self, name: str, socket: Path, directory: Path, log: VMLog, link: str = LINK
    ) -> None:
        """`socket`: the VM's Wayland socket; `directory`: where the transport's, `link`, will be.

        `name` must have passed check_name.
        """
        self._name = name
        self._socket = socket
        self._directory = directory
        self._link = link
        self._log = log
        self._process: SandboxProcess | None = None
        self._restart: asyncio.TimerHandle | None = None
        self._restart_s = _RESTART_S

    def start(self, tools: sandbox.Tools) -> None:
        """Start it. Raises VMError when it cannot be."""
        try:
            (self._directory / self._link).unlink(missing_ok=True)
        except OSError as error:
            # What is there is the sandbox's doing.
            raise VMError(f"its socket {self._link} cannot be made anew: {error}") from error
        argv = [*COMMAND, "--socket", f"{DIRECTORY}/{self._link}", "client"]

        def ended(process: SandboxProcess, end: Exit) -> None:
            self._ended(tools, process, end)

        self._process = sandbox_process.start(
            tools,
            self._name,
            self._log,
            argv,
            ended,
            socket=self._socket,
            binds=binds(self._directory),
            processes=PROCESSES,
        )

    def stop(self) -> None:
        """End it, for good."""
        if self._restart is not None:
            self._restart.cancel()
            self._restart = None
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()

    def _ended(self, tools: sandbox.Tools, process: SandboxProcess, end: Exit) -> None:
        if process is not self._process:
            return
        self._process = None
        self._log.say(f"--- waypipe {end}; it is started again in {self._restart_s:g} s")
        self._restart_later(tools)

    def _restart_later(self, tools: sandbox.Tools) -> None:
        loop = asyncio.get_running_loop()
        self._restart = loop.call_later(self._restart_s, self._start_again, tools)
        self._restart_s = min(2 * self._restart_s, _RESTART_MAX_S)

    def _start_again(self, tools: sandbox.Tools) -> None:
        try:
            self.start(tools)
        except VMError as error:
            self._log.say(f"--- waypipe: {error}")
            self._restart_later(tools)


def binds(directory: Path) -> list[sandbox.Bind]:
    """All that waypipe has of the host's files beside the VM's Wayland socket."""
    return [sandbox.Bind(directory, DIRECTORY, writable=True)]
