"""The control socket's server, on asyncio.

Each connection has its requests carried out one after another, in the order they came; several
connections do not wait for each other. What a client can make the session hold is bounded: one
request of 1 MiB and a few waiting ones, one reply, and `MAX_EVENTS` bytes of events.
"""

from __future__ import annotations

import asyncio
import logging
import os
import select
import socket
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from spectrum_session.ipc.listening import exclusive_socket
from spectrum_session.ipc.peer import may_connect, peer_uid

from . import messages, wire
from .commands import Args, SubscribeArgs
from .errors import BAD_MESSAGE, BUSY, DENIED, INTERNAL, TOO_LARGE, ControlError
from .names import EVENTS, MAX_REQUEST, EventName

MAX_CLIENTS = 64
"""Connections at once."""
MAX_WAITING = 16
"""Requests of one connection that wait for the one in hand; then it is not read any more."""
MAX_EVENTS = 1 << 20
"""Bytes of events that may wait for a client to read; then it is disconnected."""
FLUSH_SECONDS = 0.25
"""How long `ControlServer.close` waits for clients to read what they were sent."""


@dataclass(frozen=True, slots=True)
class AfterReply:
    """A result, and a function to call once the reply is written."""

    result: object
    then: Callable[[], None]


class Handler(Protocol):
    """Carries commands out; the session implements it."""

    async def handle(self, command: str, args: Args) -> object:
        """Do `command` (a name in `commands.COMMANDS`) with its checked args.

        Returns the table's result for it, as `messages` structs, maybe in an `AfterReply`; or an
        async generator that yields messages.Progress and at last the result, and is closed when
        the client goes. Raises ControlError to refuse it; any other exception is a fault of ours,
        told to the client as `internal`.
        """

    def subscribing(self, events: Iterable[EventName]) -> None:
        """A connection is about to be sent these events; `ControlServer.subscribed` is what was
        wanted before."""


class ControlServer:
    """Listens at `path` from `start` to `close`."""

    handler: Handler
    """There from `start` on, before which there are no connections."""

    def __init__(self, path: Path, log: logging.Logger) -> None:
        self.path = path
        self.log = log
        self._connections: set[_Connection] = set()
        self._server: asyncio.AbstractServer | None = None
        self._inode: tuple[int, int] | None = None

    async def start(self, handler: Handler) -> None:
        """Listen. Raises listening.SocketPathError or OSError when the path cannot be bound."""
        self.handler = handler
        listener = exclusive_socket(self.path)
        status = os.lstat(self.path)
        self._inode = status.st_dev, status.st_ino
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(lambda: _Connection(self), sock=listener)

    async def close(self) -> None:
        """Take no more, end all connections and remove the socket.

        What was answered before is still delivered to clients that read it within
        `FLUSH_SECONDS`; a command still being carried out is cancelled. May be called twice.
        """
        if self._server is not None:
            self._server.close()
            self._server = None
            self._unlink()
        connections = list(self._connections)
        for connection in connections:
            connection.finish()
        if connections:
            await asyncio.wait([c.lost for c in connections], timeout=FLUSH_SECONDS)
        for connection in connections:
            connection.abort()

    def publish(self, event: messages.Event) -> None:
        """Send an event to those who subscribed to its name. Never raises, never waits."""
        name = cast(EventName, type(event).__struct_config__.tag)
        wanted = [c for c in self._connections if name in c.events]
        if not wanted:
            return
        try:
            line = wire.event(event)
        except Exception:
            self.log.exception("control: cannot encode a %s event", name)
            return
        for connection in wanted:
            connection.send_event(line)

    @property
    def subscribed(self) -> frozenset[EventName]:
        """The events that somebody wants: no other needs to be put together at all."""
        return frozenset(name for c in self._connections for name in c.events)

    def _unlink(self) -> None:
        try:
            status = os.lstat(self.path)
        except FileNotFoundError:
            return
        # Somebody may have put another in its place: that one is theirs.
        if (status.st_dev, status.st_ino) == self._inode:
            os.unlink(self.path)

    def admit(self, connection: _Connection, peer: socket.socket) -> ControlError | None:
        """Why a new connection must go; None after taking it in."""
        uid = peer_uid(peer)
        if not may_connect(uid, os.geteuid()):
            self.log.warning("control: refused a connection of uid %d", uid)
            return ControlError(DENIED, "this session belongs to another user")
        if len(self._connections) >= MAX_CLIENTS:
            self.log.warning("control: refused a connection, there are %d", MAX_CLIENTS)
            return ControlError(BUSY, f"the session has {MAX_CLIENTS} control connections already")
        self._connections.add(connection)
        return None

    def forget(self, connection: _Connection) -> None:
        """A connection is gone."""
        self._connections.discard(connection)


