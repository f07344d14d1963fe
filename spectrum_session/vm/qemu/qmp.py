"""QEMU's monitor protocol, as much of it as tells that a guest runs and how it ended.

QEMU connects to us: it needs no place to write for it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

from spectrum_session.vm.lines import LINE_LIMIT, listening_socket, paced_lines

REASONS = {
    "guest-shutdown": (True, "its guest shut down"),
    "guest-reset": (False, "its guest restarted, as after a crash of its kernel"),
    "guest-panic": (False, "its guest's kernel crashed"),
    "host-signal": (True, "it was told to end"),
    "host-qmp-quit": (True, "it was told to end"),
}
"""Of SHUTDOWN: whether that is how a guest should end, and in words."""


class Monitor:
    """Waits for one QEMU and listens to it."""

    def __init__(self, path: Path, on_ready: Callable[[], None] = lambda: None) -> None:
        """`on_ready` is called when QEMU answers for the first time."""
        self.path = path
        self._on_ready = on_ready
        self.shutdown: tuple[bool, str] | None = None
        """Why the machine went down, once it has."""
        self.ready = asyncio.Event()
        """Set once QEMU has answered."""
        self._server: asyncio.AbstractServer | None = None
        self._connection: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def listen(self) -> None:
        """Begin to wait. Raises OSError."""
        self._server = await asyncio.start_unix_server(
            self._serve, sock=listening_socket(self.path), limit=LINE_LIMIT
        )

    def power_down(self) -> bool:
        """Press the machine's power button; False when QEMU is not there.

        A guest may take no notice of it.
        """
        if self._writer is None or not self.ready.is_set():
            return False
        self._writer.write(b'{"execute": "system_powerdown"}\n')
        return True

    async def finished(self) -> None:
        """Return when all is read that QEMU said, which must be gone."""
        if self._connection is not None:
            await asyncio.wait([self._connection])

    def close(self) -> None:
        """Wait no longer."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._connection is not None:
            self._connection.cancel()
        self.path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._connection is not None:
            writer.close()
            return
        self._connection = asyncio.current_task()
        self._writer = writer
        try:
            writer.write(b'{"execute": "qmp_capabilities"}\n')
            async for line in paced_lines(reader):
                self._heard(line)
        except (OSError, ValueError, RecursionError):
            # What is known stays known; how QEMU itself ended is seen by who waits for it.
            return
        finally:
            self._writer = None
            writer.close()

    def _heard(self, line: bytes) -> None:
        """A line of QEMU's. Raises ValueError or RecursionError when it is no JSON."""
        said = json.loads(line)
        if not isinstance(said, dict):
            return
        if "return" in said and not self.ready.is_set():
            self.ready.set()
            self._on_ready()
        if said.get("event") != "SHUTDOWN":
            return
        data = said.get("data")
        reason = str(data.get("reason", ""))[:80] if isinstance(data, dict) else ""
        self.shutdown = REASONS.get(reason, (False, f"its machine went down ({reason})"))
