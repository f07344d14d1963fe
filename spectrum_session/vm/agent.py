"""The host's end of the guest's agent: JSON lines over one stream that the guest opens.

What comes is a VM's word: it is bounded, checked, and decides nothing but what its own programs
are said to have done.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import VMError

VERSION = 1
"""Of what is said between the two; an image of another one has to be built again."""
LINE_LIMIT = 1 << 16
"""Bytes of a line; the agent sends at most 16 KiB of a program's output at a time."""
OUTPUT_LIMIT = 1 << 20
"""Bytes of a program's output that are kept for who waits for it."""
PROGRAMS_LIMIT = 200


@dataclass
class Program:
    """A program in the guest, and what is known of it."""

    output: bytearray = field(default_factory=bytearray)
    """Its standard output and error, as they came, up to OUTPUT_LIMIT."""
    cut: bool = False
    """There was more."""
    started: asyncio.Future[int] = field(default_factory=asyncio.Future)
    """Its number in the guest; VMError when it could not be started."""
    ended: asyncio.Future[int] = field(default_factory=asyncio.Future)
    """Its status as Python's subprocess has it: below 0 when a signal ended it."""


class Agent:
    """Waits for a guest's agent on a socket, and gives it orders."""

    def __init__(self, path: Path, on_stage: Callable[[str], None]) -> None:
        """`on_stage` is told what the agent says of the start; "transport" is the last."""
        self.path = path
        self.waypipe = ""
        """The guest's waypipe, in its own words."""
        self._on_stage = on_stage
        self._server: asyncio.AbstractServer | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._programs: dict[int, Program] = {}
        self._next = 1

    async def listen(self) -> None:
        """Begin to wait. Raises OSError."""
        self._server = await asyncio.start_unix_server(
            self._serve, str(self.path), limit=LINE_LIMIT
        )

    @property
    def there(self) -> bool:
        """Does the guest listen?"""
        return self._writer is not None

    def run(self, argv: Sequence[str]) -> Program:
        """Start a program in the guest. Raises VMError when the agent is not there."""
        if len(self._programs) >= PROGRAMS_LIMIT:
            raise VMError(f"{PROGRAMS_LIMIT} programs run in it already")
        number, self._next = self._next, self._next + 1
        self._tell({"run": number, "argv": list(argv)})
        program = self._programs[number] = Program()
        return program

    def power_off(self) -> bool:
        """Ask the guest to end; False when nobody is there to ask."""
        if self._writer is None:
            return False
        self._tell({"poweroff": True})
        return True

    def close(self) -> None:
        """Nobody is waited for any more; programs that were are gone."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._forget_programs("the VM has ended")
        self.path.unlink(missing_ok=True)

    def _tell(self, order: dict[str, Any]) -> None:
        if self._writer is None:
            raise VMError("its agent is not there (yet)")
        self._writer.write(json.dumps(order).encode() + b"\n")

    def _forget_programs(self, why: str) -> None:
        for program in self._programs.values():
            for future in (program.started, program.ended):
                if not future.done():
                    future.set_exception(VMError(why))
                    # Nobody may be waiting for it.
                    future.exception()
        self._programs.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._writer is not None:
            # One agent a guest; who comes later is another program of the guest's.
            writer.close()
            return
        self._writer = writer
        try:
            while line := await reader.readline():
                self._heard(line)
        except (OSError, ValueError):
            # Hung up, a line without end, or no JSON: the connection ends, the guest may try again.
            pass
        finally:
            writer.close()
            if self._writer is writer:
                self._writer = None
                self._forget_programs("its agent hung up")

    def _heard(self, line: bytes) -> None:
        """A line of the guest's. Raises ValueError when it is not what an agent says."""
        said = json.loads(line)
        if not isinstance(said, dict):
            raise ValueError("no object")
        if "hello" in said:
            if said["hello"] != VERSION:
                raise ValueError("another version")
            self.waypipe = str(said.get("waypipe", ""))[:80]
        elif "stage" in said:
            self._on_stage(str(said["stage"])[:80])
        elif "started" in said:
            program = self._program(said["started"])
            if program is not None and not program.started.done():
                program.started.set_result(_whole(said.get("pid")))
        elif "failed" in said:
            program = self._program(said["failed"])
            if program is not None and not program.started.done():
                del self._programs[said["failed"]]
                error = VMError(str(said.get("reason", ""))[:200] or "it does not start")
                program.started.set_exception(error)
                program.started.exception()
                program.ended.cancel()
        elif "output" in said:
            program = self._program(said["output"])
            if program is not None:
                _add(program, said.get("data"))
        elif "exited" in said:
            program = self._program(said["exited"])
            if program is not None and not program.ended.done():
                program.ended.set_result(_whole(said.get("status")))
                del self._programs[said["exited"]]

    def _program(self, number: object) -> Program | None:
        return self._programs.get(number) if isinstance(number, int) else None


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise ValueError("no number")
    return value


def _add(program: Program, data: object) -> None:
    try:
        content = base64.b64decode(str(data), validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error
    room = OUTPUT_LIMIT - len(program.output)
    program.output += content[:room]
    program.cut = program.cut or len(content) > room
