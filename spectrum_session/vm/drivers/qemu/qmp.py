"""QEMU's monitor protocol (QMP), as far as a guest's start and end need it.

QEMU waits for us on a socket that the session made, and waits again when we have gone.

Not the qemu.qmp library: Debian 12 and 13 have no package of it, and few commands are used.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from spectrum_session.ipc.lines import connect, paced_lines
from spectrum_session.vm.errors import VMError

REASONS = {
    "guest-shutdown": (True, "its guest shut down"),
    "guest-reset": (False, "its guest restarted, as after a crash of its kernel"),
    "guest-panic": (False, "its guest's kernel crashed"),
    "host-signal": (True, "it was told to end"),
    "host-qmp-quit": (True, "it was told to end"),
}
"""Of SHUTDOWN: whether that is how a guest should end, and in words."""

_QUIT_S = 30.0
_HUNG_UP = "QEMU's monitor hung up"


class Monitor:
    """A connection to one QEMU. Make it with `open`."""

    def __init__(self) -> None:
        self.shutdown: tuple[bool, str] | None = None
        """Why the machine went down, once it has."""
        self._writer: asyncio.StreamWriter | None = None
        self._listening: asyncio.Task[None] | None = None
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._next = 1

    async def open(self, path: Path) -> None:
        """Connect, and agree on how to talk. Raises OSError or VMError."""
        reader, self._writer = await connect(path)
        self._listening = asyncio.get_running_loop().create_task(self._listen(reader))
        await self.execute("qmp_capabilities")

    async def execute(self, command: str) -> Any:
        """Have QEMU do something, and return its answer. Raises VMError when it does not."""
        if self._writer is None:
            raise VMError(_HUNG_UP)
        number, self._next = self._next, self._next + 1
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self._writer.write(json.dumps({"execute": command, "id": number}).encode() + b"\n")
        try:
            return await answer
        finally:
            self._answers.pop(number, None)

    def tell(self, command: str) -> bool:
        """Have QEMU do something, and wait for no answer; False when it does not listen."""
        if self._writer is None:
            return False
        self._writer.write(json.dumps({"execute": command}).encode() + b"\n")
        return True

    async def finished(self) -> None:
        """Return when all is read that QEMU sent, which must have ended."""
        if self._listening is not None:
            await asyncio.wait([self._listening])

    def close(self) -> None:
        """Listen no longer."""
        if self._listening is not None:
            self._listening.cancel()
        self._hung_up()

    def _hung_up(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(VMError(_HUNG_UP))

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        try:
            async for line in paced_lines(reader):
                self._heard(line)
        except (OSError, ValueError, RecursionError):
            # What is known stays known; how QEMU itself ended is seen by who waits for it.
            return
        finally:
            self._hung_up()

    def _heard(self, line: bytes) -> None:
        """A line of QEMU's. Raises ValueError or RecursionError when it is not JSON."""
        said = json.loads(line)
        if not isinstance(said, dict):
            return
        number = said.get("id")
        answer = self._answers.get(number) if isinstance(number, int) else None
        if answer is not None and not answer.done():
            if "return" in said:
                answer.set_result(said["return"])
            else:
                error = said.get("error")
                text = error.get("desc") if isinstance(error, dict) else error
                answer.set_exception(VMError(f"QEMU refused: {str(text)[:200]}"))
        if said.get("event") != "SHUTDOWN":
            return
        data = said.get("data")
        reason = str(data.get("reason", ""))[:80] if isinstance(data, dict) else ""
        self.shutdown = REASONS.get(reason, (False, f"its machine went down ({reason})"))


async def quit_at(path: Path) -> None:
    """End the QEMU that serves its monitor at this socket, if one does."""
    monitor = Monitor()
    try:
        await asyncio.wait_for(monitor.open(path), _QUIT_S)
        monitor.tell("quit")
        await asyncio.wait_for(monitor.finished(), _QUIT_S)
    except (OSError, VMError, asyncio.TimeoutError):
        return
    finally:
        monitor.close()
