"""Relays Ethernet frames between the two ends of a link, as a cable and a switch would.

A program of its own: it runs in a sandbox with two sockets, on the standard library alone.
`frame_relay.py ONE OTHER [CLOSED]` relays frames between the sockets ONE and OTHER, each preceded
by its length, as QEMU and passt send them. An end that does not read loses frames: QEMU would stop
its whole machine until the other reads, and that may be a machine that means harm.

With CLOSED, OTHER is the host's network, and frames for the host itself are dropped, whose own
addresses that file always holds: passt would connect to them like to any other.
"""

from __future__ import annotations

import os
import selectors
import socket
import struct
import sys
import time
from collections.abc import Callable, Collection

RETRY_S = 0.25
CHUNK = 1 << 16
LONGEST = 68 * 1024
"""Bytes of a frame: QEMU's own limit."""
WAITING = 1 << 19
"""Bytes of frames that wait for one end at most."""
TOLD = 32
"""Addresses for which a refusal is logged."""

_LENGTH = struct.Struct("!I")
_ARP, _IPV4 = b"\x08\x06", b"\x08\x00"
_UDP = 17
_EVERYBODY = b"\xff\xff\xff\xff"
_DHCP = b"\x00\x43"

Rule = Callable[[bytes], bool]
"""Whether a frame may pass."""


class NoFrame(ValueError):
    """The length of a frame is out of range."""


def refused(frame: bytes, closed: Collection[bytes]) -> str | None:
    """The destination of a frame that may not go to the host's network; None when it may.

    `closed`: the host's own IPv4 addresses, four bytes each.
    """
    kind = frame[12:14]
    if kind == _ARP:
        return None
    if kind != _IPV4 or len(frame) < 34 or frame[14] >> 4 != 4:
        return "not IPv4"
    to = frame[30:34]
    # A connection to 0.0.0.0 is one to the loopback.
    if to[0] in (0, 127) or to in closed:
        return socket.inet_ntoa(to)
    if to[0] < 224 or _is_dhcp(frame, to):
        return None
    return socket.inet_ntoa(to)


def _is_dhcp(frame: bytes, to: bytes) -> bool:
    head = 14 + 4 * (frame[14] & 15)
    return to == _EVERYBODY and frame[23] == _UDP and frame[head + 2 : head + 4] == _DHCP


class Closed:
    """Refuses the host's own addresses, from a file that is replaced when they change."""

    def __init__(self, path: str, tell: Callable[[str], None]) -> None:
        """`tell` is called once for each refused address."""
        self._path = path
        self._tell = tell
        self._told: set[str] = set()
        self._seen: tuple[int, int] | None = None
        self._addresses: frozenset[bytes] = frozenset()

    def __call__(self, frame: bytes) -> bool:
        """Raises OSError, also when the file holds something other than addresses."""
        to = refused(frame, self._now())
        if to is not None and to not in self._told and len(self._told) < TOLD:
            self._told.add(to)
            self._tell(f"refused a packet (destination: {to})")
        return to is None

    def _now(self) -> frozenset[bytes]:
        found = os.stat(self._path)
        seen = (found.st_ino, found.st_mtime_ns)
        if seen != self._seen:
            with open(self._path) as file:
                self._addresses = frozenset(map(socket.inet_aton, file.read().split()))
            self._seen = seen
        return self._addresses


class Lane:
    """One direction: from a stream of frames to what waits for the other end. Pure."""

    def __init__(self, rule: Rule | None = None) -> None:
        self._rule = rule
        self._rest = b""
        self.waiting = bytearray()
        """Frames for the other end; the first may have been sent in part."""

    def take(self, data: bytes) -> None:
        """Take more of the stream. Frames for which there is no room are dropped.

        Raises NoFrame, or what the rule raises.
        """
        data = self._rest + data
        at = 0
        while len(data) - at >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(data, at)
            if not 14 <= length <= LONGEST:
                raise NoFrame(f"received a frame of {length} bytes")
            begin, end = at + _LENGTH.size, at + _LENGTH.size + length
            if end > len(data):
                break
            if len(self.waiting) + end - at <= WAITING and (
                self._rule is None or self._rule(data[begin:end])
            ):
                self.waiting += data[at:end]
            at = end
        self._rest = data[at:]


def connect(path: str) -> socket.socket:
    """A connection to a socket, once somebody listens there."""
    while True:
        made = socket.socket(socket.AF_UNIX)
        try:
            made.connect(path)
        except OSError:
            made.close()
            time.sleep(RETRY_S)
        else:
            made.setblocking(False)
            return made


def join(one: socket.socket, other: socket.socket, rule: Rule | None) -> None:
    """Relay frames until either end is gone. Raises NoFrame or OSError."""
    there, back = Lane(rule), Lane()
    ends = {one: (other, there, back), other: (one, back, there)}
    with selectors.DefaultSelector() as selector:
        for each in ends:
            selector.register(each, selectors.EVENT_READ)
        while True:
            for key, ready in selector.select():
                end = key.fileobj
                assert isinstance(end, socket.socket)
                target, lane, own = ends[end]
                if ready & selectors.EVENT_READ:
                    data = end.recv(CHUNK)
                    if not data:
                        return
                    lane.take(data)
                    _pass_on(selector, target, lane)
                if ready & selectors.EVENT_WRITE:
                    _pass_on(selector, end, own)


def _pass_on(selector: selectors.BaseSelector, target: socket.socket, lane: Lane) -> None:
    try:
        while lane.waiting:
            del lane.waiting[: target.send(lane.waiting)]
    except BlockingIOError:
        pass
    wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if lane.waiting else 0)
    if selector.get_key(target).events != wanted:
        selector.modify(target, wanted)


def main(one: str, other: str, closed: str = "") -> None:
    """Relay between the two until one is gone."""
    rule = Closed(closed, lambda text: print(text, flush=True)) if closed else None
    try:
        join(connect(one), connect(other), rule)
    except (NoFrame, OSError) as error:
        print(f"the link failed: {error}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
