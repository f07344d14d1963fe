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
from functools import partial
from pathlib import Path
from typing import Any

from spectrum_session.ipc.lines import LINE_LIMIT, paced_lines
from spectrum_session.ipc.listening import listening_socket
from spectrum_session.vm.errors import VMError

from .program import WINDOW, Program

VERSION = 1
"""Of what is said between the two; an image of another one has to be built again."""
AGENT_PORT = 9001
"""Where the guest finds the host's end of it (guest/agent)."""
SOCKET = "agent"
"""The name of the socket on which the session waits, in the machine's directory."""
PROGRAMS_LIMIT = 200


class Agent:
    """Waits for a guest's agent on a socket, and gives it orders."""

    def __init__(self, path: Path, on_stage: Callable[[str], None]) -> None:
        """`on_stage` is told "transport" when the guest's programs can show windows, "version" when
        its agent is one that we do not understand."""
        self.path = path
        self.waypipe = ""
        """The guest's waypipe, in its own words."""
        self._on_stage = on_stage
        self._server: asyncio.AbstractServer | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._programs: dict[int, Program] = {}
        self._next = 1

    @property
    def connected(self) -> bool:
        """A guest's agent is there."""
        return self._writer is not None

    async def listen(self) -> None:
        """Begin to wait. Raises OSError."""
        self._server = await asyncio.start_unix_server(
            self._serve, sock=listening_socket(self.path), limit=LINE_LIMIT
        )

    def run(
        self,
        argv: Sequence[str],
        sink: Callable[[bytes], None] | None = None,
        streamed: bool = False,
    ) -> Program:
        """Start a program in the guest. `sink` takes its output, which else is kept; or whoever
        asked takes it as it comes (`streamed`).

        Raises VMError when the agent is not there.
        """
        if len(self._programs) >= PROGRAMS_LIMIT:
            raise VMError(f"{PROGRAMS_LIMIT} programs run in it already")
        number, self._next = self._next, self._next + 1
        window = {"window": WINDOW} if streamed else {}
        self._tell({"run": number, "argv": list(argv), **window})
        program = Program(sink, partial(self._order, number), streamed)
        self._programs[number] = program
        return program

    def _order(self, number: int, order: dict[str, Any]) -> None:
        """Tell the guest something of a program, if both are there still."""
        if number in self._programs and self._writer is not None:
            self._tell({"signal" if "number" in order else "program": number, **order})

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
            async for line in paced_lines(reader):
                self._heard(line)
        except (OSError, ValueError, RecursionError):
            # Hung up, a line without end, or no JSON: the connection ends, the guest may try again.
            pass
        finally:
            writer.close()
            if self._writer is writer:
                self._writer = None
                self._forget_programs("its agent hung up")

    def _heard(self, line: bytes) -> None:
        """A line of the guest's. Raises ValueError or RecursionError when no agent says it."""
        said = json.loads(line)
        if not isinstance(said, dict):
            raise ValueError("no object")
        if "hello" in said:
            if said["hello"] != VERSION:
                self._on_stage("version")
                raise ValueError("another version")
            version = str(said.get("waypipe", ""))[:80]
            self.waypipe = "".join(c for c in version if c.isascii() and c.isprintable())
        elif "stage" in said:
            if said["stage"] == "transport":
                self._on_stage("transport")
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
                program.add(said.get("stream"), _decoded(said.get("data")))
        elif "exited" in said:
            program = self._program(said["exited"])
            if program is not None:
                status = _whole(said.get("status"))
                del self._programs[said["exited"]]
                if not program.started.done():
                    program.started.set_result(0)
                program.ended.set_result(status)

    def _program(self, number: object) -> Program | None:
        return self._programs.get(number) if isinstance(number, int) else None


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise ValueError("no number")
    return value


def _decoded(data: object) -> bytes:
    try:
        return base64.b64decode(str(data), validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error
