"""A session in a window ends with the session around it."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from pathlib import Path


class ParentWatch:
    """Watches for the end of the surrounding Wayland compositor.

    wlroots ends its own event loop then, which is not the loop that runs here; so the session holds
    an idle connection to the same socket and watches it for a hangup.
    """

    def __init__(self, runtime_directory: Path, display: str, gone: Callable[[], None]) -> None:
        """Connect to `display` (a name or a path). Raises OSError when nobody listens there."""
        self._gone = gone
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            self._socket.connect(os.fspath(runtime_directory / display))
        except OSError:
            self._socket.close()
            raise
        self._socket.setblocking(False)
        self._loop.add_reader(self._socket.fileno(), self._readable)

    def close(self) -> None:
        """Stop watching. May be called twice."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def _readable(self) -> None:
        # Nothing is ever sent on this connection: readable means hung up.
        self.close()
        self._gone()
