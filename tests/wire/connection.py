"""The wire: messages out and in, file descriptors beside them, errors and the end of it all."""

from __future__ import annotations

import array
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from .signatures import Argument, Interface, Message, interface

Self = TypeVar("Self", bound="Connection")

DEADLINE_S = 20.0
"""How long anything may take before a test fails; far more than it ever needs."""
FIRST_SERVER_ID = 0xFF000000
Tap = Callable[[bool, bytes, Sequence[int]], None]
"""Called with: from the compositor, bytes, descriptors (which stay whose they are)."""
MAX_FDS = 28
"""libwayland takes no more in one message of the socket."""


class Disconnected(Exception):
    """The compositor closed the connection; `error` says why, if it did."""

    def __init__(self, error: ProtocolError | None) -> None:
        super().__init__(str(error) if error else "disconnected")
        self.error = error


@dataclass(frozen=True, slots=True)
class ProtocolError:
    """What wl_display.error said."""

    object_id: int
    interface: str | None
    code: int
    text: str


class Object:
    """A protocol object. Events are kept in `events` and passed to what `on` registered."""

    def __init__(self, connection: Connection, number: int, kind: Interface, version: int) -> None:
        self.connection = connection
        self.id = number
        self.interface = kind
        self.version = version
        self.events: list[tuple[str, tuple[Any, ...]]] = []
        self._handlers: dict[str, Callable[..., object]] = {}

    def __repr__(self) -> str:
        return f"{self.interface.name}#{self.id}"

    def __call__(self, request: str, *args: Any) -> Object:
        """Send a request by name; returns the object that it makes, else this one."""
        return self.connection.request(self, self.interface.requests[request], *args)

    def on(self, event: str, handler: Callable[..., object]) -> None:
        """Call `handler` with the arguments of every such event."""
        self._handlers[event] = handler

    def received(self, event: str) -> list[tuple[Any, ...]]:
        """The arguments of all events of this name so far."""
        return [args for name, args in self.events if name == event]

    def handle(self, event: str, args: tuple[Any, ...]) -> None:
        """An event arrived."""
        self.events.append((event, args))
        handler = self._handlers.get(event)
        if handler is not None:
            handler(*args)


