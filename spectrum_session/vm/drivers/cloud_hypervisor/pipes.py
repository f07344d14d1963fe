"""Named pipes that cloud-hypervisor is given where it asks for files: what it writes is read at
once, no faster than a log should grow, and stays nowhere."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

from spectrum_session.vm.processes.output import Output

from .events import Event, EventError, Parser


def make(path: Path) -> None:
    """Make one, for its owner alone. Raises OSError."""
    os.mkfifo(path, 0o600)


def read(path: Path, write: Callable[[bytes], None]) -> Output:
    """Read it from now on; `write` takes what comes. Raises OSError, also when it is no pipe."""
    # Open for writing too: it has no end while nobody else writes to it.
    fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    if not stat.S_ISFIFO(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "not a named pipe")
    return Output(fd, write)


class EventPipe:
    """The pipe of the event monitor."""

    def __init__(
        self, path: Path, heard: Callable[[Event], None], failed: Callable[[str], None]
    ) -> None:
        """`failed` is told, once, why nothing is heard any more. Raises OSError."""
        self._parser = Parser()
        self._heard = heard
        self._failed = failed
        self._broken = False
        self._output = read(path, self._take)

    def finish(self) -> None:
        """Nobody can write any more: take what is there still."""
        self._output.finish()

    def close(self) -> None:
        """Hear no more."""
        self._output.close()

    def _take(self, data: bytes) -> None:
        if self._broken:
            return
        try:
            events = self._parser.feed(data)
        except EventError as error:
            # It is read on, so that its writer never waits.
            self._broken = True
            self._failed(str(error))
            return
        for event in events:
            self._heard(event)
