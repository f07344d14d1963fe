"""A lean connection to a Wayland compositor: bytes in, bytes out.

What is sent again and again is made once, and an event that nobody asked for costs a dictionary
look-up: with dozens of clients in one process the compositor has to be what is slow.
"""

from __future__ import annotations

import array
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TypeVar

Self = TypeVar("Self", bound="Link")
Handler = Callable[[int, bytes], None]
"""Called with an event's opcode and its arguments."""

DEADLINE_S = 20.0
"""How long an answer may take; far more than any needs."""

DISPLAY = 1
REGISTRY = 2
_HEADER = struct.Struct("<IHH")


class Disconnected(Exception):
    """The compositor hung up, or did not answer; the text says what it said last."""


class NoAnswer(Disconnected):
    """It is still there, but what was waited for did not come in time."""


def message(target: int, opcode: int, body: bytes = b"") -> bytes:
    """One request."""
    return _HEADER.pack(target, opcode, len(body) + 8) + body


def words(*values: int) -> bytes:
    """Arguments of 32 bits each; negative ones are signed."""
    return b"".join(struct.pack("<i" if value < 0 else "<I", value) for value in values)


def text(value: str) -> bytes:
    """A string argument."""
    data = value.encode() + b"\0"
    return struct.pack("<I", len(data)) + data + bytes(-len(data) % 4)


def read_text(body: bytes, offset: int) -> tuple[str, int]:
    """A string argument at `offset`, and where the next argument is."""
    (length,) = struct.unpack_from("<I", body, offset)
    start = offset + 4
    return body[start : start + length - 1].decode(), start + (length + 3 & ~3)


class Link:
    """A connection. Objects are numbers; who wants an object's events puts a handler."""

    def __init__(self, path: Path) -> None:
        """Connect and ask for the registry. Raises OSError when nobody listens."""
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            self.socket.connect(os.fspath(path))
        except OSError:
            self.socket.close()
            raise
        self.handlers: dict[int, Handler] = {DISPLAY: self._display, REGISTRY: self._registry}
        self.globals: dict[str, tuple[int, int]] = {}
        """Name and version of each global, by interface; the first of several."""
        self._in = b""
        self._free: list[int] = []
        self._next = REGISTRY + 1
        self.send(message(DISPLAY, 1, words(REGISTRY)))

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def fileno(self) -> int:
        """For select and epoll."""
        return self.socket.fileno()

    def new_id(self, handler: Handler | None = None) -> int:
        """A number for a new object."""
        if self._free:
            number = self._free.pop()
        else:
            number, self._next = self._next, self._next + 1
        if handler is not None:
            self.handlers[number] = handler
        return number

    def send(self, data: bytes, fds: Sequence[int] = ()) -> None:
        """Send requests. Raises Disconnected."""
        try:
            if fds:
                rights = array.array("i", fds)
                sent = self.socket.sendmsg(
                    [data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)]
                )
                data = data[sent:]
            if data:
                self.socket.sendall(data)
        except OSError as error:
            raise Disconnected(str(error)) from None

    def read(self) -> None:
        """Handle what has arrived; waits when nothing has. Raises Disconnected."""
        try:
            # Plain recv drops file descriptors (keymaps): nobody here wants them.
            data = self.socket.recv(65536)
        except OSError as error:
            raise Disconnected(str(error)) from None
        if not data:
            raise Disconnected("the compositor closed the connection")
        if self._in:
            data = self._in + data
        end = len(data)
        at = 0
        handlers = self.handlers
        while end - at >= 8:
            target, opcode, size = _HEADER.unpack_from(data, at)
            if end - at < size:
                break
            handler = handlers.get(target)
            if handler is not None:
                handler(opcode, data[at + 8 : at + size])
            at += size
        self._in = data[at:]

    def read_within(self, seconds: float) -> bool:
        """Handle what arrives within this time; False when nothing did."""
        readable, _, _ = select.select([self.socket], [], [], max(0.0, seconds))
        if readable:
            self.read()
        return bool(readable)

    def until(
        self, condition: Callable[[], object], what: str, seconds: float = DEADLINE_S
    ) -> None:
        """Handle events until the condition holds. Raises Disconnected."""
        end = time.monotonic() + seconds
        while not condition():
            left = end - time.monotonic()
            if left <= 0 or not self.read_within(left):
                raise NoAnswer(f"waited in vain for {what}")

    def roundtrip(self) -> None:
        """Wait until the compositor has handled all that was sent."""
        answered: list[int] = []
        callback = self.new_id(lambda opcode, body: answered.append(opcode))
        self.send(message(DISPLAY, 0, words(callback)))
        self.until(lambda: answered, "the compositor's answer")

    def bind(self, interface: str, version: int, handler: Handler | None = None) -> int:
        """Bind a global, at this version at most; returns its object.

        Raises LookupError when there is none.
        """
        name, offered = self.globals[interface]
        number = self.new_id(handler)
        body = words(name) + text(interface) + words(min(version, offered), number)
        self.send(message(REGISTRY, 0, body))
        return number

    def _registry(self, opcode: int, body: bytes) -> None:
        if opcode == 0:
            (name,) = struct.unpack_from("<I", body)
            interface, offset = read_text(body, 4)
            (version,) = struct.unpack_from("<I", body, offset)
            self.globals.setdefault(interface, (name, version))

    def _display(self, opcode: int, body: bytes) -> None:
        (number,) = struct.unpack_from("<I", body)
        if opcode == 0:
            (code,) = struct.unpack_from("<I", body, 4)
            raise Disconnected(f"object {number}, error {code}: {read_text(body, 8)[0]}")
        self.deleted(number)

    def deleted(self, number: int) -> None:
        """The compositor has forgotten an object: its number is free."""
        self.handlers.pop(number, None)
        self._free.append(number)
