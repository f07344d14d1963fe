"""One client and its connection to the compositor: two sockets with a `Connection` between."""

from __future__ import annotations

import array
import os
import socket
from collections.abc import Sequence

from .connection import Connection
from .flight import Flight
from .hangup import is_hang_up
from .jitter import DelayLine
from .outbox import MAX_FDS, Outbox

READ = 16384
"""Bytes read at a time: four full buffers of libwayland, so that one client cannot hold up all."""
_SPACE = socket.CMSG_SPACE(4 * MAX_FDS)
# Plain numbers: the module's own are enumerations, and take longer than a whole message.
_CLOEXEC = int(socket.MSG_CMSG_CLOEXEC)
_TRUNCATED = int(socket.MSG_CTRUNC)
_NO_SIGNAL = int(socket.MSG_NOSIGNAL)
_RIGHTS = (int(socket.SOL_SOCKET), int(socket.SCM_RIGHTS))

BACKLOG = 1 << 18
"""Bytes that may wait for the compositor before the client is read no further."""


class Ended(Exception):
    """One side hung up."""


class Passing(Exception):
    """The kernel refused for a reason that passes (`hangup`): nothing was received or sent."""


def _judged(error: OSError) -> Ended | Passing:
    return (Ended if is_hang_up(error) else Passing)(error.strerror)


def receive(source: socket.socket) -> tuple[bytes, Sequence[int]]:
    """What has arrived; no bytes when nothing has. Raises Ended or Passing."""
    try:
        data, ancillary, flags, _ = source.recvmsg(READ, _SPACE, _CLOEXEC)
    except BlockingIOError:
        return b"", ()
    except OSError as error:
        raise _judged(error) from error
    fds: Sequence[int] = ()
    if ancillary:
        received = array.array("i")
        for level, kind, content in ancillary:
            if (level, kind) == _RIGHTS:
                received.frombytes(content[: len(content) // 4 * 4])
        fds = received.tolist()
    if data and not flags & _TRUNCATED:
        return data, fds
    for fd in fds:
        os.close(fd)
    # The kernel closed what did not fit: the stream of descriptors is no longer whole.
    raise Ended("it sent more descriptors than fit" if data else "it hung up")


def send(target: socket.socket, box: Outbox, flight: Flight | None = None) -> bool:
    """Send what waits; False when some of it has to wait longer: for room in the socket, or, when
    `box.held` is true, until fewer descriptors are in flight. Raises Ended or Passing."""
    data = box.data
    box.held = False
    while data:
        size, count, cost, messages = len(data), min(len(box.fds), MAX_FDS), 0, 0
        if flight is not None and box.costs:
            size, count, cost, messages = box.affordable(flight.room())
            if not size:
                box.held = True
                return False
        try:
            if count:
                # All descriptors must be there before the last byte of their message is.
                whole = flight is not None or len(box.fds) <= MAX_FDS
                chunk = data[: size if whole else 1]
                rights = [(*_RIGHTS, array.array("i", box.fds[:count]))]
                sent = target.sendmsg([chunk], rights, _NO_SIGNAL)
            else:
                sent = target.send(data if size == len(data) else data[:size], _NO_SIGNAL)
        except BlockingIOError:
            return False
        except OSError as error:
            raise _judged(error) from error
        box.sent_bytes(sent)
        if count:
            box.sent_fds(count)
        if flight is not None and cost:
            box.paid(messages)
            flight.add(target, cost)
    return True


class Link:
    """A client's socket, the compositor's once it is there, and what lies between."""

    def __init__(self, number: int, client: socket.socket, connection: Connection) -> None:
        """Takes the client's socket over, which must not block."""
        self.number = number
        self.client = client
        self.compositor: socket.socket | None = None
        self.connection = connection
        self.delayed: DelayLine | None = None
        """Events that wait for their time; None before the first."""
        self.pid = 0
        """The client's, as the session told it: the gate cannot see it."""
        self.deaf = False
        """The client is not read from any more: the compositor is gone or the connection ended."""
        self.finished = False
        """The connection ended; only events for the client are left to send."""
        self.held_since: float | None = None
        """When an event for the client began to wait for fewer descriptors in flight: seconds."""
        self.rests_until = 0.0
        """Nothing is sent or received before: the kernel refused for a reason that passes. Or 0."""
        self.refused_since: float | None = None
        """Since when the kernel refuses: seconds."""

    @property
    def delays(self) -> bool:
        """Something waits for its time; later events wait behind it."""
        return self.delayed is not None and self.delayed.next is not None

    @property
    def next(self) -> float | None:
        """When there is something to do though nothing arrives: seconds; None for never."""
        if self.rests_until:
            return self.rests_until
        if self.finished:
            return None
        released = self.delayed.next if self.delayed is not None else None
        answered = self.connection.presentation.next
        if answered is None:
            return released
        moment = answered / 1_000_000_000
        return moment if released is None else min(moment, released)

    @property
    def queued(self) -> int:
        """Bytes that wait for the client."""
        waiting = len(self.connection.to_client.data)
        return waiting if self.delayed is None else waiting + self.delayed.size

    @property
    def full(self) -> bool:
        """So much waits for the compositor that the client has to wait."""
        return len(self.connection.to_compositor.data) > BACKLOG
