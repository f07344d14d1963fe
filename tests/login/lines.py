"""A unix socket that carries lines of JSON: QEMU's monitor and the guest's agent."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

CONNECT_S = 20.0


def connect(path: Path) -> socket.socket:
    """Connect to a socket that QEMU is about to make."""
    end = time.monotonic() + CONNECT_S
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return connection


class Lines:
    """Lines of JSON, out and in."""

    def __init__(self, path: Path) -> None:
        """Raises OSError when nobody listens there in time."""
        self._socket = connect(path)
        self._pending = bytearray()

    def close(self) -> None:
        """Disconnect."""
        self._socket.close()

    def send(self, message: Any) -> None:
        """Send one line."""
        self._socket.sendall(json.dumps(message).encode() + b"\n")

    def receive(self, timeout: float) -> Any:
        """The next line; TimeoutError after that many seconds, EOFError at the end."""
        end = time.monotonic() + timeout
        while b"\n" not in self._pending:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            data = self._socket.recv(1 << 20)
            if not data:
                raise EOFError
            self._pending += data
        line, _, rest = self._pending.partition(b"\n")
        self._pending = bytearray(rest)
        return json.loads(line)
