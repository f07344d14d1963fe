"""Listening sockets at paths that only the session's own user can reach."""

from __future__ import annotations

import os
import socket
from pathlib import Path

BACKLOG = 128
"""Connections that may wait to be accepted."""


def listening_socket(path: Path) -> socket.socket:
    """A Wayland socket bound to `path` (mode 0600), which does not block.

    What stood there before is replaced. Raises OSError when the path cannot be bound.
    """
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        path.unlink(missing_ok=True)
        mask = os.umask(0o177)
        try:
            made.bind(os.fspath(path))
        finally:
            os.umask(mask)
        made.listen(BACKLOG)
        made.setblocking(False)
    except BaseException:
        made.close()
        raise
    return made
