"""A monitor that is plugged in, pulled out, or exchanged for one of another size.

QEMU's graphics adapter takes its connectors' states from whoever shows the picture. A VNC server on
each connector does, on a unix socket, and a client of it may ask for a size; none is a monitor that
was pulled out.
"""

from __future__ import annotations

import struct
from pathlib import Path

from .lines import connect

DESKTOP_SIZE_EXTENDED = -308
SHARED = b"\x01"


class Monitor:
    """The connection to one connector's VNC server."""

    def __init__(self, path: Path) -> None:
        self._socket = connect(path)
        self._socket.settimeout(20)
        self._read(12)
        self._socket.sendall(b"RFB 003.008\n")
        (kinds,) = self._read(1)
        assert 1 in self._read(kinds), "QEMU wants a password"
        self._socket.sendall(b"\x01")
        assert self._read(4) == b"\0\0\0\0"
        self._socket.sendall(SHARED)
        *_, name = struct.unpack(">HH16sI", self._read(24))
        self._read(name)
        self._socket.sendall(struct.pack(">BxHi", 2, 1, DESKTOP_SIZE_EXTENDED))

    def close(self) -> None:
        """Disconnect."""
        self._socket.close()

    def plug(self, width: int, height: int) -> None:
        """There is a monitor that prefers this size, physical pixels; with 0 by 0 there is none."""
        screen = struct.pack(">IHHHHI", 0, 0, 0, width, height, 0)
        self._socket.sendall(struct.pack(">BxHHBx", 251, width, height, 1) + screen)

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = self._socket.recv(size - len(data))
            if not part:
                raise EOFError
            data += part
        return data