class Connection:
    """A connection to a Wayland socket. Never blocks longer than DEADLINE_S."""

    def __init__(self, path: Path | str, tap: Tap | None = None) -> None:
        """`tap` is told of all that goes out and comes in. Raises OSError when nobody listens on
        `path`."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(os.fspath(path))
        except OSError:
            self._socket.close()
            raise
        self._socket.setblocking(False)
        self._out = bytearray()
        self._out_fds: list[int] = []
        self._in = bytearray()
        self._in_fds: list[int] = []
        self._tap = tap
        self.error: ProtocolError | None = None
        self.closed = False
        """The other end, or `close`, ended it."""
        self.objects: dict[int, Object] = {}
        self._free: list[int] = []
        self._next = 2
        self.display = Object(self, 1, interface("wl_display"), 1)
        self.objects[1] = self.display
        self.display.on("error", self._failed)
        self.display.on("delete_id", self._deleted)

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up, whatever is still under way."""
        self.closed = True
        self._socket.close()
        for fd in self._in_fds:
            os.close(fd)
        self._in_fds.clear()
        self._drop_outgoing_fds()

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    # --- out

    def new_id(self) -> int:
        """An id that libwayland takes for the next new object."""
        if self._free:
            return self._free.pop()
        self._next += 1
        return self._next - 1

    def make(self, kind: str, version: int, number: int | None = None) -> Object:
        """An object of this end, known here but not yet to the compositor."""
        number = self.new_id() if number is None else number
        made = Object(self, number, interface(kind), version)
        self.objects[number] = made
        return made

    def request(self, target: Object, message: Message, *args: Any) -> Object:
        """Send a request. New ids of one interface are made here and returned.

        An untyped new id (wl_registry.bind) takes an interface's name and a version.
        """
        payload, fds = bytearray(), list[int]()
        result = target
        given = iter(args)
        for argument in message.arguments:
            if argument.kind != "n":
                _encode(payload, fds, argument, next(given))
                continue
            version = target.version
            kind = argument.interface
            if kind is None:
                kind, version = next(given), next(given)
                _encode(payload, fds, Argument("s"), kind)
                _encode(payload, fds, Argument("u"), version)
            result = self.make(kind, version)
            payload += struct.pack("=I", result.id)
        self.send(target.id, message.opcode, bytes(payload), fds)
        return result

    def bind_by_name(self, name: int, kind: str, version: int = 1) -> None:
        """Bind a global by its numeric name, whether or not it was ever announced."""
        registry = self.display("get_registry")
        payload, fds = bytearray(struct.pack("=I", name)), list[int]()
        _encode(payload, fds, Argument("s"), kind)
        payload += struct.pack("=II", version, self.new_id())
        self.send(registry.id, registry.interface.requests["bind"].opcode, bytes(payload))

    def send(
        self, object_id: int, opcode: int, payload: bytes = b"", fds: Sequence[int] = ()
    ) -> None:
        """Queue a message of any content. Descriptors are duplicated."""
        self.send_raw(struct.pack("=IHH", object_id, opcode, 8 + len(payload)) + payload, fds)

    def send_raw(self, data: bytes, fds: Sequence[int] = ()) -> None:
        """Queue bytes, which need not be a message."""
        self._out += data
        self._out_fds += [os.dup(fd) for fd in fds]
        if len(self._out) > 1 << 14 or len(self._out_fds) >= MAX_FDS:
            self.flush()

    def flush(self) -> None:
        """Send all that is queued."""
        end = time.monotonic() + DEADLINE_S
        while (self._out or self._out_fds) and not self.closed:
            fds = self._out_fds[:MAX_FDS]
            ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))]
            chunk = bytes(self._out[:4096]) or b""
            try:
                sent = self._socket.sendmsg([chunk], ancillary if fds else [])
            except BlockingIOError:
                # Reading makes room at the other end, which may be waiting for us.
                self._wait(end, writing=True)
                self._receive()
                continue
            except OSError:
                self._receive()
                self.closed = True
                break
            if self._tap is not None:
                self._tap(False, chunk[:sent], fds)
            del self._out[:sent]
            for fd in fds:
                os.close(fd)
            del self._out_fds[: len(fds)]
        if self.closed:
            self._out.clear()
            self._drop_outgoing_fds()

    def _drop_outgoing_fds(self) -> None:
        for fd in self._out_fds:
            os.close(fd)
        self._out_fds.clear()

    # --- in

    def pump(self) -> None:
        """Send what is queued and handle what has arrived, without waiting."""
        self.flush()
        self._receive()

    def wait_for(self, condition: Callable[[], Any], what: str = "") -> Any:
        """Handle events until `condition()` is true; returns its value.

        Raises Disconnected when the connection ends first, AssertionError at the deadline.
        """
        end = time.monotonic() + DEADLINE_S
        while True:
            self.pump()
            value = condition()
            if value:
                return value
            if self.closed:
                raise Disconnected(self.error)
            self._wait(end, what=what)

    def roundtrip(self) -> None:
        """Return when the compositor has handled everything sent so far."""
        callback = self.display("sync")
        self.wait_for(lambda: callback.events, "a roundtrip")

    def wait_closed(self) -> ProtocolError | None:
        """Return the protocol error when the compositor has hung up."""
        self.wait_for(lambda: self.closed, "the compositor to hang up")
        return self.error

    def refused(self) -> ProtocolError:
        """The protocol error that everything sent so far leads to; fails when there is none."""
        try:
            self.roundtrip()
        except Disconnected as end:
            assert end.error is not None, "disconnected without an error"
            return end.error
        raise AssertionError("the compositor took it")

    def _wait(self, end: float, *, writing: bool = False, what: str = "") -> None:
        left = end - time.monotonic()
        if left <= 0:
            raise AssertionError(f"waited in vain for {what or 'the compositor'}")
        out = [self._socket] if writing or self._out else []
        select.select([self._socket], out, [], left)

    def _receive(self) -> None:
        while not self.closed:
            try:
                data, ancillary, _, _ = self._socket.recvmsg(
                    1 << 16, socket.CMSG_SPACE(4 * MAX_FDS)
                )
            except BlockingIOError:
                break
            except OSError:
                self.closed = True
                break
            fds = array.array("i")
            for level, kind, content in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    fds.frombytes(content[: len(content) // fds.itemsize * fds.itemsize])
            self._in_fds += fds
            if self._tap is not None and data:
                self._tap(True, data, fds)
            if not data:
                self.closed = True
                break
            self._in += data
            self._dispatch()

    def _dispatch(self) -> None:
        while len(self._in) >= 8:
            number, opcode, size = struct.unpack_from("=IHH", self._in)
            if len(self._in) < size:
                return
            body = bytes(self._in[8:size])
            del self._in[:size]
            target = self.objects.get(number)
            if target is None:
                raise AssertionError(f"an event for object {number}, which there is not")
            message = target.interface.events[opcode]
            target.handle(message.name, self._decode(message, body, target.version))

    def _decode(self, message: Message, body: bytes, version: int) -> tuple[Any, ...]:
        values: list[Any] = []
        at = 0
        for argument in message.arguments:
            kind = argument.kind
            if kind == "h":
                values.append(self._in_fds.pop(0))
                continue
            (word,) = struct.unpack_from("=i" if kind in "if" else "=I", body, at)
            at += 4
            if kind in "sa":
                content = body[at : at + word]
                at += (word + 3) & ~3
                if kind == "s":
                    values.append(content[:-1].decode() if word else None)
                else:
                    values.append(content)
            elif kind == "f":
                values.append(word / 256)
            elif kind == "n":
                assert argument.interface is not None
                values.append(self.make(argument.interface, version, word))
            elif kind == "o":
                values.append(self.objects.get(word) if word else None)
            else:
                values.append(word)
        return tuple(values)

    def _failed(self, target: Object | None, code: int, text: str) -> None:
        self.error = ProtocolError(
            target.id if target else 0, target.interface.name if target else None, code, text
        )

    def _deleted(self, number: int) -> None:
        self.objects.pop(number, None)
        if number < FIRST_SERVER_ID:
            self._free.append(number)


def _encode(payload: bytearray, fds: list[int], argument: Argument, value: Any) -> None:
    kind = argument.kind
    if kind == "h":
        fds.append(value)
    elif kind == "i":
        payload += struct.pack("=i", value)
    elif kind == "u":
        payload += struct.pack("=I", value)
    elif kind == "f":
        payload += struct.pack("=i", round(value * 256))
    elif kind == "o":
        payload += struct.pack("=I", value.id if isinstance(value, Object) else value or 0)
    elif value is None:
        payload += struct.pack("=I", 0)
    else:
        content = value.encode() + b"\0" if kind == "s" else bytes(value)
        payload += struct.pack("=I", len(content)) + content + bytes(-len(content) % 4)
