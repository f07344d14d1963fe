"""QEMU's monitor protocol, as much of it as tells how a guest ended."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

_LINE_LIMIT = 1 << 16
_PAUSE_S = 0.05
"""Between two looks at whether QEMU listens already."""

REASONS = {
    "guest-shutdown": (True, "its guest shut down"),
    "guest-reset": (False, "its guest restarted, as after a crash of its kernel"),
    "guest-panic": (False, "its guest's kernel crashed"),
    "host-signal": (True, "it was told to end"),
    "host-qmp-quit": (True, "it was told to end"),
}
"""Of SHUTDOWN: whether that is how a guest should end, and in words."""


class Monitor:
    """Listens to one QEMU."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.shutdown: tuple[bool, str] | None = None
        """Why the machine went down, once it has."""

    async def watch(self) -> None:
        """Read until QEMU hangs up; to be cancelled when it is gone without."""
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(
                    str(self.path), limit=_LINE_LIMIT
                )
                break
            except OSError:
                await asyncio.sleep(_PAUSE_S)
        try:
            writer.write(b'{"execute": "qmp_capabilities"}\n')
            while line := await reader.readline():
                self._heard(line)
        except (OSError, ValueError):
            # What is known stays known; how QEMU itself ended is seen by who waits for it.
            return
        finally:
            writer.close()

    def _heard(self, line: bytes) -> None:
        said = json.loads(line)
        if said.get("event") == "SHUTDOWN":
            reason = said.get("data", {}).get("reason", "")
            self.shutdown = REASONS.get(reason, (False, f"its machine went down ({reason})"))
