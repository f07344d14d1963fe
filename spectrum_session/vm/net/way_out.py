"""What joins a machine's device with the host's network, and lets through what may pass.

A program of its own: it runs in a sandbox with two sockets, on no more than the standard library.
`way_out.py MACHINE NETWORK CLOSED`: frames that come from the socket MACHINE go to the socket
NETWORK unless they are for the host itself, whose own addresses are in the file CLOSED at any time;
whoever takes them there would open a connection to them like to any other. What comes back is
passed on as it is.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Collection

RETRY_S = 0.5
CHUNK = 1 << 16
LONGEST = 68 * 1024
"""Bytes of a frame. QEMU's own limit; a longer one is none of its."""
TOLD = 32
"""Of how many addresses it is told that packets to them were refused."""

_LENGTH = struct.Struct("!I")
_ARP, _IPV4 = b"\x08\x06", b"\x08\x00"
_UDP = 17
_EVERYBODY = b"\xff\xff\xff\xff"
_DHCP = b"\x00\x43"


class NoFrame(ValueError):
    """What cannot be a frame's length."""


def refused(frame: bytes, closed: Collection[bytes]) -> str | None:
    """Whom a frame is for, when it may not pass; None when it may.

    `closed`: the host's own IPv4 addresses, four bytes each.
    """
    kind = frame[12:14]
    if kind == _ARP:
        return None
    if kind != _IPV4 or len(frame) < 34 or frame[14] >> 4 != 4:
        return "nothing of IPv4"
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
    """The host's own addresses, as they stand in a file that is replaced when they change."""

    def __init__(self, path: str) -> None:
        """Raises OSError."""
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._addresses: frozenset[bytes] = frozenset()

    def now(self) -> frozenset[bytes]:
        """Raises OSError, also when what stands there is no address."""
        found = os.stat(self._path)
        seen = (found.st_ino, found.st_mtime_ns)
        if seen != self._seen:
            with open(self._path) as file:
                self._addresses = frozenset(map(socket.inet_aton, file.read().split()))
            self._seen = seen
        return self._addresses


class Sieve:
    """Takes a stream of frames, each behind its length, and gives the stream of those that pass."""

    def __init__(
        self, closed: Callable[[], Collection[bytes]], tell: Callable[[str], None]
    ) -> None:
        self._closed = closed
        self._tell = tell
        self._told: set[str] = set()
        self._rest = b""

    def pass_on(self, data: bytes) -> bytes:
        """What of it, and of what came before, can go on now. Raises NoFrame, or OSError."""
        closed = self._closed()
        data = self._rest + data
        passed: list[bytes] = []
        at = 0
        while len(data) - at >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(data, at)
            if not 14 <= length <= LONGEST:
                raise NoFrame(f"a frame of {length} bytes")
            end = at + _LENGTH.size + length
            if end > len(data):
                break
            to = refused(data[at + _LENGTH.size : end], closed)
            if to is None:
                passed.append(data[at:end])
            elif to not in self._told and len(self._told) < TOLD:
                self._told.add(to)
                self._tell(f"what is for {to} may not leave the machine this way")
            at = end
        self._rest = data[at:]
        return b"".join(passed)


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
            return made


def copy(source: socket.socket, target: socket.socket, through: Callable[[bytes], bytes]) -> None:
    """Until either is gone, which the other is told."""
    try:
        while data := source.recv(CHUNK):
            target.sendall(through(data))
    except (OSError, NoFrame) as error:
        print(f"way out: {error}", flush=True)
    finally:
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


def main(machine_path: str, network_path: str, closed_path: str) -> None:
    """Join the two until one is gone."""
    sieve = Sieve(Closed(closed_path).now, lambda text: print(text, flush=True))
    machine = connect(machine_path)
    network = connect(network_path)
    back = threading.Thread(target=copy, args=(network, machine, lambda data: data))
    back.start()
    copy(machine, network, sieve.pass_on)
    back.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
