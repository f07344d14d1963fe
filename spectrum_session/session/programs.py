"""Programs that the session starts on the host, and their end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence

from spectrum_session.vm.processes.child import Kind, prepare

log = logging.getLogger(__name__)


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
