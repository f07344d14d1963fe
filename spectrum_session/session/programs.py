"""Programs that the session starts on the host, and their end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from typing import Final

from spectrum_session.compositor.port import CompositorPort
from spectrum_session.session.notices import Notify
from spectrum_session.session.settings import Settings
from spectrum_session.vm.processes.child import Kind, prepare

log = logging.getLogger(__name__)


_OF_THE_SESSION: Final = ("NOTIFY_SOCKET", "DISPLAY", "WAYLAND_SOCKET")
"""Variables that are for the session, not for its programs."""


class Programs:
    """Starts programs on the host in the session's environment."""

    def __init__(
        self,
        compositor: CompositorPort,
        settings: Settings,
        variables: Mapping[str, str],
        notify: Notify,
    ) -> None:
        """`variables` are the session's own; the configuration's are set over them."""
        self._compositor = compositor
        self._settings = settings
        self._variables = dict(variables)
        self._notify = notify
        self.children = Children()

    def variables(self) -> dict[str, str]:
        """The variables that the session adds to its own environment."""
        return {**self._variables, **self._settings.config.environment}

    def environment(self) -> dict[str, str]:
        """The environment of a program on the host, with a token that lets it take the focus."""
        environment = {
            key: value for key, value in os.environ.items() if key not in _OF_THE_SESSION
        }
        environment.update(self.variables())
        token = self._compositor.spawn_token()
        if token:
            environment["XDG_ACTIVATION_TOKEN"] = token
        return environment

    def start(self, argv: Sequence[str]) -> int:
        """Start a program and return its pid. Raises OSError when it cannot be started."""
        return self.children.spawn(argv, self.environment())

    def spawn(self, argv: Sequence[str]) -> None:
        """Start a program; a failure is shown and logged."""
        try:
            self.start(argv)
        except OSError as error:
            text = f"{argv[0]}: {error.strerror or error}"
            log.error("cannot start %s", text)
            self._notify("Cannot start a program", [text])

    def autostart(self) -> None:
        """Start the programs of the configuration."""
        session = self._settings.config.session
        if session.spawn_terminal:
            self.spawn(session.terminal)
        for argv in session.autostart:
            self.spawn(argv)


class Children:
    """Child processes of the session, each the leader of a process group of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._live: dict[int, tuple[subprocess.Popen[bytes], int]] = {}
        self._empty: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        return len(self._live)

    def spawn(self, argv: Sequence[str], environment: Mapping[str, str]) -> int:
        """Start a program and return its pid. Raises OSError when it cannot be started."""
        process = subprocess.Popen(
            list(argv),
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=prepare(Kind.PROGRAM),
            close_fds=True,
        )
        watch = os.pidfd_open(process.pid)
        self._live[process.pid] = (process, watch)
        self._loop.add_reader(watch, self._ended, process.pid)
        return process.pid

    async def end_all(self, deadline_s: float) -> None:
        """Wait for all to end by themselves, then ask with SIGTERM, then kill."""
        for number, wait in ((None, deadline_s), (signal.SIGTERM, 1.0), (signal.SIGKILL, 1.0)):
            if not self._live:
                return
            if number is not None:
                for pid in list(self._live):
                    _signal_group(pid, number)
            self._empty = self._loop.create_future()
            await asyncio.wait([self._empty], timeout=wait)

    def _ended(self, pid: int) -> None:
        process, watch = self._live.pop(pid)
        self._loop.remove_reader(watch)
        os.close(watch)
        status = process.wait()
        if status:
            name = os.path.basename(str(process.args[0])) if process.args else "?"  # type: ignore[index]
            log.info("%s (pid %d) ended with status %d", name, pid, status)
        if not self._live and self._empty is not None and not self._empty.done():
            self._empty.set_result(None)


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return