class _Connection(asyncio.Protocol):
    """One client: bytes to lines, lines to replies."""

    def __init__(self, server: ControlServer) -> None:
        self._server = server
        self._transport: asyncio.Transport
        self._input = bytearray()
        self._scanned = 0
        self._skipping = False
        self._reading = True
        self._ended = False
        self._streaming = False
        self._hangup: select.epoll | None = None
        self._waiting: deque[bytes | ControlError] = deque()
        self._wake = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._worker: asyncio.Task[None] | None = None
        self._then: Callable[[], None] | None = None
        self._queued_events = 0
        self.events: frozenset[EventName] = frozenset()
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        # Low at 0: `resume_writing` then means that all was handed to the kernel.
        self._transport.set_write_buffer_limits(high=1 << 16, low=0)
        refused = self._server.admit(self, transport.get_extra_info("socket"))
        if refused is not None:
            self._transport.write(wire.failure(None, refused))
            self._transport.close()
            return
        self._worker = asyncio.get_running_loop().create_task(self._work())

    def data_received(self, data: bytes) -> None:
        if self._worker is None:
            return
        self._input += data
        while True:
            end = self._input.find(b"\n", self._scanned)
            if end < 0:
                break
            line = bytes(self._input[:end])
            del self._input[: end + 1]
            self._scanned = 0
            if self._skipping:
                self._skipping = False
            elif len(line) > MAX_REQUEST:
                self._put(_too_large())
            else:
                self._put(line)
        self._scanned = len(self._input)
        if self._scanned > MAX_REQUEST:
            if not self._skipping:
                self._put(_too_large())
            self._skipping = True
            self._input.clear()
            self._scanned = 0

    def eof_received(self) -> bool:
        if self._input and not self._skipping:
            # It may have been cut short: what it would have said is not known, so it is not done.
            self._put(ControlError(BAD_MESSAGE, "not a request: no newline at its end"))
        self._ended = True
        self._wake.set()
        self._watch_hangup()
        return True  # keeps the other direction open until all is answered

    def pause_writing(self) -> None:
        self._drained.clear()

    def resume_writing(self) -> None:
        self._queued_events = 0
        self._drained.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.forget(self)
        self.events = frozenset()
        self._forget_hangup()
        if self._worker is not None:
            self._worker.cancel()
        if not self.lost.done():
            self.lost.set_result(None)

    # What the server calls.

    def send_event(self, line: bytes) -> None:
        """Queue an event, or disconnect the client when too many wait."""
        if self._transport.is_closing():
            return
        queued = self._transport.get_write_buffer_size()
        self._queued_events = len(line) + (self._queued_events if queued else 0)
        # A big reply on its way is no fault of the client's: only events count.
        if min(self._queued_events, queued + len(line)) > MAX_EVENTS:
            self._server.log.warning("control: disconnected a client that does not read its events")
            self.abort()
            return
        self._transport.write(line)

    def finish(self) -> None:
        """Answer nothing more; close once what was answered is delivered."""
        if self._worker is not None:
            self._worker.cancel()
        self.events = frozenset()
        self._transport.close()

    def abort(self) -> None:
        """Close now, unless it is gone already."""
        self.events = frozenset()
        # asyncio's transport must not be aborted once it was closed with all written.
        if not self.lost.done():
            self._transport.abort()

    # Its requests.

    def _put(self, item: bytes | ControlError) -> None:
        self._waiting.append(item)
        self._wake.set()
        if len(self._waiting) >= MAX_WAITING and self._reading:
            self._reading = False
            self._transport.pause_reading()

    async def _work(self) -> None:
        while True:
            await self._drained.wait()
            if not self._waiting:
                if self._ended:
                    self._transport.close()
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            item = self._waiting.popleft()
            if not self._reading and len(self._waiting) < MAX_WAITING // 2:
                self._reading = True
                if not self._transport.is_closing():
                    self._transport.resume_reading()
            reply = wire.failure(None, item) if isinstance(item, ControlError) else None
            reply = reply or await self._answer(cast(bytes, item))
            if not self._transport.is_closing():
                self._transport.write(reply)
            then, self._then = self._then, None
            if then is not None:
                then()
            if self._transport.is_closing():
                return

    async def _answer(self, line: bytes) -> bytes:
        try:
            request = wire.parse(line)
        except wire.RequestError as error:
            return wire.failure(error.id, error)
        try:
            if isinstance(request.args, SubscribeArgs):
                return wire.success(request.id, self._subscribe(request.args))
            result = await self._server.handler.handle(request.command, request.args)
            if isinstance(result, AfterReply):
                self._then = result.then
                result = result.result
            if isinstance(result, AsyncGenerator):
                result = await self._stream(result)
            return wire.success(request.id, result)
        except ControlError as error:
            return wire.failure(request.id, error)
        except Exception as error:
            self._server.log.exception("control: the command %s failed", request.command)
            text = f"{request.command}: {type(error).__name__}; the session's log has the rest"
            return wire.failure(request.id, ControlError(INTERNAL, text))

    async def _stream(self, told: AsyncGenerator[object, None]) -> object:
        """Send progress as it comes, no faster than the client reads; returns what came last."""
        last: object = None
        self._streaming = True
        if self._ended:
            self._watch_hangup()
        try:
            async with aclosing(told) as stream:
                async for last in stream:
                    if isinstance(last, messages.Progress):
                        self._transport.write(wire.event(last))
                        await self._drained.wait()
        finally:
            self._streaming = False
            self._forget_hangup()
        return last

    def _watch_hangup(self) -> None:
        """See the client go whose last request is still told of: so far it only says no more."""
        if not self._streaming or self._hangup is not None:
            return
        self._hangup = select.epoll()
        # For nothing: what is always told is that both directions are closed.
        self._hangup.register(self._transport.get_extra_info("socket").fileno(), 0)
        asyncio.get_running_loop().add_reader(self._hangup.fileno(), self.abort)

    def _forget_hangup(self) -> None:
        if self._hangup is not None:
            asyncio.get_running_loop().remove_reader(self._hangup.fileno())
            self._hangup.close()
            self._hangup = None

    def _subscribe(self, args: SubscribeArgs) -> messages.Subscribed:
        names = [name for name in EVENTS if name in args.events] if args.events else list(EVENTS)
        self._server.handler.subscribing(names)
        self.events = frozenset(names)
        return messages.Subscribed(events=names)


def _too_large() -> ControlError:
    return ControlError(TOO_LARGE, f"the message is longer than {MAX_REQUEST} bytes")
